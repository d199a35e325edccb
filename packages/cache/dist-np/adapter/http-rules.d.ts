/**
 * Which responses a shared cache may keep, and for whom: the rules of RFC 9111, and where it leaves a choice, the careful one.
 * Pure: values in, values out.
 */
export type HeaderValue = string | number | readonly string[] | undefined;
export type Headers = Readonly<Record<string, HeaderValue>>;
export interface RequestHead {
    readonly method: string;
    /** In lower case, as Node.js gives them. */
    readonly headers: Headers;
}
export interface ResponseHead {
    readonly status: number;
    readonly headers: Headers;
}
/** Directives in lower case; null for one without a value. */
export declare function parseCacheControl(header: HeaderValue): ReadonlyMap<string, string | null>;
/** Whether a request may be answered from the cache, and its answer be kept. */
export declare function judgeRequest({ method, headers }: RequestHead): 'use' | 'refresh' | 'bypass';
/** For how long a response may be kept, and on which of the request's headers it depends; null when it may not be kept. */
export declare function judgeResponse(request: RequestHead, { status, headers }: ResponseHead, defaultTtlMs: number): {
    ttlMs: number;
    vary: readonly string[];
} | null;
/** What tells the variants of one URL apart. */
export declare function variantOf(vary: readonly string[], { headers }: RequestHead): string;
/** Whether the visitor has it already. Weak comparison, as RFC 9110 has it for If-None-Match. */
export declare function isUnchanged({ headers }: RequestHead, etag: HeaderValue): boolean;
