import { type RemovalCause } from '@plimsoll/core/wire';
/**
 * Why an entry left.
 * - `eviction`: room was needed, or the cache was shrunk
 * - `expiration`: it was too old
 * - `invalidation`: the truth changed: its tag was invalidated
 * - `replacement`: a newer value took its place
 * - `deletion`: somebody deleted it, cleared the cache or closed it
 */
export type { RemovalCause };
/** Counts who left and why, and tells the listener of each when the cache is in order again, so that it may use the cache. */
export declare class Removals<K, V> {
    #private;
    readonly counts: Record<RemovalCause, number>;
    /** Times that the listener threw. */
    listenerFailureCount: number;
    constructor(cacheName: string, listener: ((key: K, value: V, cause: RemovalCause) => void) | undefined);
    /** Whether anybody listens; else counting is enough. */
    get isHeard(): boolean;
    note(key: K, value: V, cause: RemovalCause): void;
    /** What a listener removes in turn is told after what was removed before. */
    tell(): void;
}
