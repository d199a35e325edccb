import { afterEach, expect, test, vi } from 'vitest'

import { cpuClock } from '../../test/cpu-clock.ts'
import { measureLeak, toLeak, type LeakMatchers } from './index.ts'

declare module 'vitest' {
  // An interface is how Vitest lets matchers be added.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars
  interface Matchers<T> extends LeakMatchers {}
}

vi.setConfig({ testTimeout: 120_000 })
expect.extend({ toLeak })

let kept: unknown[] = []
const cache = new Map<number, string>()
let count = 0
afterEach(() => {
  kept = []
  cache.clear()
})

test('a function that makes garbage only does not leak', async () => {
  await expect(() => JSON.parse(JSON.stringify({ a: [1, 2, 3], b: 'text'.repeat(10) }))).not.toLeak({ clock: cpuClock })
})

test('a function that keeps what it makes leaks', async () => {
  await expect(() => kept.push({ number: kept.length, list: [1, 2, 3] })).toLeak({ clock: cpuClock })
})

test('one small object a call is enough to be called', async () => {
  await expect(() => void kept.push({ a: 1 })).toLeak({ clock: cpuClock })
})

test('an async function is waited for', async () => {
  await expect(async () => {
    await Promise.resolve()
    kept.push(new Array(10).fill(kept.length))
  }).toLeak({ clock: cpuClock })
})

test('a cache that fills up and lets go does not leak', async () => {
  await expect(() => {
    cache.set(++count, `value ${count}`)
    if (cache.size > 500) cache.delete(cache.keys().next().value!)
  }).not.toLeak({ clock: cpuClock })
})

test('a failed expectation tells bytes a call', async () => {
  await expect(expect(() => kept.push(new Array(50).fill(0))).not.toLeak({ clock: cpuClock })).rejects.toThrow(
    /leaves \d+.* B a call \(/,
  )
})

test('what is undecided passes neither way', async () => {
  const finding = { withinMs: 1 }
  await expect(expect(() => 1).toLeak(finding)).rejects.toThrow('could not be decided')
  await expect(expect(() => 1).not.toLeak(finding)).rejects.toThrow('could not be decided')
})

test('what the function throws is passed on, and what is no function is refused', async () => {
  await expect(
    measureLeak(() => {
      throw new Error('broken')
    }),
  ).rejects.toThrow('broken')
  await expect(measureLeak(7 as never)).rejects.toThrow('takes a function')
})
