import type { Clock } from '@plimsoll/core';
import type { PolicyName } from '../options.ts';
import type { EntryFacts } from './governable.ts';
/** Budgets that are tried, from the least to the most: their square roots are equally far apart, so that neither steep beginnings nor cliffs near the end lie in a gap. */
export declare const CURVE_SIZES = 14;
/** What is told of a cache's requests to whoever estimates how many it would miss with another budget. */
export interface AskObserver {
    /**
     * A key was asked for; `inspect` tells of its entry, null where it is not here, and is called for the few keys that take part.
     * Answers whether the key takes part and is not here.
     */
    ask<K>(key: K, inspect: (key: K) => EntryFacts | null): boolean;
    /** A key was stored, or tried to be. */
    put<K>(key: K, inspect: (key: K) => EntryFacts | null): void;
    /** The entry left because it was no longer true. */
    forget(key: unknown): void;
    forgetAll(): void;
    loaded(ms: number): void;
}
/** One point of a curve: a cache of so many bytes misses this share of what it is asked. */
export interface CurvePoint {
    readonly bytes: number;
    readonly missRatio: number;
}
export interface CurveSamplerOptions {
    leastBytes: number;
    mostBytes: number;
    policy: PolicyName;
    isByDensity: boolean;
    hashSeed: number;
    /** What the index adds to an entry just now; null without entries. */
    entryIndexBytes: () => number | null;
    clock: Clock;
}
/** Estimates, while a cache works, how much it would miss with fourteen other budgets: a miniature for each. Costs some 900 KiB. */
export declare class CurveSampler implements AskObserver {
    #private;
    constructor({ leastBytes, mostBytes, policy, isByDensity, hashSeed, entryIndexBytes, clock }: CurveSamplerOptions);
    ask<K>(key: K, inspect: (key: K) => EntryFacts | null): boolean;
    put<K>(key: K, inspect: (key: K) => EntryFacts | null): void;
    forget(key: unknown): void;
    forgetAll(): void;
    loaded(ms: number): void;
    /** The end of a period, in which no more than `mostWork` acts of miniatures were wanted: older counts fade. */
    closePeriod(mostWork: number): void;
    /** Asks in a period, lately. */
    get askPerPeriod(): number;
    /** What a load takes; null where none was seen. */
    get loadMs(): number | null;
    /** From the least budget to the largest; empty before the first asks. More memory never misses more: what chance says else is evened out. */
    curve(): CurvePoint[];
}
/**
 * The nearest list that never rises: neighbours that do are replaced by their mean.
 * @see Ayer, Brunk, Ewing, Reid, Silverman. “An empirical distribution function for sampling with incomplete information.” 1955
 */
export declare function falling(values: readonly number[]): number[];
