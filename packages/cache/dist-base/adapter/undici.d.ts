import { Writable } from 'node:stream';
import { type Cache } from '../cache.ts';
import type { CacheOptions } from '../options.ts';
type Headers = Record<string, string | string[]>;
/** What undici asks for. Header names are in lower case. */
export interface UndiciCacheKey {
    origin: string;
    method: string;
    path: string;
    headers?: Headers;
}
/** A response as undici hands it over: instants in epoch ms. */
export interface UndiciCacheValue {
    statusCode: number;
    statusMessage: string;
    headers: Headers;
    /** The request's headers that the response depends on, and what they were. */
    vary?: Record<string, string | string[] | null>;
    etag?: string;
    cacheControlDirectives?: object;
    cachedAt: number;
    staleAt: number;
    deleteAt: number;
}
interface Variant extends UndiciCacheValue {
    readonly method: string;
    readonly body: Buffer;
}
export interface UndiciStoreOptions extends Pick<CacheOptions<string, never>, 'name' | 'maxBytes' | 'maxEntries' | 'policy' | 'optimize' | 'clock' | 'random'> {
    /** Longer bodies are not kept. Default 5 MiB. */
    maxBodyBytes?: number;
}
/**
 * A store for `interceptors.cache({ store })` of undici 7, with one bound for heads, bodies and its own index.
 * @example
 * setGlobalDispatcher(new Agent().compose(interceptors.cache({ store: createUndiciStore({ maxBytes: 64 * 1024 * 1024 }) })))
 * @throws InvalidOptionError as {@link createCache}
 */
export declare function createUndiciStore({ maxBodyBytes, ...options }: UndiciStoreOptions): UndiciStore;
export declare class UndiciStore {
    #private;
    /** The cache behind it: an entry is all that is kept of one URL. */
    readonly cache: Cache<string, Variant[]>;
    /** Use {@link createUndiciStore}. */
    constructor(cache: Cache<string, Variant[]>, maxBodyBytes: number);
    get(key: UndiciCacheKey): {
        cacheControlDirectives: object;
        body: Buffer<ArrayBufferLike>[];
        statusCode: number;
        statusMessage: string;
        headers: Headers;
        /** The request's headers that the response depends on, and what they were. */
        vary?: Record<string, string | string[] | null>;
        etag?: string;
        cachedAt: number;
        staleAt: number;
        deleteAt: number;
    } | undefined;
    createWriteStream(key: UndiciCacheKey, value: UndiciCacheValue): Writable;
    delete(key: UndiciCacheKey): void;
}
export {};
