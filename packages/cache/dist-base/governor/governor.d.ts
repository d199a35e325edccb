import { type Clock } from '@plimsoll/core';
import type { PolicyName } from '../options.ts';
import { type AskObserver, type CurvePoint } from './curve-sampler.ts';
import { type PressureSource } from './pressure.ts';
export interface GovernorOptions {
    /** One budget for all caches, in bytes. At least one of the three is needed; the least of those given counts. */
    maxBytes?: number;
    /** A share of V8's heap limit, 0..1. */
    heapShare?: number;
    /** A share of the container's memory limit, 0..1; no limit, no effect. */
    cgroupShare?: number;
    /** How often the budget is split anew, in ms. Default 2 s. */
    periodMs?: number;
    /** Tells when the process runs short of memory. Default: V8's heap and the container. `null`: never. */
    pressure?: PressureSource | null;
    /** What counts: `loads` (default) that are saved, or the `time` that they take, as measured. */
    minimize?: 'loads' | 'time';
    clock?: Clock;
}
/** A cache, as the governor sees it. */
export interface GovernedMember {
    readonly name: string;
    readonly floorBytes: number;
    readonly ceilingBytes: number;
    /** Held now. */
    readonly bytes: number | null;
    readonly entryCount: number;
    /** Bytes of the index for each entry. */
    readonly entryIndexBytes: number | null;
    readonly isOffHeap: boolean;
    readonly policy: PolicyName;
    readonly isByDensity: boolean;
    readonly hashSeed: number;
    /** May hold so many bytes from now on, and lets go of what is above at once. */
    grant(bytes: number): void;
}
/** What the governor knows of one cache. */
export interface GovernorReport {
    readonly name: string;
    readonly grantBytes: number;
    readonly bytes: number;
    readonly askPerSecond: number;
    /** Budgets from least to largest, and the share of requests that a cache of so many bytes would miss. */
    readonly curve: readonly CurvePoint[];
    /** Loads a second that twice the memory would save; 0 at the end of the curve. */
    readonly savedByDoublingPerSecond: number;
}
/** One budget over many caches. Hand it to `createCache({ governor, … })`. */
export interface Governor extends Disposable {
    readonly budgetBytes: number;
    /** What may be handed out now: the budget, or less under pressure. */
    readonly allowedBytes: number;
    report(): GovernorReport[];
    /** For caches: takes part from now on. Grants are given at once. */
    join(cache: GovernedMember): AskObserver & {
        curve(): CurvePoint[];
    };
    leave(cache: GovernedMember): void;
    /** Ends the timers; every cache keeps its grant. Safe to call twice. */
    stop(): void;
}
/**
 * Starts a governor: one budget for many caches. Every few seconds it reads how much each would miss with more or less memory,
 * and gives each the part with which all together lose least; under pressure it takes memory back from those that lose least
 * by it. Costs some 900 KiB a cache, and less than a microsecond a request in the mean.
 * @throws InvalidOptionError with every fault at once
 */
export declare function startGovernor(options: GovernorOptions): Governor;
