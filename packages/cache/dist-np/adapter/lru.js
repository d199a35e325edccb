import { InvalidOptionError } from '@plimsoll/core';
import { BoundedCache } from "../bounded-cache.js";
import { callSiteOf } from "../channels.js";
import { EntryTooLargeError } from "../errors.js";
import { resolveOptions } from "../options.js";
const known = [
    'max',
    'maxSize',
    'maxEntrySize',
    'sizeCalculation',
    'ttl',
    'updateAgeOnGet',
    'updateAgeOnHas',
    'dispose',
    'noDisposeOnSet',
    'onInsert',
    'fetchMethod',
    'memoMethod',
    'ttlAutopurge',
    'ttlResolution',
    'policy',
    'name',
];
/** Off by default in lru-cache, and so no difference while they are off. */
const refusedUnlessOff = [
    'allowStale',
    'noUpdateTTL',
    'noDeleteOnStaleGet',
    'noDeleteOnFetchRejection',
    'allowStaleOnFetchRejection',
    'allowStaleOnFetchAbort',
    'ignoreFetchAbort',
    'disposeAfter',
];
const reasons = {
    eviction: 'evict',
    expiration: 'expire',
    replacement: 'set',
    deletion: 'delete',
    invalidation: 'delete',
};
/**
 * The common part of lru-cache 10 and 11, on this package's cache: change the import and keep the code. What is different: what is
 * too old is gone for everybody; with `policy: 'w-tinylfu'`, `keys`, `values` and `entries` are in no order.
 * @throws InvalidOptionError for an option of lru-cache's that does not hold here, and says so by name
 */
export class LRUCache {
    max;
    maxSize;
    #cache;
    #options;
    /** Set while what is replaced is not to be told: the same value again, or the caller wants silence. */
    #isSilent = false;
    constructor(options) {
        checkOptions(options);
        const { max = 0, maxSize = 0, policy = 'lru', name, ttl = 0 } = options;
        this.max = max;
        this.maxSize = maxSize;
        this.#options = options;
        const resolved = resolveOptions({
            name,
            policy,
            maxEntries: max > 0 ? max : undefined,
            maxBytes: maxSize > 0 ? maxSize : undefined,
            ttlMs: ttl > 0 ? ttl : undefined,
            onRemoval: (key, value, cause) => this.#removed(key, value, cause),
        });
        this.#cache = new BoundedCache(resolved, callSiteOf(LRUCache));
    }
    get size() {
        return this.#cache.size;
    }
    /** In the units of `sizeCalculation`, else bytes; 0 without `maxSize`. */
    get calculatedSize() {
        return this.#cache.bytes ?? 0;
    }
    get(key) {
        const value = this.#cache.get(key);
        if (value !== undefined && this.#options.updateAgeOnGet)
            this.#renew(key, value);
        return value;
    }
    peek(key) {
        return this.#cache.peek(key);
    }
    has(key) {
        const value = this.#cache.peek(key);
        if (value !== undefined && this.#options.updateAgeOnHas)
            this.#renew(key, value);
        return value !== undefined;
    }
    set(key, value, options = {}) {
        if (value === undefined) {
            this.delete(key);
            return this;
        }
        const entry = this.#entryOptions(key, value, options);
        if (this.#isTooLarge(entry)) {
            this.delete(key);
            return this;
        }
        const isSilent = options.noDisposeOnSet ?? this.#options.noDisposeOnSet ?? false;
        const before = this.#cache.peek(key);
        const isStored = this.#store(key, value, entry, isSilent || before === value);
        if (isStored)
            this.#options.onInsert?.(value, key, insertReason(before, value));
        return this;
    }
    delete(key) {
        return this.#cache.delete(key);
    }
    clear() {
        this.#cache.clear();
    }
    /** One call of `fetchMethod` for all who ask meanwhile. */
    async fetch(key, options = {}) {
        const { fetchMethod } = this.#options;
        if (!fetchMethod)
            return this.get(key);
        if (options.forceRefresh)
            this.#cache.delete(key);
        const here = this.get(key);
        if (here !== undefined)
            return here;
        const { context, signal } = options;
        let loaded;
        const fetched = await this.#cache.fetch(key, {
            abortSignal: signal,
            load: async (wanted, { abortSignal, entry }) => {
                const given = { signal: abortSignal, options, context: context };
                const value = await fetchMethod(wanted, undefined, given);
                if (value !== undefined)
                    Object.assign(entry, this.#entryOptions(wanted, value, options));
                // What is deleted while it is loaded is answered and not kept.
                if (this.#isTooLarge(entry))
                    this.#cache.delete(wanted);
                loaded = value;
                return value;
            },
        });
        // Told by whoever loaded it, and only if it was kept.
        if (loaded !== undefined && this.#cache.peek(key) === loaded)
            this.#options.onInsert?.(loaded, key, 'add');
        return fetched;
    }
    memo(key, options = {}) {
        const { memoMethod } = this.#options;
        if (!memoMethod)
            throw new InvalidOptionError('memo', [{ where: 'memoMethod', what: 'is needed: give it to new LRUCache' }]);
        const here = options.forceRefresh ? undefined : this.get(key);
        if (here !== undefined)
            return here;
        const value = memoMethod(key, here, { options, context: options.context });
        this.set(key, value, options);
        return value;
    }
    keys() {
        return this.#cache.keys();
    }
    *values() {
        for (const [, value] of this.#cache.entries())
            yield value;
    }
    entries() {
        return this.#cache.entries();
    }
    [Symbol.iterator]() {
        return this.entries();
    }
    forEach(act, thisArg = this) {
        for (const [key, value] of [...this.entries()])
            act.call(thisArg, value, key, this);
    }
    find(isWanted) {
        for (const [key, value] of this.entries())
            if (isWanted(value, key, this))
                return this.get(key);
        return undefined;
    }
    /** For `load` of another one: the last used at the end. */
    dump() {
        const entries = [...this.entries()].reverse();
        return entries.map(([key, value]) => [key, { value, size: this.#cache.exactBytesOf(key) }]);
    }
    load(entries) {
        this.clear();
        for (const [key, { value, size, ttl }] of entries)
            this.set(key, value, { size, ttl });
    }
    #entryOptions(key, value, { ttl, size, sizeCalculation }) {
        const calculate = sizeCalculation ?? this.#options.sizeCalculation;
        const bytes = this.maxSize === 0 && this.#options.maxEntrySize === undefined ? undefined : (size ?? calculate?.(value, key));
        // What lives for ever in a cache that has a ttl is given 0, as in lru-cache.
        const ttlMs = ttl === undefined ? undefined : ttl > 0 ? ttl : Infinity;
        return { ttlMs, bytes };
    }
    #renew(key, value) {
        this.#store(key, value, { bytes: this.#cache.exactBytesOf(key) }, true);
    }
    #store(key, value, entry, isSilent) {
        this.#isSilent = isSilent;
        try {
            this.#cache.set(key, value, entry);
            return true;
        }
        catch (error) {
            // As lru-cache: what cannot fit is not stored.
            if (!(error instanceof EntryTooLargeError))
                throw error;
            return false;
        }
        finally {
            this.#isSilent = false;
        }
    }
    #isTooLarge({ bytes = 0 }) {
        const { maxEntrySize = 0 } = this.#options;
        return maxEntrySize > 0 && bytes > maxEntrySize;
    }
    #removed(key, value, cause) {
        const isSilent = cause === 'replacement' && this.#isSilent;
        if (!isSilent)
            this.#options.dispose?.(value, key, reasons[cause]);
    }
}
function insertReason(before, value) {
    return before === undefined ? 'add' : before === value ? 'update' : 'replace';
}
function checkOptions(options) {
    const given = (options ?? {});
    const faults = [];
    for (const [name, value] of Object.entries(given)) {
        if (known.includes(name) || value === undefined)
            continue;
        if (!refusedUnlessOff.includes(name))
            faults.push({ where: name, what: 'is unknown' });
        else if (value !== false)
            faults.push({ where: name, what: 'does not hold here: use createCache, or stay with lru-cache' });
    }
    const { max = 0, maxSize = 0 } = given;
    for (const [where, value] of Object.entries({ max, maxSize })) {
        if (!Number.isInteger(value) || value < 0)
            faults.push({ where, what: 'must be a positive whole number' });
    }
    if (!max && !maxSize) {
        faults.push({ where: '', what: 'give max, maxSize or both: a ttl alone is no bound, and what has none is a leak' });
    }
    if (faults.length > 0)
        throw new InvalidOptionError('LRUCache', faults);
}
//# sourceMappingURL=lru.js.map