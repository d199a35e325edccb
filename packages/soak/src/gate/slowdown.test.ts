import { createSeededRandom, nextNormal } from '@plimsoll/core'
import { expect, test } from 'vitest'

import { SlowdownCourse, type Slot, type SlowdownStep } from './slowdown.ts'

const RUNS = 250
/** What fits into five minutes with slots of 4 s. */
const MAX_PAIRS = 36

interface World {
  /** Of the logarithm of a slot's p99, from slot to slot; that of its p50 is a third of it. */
  deviation: number
  /** Of a slot on the one before it: what else the machine does comes in stretches. */
  autocorrelation: number
  /** Chance of a slot in which the machine was busy with something else: everything takes up to four times as long. */
  busyShare: number
  /** The machine grows slower from the first slot to the last, by this ratio. */
  drift: number
}
const calm: World = { deviation: 0.1, autocorrelation: 0, busyShare: 0, drift: 0 }
const worlds: [string, World][] = [
  ['a calm machine', calm],
  ['a machine whose moods last', { ...calm, autocorrelation: 0.7 }],
  ['a machine that is busy now and then', { ...calm, busyShare: 0.1 }],
  ['a machine that grows slower by half', { ...calm, drift: 0.5 }],
]

function simulate(slowdown: number, world: World, seed = 1): Record<SlowdownStep, number> {
  const random = createSeededRandom(seed)
  const ends = { slower: 0, same: 0, starved: 0, 'go-on': 0 }
  for (let run = 0; run < RUNS; run++) {
    const course = new SlowdownCourse()
    let step: keyof typeof ends = 'go-on'
    let mood = 0
    const slot = (factor: number, pair: number): Slot => {
      mood = world.autocorrelation * mood + Math.sqrt(1 - world.autocorrelation ** 2) * nextNormal(random)
      const busy = random.next() < world.busyShare ? 3 * random.next() : 0
      const common = (1 + busy) * (1 + (world.drift * pair) / MAX_PAIRS) * factor
      return {
        p50: 2 * common * Math.exp((world.deviation / 3) * nextNormal(random) + (world.deviation / 3) * mood),
        p99: 12 * common * Math.exp(world.deviation * mood),
        cpu: 1.5 * factor * Math.exp((world.deviation / 3) * nextNormal(random)),
      }
    }
    for (let pair = 0; pair < MAX_PAIRS && step === 'go-on'; pair++) {
      const isBaseFirst = random.next() < 0.5
      const first = slot(isBaseFirst ? 1 : 1 + slowdown, pair)
      const second = slot(isBaseFirst ? 1 + slowdown : 1, pair)
      step = isBaseFirst ? course.add(first, second) : course.add(second, first)
    }
    ends[step]++
  }
  return ends
}

test.each(worlds)(
  'a build beside itself on %s is called slower in at most one of a hundred comparisons',
  (_, world) => {
    const { slower, same } = simulate(0, world)
    expect(slower / RUNS).toBeLessThanOrEqual(0.012)
    // Where every tenth slot takes up to four times as long, five minutes do not always decide.
    expect(same / RUNS).toBeGreaterThan(world.busyShare > 0 ? 0.4 : 0.8)
  },
)

test.each(worlds)('what is slower by a fifth on %s is called so, and hardly ever cleared', (_, world) => {
  const { slower, same } = simulate(0.2, world)
  expect(slower / RUNS).toBeGreaterThan(world.busyShare > 0 ? 0.8 : 0.95)
  expect(same / RUNS).toBeLessThanOrEqual(0.012)
})

test('what is slower by just the limit is not cleared', () => {
  expect(simulate(0.1, calm).same / RUNS).toBeLessThanOrEqual(0.02)
})

test('what is faster is the same, and the change is told with its interval', () => {
  const course = new SlowdownCourse()
  let step = 'go-on'
  for (let pair = 0; pair < 40 && step === 'go-on'; pair++)
    step = course.add(
      { p50: 2 + 0.01 * (pair % 3), p99: 10 + (pair % 4), cpu: 1 },
      { p50: 1 + 0.01 * (pair % 2), p99: 5, cpu: 0.5 },
    )
  expect(step).toBe('same')
  const { base, here, estimate, low, high } = course.change('p50')!
  expect([base, here]).toEqual([2.01, 1.005])
  expect(estimate).toBeLessThan(-0.45)
  expect(low).toBeLessThanOrEqual(estimate)
  expect(high).toBeGreaterThanOrEqual(estimate)
})

test('on a machine without time for the load, what computes more is still found, and what does not is not cleared', () => {
  const starved = (cpu: number): Slot => ({ p50: null, p99: null, cpu })
  const run = (factor: number): [SlowdownStep, SlowdownCourse] => {
    const course = new SlowdownCourse()
    const random = createSeededRandom(7)
    let step: SlowdownStep = 'go-on'
    const cost = () => Math.exp(0.05 * nextNormal(random))
    for (let pair = 0; pair < 40 && step === 'go-on'; pair++)
      step = course.add(starved(cost()), starved(factor * cost()))
    return [step, course]
  }
  expect(run(1.3)[0]).toBe('slower')
  const [step, course] = run(1)
  expect(step).toBe('starved')
  expect(course.starvedPairCount).toBe(course.pairCount)
  expect(course.change('p99')).toBeNull()
  expect(course.change('cpu')!.high).toBeLessThan(0.2)
})
