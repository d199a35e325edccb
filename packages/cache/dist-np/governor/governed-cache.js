/** A cache that tells a governor what it is asked, and holds what that grants it. */
export class GovernedCache {
    #cache;
    #governor;
    #member;
    #observer;
    #options;
    #inspect = (key) => this.#cache.inspect(key);
    constructor(options, governor, create) {
        const { load } = options;
        const cache = (this.#cache = create(load ? { ...options, load: this.#timed(load) } : options));
        this.#options = options;
        this.#governor = governor;
        this.#member = {
            name: cache.name,
            floorBytes: options.floorBytes,
            ceilingBytes: options.maxBytes,
            get bytes() {
                return cache.bytes;
            },
            get entryCount() {
                return cache.size;
            },
            get entryIndexBytes() {
                return cache.entryIndexBytes;
            },
            isOffHeap: options.store === 'off-heap',
            policy: options.policy,
            isByDensity: options.optimize === 'objects',
            hashSeed: (options.random.next() * 2 ** 32) | 0,
            grant: (bytes) => cache.grant(bytes),
        };
        const observer = governor.join(this.#member);
        this.#observer = observer;
        cache.curve = () => observer.curve().map(({ bytes, missRatio }) => ({ budgetBytes: bytes, hitRatio: 1 - missRatio }));
    }
    get name() {
        return this.#cache.name;
    }
    get size() {
        return this.#cache.size;
    }
    get bytes() {
        return this.#cache.bytes;
    }
    get(key) {
        this.#observer.ask(key, this.#inspect);
        return this.#cache.get(key);
    }
    peek(key) {
        return this.#cache.peek(key);
    }
    has(key) {
        return this.#cache.has(key);
    }
    set(key, value, options) {
        this.#cache.set(key, value, options);
        this.#observer.put(key, this.#inspect);
        return this;
    }
    fetch(key, options = {}) {
        const isMissed = this.#observer.ask(key, this.#inspect);
        const timed = options.load ? { ...options, load: this.#timed(options.load) } : options;
        const fetched = this.#cache.fetch(key, timed);
        return isMissed ? this.#tellWhenLoaded(key, fetched) : fetched;
    }
    delete(key) {
        this.#observer.forget(key);
        return this.#cache.delete(key);
    }
    clear() {
        this.#observer.forgetAll();
        this.#cache.clear();
    }
    invalidateTag(tag) {
        return this.#cache.invalidateTag(tag);
    }
    keys() {
        return this.#cache.keys();
    }
    entries() {
        return this.#cache.entries();
    }
    stats() {
        return this.#cache.stats();
    }
    shrink(toBytes) {
        this.#cache.shrink(toBytes);
    }
    close() {
        this.#governor.leave(this.#member);
        this.#cache.close();
    }
    [Symbol.dispose]() {
        this.close();
    }
    async #tellWhenLoaded(key, fetched) {
        const value = await fetched;
        if (value !== undefined)
            this.#observer.put(key, this.#inspect);
        return value;
    }
    #timed(load) {
        return async (key, context) => {
            const startedMs = this.#options.clock.monotonicMs();
            const value = await load(key, context);
            this.#observer.loaded(this.#options.clock.monotonicMs() - startedMs);
            return value;
        };
    }
}
//# sourceMappingURL=governed-cache.js.map