import { expect, test } from 'vitest'
import { FIRST_TAIL_LENGTH, KeyHasher } from './hash-key.ts'

const SEEDS = Array.from({ length: 200 }, (_, n) => Math.imul(n + 1, 0x9e3779b1))

function nameCount(keys: readonly string[], seed: number, timesReadMore = 0): number {
  const hasher = new KeyHasher(seed, FIRST_TAIL_LENGTH)
  for (let times = 0; times < timesReadMore; times++) hasher.readMore()
  return new Set(keys.map((key) => hasher.hash(key, 0))).size
}

test('two keys that differ in the highest bit of two characters have one name for hardly any seed', () => {
  const pair = ['xAbAc', 'x\u8041b\u8041c']
  expect(SEEDS.filter((seed) => nameCount(pair, seed) === 1).length).toBeLessThan(2)
})

test('keys that differ in the high bytes of two characters have names of their own', () => {
  const high = (n: number) => String.fromCharCode(0x41 | (n << 8))
  const keys = Array.from({ length: 65_536 }, (_, n) => `x${high(n & 255)}b${high(n >> 8)}c`)
  for (const seed of SEEDS.slice(0, 5)) expect(nameCount(keys, seed)).toBeGreaterThan(60_000)
})

test('a hasher that reads more tells more keys apart, and all of a short key at last', () => {
  const keysThatDifferAt = (fromEnd: number) =>
    Array.from({ length: 1000 }, (_, n) =>
      `${String.fromCharCode(0x100 + n)}${'x'.repeat(fromEnd - 1)}`.padStart(32, 'y'),
    )
  const lastTold = [0, 1, 2, 3].map((times) =>
    Array.from({ length: 32 }, (_, n) => n + 1).findLast((at) => nameCount(keysThatDifferAt(at), 1, times) > 990),
  )
  expect(lastTold).toEqual([5, 8, 16, 32])
  expect(nameCount(keysThatDifferAt(8), 1, 0)).toBe(1)
})
