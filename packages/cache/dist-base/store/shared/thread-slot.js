import { PlimsollError } from '@plimsoll/core';
import { threadId as ownThreadId } from 'node:worker_threads';
import { MOST_THREADS, RETIRED_AT } from "./shared-memory.js";
/** More threads have the memory open than it has room for. */
export class TooManyThreadsError extends PlimsollError {
    constructor() {
        super('PLIMSOLL_CACHE_TOO_MANY_THREADS', `${MOST_THREADS} threads have opened this shared memory and none has left it. Close the cache before a worker ends, or open it in the thread that starts the workers, which then sees them end.`);
    }
}
// Words of a thread's slot. What it writes to just now comes first.
const OWNER = 0;
const STRIPE = 1;
const PLACE = 2;
const UNITS = 3;
const HITS = 4;
const MISSES = 5;
const SETS = 6;
const COUNTERS = 3;
const FREE = 0;
/** Somebody is putting the slot in order. */
const RELEASING = -1;
/**
 * What a thread says of itself to the others: that it is here, its counts, and which part of which ring it may still be writing to.
 * That part is named before it is reserved and until it is complete, so whoever takes over from a thread that was stopped knows
 * where not to write.
 */
export class ThreadSlot {
    hitCount = 0;
    missCount = 0;
    setCount = 0;
    #words;
    #at;
    /** @throws {@link TooManyThreadsError} */
    constructor(words, layout) {
        this.#words = words;
        for (let slot = 0; slot < MOST_THREADS; slot++) {
            const at = layout.threadAt(slot);
            if (Atomics.compareExchange(words, at + OWNER, FREE, ownThreadId + 1) !== FREE)
                continue;
            this.#at = at;
            return;
        }
        throw new TooManyThreadsError();
    }
    /** It may write to these units from now on. */
    open(stripe, place, units) {
        Atomics.store(this.#words, this.#at + STRIPE, stripe);
        Atomics.store(this.#words, this.#at + PLACE, place);
        Atomics.store(this.#words, this.#at + UNITS, units);
    }
    done() {
        Atomics.store(this.#words, this.#at + UNITS, 0);
    }
    // Told by a store that all see in one order: no read before it can be overtaken by a read behind it, on any processor. That is
    // the fence which whoever reads a ring needs before asking whether what was read is still there.
    countHit() {
        Atomics.store(this.#words, this.#at + HITS, ++this.hitCount | 0);
    }
    countMiss() {
        Atomics.store(this.#words, this.#at + MISSES, ++this.missCount | 0);
    }
    countSet() {
        Atomics.store(this.#words, this.#at + SETS, ++this.setCount | 0);
    }
    fence() {
        Atomics.store(this.#words, this.#at + HITS, this.hitCount | 0);
    }
    /** Calls `see` with each part of a stripe that another thread may still be writing to. */
    othersIn(stripe, layout, see) {
        for (let slot = 0; slot < MOST_THREADS; slot++) {
            const at = layout.threadAt(slot);
            if (at === this.#at)
                continue;
            const units = Atomics.load(this.#words, at + UNITS);
            if (units === 0 || Atomics.load(this.#words, at + STRIPE) !== stripe)
                continue;
            // What is read while its thread goes on may be of two parts, but then the first is complete; one more does no harm.
            see(Atomics.load(this.#words, at + PLACE), units);
        }
    }
    leave() {
        retire(this.#words, this.#at);
        Atomics.store(this.#words, this.#at + OWNER, FREE);
    }
}
/** Frees the slots of a thread that has ended: it writes no more. */
export function releaseThread(words, layout, threadId) {
    for (let slot = 0; slot < MOST_THREADS; slot++) {
        const at = layout.threadAt(slot);
        if (Atomics.compareExchange(words, at + OWNER, threadId + 1, RELEASING) !== threadId + 1)
            continue;
        retire(words, at);
        Atomics.store(words, at + OWNER, FREE);
    }
}
/** What all threads have counted so far, modulo 2³². */
export function sumCounts(words, layout) {
    const sums = [0, 0, 0];
    let threadCount = 0;
    for (let counter = 0; counter < COUNTERS; counter++)
        sums[counter] += Atomics.load(words, RETIRED_AT + counter) >>> 0;
    for (let slot = 0; slot < MOST_THREADS; slot++) {
        const at = layout.threadAt(slot);
        if (Atomics.load(words, at + OWNER) !== FREE)
            threadCount++;
        for (let counter = 0; counter < COUNTERS; counter++)
            sums[counter] += Atomics.load(words, at + HITS + counter) >>> 0;
    }
    return { threadCount, hitCount: sums[0], missCount: sums[1], setCount: sums[2] };
}
function retire(words, at) {
    Atomics.store(words, at + UNITS, 0);
    for (let counter = 0; counter < COUNTERS; counter++) {
        Atomics.add(words, RETIRED_AT + counter, Atomics.exchange(words, at + HITS + counter, 0));
    }
}
//# sourceMappingURL=thread-slot.js.map