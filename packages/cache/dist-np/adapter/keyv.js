import { createCache } from "../cache.js";
/**
 * A store for Keyv 5, and so for cache-manager 6 and 7, that cannot outgrow its bound. As with any store of Keyv's, one for each
 * namespace; several may share one cache, and with it one bound.
 * @param cache how to make one, or one that exists already
 * @example
 * const keyv = new Keyv({ store: createKeyvStore({ maxBytes: 64 * 1024 * 1024 }) })
 * const manager = createCacheManager({ stores: [keyv] })
 * @throws InvalidOptionError as {@link createCache}
 */
export function createKeyvStore(cache) {
    return new KeyvStore('invalidateTag' in cache ? cache : createCache(cache));
}
export class KeyvStore {
    /** Written by Keyv; what {@link clear} clears. */
    namespace;
    /** Keyv and its tests expect one of every store. */
    opts = { url: 'plimsoll:cache' };
    cache;
    /** Use {@link createKeyvStore}. */
    constructor(cache) {
        this.cache = cache;
    }
    get(key) {
        return this.cache.get(key);
    }
    getMany(keys) {
        return keys.map((key) => this.cache.get(key));
    }
    /** @param ttlMs none: as the store's own `ttlMs` */
    set(key, value, ttlMs) {
        this.cache.set(key, value, ttlMs !== undefined && ttlMs > 0 ? { ttlMs } : undefined);
        return true;
    }
    has(key) {
        return this.cache.has(key);
    }
    delete(key) {
        return this.cache.delete(key);
    }
    deleteMany(keys) {
        return keys.map((key) => this.cache.delete(key)).every(Boolean);
    }
    clear() {
        const prefix = this.#prefix(this.namespace);
        if (prefix === '')
            return this.cache.clear();
        for (const key of [...this.cache.keys()])
            if (key.startsWith(prefix))
                this.cache.delete(key);
    }
    /** For direct use: Keyv 5 iterates only over stores that it knows by name. */
    async *iterator(namespace) {
        const prefix = this.#prefix(namespace);
        for (const entry of this.cache.entries())
            if (entry[0].startsWith(prefix))
                yield entry;
    }
    disconnect() {
        this.cache.close();
    }
    #prefix(namespace) {
        return namespace ? `${namespace}:` : '';
    }
}
//# sourceMappingURL=keyv.js.map