import { ResponseCache } from "./response-cache.js";
export {} from "./response-cache.js";
/**
 * A Fastify plugin that answers requests with responses that were kept, by the rules of a shared cache, as `@plimsoll/cache/express`
 * does. It holds for the whole application it is registered in, and decorates it with `responseCache`, the cache behind it.
 * Streams pass through and are not kept.
 * @example
 * await app.register(responseCache, { maxBytes: 64 * 1024 * 1024 })
 * @throws InvalidOptionError as `createCache`
 */
export async function responseCache(app, options) {
    const responses = new ResponseCache(options);
    /** Requests that are being answered from here. */
    const answered = new WeakSet();
    app.decorate('responseCache', responses.cache);
    app.addHook('onRequest', async (request, reply) => {
        const found = responses.find(placeOf(request), request);
        if (found === null)
            return undefined;
        answered.add(request);
        for (const [name, value] of Object.entries(found.headers))
            reply.header(name, value);
        return reply.code(found.status).send(found.status === 304 ? undefined : found.body);
    });
    app.addHook('onSend', async (request, reply, payload) => {
        const body = typeof payload === 'string' ? Buffer.from(payload) : Buffer.isBuffer(payload) ? payload : null;
        const head = { status: reply.statusCode, headers: reply.getHeaders() };
        const isOurs = answered.has(request);
        if (body !== null && !isOurs && responses.wants(request, head))
            responses.keep(placeOf(request), request, head, body);
        return payload;
    });
}
// As fastify-plugin does it: the hooks are for the application, not for an inner scope of it.
Object.assign(responseCache, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: '@plimsoll/cache',
});
function placeOf({ headers, url }) {
    return `${String(headers.host ?? '')}${url}`;
}
//# sourceMappingURL=fastify.js.map