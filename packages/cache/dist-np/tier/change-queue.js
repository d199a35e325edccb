/** Changes that could not be delivered, by what they change: the latest of each. */
export class ChangeQueue {
    #changes = new Map();
    #maxQueued;
    #wideCount = 0;
    constructor(maxQueued) {
        this.#maxQueued = maxQueued;
    }
    get size() {
        return this.#changes.size;
    }
    /** Whether Redis still has what we know to be changed. A tag may be anybody's. */
    covers(cache, key) {
        if (this.#changes.size === 0)
            return false;
        return this.#wideCount > 0 || this.#changes.has(nameOf({ kind: 'key', cache, name: key }));
    }
    /** Where there are too many, its cache is to be cleared instead of all that is queued of it. */
    add(change) {
        const { cache } = change;
        const isFull = this.#changes.size >= this.#maxQueued && !this.#changes.has(nameOf(change));
        if (isFull)
            for (const queued of this.#changes.values())
                if (queued.cache === cache)
                    this.#drop(queued);
        const kept = isFull ? { ...change, kind: 'all', name: '' } : change;
        const before = this.#changes.get(nameOf(kept));
        if (before)
            this.#drop(before);
        this.#changes.set(nameOf(kept), kept);
        if (kept.kind !== 'key')
            this.#wideCount++;
    }
    /** Delivers one after the other until that fails. */
    async flush(deliver) {
        for (const change of this.#changes.values()) {
            try {
                await deliver(change);
            }
            catch {
                return;
            }
            // Meanwhile it may have been queued once more, for a newer truth.
            if (this.#changes.get(nameOf(change)) === change)
                this.#drop(change);
        }
    }
    #drop(change) {
        this.#changes.delete(nameOf(change));
        if (change.kind !== 'key')
            this.#wideCount--;
    }
}
function nameOf({ kind, cache, name }) {
    return JSON.stringify([kind, cache, name]);
}
//# sourceMappingURL=change-queue.js.map