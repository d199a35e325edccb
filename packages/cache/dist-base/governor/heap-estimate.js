/** Cycles of the collector whose garbage is remembered; the median of them counts, so that one that let go of much does not. */
const CYCLES = 5;
/** Garbage is taken for live when it comes so many times as fast as usual. */
const UNUSUAL = 3;
/**
 * Estimates what of the heap is in use, between full collections. What is used then is garbage in part, and nobody knows which
 * part before the next one. But what a full collection leaves is surely live; what caches have taken or given since is known; and
 * garbage comes at a pace that earlier collections have shown. What grows much faster than that is taken for live at once, rather than
 * after the next collection, which may be seconds away. Decides, and cannot act.
 */
export class HeapEstimate {
    /** What grows in the young generation and is never promoted. */
    #slackBytes;
    #garbagePerMs = [];
    #floorBytes = 0;
    #floorHeldBytes = 0;
    #floorAtMs = null;
    #heldBytes = 0;
    #mostHeldBytes = 0;
    #mostUsedBytes = 0;
    constructor(slackBytes) {
        this.#slackBytes = slackBytes;
    }
    /** To be called now and then: so much is used, and so much of it by caches. */
    look(usedBytes, heldBytes) {
        this.#heldBytes = heldBytes;
        this.#mostHeldBytes = Math.max(this.#mostHeldBytes, heldBytes);
        this.#mostUsedBytes = Math.max(this.#mostUsedBytes, usedBytes);
    }
    /** A full collection has left so much. */
    collected(usedBytes, nowMs) {
        if (this.#floorAtMs !== null && nowMs > this.#floorAtMs) {
            const garbageBytes = Math.max(0, this.#mostUsedBytes - usedBytes - this.givenBytes);
            this.#garbagePerMs.push(garbageBytes / (nowMs - this.#floorAtMs));
            if (this.#garbagePerMs.length > CYCLES)
                this.#garbagePerMs.shift();
        }
        this.#floorBytes = this.#mostUsedBytes = usedBytes;
        this.#floorHeldBytes = this.#mostHeldBytes = this.#heldBytes;
        this.#floorAtMs = nowMs;
    }
    /** What the caches have given back since the last full collection, and which is still counted as used. */
    get givenBytes() {
        return this.#mostHeldBytes - this.#heldBytes;
    }
    /** As of the last look. */
    liveBytes(usedBytes, nowMs) {
        const known = this.#floorBytes + this.#heldBytes - this.#floorHeldBytes;
        return Math.min(usedBytes, known + this.#unusualBytes(usedBytes, nowMs));
    }
    #unusualBytes(usedBytes, nowMs) {
        if (this.#garbagePerMs.length < 2)
            return 0;
        const usual = [...this.#garbagePerMs].sort((one, other) => one - other)[this.#garbagePerMs.length >> 1];
        const garbageBytes = UNUSUAL * usual * (nowMs - this.#floorAtMs) + this.#slackBytes;
        const takenBytes = this.#mostHeldBytes - this.#floorHeldBytes;
        return Math.max(0, usedBytes - this.#floorBytes - takenBytes - garbageBytes);
    }
}
//# sourceMappingURL=heap-estimate.js.map