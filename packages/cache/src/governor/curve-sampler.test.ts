import { createSeededRandom } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { CurveSampler } from './curve-sampler.ts'

const PERIOD_ASKS = 20_000
const PERIODS = 24

function createSampler(): CurveSampler {
  return new CurveSampler({
    leastBytes: 1,
    mostBytes: 2_000_000,
    policy: 'w-tinylfu',
    isByDensity: true,
    hashSeed: 1,
    entryIndexBytes: () => 0,
    clock: new ManualClock(),
  })
}

/** Asks of a cache of 2,000 entries of 1,000 bytes that has whatever is asked for, where so many acts a period are allowed. */
function sample(keyOf: (at: number) => number, mostWork: number) {
  const sampler = createSampler()
  let lookCount = 0
  const inspect = () => {
    lookCount++
    return { weight: 1000, freshUntilMs: Infinity }
  }
  for (let at = 0; at < PERIODS * PERIOD_ASKS; at++) {
    if (2 * at === PERIODS * PERIOD_ASKS) lookCount = 0
    sampler.ask(keyOf(at), inspect)
    if ((at + 1) % PERIOD_ASKS === 0) sampler.closePeriod(mostWork)
  }
  return { curve: sampler.curve(), lookShare: lookCount / (PERIODS * PERIOD_ASKS * 0.5) }
}

const random = createSeededRandom(7)
const draws = Array.from({ length: PERIODS * PERIOD_ASKS }, () => Math.floor(8000 * random.next() ** 3))
const few = (at: number) => draws[at]!
const recent = (at: number) => Math.floor(at / 2) - (at % 2 === 0 ? 0 : draws[at]! >> 7)

for (const [name, keyOf] of Object.entries({ 'few keys are asked for most': few, 'the newest come again': recent })) {
  test(`an act an ask tells what all acts do where ${name}`, { timeout: 300_000 }, () => {
    const sparing = sample(keyOf, PERIOD_ASKS)
    expect(sparing.lookShare).toBeLessThan(0.5)
    const thorough = sample(keyOf, Infinity)
    expect(thorough.lookShare).toBe(1)
    sparing.curve.forEach(({ missRatio }, at) => {
      expect(Math.abs(missRatio - thorough.curve[at]!.missRatio)).toBeLessThan(0.03)
    })
  })
}

test('a loop that is as long as bursts and their rests is not mistaken for what is asked in the bursts', () => {
  const LOOP = 8192
  const { curve, lookShare } = sample((at) => at % LOOP, PERIOD_ASKS)
  expect(lookShare).toBeLessThan(0.5)
  for (const { bytes, missRatio } of curve) {
    expect(Math.abs(missRatio - (1 - bytes / 1000 / LOOP))).toBeLessThan(0.03)
  }
})

test.each([2000, 4000])('what few asks a period tell is not made less by rests: %i', (periodAsks) => {
  const LOOP = 1500
  const worst = (mostWork: number) => {
    const sampler = createSampler()
    const inspect = () => ({ weight: 1000, freshUntilMs: Infinity })
    const errors: number[] = []
    for (let at = 0; at < 400_000; at++) {
      sampler.ask(at % LOOP, inspect)
      if ((at + 1) % periodAsks > 0) continue
      sampler.closePeriod(mostWork)
      if (at < 200_000) continue
      for (const { bytes, missRatio } of sampler.curve())
        errors.push(Math.abs(missRatio - Math.max(0, 1 - bytes / 1000 / LOOP)))
    }
    return Math.max(...errors)
  }
  expect(worst(periodAsks)).toBeLessThan(worst(Infinity) + 0.03)
})
