import { type ResponseCacheOptions } from './response-cache.ts';
export { type ResponseCacheOptions } from './response-cache.ts';
/** What the plugin needs of Fastify 5; given structurally, so that a user without Fastify installs nothing. */
interface FastifyLike {
    addHook(name: 'onRequest' | 'onSend', hook: (...args: never[]) => Promise<unknown>): unknown;
    decorate(name: string, value: unknown): unknown;
}
/**
 * A Fastify plugin that answers requests with responses that were kept, by the rules of a shared cache, as `@plimsoll/cache/express`
 * does. It holds for the whole application it is registered in, and decorates it with `responseCache`, the cache behind it.
 * Streams pass through and are not kept.
 * @example
 * await app.register(responseCache, { maxBytes: 64 * 1024 * 1024 })
 * @throws InvalidOptionError as `createCache`
 */
export declare function responseCache(app: FastifyLike, options: ResponseCacheOptions): Promise<void>;
