import { PlimsollError } from '@plimsoll/core';
import { type SharedLayout } from './shared-memory.ts';
/** More threads have the memory open than it has room for. */
export declare class TooManyThreadsError extends PlimsollError {
    constructor();
}
/**
 * What a thread says of itself to the others: that it is here, its counts, and which part of which ring it may still be writing to.
 * That part is named before it is reserved and until it is complete, so whoever takes over from a thread that was stopped knows
 * where not to write.
 */
export declare class ThreadSlot {
    #private;
    hitCount: number;
    missCount: number;
    setCount: number;
    /** @throws {@link TooManyThreadsError} */
    constructor(words: Int32Array, layout: SharedLayout);
    /** It may write to these units from now on. */
    open(stripe: number, place: number, units: number): void;
    done(): void;
    countHit(): void;
    countMiss(): void;
    countSet(): void;
    fence(): void;
    /** Calls `see` with each part of a stripe that another thread may still be writing to. */
    othersIn(stripe: number, layout: SharedLayout, see: (place: number, units: number) => void): void;
    leave(): void;
}
/** Frees the slots of a thread that has ended: it writes no more. */
export declare function releaseThread(words: Int32Array, layout: SharedLayout, threadId: number): void;
/** What all threads have counted so far, modulo 2³². */
export declare function sumCounts(words: Int32Array, layout: SharedLayout): {
    threadCount: number;
    hitCount: number;
    missCount: number;
    setCount: number;
};
