/** Decides what an entry is charged: what the caller says, what the caller's `weigh` says, or what V8's layouts say. */
export declare class EntryWeigher<K, V> {
    #private;
    constructor(maxBytes: number, weigh: ((value: V, key: K) => number) | undefined);
    /** Whether values are weighed here, and so may be given back settled. */
    get isOwn(): boolean;
    /** Value and key. @throws when the weight is none, cannot be known, or is more than any entry may have */
    weigh(key: K, value: V): number;
    /** What was given for this entry, and nothing on top. */
    exact(key: K, bytes: unknown): number;
    /** After `weigh`: the value to keep, the one that was weighed or an equal one that keeps less alive. */
    takeSettled(value: V): V;
}
/** A key that is a slice of a request must not keep the request alive. */
export declare function settledKey<K>(key: K): K;
