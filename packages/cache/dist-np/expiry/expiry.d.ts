import type { Clock } from '@plimsoll/core';
/**
 * Knows how old entries are, and lets them go when they are too old, unasked: one timer, set for the next deadline, which
 * never keeps the process alive and never holds the loop for more than a few milliseconds.
 *
 *   set ──── fresh ──── ttlMs ──── stale: only fetch serves it ──── staleMs ──── gone
 */
export declare class Expiry {
    #private;
    static bytesAt(capacity: number): number;
    constructor({ clock, staleMs, begin, remove, rest, finish }: ExpiryOptions);
    isFresh(slot: number): boolean;
    /** On the clock's monotonic time; `Infinity`: for ever. */
    freshUntilMs(slot: number): number;
    /** Whether an entry that is not fresh may still be served. */
    isServedStale(slot: number): boolean;
    resize(capacity: number): void;
    file(slot: number, ttlMs: number): void;
    forget(slot: number): void;
    relocate(from: number, to: number): void;
    stop(): void;
}
export interface ExpiryOptions {
    clock: Clock;
    staleMs: number;
    /** The start of a turn, and how many are too old, as far as a sample tells. */
    begin: (dueCount: number) => void;
    /** Takes the entry in a slot out of the cache. */
    remove: (slot: number) => void;
    /** Nobody is too old any more: puts the index in order, looking at so many keys at most. Answers whether it is in order. */
    rest: (most: number) => boolean;
    /** The end of a turn: listeners may be told. */
    finish: () => void;
}
