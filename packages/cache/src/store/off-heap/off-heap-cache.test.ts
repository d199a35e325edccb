import { createSeededRandom, KiB, MiB, nextBelow } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { createCache } from '../../index.ts'

test('gives back what was set, each codec in its own way', () => {
  const values: [codec: 'v8' | 'json' | 'string' | 'raw', value: NonNullable<unknown> | null][] = [
    ['v8', { at: new Date(5), list: [1, 'zwei', null], views: [new Float64Array([0.5]), Buffer.from('b')] }],
    ['v8', 'plain text'],
    ['v8', null],
    ['json', { list: [1, 'zwei €', null], deep: { er: true } }],
    ['json', 0],
    ['string', ''],
    ['string', 'half a pair \ud800 and a whole one 😀'],
    ['raw', Buffer.from([0, 255])],
    ['raw', Buffer.alloc(100_000, 'long')],
  ]
  for (const [codec, value] of values) {
    const cache = createCache<string, NonNullable<unknown> | null>({ store: 'off-heap', codec, maxBytes: MiB })
    cache.set('k', value)
    expect(cache.get('k')).toEqual(value)
  }
})

test('answers a value of its own: what a caller does to it stays with that caller', () => {
  const cache = createCache<string, { bytes: Uint8Array }>({ store: 'off-heap', maxBytes: MiB })
  cache.set('k', { bytes: new Uint8Array(8) })
  cache.get('k')!.bytes.fill(7)
  expect(cache.get('k')).toEqual({ bytes: new Uint8Array(8) })
})

test('refuses what its codec cannot keep, forgets what stood under the key, and says what to do', () => {
  const texts = createCache<string, unknown & string>({ store: 'off-heap', codec: 'string', maxBytes: MiB })
  texts.set('k', 'old')
  expect(() => texts.set('k', 5 as never)).toThrow(/The codec string cannot keep this value: it is of type number/)
  expect(texts.has('k')).toBe(false)
  const clones = createCache<unknown, () => void>({ store: 'off-heap', maxBytes: MiB })
  expect(() => clones.set('k', () => {})).toThrow(/The codec v8 cannot keep this value: .* could not be cloned/)
  expect(() => clones.get({})).toThrow(/A key of an off-heap cache is a string, a number or a bigint/)
})

test('answers a loaded value that cannot be kept, and counts it', async () => {
  const cache = createCache<string, () => number>({ store: 'off-heap', maxBytes: MiB, load: () => () => 5 })
  expect((await cache.fetch('k'))!()).toBe(5)
  expect(cache.stats()).toMatchObject({ entryCount: 0, uncachedCount: 1 })
})

test('tells every fault of its options at once', () => {
  const options = { store: 'off-heap', maxBytes: KiB, weigh: () => 1, codec: 'xml' } as never
  expect(() => createCache(options)).toThrow(/codec must be one of .*maxBytes an off-heap cache.*weigh is for values/)
  expect(() => createCache({ maxBytes: MiB, codec: 'raw' })).toThrow("codec is for store: 'off-heap'")
  expect(() => createCache({ maxEntries: 5, store: 'off-heap' })).toThrow(/maxBytes is needed/)
  const cache = createCache<string, number>({ store: 'off-heap', maxBytes: MiB })
  expect(() => cache.set('k', 1, { bytes: 5 })).toThrow(/bytes is for values on the heap/)
})

test('uses nine tenths of its bytes for records, however their lengths change', () => {
  const random = createSeededRandom(1)
  const maxBytes = 8 * MiB
  const lengths = new Map<number, number>()
  const cache = createCache<number, Buffer>({
    store: 'off-heap',
    codec: 'raw',
    maxBytes,
    policy: 'lru',
    onRemoval: (key) => lengths.delete(key),
  })
  for (const mean of [4000, 1000, 9000]) {
    for (let n = 0; n < (4 * maxBytes) / mean; n++) {
      const length = nextBelow(random, 2 * mean)
      cache.set(n, Buffer.alloc(length))
      lengths.set(n, length)
    }
    const heldBytes = [...lengths.values()].reduce((sum, length) => sum + length + 32, 0)
    expect(heldBytes / maxBytes).toBeGreaterThan(0.88)
    expect(cache.bytes).toBeLessThanOrEqual(maxBytes)
  }
})

test('keeps what was asked for often through a scan, as on the heap', () => {
  const cache = createCache<number, string>({ store: 'off-heap', maxBytes: MiB })
  for (let round = 0; round < 5; round++) for (let n = 0; n < 100; n++) if (!cache.get(n)) cache.set(n, 'x'.repeat(900))
  for (let n = 1000; n < 9000; n++) cache.set(n, 'x'.repeat(900))
  expect([...Array(100).keys()].filter((n) => cache.has(n)).length).toBeGreaterThan(90)
})
