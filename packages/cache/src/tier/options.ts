import {
  DAY_MS,
  InvalidOptionError,
  KiB,
  MiB,
  SECOND_MS,
  systemClock,
  systemRandom,
  type Clock,
  type Fault,
  type Random,
} from '@plimsoll/core'
import type { CacheOptions, Loader, Storable } from '../options.ts'
import { codecNames, type Codec, type CodecName } from './envelope.ts'
import { isClusterOf, type RedisClient } from './redis-client.ts'

export interface RedisTierOptions {
  /** A `Redis` or `Cluster` of ioredis or iovalkey, or a client or cluster of node-redis 5 or 6. The tier opens two connections of its own like it, and leaves it alone. */
  redis: RedisClient
  /** What all keys in Redis begin with; processes of one namespace share what they cache. At most 100 characters, no braces. */
  namespace: string
  /** The most that Redis may add to a request, in ms. Default 100. */
  timeoutMs?: number
  /**
   * The bound on staleness, in ms: nobody serves a value for longer than this after its invalidation was delivered. Default 5 s.
   * Redis is asked every quarter of it what has changed; when it has not answered for so long, copies live no longer than this.
   */
  staleBoundMs?: number
  /** Hash slots that the keys are spread over. Default 1; 16 on a cluster, so that each node gets its share. All processes need the same. */
  partitions?: number
  /** Time in ms in which a process that died while it was loading stops the others. Default 2 s; who is alive renews its lease. */
  leaseMs?: number
  /** The longest that an entry may live in Redis, in ms, whatever its `ttlMs`. Default a day. */
  maxTtlMs?: number
  /** Entries that take more bytes in Redis are not sent there. Default 1 MiB. */
  maxEntryBytes?: number
  /** Values of this many bytes and more are compressed, if that helps. Default 1 KiB; `Infinity` for never. */
  compressFromBytes?: number
  /** Commands under way at once; what comes beyond is not asked. Default 1,000. */
  maxInFlight?: number
  /** Invalidations that wait for a Redis that is away; when more come, the cache is cleared everywhere instead. Default 10,000. */
  maxQueued?: number
  /** Keys that a cache's hot list holds, from which a new process warms up. Default 1,000; 0 keeps none. */
  maxHotKeys?: number
  /** Default: the machine's. */
  clock?: Clock
  random?: Random
}

export type ResolvedTierOptions = Readonly<Required<RedisTierOptions>>

/** How one cache behind the tier is made: as {@link CacheOptions}, but for keys, which are strings. */
export interface TieredCacheOptions<V extends Storable> extends Omit<
  CacheOptions<string, V>,
  'name' | 'clock' | 'random' | 'codec'
> {
  /** Names its entries in Redis: the same in every process that shares them. At most 100 characters. */
  name: string
  /** How values become bytes. Default `v8`. */
  codec?: CodecName | Codec<V>
  load?: Loader<string, V>
}

/** @throws {@link InvalidOptionError} with every fault at once */
export function resolveTierOptions(options: RedisTierOptions): ResolvedTierOptions {
  const given = options ?? {}
  const faults: Fault[] = []
  const fault = (where: string, what: string) => faults.push({ where, what })
  const { redis, namespace } = given
  const isCluster = isClusterOf(redis)
  if (isCluster === null) {
    const what = 'must be a Redis or Cluster of ioredis or iovalkey, or a client or cluster of node-redis'
    fault('redis', `${what}: new Redis(process.env.REDIS_URL), or createClient({ url: process.env.REDIS_URL })`)
  }
  if (typeof namespace !== 'string' || !/^[^{}]{1,100}$/.test(namespace)) {
    fault('namespace', 'must be a string of 1 to 100 characters without braces')
  }
  const defaults = {
    timeoutMs: 100,
    staleBoundMs: 5 * SECOND_MS,
    partitions: isCluster ? 16 : 1,
    leaseMs: 2 * SECOND_MS,
    maxTtlMs: DAY_MS,
    maxEntryBytes: MiB,
    compressFromBytes: KiB,
    maxInFlight: 1000,
    maxQueued: 10_000,
    maxHotKeys: 1000,
  }
  /** Least, most, and whether it has to be whole. */
  const ranges: Record<keyof typeof defaults, readonly [number, number]> = {
    timeoutMs: [1, 60 * SECOND_MS],
    staleBoundMs: [50, DAY_MS],
    partitions: [1, 1024],
    leaseMs: [50, 60 * SECOND_MS],
    maxTtlMs: [1, 365 * DAY_MS],
    maxEntryBytes: [1, 512 * MiB],
    compressFromBytes: [0, Infinity],
    maxInFlight: [1, 1e6],
    maxQueued: [1, 1e6],
    maxHotKeys: [0, 100_000],
  }
  const numbers = { ...defaults }
  for (const name of Object.keys(defaults) as (keyof typeof defaults)[]) {
    const value: unknown = given[name] ?? defaults[name]
    const [least, most] = ranges[name]
    const isWhole = Number.isInteger(value) || value === Infinity
    if (typeof value !== 'number' || !isWhole || value < least || value > most) {
      fault(name, `must be a whole number between ${least} and ${most}, and is ${String(value)}`)
    } else numbers[name] = value
  }
  const known = ['redis', 'namespace', 'clock', 'random', ...Object.keys(defaults)]
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) fault(name, `is unknown (known: ${known.join(', ')})`)
  }
  if (faults.length === 0 && numbers.timeoutMs * 2 > numbers.staleBoundMs) {
    fault('timeoutMs', `must be at most half of staleBoundMs, or no poll could be answered in time`)
  }
  if (faults.length > 0) throw new InvalidOptionError('startRedisTier', faults)
  const { clock = systemClock, random = systemRandom } = given
  return Object.freeze({ ...numbers, redis, namespace, clock, random })
}

/** @throws {@link InvalidOptionError} for what the tier needs; the rest is checked where the cache is created */
export function checkTieredOptions(options: { name: unknown; codec?: unknown }): void {
  const faults: Fault[] = []
  const { name, codec = 'v8' } = options
  if (typeof name !== 'string' || name === '' || name.length > 100) {
    faults.push({ where: 'name', what: 'must be a string of 1 to 100 characters, the same in every process' })
  }
  const own = codec as Partial<Codec<unknown>> | null
  const isOwn = typeof own?.encode === 'function' && typeof own.decode === 'function'
  if (!isOwn && !codecNames.includes(codec as CodecName)) {
    faults.push({ where: 'codec', what: `must be one of ${codecNames.join(', ')}, or have encode and decode` })
  }
  if (faults.length > 0) throw new InvalidOptionError('createCache of a Redis tier', faults)
}
