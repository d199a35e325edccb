import { createSeededRandom } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { CurveSampler } from './curve-sampler.ts'

const PERIOD_ASKS = 10_000
const PERIODS = 24

/** Asks of a cache of 2,000 entries of 1,000 bytes that has whatever is asked for, where so many acts a period are allowed. */
function sample(keyOf: (at: number) => number, mostWork: number) {
  const sampler = new CurveSampler({
    leastBytes: 1,
    mostBytes: 2_000_000,
    policy: 'w-tinylfu',
    isByDensity: true,
    hashSeed: 1,
    entryIndexBytes: () => 0,
    clock: new ManualClock(),
  })
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
const loads: Record<string, (at: number) => number> = {
  'a few keys are asked for most': (at) => draws[at]!,
  'keys are asked for in turn, as many as a burst and its rests have asks': (at) => at % 8192,
  'what was new is asked for again soon': (at) => Math.floor(at / 2) - (at % 2 === 0 ? 0 : draws[at]! >> 7),
}

for (const [name, keyOf] of Object.entries(loads)) {
  test(`where ${name}, an act an ask tells what all acts do`, { timeout: 300_000 }, () => {
    const sparing = sample(keyOf, PERIOD_ASKS)
    expect(sparing.lookShare).toBeLessThan(0.7)
    const thorough = sample(keyOf, Infinity)
    expect(thorough.lookShare).toBe(1)
    sparing.curve.forEach(({ missRatio }, at) => {
      expect(Math.abs(missRatio - thorough.curve[at]!.missRatio)).toBeLessThan(0.03)
    })
  })
}
