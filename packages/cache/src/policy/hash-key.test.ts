import { expect, test } from 'vitest'
import { FIRST_TAIL_LENGTH, KeyHasher } from './hash-key.ts'

const SEEDS = Array.from({ length: 200 }, (_, n) => Math.imul(n + 1, 0x9e3779b1))

function nameCount(keys: readonly string[], seed: number): number {
  const hasher = new KeyHasher(seed, FIRST_TAIL_LENGTH)
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
