import { type Cache } from '../cache.ts';
import type { CacheOptions, Storable } from '../options.ts';
/** What Next.js stores: a page, a route's response, a fetched response or an image; which, is its own business. */
export type NextValue = Storable;
/** What Next.js is answered. */
interface Answer {
    readonly value: NextValue;
    /** Epoch ms. */
    readonly lastModified: number;
}
interface Stored extends Answer {
    /** How many invalidations came before it. */
    readonly invalidationCount: number;
}
/** What Next.js tells beside a key: tags it gave the entry, and those that it has for its path. */
export interface NextContext {
    readonly tags?: readonly string[];
    readonly softTags?: readonly string[];
}
export type NextCacheOptions = Omit<CacheOptions<string, Stored>, 'load' | 'loadTimeoutMs' | 'staleMs'>;
/** Next.js makes one of these for each request; what they keep is one cache. */
export type NextCacheHandlerClass = new (options?: unknown) => NextCacheHandler;
export interface NextCacheHandler {
    get(key: string, context?: NextContext): Promise<Answer | null>;
    set(key: string, value: NextValue | null, context?: NextContext): Promise<void>;
    revalidateTag(tags: string | readonly string[]): Promise<void>;
    resetRequestCache(): void;
}
/**
 * A bounded cache for `cacheHandler` of Next.js 14 to 16, which keeps pages, routes and fetched responses. With `cacheMaxMemorySize: 0`
 * it is the only one. What `revalidateTag` and `revalidatePath` name is gone at once, also where Next.js would serve it once more.
 * @example
 * export default createNextCacheHandler({ maxBytes: 64 * 1024 * 1024 })
 * @throws InvalidOptionError as {@link createCache}
 */
export declare function createNextCacheHandler(options: NextCacheOptions): NextCacheHandlerClass & {
    readonly cache: Cache<string, Stored>;
};
export {};
