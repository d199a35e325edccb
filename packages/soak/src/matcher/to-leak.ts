import v8 from 'node:v8'
import vm from 'node:vm'

import { InvalidOptionError, SECOND_MS, systemClock, type Clock } from '@plimsoll/core'

import { GrowthCourse } from '../gate/growth.ts'

export interface LeakOptions {
  /** Bytes a call may leave behind. Default 16, as for a request: an object or a text that is kept takes 30 and more. */
  bytesPerCall?: number
  /** Gives up undecided after so long. Default 10 s; runners give a test up after 5 s unless they are told otherwise. */
  withinMs?: number
  clock?: Clock
}

export interface LeakFinding {
  verdict: 'leaks' | 'clean' | 'not-sure'
  /** Bytes a call leaves behind, with the interval that was looked at. */
  bytesPerCall: { estimate: number; low: number; high: number; confidence: number }
  callCount: number
}

/** What {@link toLeak} adds to `expect`: extend your test runner's own interface with it. */
export interface LeakMatchers<R = unknown> {
  /** Whether a function leaves memory behind with every call. Use it as `await expect(fn).not.toLeak()`. */
  toLeak(options?: LeakOptions): Promise<R>
}

/** How long the calls between two collections should take: long enough that collecting is not most of the work. */
const BATCH_MS = 25
const MIN_BATCH_CALLS = 20
/** … and few enough that a leak of a kilobyte a call does not fill the heap. */
const MAX_BATCH_CALLS = 2000
/** Compilation settles in the first calls. */
const WARM_UP_BATCHES = 4

/**
 * Calls a function over and over and looks at what stays after full collections, by the same procedure as a soak: leaks at 99 %, clean
 * at 99 %, or not sure. Takes half a second for most functions.
 * @throws what the function throws
 */
export async function measureLeak(act: () => unknown, options: LeakOptions = {}): Promise<LeakFinding> {
  if (typeof act !== 'function')
    throw new InvalidOptionError('toLeak', [
      { where: '', what: 'takes a function: expect(() => render(page)).not.toLeak()' },
    ])
  const { bytesPerCall: marginBytes = 16, withinMs = 10 * SECOND_MS, clock = systemClock } = options
  const collect = openCollector()
  const course = new GrowthCourse({ marginBytes, minRiseBytes: 0 })
  const endMs = clock.monotonicMs() + withinMs
  let batchCalls = MIN_BATCH_CALLS
  let callCount = 0
  for (let batch = 0; clock.monotonicMs() < endMs; batch++) {
    const beganMs = clock.monotonicMs()
    for (let call = 0; call < batchCalls; call++) await act()
    callCount += batchCalls
    const tookMs = Math.max(0.1, clock.monotonicMs() - beganMs)
    const heapBytes = await readFloor(collect)
    if (batch < WARM_UP_BATCHES) {
      batchCalls = Math.round(Math.min(MAX_BATCH_CALLS, Math.max(MIN_BATCH_CALLS, (batchCalls * BATCH_MS) / tookMs)))
      continue
    }
    const { step } = course.add([callCount, heapBytes])
    if (step === 'flat' || step === 'rising') return tell(step === 'flat' ? 'clean' : 'leaks', course, callCount)
  }
  return tell('not-sure', course, callCount)
}

/**
 * A matcher for `expect.extend({ toLeak })` of Vitest and Jest. An undecided measurement fails either way, and says so.
 *
 * ```ts
 * import { toLeak } from '@plimsoll/soak/matchers'
 * expect.extend({ toLeak })
 * test('rendering keeps nothing', () => expect(() => render(page)).not.toLeak())
 * ```
 */
export async function toLeak(
  this: { isNot?: boolean } | undefined,
  act: () => unknown,
  options?: LeakOptions,
): Promise<{ pass: boolean; message: () => string }> {
  const { verdict, bytesPerCall, callCount } = await measureLeak(act, options)
  const { estimate, low, high, confidence } = bytesPerCall
  const range = `${round(estimate)} B a call (${(confidence * 100).toFixed(1)} %: ${round(low)} … ${round(high)}), after ${callCount} calls`
  const isNot = this?.isNot ?? false
  const message = {
    leaks: `Expected the function not to leak, and it leaves ${range}.`,
    clean: `Expected the function to leak, and it leaves ${range}.`,
    'not-sure': `Whether the function leaks could not be decided: ${range}. Raise withinMs, or let it do less at random.`,
  }[verdict]
  return { pass: verdict === 'not-sure' ? isNot : verdict === 'leaks', message: () => message }
}

function openCollector(): () => void {
  v8.setFlagsFromString('--expose-gc')
  v8.setFlagsFromString('--no-flush-bytecode')
  return vm.runInNewContext('gc') as () => void
}

/** The least of three readings: whatever is under way elsewhere in the process only adds. */
async function readFloor(collect: () => void): Promise<number> {
  let least = Infinity
  for (let round = 0; round < 3; round++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
    const code = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'code_space')
    least = Math.min(least, v8.getHeapStatistics().used_heap_size - (code?.space_used_size ?? 0))
  }
  return least
}

function tell(verdict: LeakFinding['verdict'], { last }: GrowthCourse, callCount: number): LeakFinding {
  const { slope, low, high } = last.interval
  return { verdict, bytesPerCall: { estimate: slope, low, high, confidence: last.confidence }, callCount }
}

function round(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 10) / 10) : 'unknown'
}
