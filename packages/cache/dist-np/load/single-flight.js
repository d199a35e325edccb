import { LoadTimeoutError, ReentrantLoadError } from "../errors.js";
/**
 * Lets one load serve all who ask for a key while it runs: value, rejection, time-out and abort reach every waiter alike.
 * There are never more loads than callers that wait, plus one for each entry that is refreshed behind its back.
 */
export class SingleFlight {
    #flights = new Map();
    #clock;
    #timeoutMs;
    #starting = new Set();
    constructor({ clock, timeoutMs }) {
        this.#clock = clock;
        this.#timeoutMs = timeoutMs;
    }
    /** Waits for the load of `key`, starting it if none is under way. A waiter's own abort signal lets that waiter leave; the last one out aborts the load. */
    join(key, start, abortSignal) {
        if (abortSignal?.aborted)
            return Promise.reject(abortSignal.reason);
        if (this.#starting.has(key))
            return Promise.reject(new ReentrantLoadError({ key }));
        const flight = this.#flights.get(key) ?? this.#begin(key, start);
        flight.waiterCount++;
        return abortSignal ? this.#waitUnlessAborted(key, flight, abortSignal) : flight.outcome;
    }
    /** Loads behind a stale value, unless a load is under way. Answers whether one was started. */
    refresh(key, start) {
        if (this.#flights.has(key) || this.#starting.has(key))
            return false;
        this.#begin(key, start).isBehind = true;
        return true;
    }
    /** The key has a newer truth: the load under way may answer its waiters, but the next caller starts another. */
    overtake(key) {
        if (this.#flights.size === 0)
            return;
        const flight = this.#flights.get(key);
        if (flight)
            this.#overtake(key, flight);
    }
    overtakeAll() {
        for (const key of this.#flights.keys())
            this.overtake(key);
    }
    overtakeTag(tag) {
        for (const flight of this.#flights.values())
            (flight.overtakenTags ??= new Set()).add(tag);
    }
    #begin(key, start) {
        const controller = new AbortController();
        let settle;
        const outcome = new Promise((resolve, reject) => (settle = { resolve, reject }));
        const flight = {
            outcome,
            abort: (reason) => {
                controller.abort(reason);
                settle.reject(reason);
            },
            waiterCount: 0,
            isBehind: false,
            isOvertaken: false,
            overtakenTags: null,
        };
        this.#flights.set(key, flight);
        const timer = this.#timeoutMs === Infinity
            ? null
            : this.#clock.after(this.#timeoutMs, () => flight.abort(new LoadTimeoutError({ key, timeoutMs: this.#timeoutMs })));
        const land = () => {
            timer?.cancel();
            if (this.#flights.get(key) === flight)
                this.#flights.delete(key);
        };
        outcome.then(land, land);
        this.#starting.add(key);
        try {
            const started = start({
                abortSignal: controller.signal,
                mayKeep: (tags) => !flight.isOvertaken && !controller.signal.aborted && !tags?.some((tag) => flight.overtakenTags?.has(tag)),
            });
            // Not resolved with the promise itself: it would be bound to it then, and deaf to the time-out.
            Promise.resolve(started).then(settle.resolve, settle.reject);
        }
        catch (thrown) {
            settle.reject(thrown);
        }
        finally {
            this.#starting.delete(key);
        }
        return flight;
    }
    /** Of the key's loads this one alone: it may be an older one, with a newer under way. */
    #overtake(key, flight) {
        flight.isOvertaken = true;
        if (this.#flights.get(key) === flight)
            this.#flights.delete(key);
    }
    #waitUnlessAborted(key, flight, abortSignal) {
        return new Promise((resolve, reject) => {
            const leave = () => {
                reject(abortSignal.reason);
                flight.waiterCount--;
                if (flight.waiterCount > 0 || flight.isBehind)
                    return;
                this.#overtake(key, flight);
                flight.abort(abortSignal.reason);
            };
            abortSignal.addEventListener('abort', leave, { once: true });
            const stop = () => abortSignal.removeEventListener('abort', leave);
            flight.outcome.then((value) => (stop(), resolve(value)), (reason) => (stop(), reject(reason)));
        });
    }
}
//# sourceMappingURL=single-flight.js.map