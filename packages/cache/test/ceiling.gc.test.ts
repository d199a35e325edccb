import { KiB, MiB } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { createCache, type Storable } from '../src/index.ts'
import { text, valueKinds, type ValueKind } from './values.ts'

const maxBytes = 8 * MiB
/** What V8 does beside us while we measure: compiled code, feedback, the odd page. */
const noiseBytes = 256 * KiB

function heldBytes(): number {
  // Twice: the memory of a buffer goes one collection after the buffer.
  globalThis.gc!()
  globalThis.gc!()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Fills a cache and churns it, and answers its largest growth beyond what it was allowed, and how full it is at the end. */
function grow(maxBytes: number, make: ValueKind['make'], key: (n: number) => unknown): number {
  const beforeBytes = heldBytes()
  const cache = createCache<unknown, Storable>({ maxBytes, clock: new ManualClock(), policy: 'lru' })
  let n = 1
  while (n % 64 !== 0 || cache.stats().removals.eviction === 0) cache.set(key(n++), make(n) as Storable)
  let mostBytes = heldBytes() - beforeBytes
  for (let more = n; more > 0; more--) cache.set(key(n++), make(n) as Storable)
  mostBytes = Math.max(mostBytes, heldBytes() - beforeBytes)
  expect(cache.bytes).toBeLessThanOrEqual(maxBytes)
  expect(cache.size).toBeGreaterThan(0)
  return mostBytes
}

for (const { name, make } of valueKinds) {
  test(`holds no more than it may of: ${name}`, () => {
    // Once for V8 to compile what it will.
    grow(MiB, make, (n) => `key:${n}`)
    // V8 compiles and collects beside us; what is wrong stays wrong.
    const attempt = () => grow(maxBytes, make, (n) => `key:${n}`)
    const most = 1.02 * maxBytes + noiseBytes
    let growth = attempt()
    if (growth > most) growth = attempt()
    expect(growth).toBeLessThanOrEqual(most)
  })
}

test('counts keys, those that are slices of a larger text too', () => {
  const growth = grow(
    maxBytes,
    () => 1,
    () => text(2000).slice(0, 60),
  )
  expect(growth).toBeLessThanOrEqual(1.02 * maxBytes + noiseBytes)
})

test('lets a key go that was missed once another was hit, or the cache was cleared', async () => {
  const cache = createCache<object, number>({ maxEntries: 10 })
  const known = {}
  cache.set(known, 1)
  const miss = () => {
    const key = {}
    expect(cache.get(key)).toBeUndefined()
    return new WeakRef(key)
  }
  const missedBeforeHit = miss()
  expect(cache.get(known)).toBe(1)
  const isGone = async (key: WeakRef<object>) => {
    // A WeakRef holds on until the end of the turn in which it was read.
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc!()
    return key.deref() === undefined
  }
  expect(await isGone(missedBeforeHit)).toBe(true)
  const missedBeforeClear = miss()
  cache.clear()
  expect(await isGone(missedBeforeClear)).toBe(true)
})
