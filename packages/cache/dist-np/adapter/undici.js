import { Writable } from 'node:stream';
import { createCache } from "../cache.js";
import { EntryTooLargeError } from "../errors.js";
/** Responses kept for one URL, by what they vary on; a client that varies without end gets no more. */
const MOST_VARIANTS = 32;
/**
 * A store for `interceptors.cache({ store })` of undici 7, with one bound for heads, bodies and its own index.
 * @example
 * setGlobalDispatcher(new Agent().compose(interceptors.cache({ store: createUndiciStore({ maxBytes: 64 * 1024 * 1024 }) })))
 * @throws InvalidOptionError as {@link createCache}
 */
export function createUndiciStore({ maxBodyBytes = 5 * 1024 * 1024, ...options }) {
    return new UndiciStore(createCache(options), maxBodyBytes);
}
export class UndiciStore {
    /** The cache behind it: an entry is all that is kept of one URL. */
    cache;
    #maxBodyBytes;
    /** Use {@link createUndiciStore}. */
    constructor(cache, maxBodyBytes) {
        this.cache = cache;
        this.#maxBodyBytes = maxBodyBytes;
    }
    get(key) {
        const found = this.cache.get(placeOf(key))?.find((variant) => isFor(variant, key) && variant.deleteAt > Date.now());
        if (found === undefined)
            return undefined;
        const { method, body, cacheControlDirectives = {}, ...head } = found;
        return { ...head, cacheControlDirectives, body: method === 'HEAD' ? [] : [body] };
    }
    createWriteStream(key, value) {
        const chunks = [];
        let byteLength = 0;
        return new Writable({
            write: (chunk, encoding, done) => {
                const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
                byteLength += bytes.byteLength;
                if (byteLength <= this.#maxBodyBytes)
                    chunks.push(bytes);
                else
                    chunks.length = 0;
                done();
            },
            final: (done) => {
                if (byteLength <= this.#maxBodyBytes)
                    this.#keep(key, { ...value, method: key.method, body: Buffer.concat(chunks) });
                done();
            },
        });
    }
    delete(key) {
        this.cache.delete(placeOf(key));
    }
    #keep(key, variant) {
        const nowMs = Date.now();
        const others = (this.cache.peek(placeOf(key)) ?? []).filter((other) => other.deleteAt > nowMs && !isFor(other, key));
        const variants = [variant, ...others].slice(0, MOST_VARIANTS);
        const ttlMs = Math.max(...variants.map(({ deleteAt }) => deleteAt)) - nowMs;
        if (!(ttlMs > 0))
            return;
        try {
            this.cache.set(placeOf(key), variants, { ttlMs });
        }
        catch (error) {
            if (!(error instanceof EntryTooLargeError))
                throw error;
        }
    }
}
function placeOf({ origin, path }) {
    return `${origin} ${path}`;
}
function isFor({ method, vary }, key) {
    if (method !== key.method)
        return false;
    return Object.entries(vary ?? {}).every(([name, value]) => {
        return JSON.stringify(key.headers?.[name] ?? null) === JSON.stringify(value ?? null);
    });
}
//# sourceMappingURL=undici.js.map