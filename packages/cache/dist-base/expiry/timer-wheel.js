import { NONE, resized } from "../policy/slot-rings.js";
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
export class TimerWheel {
    static bytesAt(capacity) {
        return OBJECT_BYTES + 16 * capacity + 4 * (PENDING + 1);
    }
    #deadlines = new Float64Array(0);
    #next = new Int32Array(0);
    /** The slot before, or `−2 − bucket` for the first of a bucket, or `NONE` for a slot that is not filed. */
    #previous = new Int32Array(0);
    #first = new Int32Array(PENDING + 1).fill(NONE);
    /** The last tick whose buckets were reached. */
    #tick;
    /** Levels whose bucket under the hand has still to sink at this tick. */
    #level = 0;
    #count = 0;
    constructor(nowMs) {
        this.#tick = Math.floor(nowMs / TICK_MS);
    }
    /** Slots that are filed. */
    get count() {
        return this.#count;
    }
    resize(capacity) {
        const old = this.#previous.length;
        this.#deadlines = resized(this.#deadlines, capacity);
        this.#next = resized(this.#next, capacity);
        this.#previous = resized(this.#previous, capacity);
        if (capacity <= old)
            return;
        this.#deadlines.fill(Infinity, old);
        this.#previous.fill(NONE, old);
    }
    file(slot, deadlineMs) {
        this.remove(slot);
        this.#deadlines[slot] = deadlineMs;
        if (deadlineMs === Infinity)
            return;
        this.#link(slot, this.#bucketOf(deadlineMs));
        this.#count++;
    }
    remove(slot) {
        if (this.#previous[slot] === NONE)
            return;
        this.#unlink(slot);
        this.#count--;
    }
    /** When each slot is due, on the clock that was given to the constructor; `Infinity`: never. */
    get deadlines() {
        return this.#deadlines;
    }
    /** When to call `advance` next; `Infinity` when nothing is filed. */
    nextMs() {
        return this.#first[PENDING] !== NONE || this.#level > 0 ? this.#tick * TICK_MS : this.#nextTick() * TICK_MS;
    }
    /**
     * Turns the wheel up to `nowMs`, handing out what is due, but touches at most `most` slots: a million entries that are
     * due together must not stop the process. Answers whether it came to the end.
     */
    advance(nowMs, most, onDue) {
        const nowTick = Math.floor(nowMs / TICK_MS);
        let touchesLeft = most;
        for (;;) {
            const slot = this.#first[PENDING];
            if (slot !== NONE) {
                if (touchesLeft-- === 0)
                    return false;
                this.#unlink(slot);
                if (tickOf(this.#deadlines[slot]) > this.#tick)
                    this.#link(slot, this.#bucketOf(this.#deadlines[slot]));
                else {
                    this.#count--;
                    onDue(slot);
                }
            }
            else if (this.#level > 0) {
                this.#level--;
                if (this.#tick % span(this.#level) === 0)
                    this.#sink(this.#level);
            }
            else {
                const next = this.#nextTick();
                if (next > nowTick) {
                    this.#tick = Math.max(this.#tick, nowTick);
                    return true;
                }
                this.#tick = next;
                this.#level = LEVELS;
            }
        }
    }
    /** How many slots are due at `nowMs`, about: one in so many is looked at. */
    estimateDue(nowMs) {
        const capacity = this.#previous.length;
        const step = Math.max(1, Math.floor(capacity / SAMPLE_COUNT));
        let dueCount = 0;
        for (let slot = step >> 1; slot < capacity; slot += step) {
            if (this.#previous[slot] !== NONE && this.#deadlines[slot] <= nowMs)
                dueCount++;
        }
        return dueCount * step;
    }
    relocate(from, to) {
        const isFiled = this.#previous[from] !== NONE;
        const deadlineMs = this.#deadlines[from];
        this.remove(from);
        if (isFiled)
            this.file(to, deadlineMs);
        else
            this.#deadlines[to] = deadlineMs;
    }
    /** The first tick at which a bucket wants attention. No bucket that holds anything is passed over before it. */
    #nextTick() {
        let soonest = Infinity;
        if (this.#count === 0)
            return soonest;
        for (let level = 0; level < LEVELS; level++) {
            const hand = Math.floor(this.#tick / span(level));
            for (let ahead = 1; ahead <= BUCKETS; ahead++) {
                if (this.#first[bucket(level, hand + ahead)] === NONE)
                    continue;
                soonest = Math.min(soonest, (hand + ahead) * span(level));
                break;
            }
        }
        return soonest;
    }
    #bucketOf(deadlineMs) {
        const farthest = this.#tick + span(LEVELS) - 1;
        const tick = Math.min(farthest, Math.max(this.#tick + 1, tickOf(deadlineMs)));
        let level = 0;
        while (tick - this.#tick >= span(level + 1))
            level++;
        return bucket(level, Math.floor(tick / span(level)));
    }
    /** Hangs the bucket under the hand over to the pending slots, which are none by now. */
    #sink(level) {
        const from = bucket(level, Math.floor(this.#tick / span(level)));
        const slot = this.#first[from];
        if (slot === NONE)
            return;
        this.#first[from] = NONE;
        this.#first[PENDING] = slot;
        this.#previous[slot] = -2 - PENDING;
    }
    #link(slot, bucket) {
        const after = this.#first[bucket];
        this.#first[bucket] = slot;
        this.#next[slot] = after;
        this.#previous[slot] = -2 - bucket;
        if (after !== NONE)
            this.#previous[after] = slot;
    }
    #unlink(slot) {
        const after = this.#next[slot];
        const before = this.#previous[slot];
        if (before <= -2)
            this.#first[-2 - before] = after;
        else
            this.#next[before] = after;
        if (after !== NONE)
            this.#previous[after] = before;
        this.#previous[slot] = NONE;
    }
}
/** The wheel, its arrays without their items and the timer, measured on Node.js 20. */
const OBJECT_BYTES = 2800;
/** Slots that an estimate looks at. */
const SAMPLE_COUNT = 128;
const TICK_MS = 64;
const BUCKETS = 64;
const LEVELS = 4;
/** One bucket more than the levels have: slots that a hand has reached and that wait to sink or to be handed out. */
const PENDING = BUCKETS * LEVELS;
/** Ticks between two buckets of a level. */
function span(level) {
    return BUCKETS ** level;
}
function bucket(level, index) {
    return level * BUCKETS + (index % BUCKETS);
}
function tickOf(deadlineMs) {
    return Math.ceil(deadlineMs / TICK_MS);
}
//# sourceMappingURL=timer-wheel.js.map