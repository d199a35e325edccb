import { createHash } from 'node:crypto';
import { InvalidOptionError } from '@plimsoll/core';
import { createCache } from "../cache.js";
import { EntryTooLargeError } from "../errors.js";
import { isUnchanged, judgeRequest, judgeResponse, variantOf, } from "./http-rules.js";
/** Headers that belong to one connection, or to one answer. */
const notKept = new Set([
    'connection',
    'keep-alive',
    'transfer-encoding',
    'upgrade',
    'trailer',
    'date',
    'age',
    'x-cache',
]);
/** Keeps whole responses for everybody, by the rules of a shared cache. The frameworks' adapters feed it. */
export class ResponseCache {
    cache;
    maxBodyBytes;
    #ttlMs;
    #tags;
    #nowMs;
    /** @throws InvalidOptionError as `createCache` */
    constructor({ ttlMs = 0, maxBodyBytes = 1024 * 1024, tags = () => [], ...options }) {
        if (typeof ttlMs !== 'number' || !(ttlMs >= 0)) {
            throw new InvalidOptionError('responseCache', [
                { where: 'ttlMs', what: `must be a number of 0 or more, and is ${String(ttlMs)}` },
            ]);
        }
        this.cache = createCache(options);
        this.maxBodyBytes = maxBodyBytes;
        this.#ttlMs = ttlMs;
        this.#tags = tags;
        this.#nowMs = () => options.clock?.nowMs() ?? Date.now();
    }
    /**
     * What to answer: a kept response, or 304 when the visitor has it already; to HEAD without the body, as Node.js does by itself.
     * Null: let the application answer.
     * @param place host and path with query: what names a response
     */
    find(place, request) {
        if (judgeRequest(request) !== 'use')
            return null;
        const first = this.cache.get(place);
        if (first === undefined)
            return null;
        const kept = 'vary' in first ? this.cache.get(variantPlace(place, first.vary, request)) : first;
        if (kept === undefined || 'vary' in kept)
            return null;
        const headers = { ...kept.headers };
        headers.age = Math.max(0, Math.floor((this.#nowMs() - kept.keptAtMs) / 1000));
        headers['x-cache'] = 'HIT';
        if (!isUnchanged(request, kept.headers.etag)) {
            return { status: kept.status, headers, body: kept.body };
        }
        delete headers['content-length'];
        delete headers['content-type'];
        return { status: 304, headers, body: Buffer.alloc(0) };
    }
    /** Whether it is worth collecting the body. */
    wants(request, response) {
        const isWhole = request.method === 'GET' && judgeRequest(request) !== 'bypass';
        return isWhole && judgeResponse(request, response, this.#ttlMs) !== null;
    }
    keep(place, request, response, body) {
        const judged = judgeResponse(request, response, this.#ttlMs);
        if (judged === null || body.byteLength > this.maxBodyBytes)
            return;
        const headers = {};
        for (const [name, value] of Object.entries(response.headers)) {
            if (value !== undefined && !notKept.has(name))
                headers[name] = value;
        }
        headers['content-length'] = body.byteLength;
        headers.etag ??= `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
        const kept = { status: response.status, headers: headers, body, keptAtMs: this.#nowMs() };
        const options = { ttlMs: judged.ttlMs, tags: this.#tags(place) };
        try {
            if (judged.vary.length === 0)
                return void this.cache.set(place, kept, options);
            this.cache.set(variantPlace(place, judged.vary, request), kept, options);
            this.cache.set(place, { vary: judged.vary }, options);
        }
        catch (error) {
            if (!(error instanceof EntryTooLargeError))
                throw error;
        }
    }
}
function variantPlace(place, vary, request) {
    return `${place}\n${variantOf(vary, request)}`;
}
//# sourceMappingURL=response-cache.js.map