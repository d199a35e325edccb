import { createSeededRandom, KiB } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCache, type Cache, type CacheOptions, type Storable } from '../src/index.ts'
import { policyNames } from '../src/options.ts'
import { CacheModel } from './cache.model.ts'

const keys: readonly unknown[] = [
  ...Array.from({ length: 60 }, (_, n) => `key ${n}`),
  '__proto__',
  7,
  NaN,
  null,
  { an: 'object' },
]
const tagNames = ['red', 'green', 'blue']

type Step =
  | { do: 'set'; key: number; length: number; ttlMs: number | undefined; tags: string[]; bytes: number | undefined }
  | { do: 'get' | 'peek' | 'has' | 'delete'; key: number }
  | { do: 'advance'; ms: number }
  | { do: 'tag'; tag: string }
  | { do: 'shrink'; bytes: number }
  | { do: 'clear' }

const key = fc.nat(keys.length - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 50,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      key,
      length: fc.oneof(
        { weight: 9, arbitrary: fc.nat(1500) },
        { weight: 1, arbitrary: fc.integer({ min: 40_000, max: 50_000 }) },
      ),
      ttlMs: fc.option(fc.integer({ min: 1, max: 300_000 }), { nil: undefined }),
      tags: fc.subarray(tagNames),
      bytes: fc.option(fc.integer({ min: 1, max: 4000 }), { nil: undefined, freq: 8 }),
    }),
  },
  { weight: 40, arbitrary: fc.record({ do: fc.constantFrom('get' as const, 'peek' as const, 'has' as const), key }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 15, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(100_000) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('tag' as const), tag: fc.constantFrom(...tagNames) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('shrink' as const), bytes: fc.integer({ min: 1, max: 64 * KiB }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
) as fc.Arbitrary<Step>

/** Walks cache and model side by side; throws where they part. */
function walk(options: CacheOptions<unknown, Storable>, steps: readonly Step[]): void {
  const clock = new ManualClock()
  const model = new CacheModel(options.staleMs ?? 0)
  const cache = createCache<unknown, Storable>({
    ...options,
    clock,
    random: createSeededRandom(7),
    onRemoval: (key, value, cause) => model.left(key, value, cause),
  })
  for (const step of steps) {
    take(step, cache, model, clock, options.ttlMs ?? Infinity)
    expect(model.faults).toEqual([])
    expect(cache.size).toBe(model.entries.size)
    expect(cache.size).toBeLessThanOrEqual(options.maxEntries ?? Infinity)
    if (options.maxBytes) expect(cache.bytes).toBeLessThanOrEqual(options.maxBytes)
    expect(clock.pendingCount).toBeLessThanOrEqual(1)
  }
  expect(new Map(cache.entries())).toEqual(model.freshEntries())
  model.expecting(['deletion'], () => cache.close())
  expect([cache.size, clock.pendingCount]).toEqual([0, 0])
}

function take(step: Step, cache: Cache<unknown, Storable>, model: CacheModel, clock: ManualClock, ttlMs: number): void {
  switch (step.do) {
    case 'set': {
      const key = keys[step.key]
      const value = { text: 'x'.repeat(step.length) }
      const isTooLarge = step.length > 30_000 && step.bytes === undefined && cache.bytes !== null
      const set = () => cache.set(key, value, { ttlMs: step.ttlMs, tags: step.tags, bytes: step.bytes })
      const run = () => (isTooLarge ? expect(set).toThrow(/weighs at least/) : set())
      model.expecting(['eviction', 'replacement', 'expiration'], run)
      // Nothing old stands under the key now, and that was told.
      expect(model.entries.has(key)).toBe(false)
      if (isTooLarge) return
      model.set(key, value, step.ttlMs ?? ttlMs, step.tags)
      expect(cache.peek(key)).toBe(value)
      return
    }
    case 'get':
    case 'peek':
      // A hit may find that the next entry in turn has grown; values here do not.
      return expect(cache[step.do](keys[step.key])).toBe(model.fresh(keys[step.key]))
    case 'has':
      return expect(cache.has(keys[step.key])).toBe(model.fresh(keys[step.key]) !== undefined)
    case 'delete': {
      const wasHere = model.entries.has(keys[step.key])
      return expect(model.expecting(['deletion'], () => cache.delete(keys[step.key]))).toBe(wasHere)
    }
    case 'advance': {
      // The model's time is ahead of each timer that fires on the way, so only what is early at the end would be missed.
      model.nowMs += step.ms
      model.expecting(['expiration'], () => clock.advance(step.ms))
      return expect(model.overdue(100)).toEqual([])
    }
    case 'tag': {
      const tagged = model.keysTagged(step.tag)
      expect(model.expecting(['invalidation'], () => cache.invalidateTag(step.tag))).toBe(tagged.length)
      return expect(model.keysTagged(step.tag)).toEqual([])
    }
    case 'shrink':
      model.expecting(['eviction'], () => cache.shrink(step.bytes))
      if (cache.size > 0 && cache.bytes !== null) expect(cache.bytes).toBeLessThanOrEqual(step.bytes)
      return
    case 'clear':
      model.expecting(['deletion'], () => cache.clear())
      return expect(cache.size).toBe(0)
  }
}

for (const policy of policyNames) {
  const bounds: Record<string, CacheOptions<unknown, Storable>> = {
    'a few bytes': { maxBytes: 36 * KiB },
    'bytes, with deadlines': { maxBytes: 36 * KiB, ttlMs: 60_000, staleMs: 5000 },
    'a few entries': { maxEntries: 9, ttlMs: 10_000 },
    'both, for bytes': { maxBytes: 36 * KiB, maxEntries: 40, optimize: 'bytes' },
  }
  for (const [name, options] of Object.entries(bounds)) {
    test(`${policy}, bounded by ${name}: does what a simple model does, whatever order things happen in`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => walk({ ...options, policy }, steps)),
        { numRuns: 60 },
      )
    })
  }
}
