import { randomBytes } from 'node:crypto';
import { delay, InvalidOptionError } from '@plimsoll/core';
import { Asker, within } from "./asker.js";
import { ChangeLog } from "./change-log.js";
import { encodeTags, parseStoredEntry } from "./envelope.js";
import { checkTieredOptions, resolveTierOptions, } from "./options.js";
import { entryKeys } from "./partition.js";
import { linkOf } from "./redis-client.js";
import { fillScript, hotKeysScript, leaseScript, takeScript } from "./scripts.js";
import { TieredCache } from "./tiered-cache.js";
/**
 * Starts a second tier: two connections to Redis, and a poll four times within the bound on staleness.
 * @example
 * const tier = startRedisTier({ redis: new Redis(process.env.REDIS_URL), namespace: 'shop' })
 * const pages = tier.createCache<string>({ name: 'pages', maxBytes: 64 * 1024 * 1024, ttlMs: 300_000, load: render })
 * @throws InvalidOptionError with every fault at once
 */
export function startRedisTier(options) {
    const resolved = resolveTierOptions(options);
    return new LinkedRedisTier(resolved, linkOf(resolved.redis));
}
/** How often a list of hot keys is saved, and after how many lookups at least: an idle process must not overwrite a busy one's. */
const HOT_PERIOD_MS = 10_000;
const HOT_LOOKUPS = 100;
/** How often somebody who waits for another's load looks for it: soon at first, then less often. */
const LOOK_MS = 5;
const MOST_LOOK_MS = 80;
export class LinkedRedisTier {
    options;
    log;
    #link;
    #asker;
    #caches = new Map();
    #hotTimer;
    #isStopped = false;
    constructor(options, open) {
        this.options = options;
        const channel = `{${options.namespace}}:changes`;
        this.#link = open(channel, {
            ready: () => this.log.ready(),
            lost: () => {
                this.#asker.lossCount++;
                this.log.lost();
            },
            message: (text) => this.log.hear(text),
            error: (error) => (this.#asker.lastFailure = error.message),
        });
        this.#asker = new Asker(this.#link, options);
        this.log = new ChangeLog(options, this.#link, this.#asker, channel);
        this.#hotTimer = options.clock.every(HOT_PERIOD_MS, () => void this.#saveHot(HOT_LOOKUPS));
    }
    createCache(options) {
        checkTieredOptions(options);
        if (this.#caches.has(options.name)) {
            const what = `${options.name} is taken: one cache of a name a process, or they would not hear of each other`;
            throw new InvalidOptionError('createCache of a Redis tier', [{ where: 'name', what }]);
        }
        const cache = new TieredCache(this, options);
        this.#caches.set(options.name, cache);
        this.log.follow(options.name, cache);
        return cache;
    }
    forget(name) {
        this.#caches.delete(name);
        this.log.unfollow(name);
    }
    stats() {
        const { askCount, failureCount, timeoutCount, lossCount, lastFailure } = this.#asker;
        const { pollCount, changeCount, queuedCount, freshStartCount, suspendCount, partitions } = this.log;
        const states = partitions.map(({ breaker }) => breaker.state);
        return {
            isConnected: this.#link.isReady,
            breaker: ['open', 'half-open'].find((state) => states.includes(state)) ?? 'closed',
            breakerOpenCount: partitions.reduce((sum, { breaker }) => sum + breaker.openCount, 0),
            askCount,
            failureCount,
            timeoutCount,
            lossCount,
            pollCount,
            changeCount,
            queuedCount,
            freshStartCount,
            suspendCount,
            lastFailure,
        };
    }
    async stop() {
        if (this.#isStopped)
            return;
        this.#isStopped = true;
        this.#hotTimer.cancel();
        await this.#saveHot(1);
        await this.log.stop();
        this.#link.close();
    }
    [Symbol.asyncDispose]() {
        return this.stop();
    }
    /**
     * The entry as Redis has it, or the word to load it: with a lease, or without one where Redis cannot be used. Waits while somebody
     * else loads it. Asking takes no longer than the time-out, however often it looks.
     */
    async take(cache, key, { isReadOnly = false, abortSignal } = {}) {
        const { clock, timeoutMs, leaseMs } = this.options;
        if (this.#isStopped || this.log.isQueued(cache, key))
            return withoutLease;
        const partition = this.log.partitionOf(cache, key);
        const token = isReadOnly ? '' : randomBytes(9).toString('base64url');
        let askedMs = 0;
        try {
            for (let lookMs = LOOK_MS;; lookMs = Math.min(2 * lookMs, MOST_LOOK_MS)) {
                const lookAtMs = clock.monotonicMs();
                const spanMs = () => timeoutMs - askedMs - (clock.monotonicMs() - lookAtMs);
                const life = await this.log.lifeOf(partition, spanMs());
                const { valueKey, leaseKey } = entryKeys(partition, life, cache, key);
                const allKeys = [partition.stateKey, valueKey, leaseKey];
                const args = [life, token, leaseMs, cache];
                const reply = await this.#asker.ask(partition.breaker, takeScript, allKeys, args, { spanMs: spanMs() });
                const [word, what, ttlMs] = reply;
                const kind = String(word);
                if (kind === 'hit') {
                    const entry = parseStoredEntry(what);
                    return entry && ttlMs > 0 ? { kind, entry, ttlMs } : withoutLease;
                }
                if (kind === 'load')
                    return { kind, lease: { key, token, life, seq: Number(what), partition } };
                if (kind === 'life')
                    partition.follower.lose();
                else if (kind !== 'wait')
                    return withoutLease;
                askedMs += clock.monotonicMs() - lookAtMs;
                if (kind === 'wait') {
                    await delay(clock, lookMs * (0.5 + this.options.random.next() / 2));
                    // So far the request has waited for a load, as it would have for its own.
                    askedMs = 0;
                }
                if (askedMs >= timeoutMs || abortSignal?.aborted)
                    return withoutLease;
            }
        }
        catch {
            return withoutLease;
        }
    }
    /** Keeps what was loaded for everybody, if the lease still holds. Takes no longer than the time-out, and never throws. */
    async fill(cache, lease, folded, ttlMs, tags) {
        if (folded.byteLength > this.options.maxEntryBytes)
            return this.release(cache, lease);
        const { partition, life, token, seq } = lease;
        const { valueKey, leaseKey } = entryKeys(partition, life, cache, lease.key);
        const args = [life, token, seq, this.ttlMs(ttlMs), encodeTags(tags), cache, folded];
        try {
            const allKeys = [partition.stateKey, valueKey, leaseKey];
            return String(await this.#asker.ask(partition.breaker, fillScript, allKeys, args)) === 'kept';
        }
        catch {
            return false;
        }
    }
    /** Lets the next one load. */
    async release(cache, lease) {
        await this.#lease(cache, lease, 0);
        return false;
    }
    /** Keeps the lease while its holder is alive and loading. */
    renewing(cache, lease) {
        const { clock, leaseMs } = this.options;
        return clock.every(leaseMs / 3, () => void this.#lease(cache, lease, leaseMs));
    }
    /** How long an entry lives in Redis. */
    ttlMs(ttlMs) {
        return Math.max(1, Math.floor(Math.min(ttlMs, this.options.maxTtlMs)));
    }
    /** The list of hot keys that processes before us have left. Waits until Redis is reached, but no longer than so. */
    async hotKeys(cache, spanMs) {
        try {
            await within(this.options.clock, spanMs, this.log.firstPoll);
            const { breaker } = this.log.partitions[0];
            const reply = await this.#asker.ask(breaker, hotKeysScript, [this.#hotListKey(cache)], []);
            const list = reply === null ? [] : JSON.parse(String(reply));
            return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
        }
        catch {
            return [];
        }
    }
    async #saveHot(leastLookups) {
        const partition = this.log.partitions[0];
        await Promise.all([...this.#caches].map(async ([name, cache]) => {
            const keys = cache.takeHotKeys(leastLookups);
            if (keys.length === 0)
                return;
            const args = [JSON.stringify(keys), this.options.maxTtlMs];
            await this.#asker.ask(partition.breaker, hotKeysScript, [this.#hotListKey(name)], args).catch(() => { });
        }));
    }
    #hotListKey(cache) {
        return `${this.log.partitions[0].stateKey}:hot:${cache}`;
    }
    async #lease(cache, { partition, life, key, token }, ms) {
        const { leaseKey } = entryKeys(partition, life, cache, key);
        await this.#asker.ask(partition.breaker, leaseScript, [leaseKey], [token, ms]).catch(() => { });
    }
}
const withoutLease = { kind: 'load', lease: null };
//# sourceMappingURL=redis-tier.js.map