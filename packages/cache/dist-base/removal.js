import { messageOf } from '@plimsoll/core';
import { removalCauses } from '@plimsoll/core/wire';
/** Counts who left and why, and tells the listener of each when the cache is in order again, so that it may use the cache. */
export class Removals {
    counts = Object.fromEntries(removalCauses.map((cause) => [cause, 0]));
    /** Times that the listener threw. */
    listenerFailureCount = 0;
    #cacheName;
    #listener;
    #untold = [];
    #isTelling = false;
    constructor(cacheName, listener) {
        this.#cacheName = cacheName;
        this.#listener = listener;
    }
    /** Whether anybody listens; else counting is enough. */
    get isHeard() {
        return this.#listener !== undefined;
    }
    note(key, value, cause) {
        // What is frequent by name: V8 finds a property faster whose name stands in the code.
        if (cause === 'eviction')
            this.counts.eviction++;
        else if (cause === 'replacement')
            this.counts.replacement++;
        else
            this.counts[cause]++;
        if (this.#listener)
            this.#untold.push([key, value, cause]);
    }
    /** What a listener removes in turn is told after what was removed before. */
    tell() {
        if (this.#untold.length === 0 || this.#isTelling)
            return;
        this.#isTelling = true;
        for (let told = 0; told < this.#untold.length; told++)
            this.#tellOne(this.#untold[told]);
        this.#untold = [];
        this.#isTelling = false;
    }
    #tellOne([key, value, cause]) {
        try {
            this.#listener(key, value, cause);
        }
        catch (error) {
            if (this.listenerFailureCount++ > 0)
                return;
            process.emitWarning(`onRemoval of cache ${this.#cacheName} threw, and is not told of again: ${messageOf(error)}`);
        }
    }
}
//# sourceMappingURL=removal.js.map