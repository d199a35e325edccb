import {
  InvalidOptionError,
  KiB,
  MINUTE_MS,
  systemClock,
  systemRandom,
  type Clock,
  type Fault,
  type Random,
} from '@plimsoll/core'
import type { Governor } from './governor/governor.ts'
import type { RemovalCause } from './removal.ts'
import { LARGEST_ARENA_BYTES } from './store/off-heap/arena.ts'
import { codecNames, type CodecName } from './store/off-heap/value-bytes.ts'

/** What a value may be: `undefined` is the word for “not here”, so it is never stored; `null` remembers an absence. */
export type Storable = NonNullable<unknown> | null

/** How one entry is kept. */
export interface EntryOptions {
  /** Age in ms at which this entry is no longer fresh. Default: the cache's `ttlMs`. */
  ttlMs?: number
  /** Names under which {@link Cache.invalidateTag} finds it; at most 100 an entry. */
  tags?: readonly string[]
  /**
   * Charges exactly so many bytes, key and index included: the caller knows better, and the promise of `maxBytes` is then
   * the caller's. A positive finite number; without `maxBytes` nothing is charged.
   */
  bytes?: number
}

/** What a loader is told beside the key. */
export interface LoadContext {
  /** Fires when the load has timed out, the cache was closed, or everybody who waited has left. */
  readonly abortSignal: AbortSignal
  /** How the loaded value will be kept; the loader may write to it: `entry.tags = ['seller:7']`. */
  readonly entry: EntryOptions
}

/** Gets a value from where it really lives. Answers `undefined` for what is not there (nothing is stored then). */
export type Loader<K, V extends Storable> = (key: K, context: LoadContext) => Promise<V | undefined> | V | undefined

export const policyNames = ['w-tinylfu', 'lru'] as const
export type PolicyName = (typeof policyNames)[number]

export const storeNames = ['heap', 'off-heap'] as const
export type StoreName = (typeof storeNames)[number]

export interface CacheOptions<K, V extends Storable> {
  /** What people see in reports. Default: the file and line that created it. */
  name?: string
  /**
   * Ceiling for everything the cache keeps alive, in bytes: values, keys and its own index, which takes some 15 KiB. Required unless
   * `maxEntries` is given: a cache without a bound is a leak with a hit ratio.
   */
  maxBytes?: number
  /** Ceiling for the number of entries, at most 8,388,608. Alone it promises nothing about bytes, and nothing is weighed. */
  maxEntries?: number
  /** Bytes a value keeps alive, a positive finite number; key and index are added. Default: read from V8's object layouts. */
  weigh?: (value: V, key: K) => number
  /** Age in ms at which an entry is no longer fresh. Default `Infinity`: entries leave only for room. */
  ttlMs?: number
  /** Time in ms after `ttlMs` during which `fetch` still serves the old value while one refresh runs. Default 0. */
  staleMs?: number
  /** Used by `fetch` for a key that is not here. */
  load?: Loader<K, V>
  /** Time in ms after which a load is given up and all who wait get a {@link LoadTimeoutError}. Default 60 s; `Infinity` waits for ever. */
  loadTimeoutMs?: number
  /**
   * Where entries live. `heap` (default): values are kept as they are. `off-heap`: as bytes outside V8's heap, so that gigabytes
   * cost no garbage collection; needs `maxBytes` of 256 KiB to 32 GiB, takes strings, numbers and bigints as keys, and answers
   * with a copy of the value each time.
   */
  store?: StoreName
  /**
   * How an off-heap store writes values. `v8` (default): whatever structured clone takes; `json`: what JSON makes of it;
   * `string`: strings only; `raw`: Uint8Arrays only, answered as Buffers.
   */
  codec?: CodecName
  /** Who stays when room is needed. Default `w-tinylfu`. */
  policy?: PolicyName
  /**
   * What to hit more of when entries differ in weight: `objects` (default) prefers many small ones, and so most requests are
   * hits; `bytes` does not look at weight, and so most bytes are served from here.
   */
  optimize?: 'objects' | 'bytes'
  /**
   * Gives this cache a part of one budget for many caches, `maxBytes` of it at most: see {@link startGovernor}. Not with
   * `maxEntries` alone.
   */
  governor?: Governor
  /** What the governor never takes away, in bytes. Default: a hundredth of `maxBytes`, 64 KiB at least; off the heap 256 KiB. */
  floorBytes?: number
  /** Called after an entry has left, with why. What it throws is counted and told once, never thrown at the cache's user. */
  onRemoval?: (key: K, value: V, cause: RemovalCause) => void
  /** Default: the machine's. */
  clock?: Clock
  /** Seeds the sketch, so that nobody outside can aim at it. Default: the machine's. */
  random?: Random
}

type Missable = 'name' | 'weigh' | 'load' | 'onRemoval' | 'governor'

export type ResolvedCacheOptions<K, V extends Storable> = Readonly<
  Required<Omit<CacheOptions<K, V>, Missable>> & Pick<CacheOptions<K, V>, Missable>
>

/** Below this an off-heap cache would be all index. */
const LEAST_OFF_HEAP_BYTES = 256 * KiB

/** Half of V8's largest Map: its table needs as much room again for the entries that were deleted. */
const MOST_ENTRIES = 2 ** 23

const known: readonly (keyof CacheOptions<unknown, Storable>)[] = [
  'name',
  'maxBytes',
  'maxEntries',
  'weigh',
  'ttlMs',
  'staleMs',
  'load',
  'loadTimeoutMs',
  'store',
  'codec',
  'policy',
  'optimize',
  'onRemoval',
  'governor',
  'floorBytes',
  'clock',
  'random',
]

/** @throws {@link InvalidOptionError} with every fault at once */
export function resolveOptions<K, V extends Storable>(options: CacheOptions<K, V>): ResolvedCacheOptions<K, V> {
  const given = options ?? {}
  const faults: Fault[] = []
  const fault = (where: string, what: string) => faults.push({ where, what })
  const number = (where: keyof CacheOptions<K, V>, least: number, most: number, isWhole: boolean) => {
    const value: unknown = given[where]
    if (value === undefined) return
    if (typeof value !== 'number' || Number.isNaN(value)) fault(where, 'must be a number')
    else if (value < least || value > most) fault(where, `must be between ${least} and ${most}, and is ${value}`)
    else if (isWhole && !Number.isInteger(value)) fault(where, `must be a whole number, and is ${value}`)
  }
  const callable = (where: keyof CacheOptions<K, V>) => {
    if (given[where] !== undefined && typeof given[where] !== 'function') fault(where, 'must be a function')
  }
  const choice = (where: keyof CacheOptions<K, V>, choices: readonly string[]) => {
    const value: unknown = given[where]
    if (value !== undefined && !choices.includes(value as string)) fault(where, `must be one of ${choices.join(', ')}`)
  }

  for (const name of Object.keys(given)) {
    if (!known.includes(name as keyof CacheOptions<K, V>)) fault(name, `is unknown (known: ${known.join(', ')})`)
  }
  if (given.maxBytes === undefined && given.maxEntries === undefined) {
    fault('', 'give maxBytes, maxEntries or both: a cache without a bound is a leak with a hit ratio')
  }
  number('maxBytes', 1, Number.MAX_SAFE_INTEGER, true)
  number('maxEntries', 1, MOST_ENTRIES, true)
  number('ttlMs', 1, Infinity, false)
  number('staleMs', 0, Number.MAX_SAFE_INTEGER, false)
  number('loadTimeoutMs', 1, Infinity, false)
  choice('store', storeNames)
  choice('codec', codecNames)
  if (given.store === 'off-heap') {
    const { maxBytes } = given
    if (maxBytes === undefined) fault('maxBytes', `is needed: ${offHeapBytes}`)
    else if (maxBytes < LEAST_OFF_HEAP_BYTES || maxBytes > LARGEST_ARENA_BYTES) fault('maxBytes', offHeapBytes)
    if (given.weigh !== undefined)
      fault('weigh', 'is for values on the heap; an off-heap store counts the bytes itself')
  } else if (given.codec !== undefined) fault('codec', "is for store: 'off-heap'")
  choice('policy', policyNames)
  choice('optimize', ['objects', 'bytes'])
  number('floorBytes', 1, given.maxBytes ?? 1, true)
  if (given.governor !== undefined && typeof given.governor?.join !== 'function') {
    fault('governor', 'must be what startGovernor answers')
  }
  if (given.governor !== undefined && given.maxBytes === undefined) fault('maxBytes', 'is needed with a governor')
  if (given.governor === undefined && given.floorBytes !== undefined)
    fault('floorBytes', 'is for a cache with a governor')
  if (
    given.clock !== undefined &&
    !(typeof given.clock?.monotonicMs === 'function' && typeof given.clock.after === 'function')
  )
    fault('clock', 'must have monotonicMs and after')
  callable('weigh')
  callable('load')
  callable('onRemoval')
  if (given.name !== undefined && (typeof given.name !== 'string' || given.name.length > 200)) {
    fault('name', 'must be a string of at most 200 characters')
  }
  if (faults.length > 0) throw new InvalidOptionError('createCache', faults)

  return Object.freeze({
    name: given.name,
    maxBytes: given.maxBytes ?? Infinity,
    maxEntries: given.maxEntries ?? MOST_ENTRIES,
    weigh: given.weigh,
    ttlMs: given.ttlMs ?? Infinity,
    staleMs: given.staleMs ?? 0,
    load: given.load,
    loadTimeoutMs: given.loadTimeoutMs ?? MINUTE_MS,
    store: given.store ?? 'heap',
    codec: given.codec ?? 'v8',
    policy: given.policy ?? 'w-tinylfu',
    optimize: given.optimize ?? 'objects',
    onRemoval: given.onRemoval,
    governor: given.governor,
    floorBytes: given.floorBytes ?? defaultFloorBytes(given),
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
  })
}

/** What an index needs to be of any use, or a hundredth. */
function defaultFloorBytes<K, V extends Storable>({ maxBytes = 0, store }: CacheOptions<K, V>): number {
  return Math.min(maxBytes, Math.max(store === 'off-heap' ? LEAST_OFF_HEAP_BYTES : 64 * KiB, Math.ceil(maxBytes / 100)))
}

const offHeapBytes = 'an off-heap cache holds 256 KiB to 32 GiB'

/** Tags an entry may have. */
const MOST_TAGS = 100

/** @throws {@link InvalidOptionError} unless it is a span above 0 */
export function checkTtlMs(ttlMs: unknown): number {
  if (typeof ttlMs === 'number' && ttlMs > 0) return ttlMs
  throw new InvalidOptionError('entry', [{ where: 'ttlMs', what: `must be a number above 0, and is ${String(ttlMs)}` }])
}

/** @throws {@link InvalidOptionError} unless it is a list of strings, and not too long */
export function checkTags(tags: unknown): readonly string[] {
  if (Array.isArray(tags) && tags.length <= MOST_TAGS && tags.every((tag) => typeof tag === 'string')) return tags
  throw new InvalidOptionError('entry', [{ where: 'tags', what: `must be a list of at most ${MOST_TAGS} strings` }])
}
