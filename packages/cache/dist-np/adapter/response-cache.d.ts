import { type Cache } from '../cache.ts';
import type { CacheOptions } from '../options.ts';
import { type Headers, type RequestHead, type ResponseHead } from './http-rules.ts';
export interface ResponseCacheOptions extends Pick<CacheOptions<string, never>, 'name' | 'maxBytes' | 'maxEntries' | 'policy' | 'optimize' | 'clock' | 'random'> {
    /** For responses that do not say how long they are fresh. Default 0: such are not kept. */
    ttlMs?: number;
    /** Longer bodies are not kept. Default 1 MiB. */
    maxBodyBytes?: number;
    /** Names under which {@link Cache.invalidateTag} finds a response. */
    tags?: (path: string) => readonly string[];
}
/** A response that may be given to anybody who asks alike. */
export interface KeptResponse {
    readonly status: number;
    readonly headers: Headers;
    readonly body: Buffer;
    /** Epoch ms. */
    readonly keptAtMs: number;
}
/** What an URL varies on is kept beside its variants, and found first. */
type Kept = KeptResponse | {
    readonly vary: readonly string[];
};
/** Keeps whole responses for everybody, by the rules of a shared cache. The frameworks' adapters feed it. */
export declare class ResponseCache {
    #private;
    readonly cache: Cache<string, Kept>;
    readonly maxBodyBytes: number;
    /** @throws InvalidOptionError as `createCache` */
    constructor({ ttlMs, maxBodyBytes, tags, ...options }: ResponseCacheOptions);
    /**
     * What to answer: a kept response, or 304 when the visitor has it already; to HEAD without the body, as Node.js does by itself.
     * Null: let the application answer.
     * @param place host and path with query: what names a response
     */
    find(place: string, request: RequestHead): {
        status: number;
        headers: Record<string, string | number | string[]>;
        body: Buffer;
    } | null;
    /** Whether it is worth collecting the body. */
    wants(request: RequestHead, response: ResponseHead): boolean;
    keep(place: string, request: RequestHead, response: ResponseHead, body: Buffer): void;
}
export {};
