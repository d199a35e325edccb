import { createSeededRandom, MiB } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { createSharedMemory, openSharedCache, type SharedCache } from '../../shared.ts'

// A thread is stopped at each of its atomic steps in turn: between two of them it can be stopped anywhere, but what it does
// there only it can see. The other threads are doors of the same memory that work while the first one's step is held up.

const steps = ['load', 'store', 'compareExchange', 'add', 'exchange'] as const

afterEach(() => vi.restoreAllMocks())

/** Runs `act`, and at its `stopAt`-th atomic step `meanwhile`. Answers whether it came so far. */
function stopAt(step: number, act: () => void, meanwhile: () => void): boolean {
  let count = 0
  let hasStopped = false
  const spies = steps.map((name) => {
    const original = Atomics[name] as (...args: unknown[]) => number
    return vi.spyOn(Atomics, name).mockImplementation(((...args: unknown[]) => {
      if (++count === step && !hasStopped) {
        hasStopped = true
        meanwhile()
      }
      return original(...args)
    }) as never)
  })
  try {
    act()
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return hasStopped
}

class Stopped extends Error {}

function setUp() {
  const clock = new ManualClock()
  // A nap lets time pass.
  vi.spyOn(Atomics, 'wait').mockImplementation(((_: unknown, __: unknown, ___: unknown, ms: number) => {
    clock.advance(ms)
    return 'timed-out'
  }) as never)
  const memory = createSharedMemory({ maxBytes: 2 * MiB, random: createSeededRandom(3) })
  const open = () => openSharedCache<number, string>({ memory, codec: 'string', clock })
  return { clock, memory, open }
}

/** Every value tells its key, its writer's count, and is of one letter after that: a mixture is seen. */
const valueOf = (key: number, n: number) => `${key}:${n}:`.padEnd(2000 + (n % 700), String.fromCharCode(97 + (n % 26)))

function check(cache: SharedCache<number, string>, key: number, allowed: readonly (string | undefined)[]): void {
  const got = cache.get(key)
  if (got !== undefined && got !== valueOf(key, Number(got.split(':')[1]))) throw new Error(`torn value of ${key}`)
  if (!allowed.includes(got)) throw new Error(`key ${key} has ${got?.slice(0, 20)}`)
}

/** Enough to turn every ring over. */
const crowd = Array.from({ length: 1400 }, (_, n) => 1000 + n)

function turnOver(cache: SharedCache<number, string>): void {
  for (const key of crowd) cache.set(key, valueOf(key, key))
}

/** Two doors; one has set and asked for key 1, in rings that are full, so that room has to be made. */
function setUpFull() {
  const { open } = setUp()
  const [one, other] = [open(), open()] as const
  turnOver(other)
  one.set(1, valueOf(1, 1))
  one.get(1)
  return [one, other] as const
}

function checkCrowd(cache: SharedCache<number, string>): void {
  for (const key of crowd) check(cache, key, [valueOf(key, key), undefined])
}

for (const kind of ['set', 'delete', 'clear'] as const) {
  const run = (cache: SharedCache<number, string>) => {
    if (kind === 'set') cache.set(1, valueOf(1, 2))
    else if (kind === 'delete') cache.delete(1)
    else cache.clear()
  }
  const after = kind === 'set' ? valueOf(1, 2) : undefined

  test(
    `a thread that ends at any step of a ${kind} stops nobody, and leaves all or nothing of it`,
    { timeout: 300_000 },
    () => {
      let stepCount = 0
      for (let step = 1; step < 5000; step = kind === 'clear' ? step + 41 : step + 1) {
        const [one, other] = setUpFull()
        let hasEnded = false
        try {
          hasEnded = stopAt(
            step,
            () => run(one),
            () => {
              throw new Stopped()
            },
          )
        } catch (error) {
          if (!(error instanceof Stopped)) throw error
          hasEnded = true
        }
        check(other, 1, [valueOf(1, 1), after, undefined])
        other.set(1, valueOf(1, 3))
        check(other, 1, [valueOf(1, 3)])
        turnOver(other)
        checkCrowd(other)
        vi.restoreAllMocks()
        if (!hasEnded) break
        stepCount = step
      }
      expect(stepCount).toBeGreaterThan(8)
    },
  )

  test(`a thread that wakes after it was held up at any step of a ${kind} harms nothing`, { timeout: 300_000 }, () => {
    let takeOverCount = 0
    for (let step = 1; step < 5000; step = kind === 'clear' ? step + 41 : step + 1) {
      const [one, other] = setUpFull()
      const isLast = !stopAt(
        step,
        () => run(one),
        () => {
          other.set(1, valueOf(1, 3))
          check(other, 1, [valueOf(1, 3)])
          turnOver(other)
          takeOverCount += other.stats().takeOverCount
        },
      )
      // The one that was held up is done after all: its change is the last one, or was before the other's.
      check(other, 1, [valueOf(1, 3), after, undefined])
      checkCrowd(one)
      one.set(2, valueOf(2, 5))
      check(other, 2, [valueOf(2, 5)])
      turnOver(one)
      checkCrowd(other)
      vi.restoreAllMocks()
      if (isLast) break
    }
    expect(takeOverCount).toBeGreaterThan(kind === 'clear' ? 4 : 8)
  })
}

test('what is overwritten while it is read is not answered', () => {
  const { clock, open } = setUp()
  const [one, other] = [open(), open()]
  one.set(1, valueOf(1, 1), { ttlMs: 1e6 })
  expect(one.get(1)).toBe(valueOf(1, 1))
  // The clock is asked when the record was found, and its value is yet to be read.
  const nowMs = clock.nowMs()
  const spy = vi.spyOn(clock, 'nowMs').mockImplementationOnce(() => {
    turnOver(other)
    return nowMs
  })
  expect(one.get(1)).toBeUndefined()
  expect(spy).toHaveBeenCalled()
})
