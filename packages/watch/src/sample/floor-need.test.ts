import { MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { FloorNeed } from './floor-need.ts'

/** Seconds at which a process is collected, and what each collection finds: `lasting` is what there is, `staying` what stays of it. */
function floorsOf(
  spanSeconds: number,
  staying: (second: number) => number,
  garbage: (secondsSince: number) => number = () => 0,
  isSuspicious = false,
  kind: 'heap' | 'buffers' = 'heap',
): number[] {
  const need = new FloorNeed(500 * MiB, 0)
  const floors: number[] = []
  for (let second = 1; second <= spanSeconds; second++) {
    const after = { heap: staying(second) * MiB, external: MiB }
    const added = garbage(second - (floors.at(-1) ?? 0)) * MiB
    const before = kind === 'heap' ? { ...after, heap: after.heap + added } : { ...after, external: MiB + added }
    if (!need.isDue(before, second * 1000, isSuspicious)) continue
    need.note(before, after, second * 1000)
    floors.push(second)
  }
  return floors
}

test('memory that does not change is measured ever less often', () => {
  expect(floorsOf(3600, () => 40)).toEqual([1, 151, 302, 604, 1204, 1804, 2404, 3004])
  expect(floorsOf(700, () => 40, () => 0, true)).toEqual([1, 151, 302, 604]) // prettier-ignore
})

test('under suspicion a minute after a floor one step is worth another, even where it was garbage before; less leaves V8 time to collect by itself', () => {
  const careless = (isSuspicious: boolean) => floorsOf(400, () => 40, (seconds) => seconds / 20, isSuspicious) // prettier-ignore
  expect(careless(true)).toEqual([1, 47, 107, 167, 227, 287, 347])
  expect(careless(false).length).toBeLessThan(5)
  expect(floorsOf(240, (second) => 40 + second / 200, () => 0, true)).toEqual([1, 151]) // prettier-ignore
})

test('a process is left to V8 where that collects by itself, unless a step was added', () => {
  const dueAt = (addedMib: number): number => {
    const need = new FloorNeed(500 * MiB, 0)
    const lasting = { heap: 40 * MiB, external: MiB }
    need.note(lasting, lasting, 1000)
    need.noteNatural(50_000)
    const now = { ...lasting, heap: (40 + addedMib) * MiB }
    let second = 51
    while (!need.isDue(now, second * 1000, true)) second++
    return second
  }
  expect(dueAt(2)).toBe(200)
  expect(dueAt(2.4)).toBe(51)
})

test('a leak has nine floors at a twentieth of the room; one second is the least gap', () => {
  const floorsAt = (mibPerMin: number, begin = 0) => {
    const spanSeconds = ((500 - begin) / 20 / mibPerMin) * 60
    return floorsOf(spanSeconds, (second) => begin + (second * mibPerMin) / 60)
  }
  expect(floorsAt(5)).toEqual([1, 31, 61, 91, 121, 151, 181, 211, 240, 269, 298])
  expect(floorsAt(20)).toEqual([1, 9, 17, 25, 33, 41, 49, 57, 65, 73])
  expect(floorsAt(60)).toEqual([1, 4, 7, 10, 13, 16, 19, 22, 25])
  expect(floorsAt(5, 400)).toEqual([1, 7, 13, 19, 25, 31, 37, 43, 49, 55])
  // One that took it in five seconds is spoken of after eight at the soonest.
  expect(floorsOf(8, (second) => 5 * second)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

test('garbage that grew old is not collected again and again', () => {
  const careless = floorsOf(600, () => 40, (seconds) => 2 * seconds) // prettier-ignore
  expect(careless.length).toBeLessThan(40)
  expect(careless.length).toBeGreaterThan(10)
})

test('what has fallen is measured once more soon after, since one floor alone calls no leak over', () => {
  expect(floorsOf(400, (second) => (second < 10 ? 40 : 20))).toEqual([1, 10, 40, 190, 380])
})

test('what falls is measured as well, and one high reading of buffers is no reason', () => {
  expect(floorsOf(20, (second) => (second < 10 ? 40 : 20))).toEqual([1, 10])
  expect(floorsOf(20, () => 40, (seconds) => (seconds % 3 === 0 ? 30 : 0), false, 'buffers')).toEqual([1]) // prettier-ignore
})
