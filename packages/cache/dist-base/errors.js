import { PlimsollError, formatBytes, formatDuration } from '@plimsoll/core';
/** An entry that cannot fit even into an empty cache. Nothing was stored and nothing was evicted for it. */
export class EntryTooLargeError extends PlimsollError {
    key;
    /** What the entry weighs; at least this much, as weighing stops where the answer is clear. */
    entryBytes;
    maxBytes;
    constructor({ key, entryBytes, maxBytes }) {
        super('PLIMSOLL_CACHE_ENTRY_TOO_LARGE', `Entry ${describeKey(key)} weighs at least ${formatBytes(entryBytes)} but the cache holds ${formatBytes(maxBytes)}. Cache a smaller projection of it, or raise maxBytes.`);
        this.key = key;
        this.entryBytes = entryBytes;
        this.maxBytes = maxBytes;
    }
}
/** A value holds something whose weight cannot be read from JavaScript. */
export class UnweighableValueError extends PlimsollError {
    /** What was met: `a function`, `a Promise`, `an instance of Socket, which keeps private state`. */
    what;
    constructor(what) {
        super('PLIMSOLL_CACHE_UNWEIGHABLE', `The value holds ${what}, and nobody can tell from JavaScript how much memory that keeps. Cache plain data, or give createCache a weigh option that knows.`);
        this.what = what;
    }
}
/** The caller's `weigh`, or the `bytes` of one entry, is no weight. */
export class InvalidWeightError extends PlimsollError {
    key;
    weight;
    constructor({ key, weight, from }) {
        super('PLIMSOLL_CACHE_INVALID_WEIGHT', `${from} said ${describeWeight(weight)} for entry ${describeKey(key)}; a weight is a positive finite number of bytes. An entry that weighs nothing would never be evicted.`);
        this.key = key;
        this.weight = weight;
    }
}
/** A loader took longer than `loadTimeoutMs`. Every caller that waited for it got this error; its abort signal has fired. */
export class LoadTimeoutError extends PlimsollError {
    key;
    timeoutMs;
    constructor({ key, timeoutMs }) {
        super('PLIMSOLL_CACHE_LOAD_TIMEOUT', `Loading ${describeKey(key)} took longer than ${formatDuration(timeoutMs)} and was given up. Let the loader obey its abortSignal, or raise loadTimeoutMs.`);
        this.key = key;
        this.timeoutMs = timeoutMs;
    }
}
/** A loader asked its own cache for the key that it was just loading: it would have waited for itself. */
export class ReentrantLoadError extends PlimsollError {
    key;
    constructor({ key }) {
        super('PLIMSOLL_CACHE_REENTRANT_LOAD', `The loader of ${describeKey(key)} fetched ${describeKey(key)} again and would wait for itself. Load it from its source there, or fetch another key.`);
        this.key = key;
    }
}
function describeKey(key) {
    const text = typeof key === 'object' || typeof key === 'function' ? 'under an object' : String(key);
    return `"${text.length > 80 ? `${text.slice(0, 79)}…` : text}"`;
}
function describeWeight(weight) {
    return typeof weight === 'number' || weight === undefined || weight === null ? String(weight) : `a ${typeof weight}`;
}
//# sourceMappingURL=errors.js.map