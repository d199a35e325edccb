import { createSeededRandom, nextBelow, type Random } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { createCache } from '../cache.ts'
import type { PolicyName } from '../options.ts'

const ENTRIES = 500

/** Hit ratio of a policy that is asked for these keys, each miss followed by a set. */
function hitRatio(
  policy: PolicyName,
  requestCount: number,
  makeNext: (random: Random) => (at: number) => number,
): number {
  const next = makeNext(createSeededRandom(11))
  const cache = createCache<number, number>({ maxEntries: ENTRIES, policy, random: createSeededRandom(1) })
  for (let at = 0; at < requestCount; at++) {
    const key = next(at)
    if (cache.get(key) === undefined) cache.set(key, key)
  }
  return cache.stats().hitRatio
}

/** A few keys are asked for often, and many seldom. */
const skewed = (random: Random) => () => Math.floor(20_000 * random.next() ** 4)

function gain(requestCount: number, makeNext: (random: Random) => (at: number) => number): number {
  return hitRatio('w-tinylfu', requestCount, makeNext) - hitRatio('lru', requestCount, makeNext)
}

test('hits more than LRU where a few keys are popular', () => {
  expect(gain(100_000, skewed)).toBeGreaterThan(0.06)
})

test('keeps what is popular while a scan passes', () => {
  const scan = (random: Random) => {
    const popular = skewed(random)
    return (at: number) => (Math.floor(at / 5000) % 2 === 1 ? 100_000 + at : popular())
  }
  expect(gain(100_000, scan)).toBeGreaterThan(0.04)
})

test('keeps the part of a loop that fits, where LRU hits nothing', () => {
  const loop = () => (at: number) => at % (2 * ENTRIES)
  expect(hitRatio('lru', 50_000, loop)).toBe(0)
  expect(hitRatio('w-tinylfu', 50_000, loop)).toBeGreaterThan(0.45)
})

test('keeps a loop that is a little larger than the cache, whichever keys the window is chosen by', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const cache = createCache<number, number>({ maxEntries: 1000, random: createSeededRandom(seed) })
    let hitCount = 0
    for (let at = 0; at < 100_000; at++) {
      if (cache.get(at % 1008) === undefined) cache.set(at % 1008, at)
      else if (at >= 50_000) hitCount++
    }
    expect(hitCount / 50_000, `seed ${seed}`).toBeGreaterThan(0.95)
  }
})

test('keeps what fits of such a loop after it was LRU, where the sample of the loop fits as a whole', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = createSeededRandom(11)
    const cache = createCache<number, number>({ maxEntries: 1000, random: createSeededRandom(seed) })
    let hitCount = 0
    for (let at = 0; at < 80_000; at++) {
      const key = at < 30_000 ? 10_000 + at - nextBelow(random, 700) : at % 1060
      if (cache.get(key) === undefined) cache.set(key, at)
      else if (at >= 60_000) hitCount++
    }
    expect(hitCount / 20_000, `seed ${seed}`).toBeGreaterThan(0.85)
  }
})

test('keeps it when all keys are named by more of their characters', () => {
  for (let seed = 1; seed <= 8; seed++) {
    const cache = createCache<string, number>({ maxEntries: ENTRIES, random: createSeededRandom(seed) })
    let hitCount = 0
    for (let at = 0; at < 100_000; at++) {
      if (at === 20_000) {
        // Looked for among keys that end alike so often that the next `set` names all of them anew.
        cache.set('a:12345', at)
        for (let times = 0; times < 200; times++) cache.get('b:12345')
      }
      const key = `key:${at % 560}`
      if (cache.get(key) === undefined) cache.set(key, at)
      else if (at >= 20_000) hitCount++
    }
    expect(hitCount / 80_000, `seed ${seed}`).toBeGreaterThan(0.85)
  }
})

test('becomes LRU where only what is recent counts', () => {
  const recent = (random: Random) => (at: number) => at - nextBelow(random, 700)
  // It begins with a small window, and needs a few thousand asks to find out.
  expect(gain(100_000, recent)).toBeGreaterThan(-0.02)
})

test('becomes LRU there though entries expire', () => {
  for (let seed = 1; seed <= 8; seed++) {
    const clock = new ManualClock()
    const cache = createCache<number, number>({
      maxEntries: ENTRIES,
      ttlMs: 2 * ENTRIES,
      clock,
      random: createSeededRandom(seed),
    })
    for (let at = 0; at < 100_000; at++) {
      if (at % 10 === 0) clock.advance(10)
      const key = Math.abs((at % (4 * ENTRIES)) - 2 * ENTRIES)
      if (cache.get(key) === undefined) cache.set(key, key)
    }
    // LRU has 0.49.
    expect(cache.stats().hitRatio, `seed ${seed}`).toBeGreaterThan(0.42)
  }
})

test('follows when what is popular drifts, and when the load becomes another', () => {
  const drift = (random: Random) => {
    const popular = skewed(random)
    return (at: number) => popular() + Math.floor(at / 10)
  }
  expect(gain(100_000, drift)).toBeGreaterThan(-0.01)
  const phases = (random: Random) => {
    const phase = [
      skewed(random),
      (at: number) => 200_000 + (at % 800),
      (at: number) => 300_000 + at - nextBelow(random, 600),
    ]
    return (at: number) => phase[Math.floor(at / 30_000) % 3]!(at)
  }
  expect(gain(180_000, phases)).toBeGreaterThan(0.05)
})

test('prefers many light entries to a heavy one, unless told to hit bytes', () => {
  const run = (optimize: 'objects' | 'bytes') => {
    const cache = createCache<number, number>({ maxBytes: 1_000_000, optimize, random: createSeededRandom(1) })
    const next = skewed(createSeededRandom(3))
    let bytesAsked = 0
    let bytesHit = 0
    for (let at = 0; at < 100_000; at++) {
      const key = next()
      const bytes = key % 10 === 0 ? 20_000 : 1000
      bytesAsked += bytes
      if (cache.get(key) === undefined) cache.set(key, key, { bytes })
      else bytesHit += bytes
    }
    return { hitRatio: cache.stats().hitRatio, byteHitRatio: bytesHit / bytesAsked }
  }
  expect(run('objects').hitRatio).toBeGreaterThan(run('bytes').hitRatio)
  expect(run('bytes').byteHitRatio).toBeGreaterThan(run('objects').byteHitRatio)
})
