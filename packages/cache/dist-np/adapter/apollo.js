import { createCache } from "../cache.js";
/**
 * A bounded cache for `new ApolloServer({ cache })`.
 * @throws InvalidOptionError as {@link createCache}
 */
export function createApolloCache(options) {
    const cache = createCache(options);
    return {
        cache,
        get: async (key) => cache.get(key),
        async set(key, value, { ttl } = {}) {
            if (typeof ttl === 'number' && ttl <= 0)
                cache.delete(key);
            else
                cache.set(key, value, typeof ttl === 'number' ? { ttlMs: ttl * 1000 } : undefined);
        },
        delete: async (key) => cache.delete(key),
    };
}
//# sourceMappingURL=apollo.js.map