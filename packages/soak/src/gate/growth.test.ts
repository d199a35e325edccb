import { createSeededRandom, nextNormal, type Random } from '@plimsoll/core'
import { expect, test, vi } from 'vitest'

import { GrowthCourse } from './growth.ts'

// Thousands of soaks are simulated: seconds on a free machine.
vi.setConfig({ testTimeout: 300_000 })

const KB = 1000
const BATCH_REQUESTS = 800
/** What 500 requests a second make of 90 s, less start, warm-up and collections: 46 batches. */
const MAX_FLOORS = 46
const RUNS = 400

interface Noise {
  deviation: number
  /** From one floor to the next. */
  autocorrelation: number
  /** Share of floors that were read while something large was under way. */
  wildShare: number
  /** Chance at each floor that something large is held for the next few, 100 to 600 KB for two to five floors. */
  humpShare: number
}
const calm: Noise = { deviation: 20 * KB, autocorrelation: 0, wildShare: 0, humpShare: 0 }
const related: Noise = { deviation: 20 * KB, autocorrelation: 0.5, wildShare: 0, humpShare: 0 }
const wild: Noise = { deviation: 20 * KB, autocorrelation: 0.2, wildShare: 0.06, humpShare: 0 }
const humps: Noise = { deviation: 25 * KB, autocorrelation: 0.2, wildShare: 0.02, humpShare: 0.06 }
const noises: [string, Noise][] = [
  ['independent noise', calm],
  ['noise that resembles its neighbour', related],
  ['noise with wild floors', wild],
  ['noise with humps', humps],
]

/** The whole sequential procedure over and over: how often does it end with which word? */
function simulate(
  heap: (requests: number) => number,
  noise: Noise,
  seed = 1,
): Record<'rising' | 'flat' | 'open', number> {
  const random = createSeededRandom(seed)
  const ends = { rising: 0, flat: 0, open: 0 }
  for (let run = 0; run < RUNS; run++) ends[soakOnce(heap, noise, random)]++
  return ends
}

function soakOnce(heap: (requests: number) => number, noise: Noise, random: Random): 'rising' | 'flat' | 'open' {
  const course = new GrowthCourse()
  const { deviation, autocorrelation, wildShare, humpShare } = noise
  let hump = { bytes: 0, floorsLeft: 0 }
  let error = 0
  for (let floor = 0; floor < MAX_FLOORS; floor++) {
    const requests = 4000 + floor * BATCH_REQUESTS
    error = autocorrelation * error + Math.sqrt(1 - autocorrelation ** 2) * nextNormal(random) * deviation
    const large = random.next() < wildShare ? 300 * KB : 0
    if (hump.floorsLeft-- <= 0) hump = { bytes: 0, floorsLeft: 0 }
    if (hump.bytes === 0 && random.next() < humpShare)
      hump = { bytes: (100 + 500 * random.next()) * KB, floorsLeft: 1 + Math.floor(4 * random.next()) }
    const { step } = course.add([requests, 8000 * KB + heap(requests) + error + large + hump.bytes])
    if (step === 'rising' || step === 'flat') return step
  }
  return 'open'
}

test.each(noises)(
  'a healthy heap under %s is called rising in at most one of a hundred soaks, and mostly cleared',
  (_, noise) => {
    const { rising, flat } = simulate(() => 0, noise)
    expect(rising / RUNS).toBeLessThanOrEqual(0.01)
    expect(flat / RUNS).toBeGreaterThan(0.95)
  },
)

test.each(noises)('a leak of 32 B a request under %s is called or left open, and never cleared', (_, noise) => {
  const { flat } = simulate((requests) => 32 * requests, noise)
  expect(flat / RUNS).toBeLessThanOrEqual(0.01)
})

test.each(noises)(
  'a leak a quarter above the margin under %s is cleared in at most one of a hundred soaks',
  (_, noise) => {
    const { flat } = simulate((requests) => 20 * requests, noise)
    expect(flat / RUNS).toBeLessThanOrEqual(0.01)
  },
)

test('a leak of 32 B a request is called within 46 floors of 800 requests in 98 of a hundred soaks', () => {
  expect(simulate((requests) => 32 * requests, calm).rising / RUNS).toBeGreaterThan(0.98)
})

test('a leak of 200 B a request is called whatever the noise', () => {
  for (const [, noise] of noises)
    expect(simulate((requests) => 200 * requests, noise).rising / RUNS).toBeGreaterThan(0.95)
})

test('a leak into an array that grows by half at a time, in steps, is never cleared', () => {
  const capacity = (count: number) => 1.5 ** Math.ceil(Math.log(count + 20) / Math.log(1.5))
  const { rising, flat } = simulate((requests) => 24 * requests + 8 * capacity(requests), calm)
  expect(flat / RUNS).toBeLessThanOrEqual(0.01)
  expect(rising / RUNS).toBeGreaterThan(0.6)
})

test.each<[string, (requests: number) => number]>([
  ['warming up', (requests) => 800 * KB * (1 - Math.exp(-requests / 3000))],
  ['warming up slowly', (requests) => 800 * KB * (1 - Math.exp(-requests / 8000))],
  ['a cache that is full after 5,000 requests', (requests) => 300 * Math.min(requests, 5000)],
  ['a cache that is full after 15,000 requests', (requests) => 300 * Math.min(requests, 15_000)],
  ['one step, a module loaded late', (requests) => (requests > 12_000 ? 1000 * KB : 0)],
  ['steps far apart', (requests) => 150 * KB * Math.floor(requests / 9000)],
])('%s is not called rising', (_, heap) => {
  // A fill that ends between two humps may look straight; then it is for the snapshots to say that it was a cache.
  for (const [, noise] of noises)
    expect(simulate(heap, noise).rising / RUNS).toBeLessThanOrEqual(noise === humps ? 0.06 : 0.015)
})

test('a cache that is still filling when it is looked at rises: only what the heap holds can tell it from a leak', () => {
  expect(simulate((requests) => 100 * Math.min(requests, 30_000), calm).rising / RUNS).toBeGreaterThan(0.9)
})

test('what expires and is hurried on is judged afresh: cleared when nothing stays, called when something leaks beside it', () => {
  const random = createSeededRandom(9)
  const ends = { clean: 0, wrong: 0, leak: 0, missed: 0 }
  for (const leakBytes of [0, 64]) {
    for (let run = 0; run < RUNS; run++) {
      const course = new GrowthCourse()
      let isHurried = false
      let last = 'go-on'
      for (let floor = 0; floor < 60 && last !== 'flat' && !(last === 'rising' && isHurried); floor++) {
        const requests = 4000 + floor * BATCH_REQUESTS
        // Until time is hurried, all that is kept for an hour is there.
        const kept = isHurried ? 0 : 800 * requests
        last = course.add([requests, 8e6 + kept + leakBytes * requests + nextNormal(random) * calm.deviation]).step
        if (last !== 'rising' || isHurried) continue
        isHurried = true
        last = 'go-on'
        course.restart()
      }
      if (leakBytes === 0) ends[last === 'flat' ? 'clean' : last === 'rising' ? 'wrong' : 'missed']++
      else ends[last === 'rising' ? 'leak' : last === 'flat' ? 'wrong' : 'missed']++
    }
  }
  expect(ends.wrong).toBeLessThanOrEqual(0.01 * 2 * RUNS)
  expect(ends.clean / RUNS).toBeGreaterThan(0.95)
  expect(ends.leak / RUNS).toBeGreaterThan(0.95)
})

test('what happens once, at times of its own, is cleared much more often when it is made to happen at half time, and a leak beside it never is', () => {
  const waited = simulateSteps({ leakBytes: 0, skipsAhead: false })
  const skipped = simulateSteps({ leakBytes: 0, skipsAhead: true })
  expect(skipped.flat).toBeGreaterThan(2 * waited.flat)
  expect(skipped.rising).toBeLessThanOrEqual(waited.rising)
  expect(simulateSteps({ leakBytes: 32, skipsAhead: true }).flat).toBe(0)
})

/** A dozen modules of 10 KB to 10 MB are loaded, one every five floors. */
function simulateSteps({ leakBytes, skipsAhead }: { leakBytes: number; skipsAhead: boolean }): {
  flat: number
  rising: number
} {
  const random = createSeededRandom(11)
  const ends = { flat: 0, rising: 0 }
  for (let run = 0; run < RUNS; run++) {
    const course = new GrowthCourse()
    const sizes = Array.from({ length: 12 }, () => 10 ** (4 + 3 * random.next()))
    let hasSkipped = false
    let last = 'go-on'
    for (let floor = 0; floor < 60 && last !== 'flat' && last !== 'rising'; floor++) {
      const requests = 4000 + floor * BATCH_REQUESTS
      const loaded = sizes.slice(0, hasSkipped ? 12 : Math.floor(floor / 5)).reduce((sum, size) => sum + size, 0)
      last = course.add([requests, 8e6 + loaded + leakBytes * requests + nextNormal(random) * calm.deviation]).step
      if (!skipsAhead || floor !== 30 || !course.isOpen || !course.climbs) continue
      hasSkipped = true
      course.restart()
    }
    if (last === 'flat' || last === 'rising') ends[last]++
  }
  return ends
}

test('what few requests leave while the engine learns is not called rising, however straight: it is too little in all', () => {
  const random = createSeededRandom(6)
  let rising = 0
  for (let run = 0; run < 100; run++) {
    const course = new GrowthCourse()
    // 75 requests a floor, as a service does that answers after seconds; 46 B of each stay for the first thousands.
    for (let floor = 0; floor < 36; floor++) {
      const requests = 130 + 75 * floor
      const { step } = course.add([requests, 4.5e6 + 46 * requests + 2000 * nextNormal(random)])
      if (step === 'rising') rising++
    }
  }
  expect(rising).toBe(0)
})

test('what came in all counts, not what came lately: a leak that few requests bring is called once it has left 128 KB', () => {
  const random = createSeededRandom(6)
  let rising = 0
  for (let run = 0; run < 100; run++) {
    const course = new GrowthCourse()
    // 70 B of 75 requests a floor: 134 KiB after 26 floors, and two thirds of that in the tail.
    for (let floor = 0; floor <= 26; floor++) {
      const requests = 130 + 75 * floor
      const { step } = course.add([requests, 4.5e6 + 70 * requests + 2000 * nextNormal(random)])
      if (step === 'rising') rising++
    }
  }
  expect(rising).toBeGreaterThan(90)
})

test('nothing is open before it was looked at, nor right after it is judged afresh', () => {
  const course = new GrowthCourse()
  const opened: boolean[] = []
  for (let floor = 0; floor < 12; floor++) {
    course.add([floor * 1000, 8e6 + 500 * KB * (floor % 3)])
    opened.push(course.isOpen)
  }
  expect(opened.indexOf(true)).toBe(11)
  course.restart()
  expect(course.isOpen).toBe(false)
})

test('a store that is filled and emptied is no staircase, and is cleared where it may go on', () => {
  const random = createSeededRandom(5)
  const ends = { flat: 0, climbing: 0 }
  for (let run = 0; run < 40; run++) {
    const course = new GrowthCourse()
    // Emptied after every 4000 entries of 700 B: a sawtooth of 2.8 MB over floors that are 1500 requests apart.
    const heap = (requests: number) => 5e6 + 700 * (requests % 4000) + nextNormal(random) * calm.deviation
    const at = (floor: number) => 4000 + floor * 1500 + Math.floor(60 * nextNormal(random))
    let last = 'go-on'
    for (let floor = 0; floor < 150 && last !== 'flat'; floor++) {
      const requests = at(floor)
      last = course.add([requests, heap(requests)]).step
      if (floor === 30 && course.climbs) ends.climbing++
    }
    if (last === 'flat') ends.flat++
  }
  expect(ends.climbing).toBe(0)
  expect(ends.flat).toBeGreaterThan(36)
})

test('a dismissed suspicion is looked at afresh, and a cache that has filled meanwhile is flat', () => {
  const course = new GrowthCourse()
  const random = createSeededRandom(3)
  let dismissed = 0
  let last = 'go-on'
  for (let floor = 0; floor < 80 && last !== 'flat'; floor++) {
    const requests = floor * BATCH_REQUESTS
    last = course.add([requests, 300 * Math.min(requests, 25_000) + nextNormal(random) * calm.deviation]).step
    if (last === 'rising') {
      dismissed++
      course.dismissSuspicion()
    }
  }
  expect(dismissed).toBeGreaterThan(0)
  expect(last).toBe('flat')
})
