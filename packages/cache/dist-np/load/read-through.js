import { InvalidOptionError } from '@plimsoll/core';
import { EntryTooLargeError } from "../errors.js";
import { SingleFlight } from "./single-flight.js";
/** Gets what is not here, for any store: who waits for which load, what is kept of it, and how often that happened. */
export class ReadThrough {
    flights;
    loadCount = 0;
    loadFailureCount = 0;
    staleCount = 0;
    uncachedCount = 0;
    #load;
    #filled;
    constructor({ clock, loadTimeoutMs, load }, filled) {
        this.flights = new SingleFlight({ clock, timeoutMs: loadTimeoutMs });
        this.#load = load;
        this.#filled = filled;
    }
    /** The loaded value, or the stale one at once where there is one, with one refresh behind it. */
    fetch(key, options, stale) {
        const load = options.load ?? this.#load;
        if (!load)
            return Promise.reject(new InvalidOptionError('fetch', [{ where: 'load', what: noLoader }]));
        const start = (controls) => this.#start(key, load, options, controls);
        if (stale === undefined)
            return this.flights.join(key, start, options.abortSignal);
        this.staleCount++;
        this.flights.refresh(key, start);
        return Promise.resolve(stale);
    }
    async #start(key, load, options, controls) {
        this.loadCount++;
        const entry = { ttlMs: options.ttlMs, tags: options.tags, bytes: options.bytes };
        let value;
        try {
            value = await load(key, { abortSignal: controls.abortSignal, entry });
        }
        catch (error) {
            this.loadFailureCount++;
            throw error;
        }
        if (value !== undefined && controls.mayKeep(entry.tags))
            this.#keep(key, value, entry);
        return value;
    }
    #keep(key, value, entry) {
        try {
            this.#filled.put(key, value, entry);
        }
        catch (error) {
            this.#filled.drop(key);
            if (!(error instanceof EntryTooLargeError || this.#filled.isUnkept(error)))
                throw error;
            this.uncachedCount++;
        }
        finally {
            this.#filled.finish();
        }
    }
}
const noLoader = 'is needed: give createCache or this fetch a load function';
//# sourceMappingURL=read-through.js.map