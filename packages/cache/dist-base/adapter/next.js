import { createCache } from "../cache.js";
import { EntryTooLargeError, UnweighableValueError } from "../errors.js";
/** Invalidated paths that are remembered for fetched responses; of older ones only which was the latest. */
const MOST_PATHS = 10_000;
/** Next.js lists a page's tags in this header of it, and gives at most 128 of them. */
const TAGS_HEADER = 'x-next-cache-tags';
const MOST_TAGS = 100;
/**
 * A bounded cache for `cacheHandler` of Next.js 14 to 16, which keeps pages, routes and fetched responses. With `cacheMaxMemorySize: 0`
 * it is the only one. What `revalidateTag` and `revalidatePath` name is gone at once, also where Next.js would serve it once more.
 * @example
 * export default createNextCacheHandler({ maxBytes: 64 * 1024 * 1024 })
 * @throws InvalidOptionError as {@link createCache}
 */
export function createNextCacheHandler(options) {
    const cache = createCache(options);
    const invalidated = new Invalidated();
    const nowMs = () => options.clock?.nowMs() ?? Date.now();
    return class {
        static cache = cache;
        async get(key, { tags = [], softTags = [] } = {}) {
            const stored = cache.get(key);
            if (stored === undefined)
                return null;
            const { value, lastModified, invalidationCount } = stored;
            if (!invalidated.isSince(invalidationCount, [...tags, ...softTags]))
                return { value, lastModified };
            cache.delete(key);
            return null;
        }
        async set(key, value, context = {}) {
            if (value === null)
                return void cache.delete(key);
            const tags = tagsOf(value, context);
            // Too many to be found by: it would outlive what they say.
            if (tags.length > MOST_TAGS)
                return void cache.delete(key);
            try {
                cache.set(key, { value, lastModified: nowMs(), invalidationCount: invalidated.count }, { tags });
            }
            catch (error) {
                if (!(error instanceof EntryTooLargeError || error instanceof UnweighableValueError))
                    throw error;
            }
        }
        async revalidateTag(tags) {
            for (const tag of [tags].flat()) {
                invalidated.add(tag);
                cache.invalidateTag(tag);
            }
        }
        /** Nothing is kept for a request alone. */
        resetRequestCache() { }
    };
}
/**
 * Which tags were invalidated when: a fetched response is asked for with the tags of whoever asks, which it was not stored with.
 * In numbers, not in time: a clock that is set back must not bring anything back.
 */
class Invalidated {
    count = 0;
    #numbers = new Map();
    #lastForgotten = 0;
    add(tag) {
        this.#numbers.delete(tag);
        this.#numbers.set(tag, ++this.count);
        if (this.#numbers.size <= MOST_PATHS)
            return;
        const [oldest, number] = this.#numbers.entries().next().value;
        this.#numbers.delete(oldest);
        this.#lastForgotten = number;
    }
    /** Whether any of them was, after so many invalidations; one that is not remembered may have been until the last that was forgotten. */
    isSince(count, tags) {
        return tags.some((tag) => (this.#numbers.get(tag) ?? this.#lastForgotten) > count);
    }
}
function tagsOf(value, { tags = [] }) {
    const headers = value.headers;
    const listed = headers?.[TAGS_HEADER];
    return [...new Set([...tags, ...(typeof listed === 'string' && listed !== '' ? listed.split(',') : [])])];
}
//# sourceMappingURL=next.js.map