import { TimerWheel } from "./timer-wheel.js";
/** Entries released before the clock is looked at again, and how long one turn of releasing may take. */
const RELEASE_BATCH = 256;
const RELEASE_TURN_MS = 2;
/** The longest that a timer of Node.js can wait; it looks again then. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/**
 * Knows how old entries are, and lets them go when they are too old, unasked: one timer, set for the next deadline, which
 * never keeps the process alive and never holds the loop for more than a few milliseconds.
 *
 *   set ──── fresh ──── ttlMs ──── stale: only fetch serves it ──── staleMs ──── gone
 */
export class Expiry {
    static bytesAt(capacity) {
        return TimerWheel.bytesAt(capacity);
    }
    #clock;
    #staleMs;
    #wheel;
    #begin;
    #remove;
    #rest;
    #finish;
    #timer = null;
    #timerAtMs = Infinity;
    constructor({ clock, staleMs, begin, remove, rest, finish }) {
        this.#clock = clock;
        this.#staleMs = staleMs;
        this.#begin = begin;
        this.#remove = remove;
        this.#rest = rest;
        this.#finish = finish;
        this.#wheel = new TimerWheel(clock.monotonicMs());
    }
    isFresh(slot) {
        const deadlineMs = this.#wheel.deadlines[slot];
        return deadlineMs === Infinity || deadlineMs - this.#staleMs > this.#clock.monotonicMs();
    }
    /** On the clock's monotonic time; `Infinity`: for ever. */
    freshUntilMs(slot) {
        return this.#wheel.deadlines[slot] - this.#staleMs;
    }
    /** Whether an entry that is not fresh may still be served. */
    isServedStale(slot) {
        return this.#wheel.deadlines[slot] > this.#clock.monotonicMs();
    }
    resize(capacity) {
        this.#wheel.resize(capacity);
    }
    file(slot, ttlMs) {
        const deadlineMs = ttlMs === Infinity ? Infinity : this.#clock.monotonicMs() + ttlMs + this.#staleMs;
        this.#wheel.file(slot, deadlineMs);
        if (deadlineMs < this.#timerAtMs)
            this.#arm(deadlineMs);
    }
    forget(slot) {
        this.#wheel.remove(slot);
    }
    relocate(from, to) {
        this.#wheel.relocate(from, to);
    }
    stop() {
        this.#arm(Infinity);
    }
    #arm(atMs) {
        this.#timer?.cancel();
        this.#timer = null;
        this.#timerAtMs = atMs;
        if (atMs === Infinity)
            return;
        const delayMs = Math.min(LONGEST_TIMER_MS, Math.max(1, atMs - this.#clock.monotonicMs()));
        this.#timer = this.#clock.after(delayMs, () => this.#release());
    }
    #release() {
        const startedMs = this.#clock.monotonicMs();
        let isDone = false;
        let isFirst = true;
        this.#begin(this.#wheel.estimateDue(startedMs));
        while (!isDone && this.#clock.monotonicMs() - startedMs < RELEASE_TURN_MS) {
            if (this.#wheel.advance(startedMs, RELEASE_BATCH, this.#remove)) {
                // To put the index in order may take a turn of its own.
                if (!isFirst)
                    break;
                isDone = this.#rest(RELEASE_BATCH);
            }
            else
                isFirst = false;
        }
        this.#arm(isDone ? this.#wheel.nextMs() : startedMs);
        this.#finish();
    }
}
//# sourceMappingURL=expiry.js.map