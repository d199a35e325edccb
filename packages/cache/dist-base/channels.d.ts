import { type CacheHandle } from '@plimsoll/core/wire';
/** Tells whoever watches that a cache exists. Costs nothing when nobody does. */
export declare function announceOpened(handle: CacheHandle): void;
export declare function announceClosed(handle: CacheHandle): void;
/**
 * Where `callee` was called from: `src/catalog/pages.ts:41`, relative to the working directory; null where the stack does
 * not tell. Captures one stack frame, once a cache.
 */
export declare function callSiteOf(callee: ((...args: never[]) => unknown) | (new (...args: never[]) => unknown)): string | null;
