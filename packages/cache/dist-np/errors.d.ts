import { PlimsollError } from '@plimsoll/core';
/** An entry that cannot fit even into an empty cache. Nothing was stored and nothing was evicted for it. */
export declare class EntryTooLargeError extends PlimsollError {
    readonly key: unknown;
    /** What the entry weighs; at least this much, as weighing stops where the answer is clear. */
    readonly entryBytes: number;
    readonly maxBytes: number;
    constructor({ key, entryBytes, maxBytes }: {
        key: unknown;
        entryBytes: number;
        maxBytes: number;
    });
}
/** A value holds something whose weight cannot be read from JavaScript. */
export declare class UnweighableValueError extends PlimsollError {
    /** What was met: `a function`, `a Promise`, `an instance of Socket, which keeps private state`. */
    readonly what: string;
    constructor(what: string);
}
/** The caller's `weigh`, or the `bytes` of one entry, is no weight. */
export declare class InvalidWeightError extends PlimsollError {
    readonly key: unknown;
    readonly weight: unknown;
    constructor({ key, weight, from }: {
        key: unknown;
        weight: unknown;
        from: 'weigh' | 'bytes';
    });
}
/** A loader took longer than `loadTimeoutMs`. Every caller that waited for it got this error; its abort signal has fired. */
export declare class LoadTimeoutError extends PlimsollError {
    readonly key: unknown;
    readonly timeoutMs: number;
    constructor({ key, timeoutMs }: {
        key: unknown;
        timeoutMs: number;
    });
}
/** A loader asked its own cache for the key that it was just loading: it would have waited for itself. */
export declare class ReentrantLoadError extends PlimsollError {
    readonly key: unknown;
    constructor({ key }: {
        key: unknown;
    });
}
