import type { CacheReport } from '@plimsoll/core/wire';
import type { Cache } from '../cache.ts';
import type { Storable } from '../options.ts';
/** What is known of an entry that is fresh. */
export interface EntryFacts {
    /** Bytes charged to it. */
    readonly weight: number;
    /** On the clock's monotonic time. */
    readonly freshUntilMs: number;
}
/** A cache whose ceiling can be moved, and that tells of single entries. Not for the cache's users. */
export interface Governable<K, V extends Storable> extends Cache<K, V> {
    /** Where its report takes the curve from. */
    curve: () => CacheReport['curve'];
    /** The index, shared out over the entries; null without entries. */
    readonly entryIndexBytes: number | null;
    /** Holds no more than so many bytes from now on, its own `maxBytes` at most. */
    grant(bytes: number): void;
    inspect(key: K): EntryFacts | null;
}
