import { expect, test } from 'vitest'
import { WalkPace, type Closeness } from './walk-pace.ts'

const calm: Closeness = { isUnexplained: false, wantsWalks: false, hasGrown: false }

/** The seconds at which a process is walked. */
function walksOf(pace: WalkPace, from: number, to: number, workedMs: number, why: Closeness = calm): number[] {
  const walks: number[] = []
  for (let second = from; second < to; second++) {
    if (!pace.isDue(second, why)) continue
    pace.note(second, workedMs)
    walks.push(second)
  }
  return walks
}

test('a calm process that does not grow is walked at its start and every ten minutes', () => {
  expect(walksOf(new WalkPace(), 1, 3600, 20)).toEqual([2, 8, 20, 620, 1220, 1820, 2420, 3020])
})

test('one that grows is walked every minute, for at most one part in two thousand of its time', () => {
  const why = { ...calm, hasGrown: true }
  const pace = new WalkPace()
  walksOf(pace, 1, 300, 20)
  expect(walksOf(pace, 300, 500, 20, why)).toEqual([300, 360, 420, 480])
  expect(walksOf(new WalkPace(), 1, 7200, 1000, why)).toEqual([2, 8, 20, 2020, 4020, 6020])
})

test('growth that nobody explains is looked into at once, and then ever less often', () => {
  const pace = new WalkPace()
  walksOf(pace, 1, 1000, 20)
  const why = { ...calm, isUnexplained: true }
  expect(walksOf(pace, 1000, 1120, 20, why)).toEqual([1000, 1015, 1030, 1060])
  expect(walksOf(pace, 1120, 1240, 20)).toEqual([])
  // A suspicion that comes again begins anew.
  expect(walksOf(pace, 1240, 1260, 20, why)).toEqual([1240, 1255])
})

test('what only a walk can count is counted every five seconds where that is cheap', () => {
  const why = { ...calm, isUnexplained: true, wantsWalks: true }
  const pace = new WalkPace()
  walksOf(pace, 1, 100, 20)
  expect(walksOf(pace, 100, 120, 20, why)).toEqual([100, 105, 110, 115])
  const slow = new WalkPace()
  walksOf(slow, 1, 30, 500)
  expect(walksOf(slow, 121, 400, 500, why)).toEqual([121, 136, 236, 351])
})

test('a service whose walks take long is walked twice as soon as a suspicion begins', () => {
  const pace = new WalkPace()
  walksOf(pace, 1, 30, 1000)
  expect(walksOf(pace, 40, 160, 1000, { ...calm, isUnexplained: true })).toEqual([40, 55])
})
