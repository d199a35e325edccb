import { type Cache } from '../cache.ts';
import type { CacheOptions } from '../options.ts';
export type ApolloCacheOptions = Omit<CacheOptions<string, string>, 'load' | 'loadTimeoutMs' | 'staleMs'>;
/** Apollo Server's `KeyValueCache<string>`. */
export interface ApolloCache {
    get(key: string): Promise<string | undefined>;
    /** @param options.ttl in seconds, as Apollo counts; null or none: as the cache's own `ttlMs` */
    set(key: string, value: string, options?: {
        ttl?: number | null;
    }): Promise<void>;
    delete(key: string): Promise<boolean>;
    /** The cache behind it. */
    readonly cache: Cache<string, string>;
}
/**
 * A bounded cache for `new ApolloServer({ cache })`.
 * @throws InvalidOptionError as {@link createCache}
 */
export declare function createApolloCache(options: ApolloCacheOptions): ApolloCache;
