import { ResponseCache } from "./response-cache.js";
export {} from "./response-cache.js";
/**
 * Answers requests with responses that were kept, by the rules of a shared cache: `Cache-Control`, `Vary`, `ETag`; never what was
 * asked with `Authorization`, never what sets a cookie, and what was asked with cookies only if it says that it is for all.
 * @example
 * app.use(responseCache({ maxBytes: 64 * 1024 * 1024 }))
 * @throws InvalidOptionError as `createCache`
 */
export function responseCache(options) {
    const responses = new ResponseCache(options);
    const middleware = (request, response, next) => {
        const place = `${request.headers.host ?? ''}${request.originalUrl ?? request.url ?? ''}`;
        const head = { method: request.method ?? 'GET', headers: request.headers };
        const found = responses.find(place, head);
        if (found === null) {
            collect(responses, place, head, response);
            return next();
        }
        for (const [name, value] of Object.entries(found.headers))
            response.setHeader(name, value);
        response.statusCode = found.status;
        response.end(found.body);
    };
    return Object.assign(middleware, { cache: responses.cache });
}
/** Watches what the application writes, and keeps a copy when it was written to its end. */
function collect(responses, place, request, response) {
    const { write, end } = response;
    let chunks = [];
    let byteLength = 0;
    const take = (chunk, encoding) => {
        if (chunks === null || chunk === undefined || chunk === null || typeof chunk === 'function')
            return;
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(encoding)) : Buffer.from(chunk);
        byteLength += bytes.byteLength;
        if (byteLength > responses.maxBodyBytes || !responses.wants(request, headOf(response)))
            chunks = null;
        else
            chunks.push(bytes);
    };
    response.write = function (...args) {
        take(args[0], args[1]);
        return Reflect.apply(write, this, args);
    };
    response.end = function (...args) {
        take(args[0], args[1]);
        const isWanted = chunks !== null && responses.wants(request, headOf(response));
        if (isWanted)
            responses.keep(place, request, headOf(response), Buffer.concat(chunks));
        chunks = null;
        return Reflect.apply(end, this, args);
    };
}
function headOf(response) {
    return { status: response.statusCode, headers: response.getHeaders() };
}
function encodingOf(encoding) {
    return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
}
//# sourceMappingURL=express.js.map