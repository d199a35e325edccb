import type { FetchOptions } from '../cache.ts';
import type { EntryOptions, ResolvedCacheOptions, Storable } from '../options.ts';
import { SingleFlight } from './single-flight.ts';
/** What loading needs of the cache that it fills. */
export interface Filled<K, V> {
    /** @throws when the entry cannot be kept */
    put(key: K, value: V, entry: EntryOptions): void;
    /** What stands under the key is not the truth any more. */
    drop(key: K): void;
    /** The act is over: listeners may be told. */
    finish(): void;
    /** Whether a value that makes `put` throw this is answered all the same, and only not kept. */
    isUnkept(error: unknown): boolean;
}
/** Gets what is not here, for any store: who waits for which load, what is kept of it, and how often that happened. */
export declare class ReadThrough<K, V extends Storable> {
    #private;
    readonly flights: SingleFlight<K, V | undefined>;
    loadCount: number;
    loadFailureCount: number;
    staleCount: number;
    uncachedCount: number;
    constructor({ clock, loadTimeoutMs, load }: ResolvedCacheOptions<K, V>, filled: Filled<K, V>);
    /** The loaded value, or the stale one at once where there is one, with one refresh behind it. */
    fetch(key: K, options: FetchOptions<K, V>, stale: V | undefined): Promise<V | undefined>;
}
