import { randomBytes } from 'node:crypto'
import { delay, InvalidOptionError } from '@plimsoll/core'
import type { Storable } from '../options.ts'
import { Asker, within } from './asker.ts'
import { ChangeLog } from './change-log.ts'
import type { BreakerState } from './circuit-breaker.ts'
import { encodeTags, parseStoredEntry, type StoredEntry } from './envelope.ts'
import {
  checkTieredOptions,
  resolveTierOptions,
  type RedisTierOptions,
  type ResolvedTierOptions,
  type TieredCacheOptions,
} from './options.ts'
import { entryKeys, type Partition } from './partition.ts'
import { linkOf } from './redis-client.ts'
import type { OpenLink, RedisLink } from './redis-link.ts'
import { fillScript, hotKeysScript, leaseScript, takeScript } from './scripts.ts'
import { TieredCache } from './tiered-cache.ts'

/** What the tier has done since it was started, and how it is. A plain object. */
export interface RedisTierStats {
  /** False where requests do not even try. */
  readonly isConnected: boolean
  /** The worst of its partitions. */
  readonly breaker: BreakerState
  readonly breakerOpenCount: number
  /** Commands sent. */
  readonly askCount: number
  readonly failureCount: number
  readonly timeoutCount: number
  /** Connections lost. */
  readonly lossCount: number
  readonly pollCount: number
  /** Changes heard of, our own among them. */
  readonly changeCount: number
  /** Changes that others do not know of yet. */
  readonly queuedCount: number
  /** Times that all copies went, as changes may have been missed: Redis was restarted, or we were away too long. */
  readonly freshStartCount: number
  /** Times that all copies went, as Redis did not answer for longer than the bound on staleness. */
  readonly suspendCount: number
  readonly lastFailure: string | null
}

/** A second tier in Redis or Valkey, shared by all processes of a namespace. */
export interface RedisTier extends AsyncDisposable {
  /** A cache whose misses ask Redis before they load, and whose changes every process hears of. */
  createCache<V extends Storable>(options: TieredCacheOptions<V>): TieredCache<V>
  stats(): RedisTierStats
  /** Delivers what is queued if that works at once, saves what is hot, and closes its connections. Its caches stay as this process's own. */
  stop(): Promise<void>
}

/**
 * Starts a second tier: two connections to Redis, and a poll four times within the bound on staleness.
 * @example
 * const tier = startRedisTier({ redis: new Redis(process.env.REDIS_URL), namespace: 'shop' })
 * const pages = tier.createCache<string>({ name: 'pages', maxBytes: 64 * 1024 * 1024, ttlMs: 300_000, load: render })
 * @throws InvalidOptionError with every fault at once
 */
export function startRedisTier(options: RedisTierOptions): RedisTier {
  const resolved = resolveTierOptions(options)
  return new LinkedRedisTier(resolved, linkOf(resolved.redis))
}

export interface TakeOptions {
  /** Asks for no lease. */
  isReadOnly?: boolean
  /** Ends the waiting for another's load. */
  abortSignal?: AbortSignal
}

/** What came of asking for an entry. */
export type Taken =
  | { readonly kind: 'hit'; readonly entry: StoredEntry; readonly ttlMs: number }
  /** Load it; with a lease the outcome may be kept for all. */
  | { readonly kind: 'load'; readonly lease: Lease | null }

/** The right to load an entry for everybody. It is lost when a newer truth comes, or when it is not renewed in time. */
export interface Lease {
  readonly key: string
  readonly token: string
  readonly life: string
  /** Number of the last change when the lease was given. */
  readonly seq: number
  readonly partition: Partition
}

/** How often a list of hot keys is saved, and after how many lookups at least: an idle process must not overwrite a busy one's. */
const HOT_PERIOD_MS = 10_000
const HOT_LOOKUPS = 100

/** How often somebody who waits for another's load looks for it: soon at first, then less often. */
const LOOK_MS = 5
const MOST_LOOK_MS = 80

export class LinkedRedisTier implements RedisTier {
  readonly options: ResolvedTierOptions
  readonly log: ChangeLog
  readonly #link: RedisLink
  readonly #asker: Asker
  readonly #caches = new Map<string, TieredCache<never>>()
  readonly #hotTimer
  #isStopped = false

  constructor(options: ResolvedTierOptions, open: OpenLink) {
    this.options = options
    const channel = `{${options.namespace}}:changes`
    this.#link = open(channel, {
      ready: () => this.log.ready(),
      lost: () => {
        this.#asker.lossCount++
        this.log.lost()
      },
      message: (text) => this.log.hear(text),
      error: (error) => (this.#asker.lastFailure = error.message),
    })
    this.#asker = new Asker(this.#link, options)
    this.log = new ChangeLog(options, this.#link, this.#asker, channel)
    this.#hotTimer = options.clock.every(HOT_PERIOD_MS, () => void this.#saveHot(HOT_LOOKUPS))
  }

  createCache<V extends Storable>(options: TieredCacheOptions<V>): TieredCache<V> {
    checkTieredOptions(options)
    if (this.#caches.has(options.name)) {
      const what = `${options.name} is taken: one cache of a name a process, or they would not hear of each other`
      throw new InvalidOptionError('createCache of a Redis tier', [{ where: 'name', what }])
    }
    const cache = new TieredCache<V>(this, options)
    this.#caches.set(options.name, cache as TieredCache<never>)
    this.log.follow(options.name, cache)
    return cache
  }

  forget(name: string): void {
    this.#caches.delete(name)
    this.log.unfollow(name)
  }

  stats(): RedisTierStats {
    const { askCount, failureCount, timeoutCount, lossCount, lastFailure } = this.#asker
    const { pollCount, changeCount, queuedCount, freshStartCount, suspendCount, partitions } = this.log
    const states = partitions.map(({ breaker }) => breaker.state)
    return {
      isConnected: this.#link.isReady,
      breaker: (['open', 'half-open'] as const).find((state) => states.includes(state)) ?? 'closed',
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
    }
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#hotTimer.cancel()
    await this.#saveHot(1)
    await this.log.stop()
    this.#link.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /**
   * The entry as Redis has it, or the word to load it: with a lease, or without one where Redis cannot be used. Waits while somebody
   * else loads it. Asking takes no longer than the time-out, however often it looks.
   */
  async take(cache: string, key: string, { isReadOnly = false, abortSignal }: TakeOptions = {}): Promise<Taken> {
    const { clock, timeoutMs, leaseMs } = this.options
    if (this.#isStopped || this.log.isQueued(cache, key)) return withoutLease
    const partition = this.log.partitionOf(cache, key)
    const token = isReadOnly ? '' : randomBytes(9).toString('base64url')
    let askedMs = 0
    try {
      for (let lookMs = LOOK_MS; ; lookMs = Math.min(2 * lookMs, MOST_LOOK_MS)) {
        const lookAtMs = clock.monotonicMs()
        const spanMs = () => timeoutMs - askedMs - (clock.monotonicMs() - lookAtMs)
        const life = await this.log.lifeOf(partition, spanMs())
        const { valueKey, leaseKey } = entryKeys(partition, life, cache, key)
        const allKeys = [partition.stateKey, valueKey, leaseKey]
        const args = [life, token, leaseMs, cache]
        const reply = await this.#asker.ask(partition.breaker, takeScript, allKeys, args, { spanMs: spanMs() })
        const [word, what, ttlMs] = reply as [Buffer, Buffer, number]
        const kind = String(word)
        if (kind === 'hit') {
          const entry = parseStoredEntry(what)
          return entry && ttlMs > 0 ? { kind, entry, ttlMs } : withoutLease
        }
        if (kind === 'load') return { kind, lease: { key, token, life, seq: Number(what), partition } }
        if (kind === 'life') partition.follower.lose()
        else if (kind !== 'wait') return withoutLease
        askedMs += clock.monotonicMs() - lookAtMs
        if (kind === 'wait') {
          await delay(clock, lookMs * (0.5 + this.options.random.next() / 2))
          // So far the request has waited for a load, as it would have for its own.
          askedMs = 0
        }
        if (askedMs >= timeoutMs || abortSignal?.aborted) return withoutLease
      }
    } catch {
      return withoutLease
    }
  }

  /** Keeps what was loaded for everybody, if the lease still holds. Takes no longer than the time-out, and never throws. */
  async fill(cache: string, lease: Lease, folded: Buffer, ttlMs: number, tags: readonly string[]): Promise<boolean> {
    if (folded.byteLength > this.options.maxEntryBytes) return this.release(cache, lease)
    const { partition, life, token, seq } = lease
    const { valueKey, leaseKey } = entryKeys(partition, life, cache, lease.key)
    const args = [life, token, seq, this.ttlMs(ttlMs), encodeTags(tags), cache, folded]
    try {
      const allKeys = [partition.stateKey, valueKey, leaseKey]
      return String(await this.#asker.ask(partition.breaker, fillScript, allKeys, args)) === 'kept'
    } catch {
      return false
    }
  }

  /** Lets the next one load. */
  async release(cache: string, lease: Lease): Promise<false> {
    await this.#lease(cache, lease, 0)
    return false
  }

  /** Keeps the lease while its holder is alive and loading. */
  renewing(cache: string, lease: Lease): { cancel(): void } {
    const { clock, leaseMs } = this.options
    return clock.every(leaseMs / 3, () => void this.#lease(cache, lease, leaseMs))
  }

  /** How long an entry lives in Redis. */
  ttlMs(ttlMs: number): number {
    return Math.max(1, Math.floor(Math.min(ttlMs, this.options.maxTtlMs)))
  }

  /** The list of hot keys that processes before us have left. Waits until Redis is reached, but no longer than so. */
  async hotKeys(cache: string, spanMs: number): Promise<string[]> {
    try {
      await within(this.options.clock, spanMs, this.log.firstPoll)
      const { breaker } = this.log.partitions[0]!
      const reply = await this.#asker.ask(breaker, hotKeysScript, [this.#hotListKey(cache)], [])
      const list: unknown = reply === null ? [] : JSON.parse(String(reply))
      return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []
    } catch {
      return []
    }
  }

  async #saveHot(leastLookups: number): Promise<void> {
    const partition = this.log.partitions[0]!
    await Promise.all(
      [...this.#caches].map(async ([name, cache]) => {
        const keys = cache.takeHotKeys(leastLookups)
        if (keys.length === 0) return
        const args = [JSON.stringify(keys), this.options.maxTtlMs]
        await this.#asker.ask(partition.breaker, hotKeysScript, [this.#hotListKey(name)], args).catch(() => {})
      }),
    )
  }

  #hotListKey(cache: string): string {
    return `${this.log.partitions[0]!.stateKey}:hot:${cache}`
  }

  async #lease(cache: string, { partition, life, key, token }: Lease, ms: number): Promise<void> {
    const { leaseKey } = entryKeys(partition, life, cache, key)
    await this.#asker.ask(partition.breaker, leaseScript, [leaseKey], [token, ms]).catch(() => {})
  }
}

const withoutLease: Taken = { kind: 'load', lease: null }
