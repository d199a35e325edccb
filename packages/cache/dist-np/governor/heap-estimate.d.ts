/**
 * Estimates what of the heap is in use, between full collections. What is used then is garbage in part, and nobody knows which
 * part before the next one. But what a full collection leaves is surely live; what caches have taken or given since is known; and
 * garbage comes at a pace that earlier collections have shown. What grows much faster than that is taken for live at once, rather than
 * after the next collection, which may be seconds away. Decides, and cannot act.
 */
export declare class HeapEstimate {
    #private;
    constructor(slackBytes: number);
    /** To be called now and then: so much is used, and so much of it by caches. */
    look(usedBytes: number, heldBytes: number): void;
    /** A full collection has left so much. */
    collected(usedBytes: number, nowMs: number): void;
    /** What the caches have given back since the last full collection, and which is still counted as used. */
    get givenBytes(): number;
    /** As of the last look. */
    liveBytes(usedBytes: number, nowMs: number): number;
}
