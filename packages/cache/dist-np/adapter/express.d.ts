import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cache } from '../cache.ts';
import { type ResponseCacheOptions } from './response-cache.ts';
export { type ResponseCacheOptions } from './response-cache.ts';
/** A middleware for Express, Connect and whatever else takes `(request, response, next)`. */
export interface ResponseCacheMiddleware {
    (request: IncomingMessage & {
        originalUrl?: string;
    }, response: ServerResponse, next: (error?: unknown) => void): void;
    /** The cache behind it: `invalidateTag`, `clear`, `stats`. */
    readonly cache: Cache<string, unknown & NonNullable<unknown>>;
}
/**
 * Answers requests with responses that were kept, by the rules of a shared cache: `Cache-Control`, `Vary`, `ETag`; never what was
 * asked with `Authorization`, never what sets a cookie, and what was asked with cookies only if it says that it is for all.
 * @example
 * app.use(responseCache({ maxBytes: 64 * 1024 * 1024 }))
 * @throws InvalidOptionError as `createCache`
 */
export declare function responseCache(options: ResponseCacheOptions): ResponseCacheMiddleware;
