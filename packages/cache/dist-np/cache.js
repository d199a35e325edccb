import { BoundedCache } from "./bounded-cache.js";
import { callSiteOf } from "./channels.js";
import { resolveOptions, } from "./options.js";
import { GovernedCache } from "./governor/governed-cache.js";
import { OffHeapCache } from "./store/off-heap/off-heap-cache.js";
/**
 * Creates a cache that cannot outgrow its bound.
 * @example
 * const pages = createCache<string, Page>({ maxBytes: 64 * 1024 * 1024, ttlMs: 300_000, load: (id) => render(id) })
 * const page = await pages.fetch('/p/42')
 * @throws InvalidOptionError with every fault at once; without `maxBytes` and `maxEntries` it says why a bound is needed
 */
export function createCache(options) {
    const resolved = resolveOptions(options);
    const createdAt = callSiteOf(createCache);
    const { governor } = resolved;
    if (governor)
        return new GovernedCache(resolved, governor, (options) => createUngoverned(options, createdAt));
    return createUngoverned(resolved, createdAt);
}
function createUngoverned(options, createdAt) {
    return options.store === 'off-heap' ? new OffHeapCache(options, createdAt) : new BoundedCache(options, createdAt);
}
//# sourceMappingURL=cache.js.map