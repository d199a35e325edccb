import { type Cache } from '../cache.ts';
import type { CacheOptions } from '../options.ts';
/** What Keyv hands to a store: its own serialised text, or with `serialize: false` an object around the value. */
export type KeyvStored = string | object;
export type KeyvStoreOptions = Omit<CacheOptions<string, KeyvStored>, 'load' | 'loadTimeoutMs' | 'staleMs'>;
/**
 * A store for Keyv 5, and so for cache-manager 6 and 7, that cannot outgrow its bound. As with any store of Keyv's, one for each
 * namespace; several may share one cache, and with it one bound.
 * @param cache how to make one, or one that exists already
 * @example
 * const keyv = new Keyv({ store: createKeyvStore({ maxBytes: 64 * 1024 * 1024 }) })
 * const manager = createCacheManager({ stores: [keyv] })
 * @throws InvalidOptionError as {@link createCache}
 */
export declare function createKeyvStore(cache: KeyvStoreOptions | Cache<string, KeyvStored>): KeyvStore;
export declare class KeyvStore {
    #private;
    /** Written by Keyv; what {@link clear} clears. */
    namespace: string | undefined;
    /** Keyv and its tests expect one of every store. */
    readonly opts: Record<string, unknown>;
    readonly cache: Cache<string, KeyvStored>;
    /** Use {@link createKeyvStore}. */
    constructor(cache: Cache<string, KeyvStored>);
    get(key: string): KeyvStored | undefined;
    getMany(keys: readonly string[]): (KeyvStored | undefined)[];
    /** @param ttlMs none: as the store's own `ttlMs` */
    set(key: string, value: KeyvStored, ttlMs?: number): boolean;
    has(key: string): boolean;
    delete(key: string): boolean;
    deleteMany(keys: readonly string[]): boolean;
    clear(): void;
    /** For direct use: Keyv 5 iterates only over stores that it knows by name. */
    iterator(namespace?: string): AsyncGenerator<[string, KeyvStored]>;
    disconnect(): void;
}
