/** Directives in lower case; null for one without a value. */
export function parseCacheControl(header) {
    const directives = new Map();
    for (const [, name, quoted, plain] of textOf(header).matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/g)) {
        directives.set(name.toLowerCase(), quoted ?? plain ?? null);
    }
    return directives;
}
/** Whether a request may be answered from the cache, and its answer be kept. */
export function judgeRequest({ method, headers }) {
    if (method !== 'GET' && method !== 'HEAD')
        return 'bypass';
    // Whoever says who they are gets their own answer, whatever it says of itself: one forgotten header must not publish it.
    if (headers.authorization !== undefined || headers.range !== undefined || headers.upgrade !== undefined)
        return 'bypass';
    const asked = parseCacheControl(headers['cache-control']);
    if (asked.has('no-store'))
        return 'bypass';
    const wantsFresh = asked.has('no-cache') || Number(asked.get('max-age')) === 0;
    return wantsFresh || /\bno-cache\b/.test(textOf(headers.pragma)) ? 'refresh' : 'use';
}
const storableStatuses = new Set([200, 203, 301, 308, 404, 410]);
/** For how long a response may be kept, and on which of the request's headers it depends; null when it may not be kept. */
export function judgeResponse(request, { status, headers }, defaultTtlMs) {
    if (!storableStatuses.has(status) || headers['set-cookie'] !== undefined)
        return null;
    const said = parseCacheControl(headers['cache-control']);
    if (said.has('no-store') || said.has('private') || said.has('no-cache'))
        return null;
    const vary = textOf(headers.vary)
        .split(',')
        .map((name) => name.trim().toLowerCase())
        .filter((name) => name !== '');
    if (vary.includes('*'))
        return null;
    // A page for a visitor with cookies may be theirs alone: it has to say that it is for all, or that it depends on them.
    const isForAll = said.has('public') || said.has('s-maxage') || vary.includes('cookie');
    if (request.headers.cookie !== undefined && !isForAll)
        return null;
    const seconds = Number(said.get('s-maxage') ?? said.get('max-age') ?? NaN);
    const ageMs = 1000 * (Number(headers.age) || 0);
    const ttlMs = Number.isNaN(seconds) ? defaultTtlMs : seconds * 1000 - ageMs;
    return ttlMs > 0 ? { ttlMs, vary: [...new Set(vary)].sort() } : null;
}
/** What tells the variants of one URL apart. */
export function variantOf(vary, { headers }) {
    return JSON.stringify(vary.map((name) => headers[name] ?? null));
}
/** Whether the visitor has it already. Weak comparison, as RFC 9110 has it for If-None-Match. */
export function isUnchanged({ headers }, etag) {
    const had = headers['if-none-match'];
    if (had === undefined || etag === undefined)
        return false;
    const strong = (tag) => tag.trim().replace(/^W\//, '');
    const tags = textOf(had).match(/(?:W\/)?"[^"]*"|\*/g) ?? [];
    return tags.some((tag) => tag === '*' || strong(tag) === strong(textOf(etag)));
}
function textOf(header) {
    if (header === undefined)
        return '';
    return Array.isArray(header) ? header.join(',') : String(header);
}
//# sourceMappingURL=http-rules.js.map