/**
 * Knows whose time is up without looking at anybody else: a hierarchical timing wheel.
 *
 *   level 0   64 buckets of   64 ms = 4.1 s      a deadline goes to the lowest level whose span reaches it; when a
 *   level 1   64 buckets of  4.1 s  = 4.4 min    level's hand enters a bucket, its slots sink to the levels below;
 *   level 2   64 buckets of 4.4 min = 4.7 h      what sinks through level 0 is due
 *   level 3   64 buckets of 4.7 h   = 12.4 d     (later deadlines wait in the last bucket and are filed again)
 *
 * Each bucket is a doubly linked list in typed arrays; filing and removing are O(1), and a slot sinks at most three times.
 * A slot is due at the first tick not before its deadline: up to 64 ms late, never early.
 * Costs 16 bytes a slot and 1 KiB.
 * @see Varghese, Lauck. “Hashed and Hierarchical Timing Wheels.” SOSP 1987
 */
export declare class TimerWheel {
    #private;
    static bytesAt(capacity: number): number;
    constructor(nowMs: number);
    /** Slots that are filed. */
    get count(): number;
    resize(capacity: number): void;
    file(slot: number, deadlineMs: number): void;
    remove(slot: number): void;
    /** When each slot is due, on the clock that was given to the constructor; `Infinity`: never. */
    get deadlines(): Float64Array;
    /** When to call `advance` next; `Infinity` when nothing is filed. */
    nextMs(): number;
    /**
     * Turns the wheel up to `nowMs`, handing out what is due, but touches at most `most` slots: a million entries that are
     * due together must not stop the process. Answers whether it came to the end.
     */
    advance(nowMs: number, most: number, onDue: (slot: number) => void): boolean;
    /** How many slots are due at `nowMs`, about: one in so many is looked at. */
    estimateDue(nowMs: number): number;
    relocate(from: number, to: number): void;
}
