import type { RemovalCause } from '@plimsoll/core/wire';
/** What a cache has done since it was created, and what it holds now. A plain object: log it, or hand it to a metrics library. */
export interface CacheStats {
    readonly entryCount: number;
    /** Charged for values, keys and the index; null without `maxBytes`, as nothing is weighed then. */
    readonly bytes: number | null;
    readonly maxBytes: number | null;
    readonly maxEntries: number;
    /** Of `get` and `fetch`; `has` and `peek` do not count. */
    readonly hitCount: number;
    readonly missCount: number;
    /** 0..1; 0 before the first lookup. */
    readonly hitRatio: number;
    /** Loads that were started, refreshes among them. */
    readonly loadCount: number;
    readonly loadFailureCount: number;
    /** Fetches that were served an old value while a refresh ran. */
    readonly staleCount: number;
    /** Loaded values that were handed out and not kept, as they weigh more than the cache may hold or cannot be weighed. */
    readonly uncachedCount: number;
    readonly removals: Readonly<Record<RemovalCause, number>>;
    /** Times that `onRemoval` threw. */
    readonly listenerFailureCount: number;
}
