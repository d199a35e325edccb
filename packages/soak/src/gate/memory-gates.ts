import { formatBytes, MiB } from '@plimsoll/core'
import { judgePlateau, slopeInterval, theilSen, type Point, type SlopeInterval } from '@plimsoll/core/trend'

import type { Findings } from '../culprit/investigate.ts'
import type { Gate, GateVerdict, Interval } from '../result.ts'
import type { Facts } from './facts.ts'
import type { GrowthCourse } from './growth.ts'
import { number, percent, signed } from './words.ts'

/** Native memory is an allocator's affair and noisy: less than this is not looked at, in all and a request. */
const MIN_NATIVE_BYTES = 24 * MiB
const MIN_NATIVE_BYTES_PER_REQUEST = 512
const MIN_DESCRIPTORS = 50
/** Heap, buffers, native memory and file descriptors: does any of them rise? Pure. */
export function memoryGates(facts: Facts): Gate[] {
  const { gates } = facts.config
  const heap = judgeCourse(facts, facts.heap)
  const external = judgeCourse(facts, facts.external)
  const list: Gate[] = [
    {
      name: 'retained',
      verdict: heap,
      limit: `${gates.retainedBytes} B/request`,
      sentence: describeGrowth('JavaScript heap', facts.heap, heap),
    },
    {
      name: 'external',
      verdict: external,
      limit: `${gates.externalBytes} B/request`,
      sentence: describeGrowth('memory of buffers', facts.external, external),
    },
    judgeNative(facts),
    judgeDescriptors(facts),
  ]
  const last = facts.floors.at(-1)
  if (gates.heapBytes !== null && last) {
    const isOver = last.heapBytes > gates.heapBytes
    list.push({
      name: 'heap',
      verdict: isOver ? 'fail' : 'pass',
      limit: formatBytes(gates.heapBytes),
      sentence: `the heap holds ${formatBytes(last.heapBytes)} after a collection`,
    })
  }
  return list
}

function judgeCourse(facts: Facts, course: GrowthCourse): GateVerdict {
  const { marginBytes } = course
  const isProven = facts.leak !== null || hasFilledItsHeap(facts)
  if (isProven && course.isSuspected && course.last.interval.low > marginBytes) return 'fail'
  if (course.hasBeenFlat) return 'pass'
  const { explained } = facts
  // A holder with a known bound has what it takes; what it has taken is subtracted.
  if (explained && explained.fillingShare > 0.8 && restOf(course, explained) < marginBytes) return 'pass'
  return 'not-sure'
}

/** It died of what it kept: whatever bound that had, it was not reached in time. */
export function hasFilledItsHeap({ lost }: Facts): boolean {
  return lost !== null && /heap out of memory/.test(lost.message)
}

/** The slope without what bounded holders took. */
function restOf(course: GrowthCourse, { boundedShare }: Findings): number {
  const { slope } = slopeInterval(course.points, 0.99)
  return slope * (1 - Math.min(1, boundedShare / 0.95))
}

export function describeGrowth(what: string, course: GrowthCourse, verdict: GateVerdict): string {
  const { interval, confidence } = course.last
  if (!Number.isFinite(interval.low)) return `${what}: too few floors to tell`
  const range = `${signed(interval.slope)} B/request (${percent(confidence)}: ${number(interval.low)} … ${number(interval.high)})`
  const word = { pass: 'does not rise', fail: 'rises', 'not-sure': 'is not decided' }[verdict]
  return `${what} ${word}: ${range}`
}

function nativeTail({ floors, untouchedFloors }: Facts): Point[] {
  const untouched = floors.slice(0, untouchedFloors ?? floors.length)
  const points = untouched.map(({ requestCount, nativeBytes }): Point => [requestCount, nativeBytes])
  return points.slice(-Math.max(8, Math.ceil((points.length * 2) / 3)))
}

export function describeNative(facts: Facts): Interval & { grownBytes: number | null } {
  const tail = nativeTail(facts)
  const interval = slopeInterval(tail, 0.99)
  const grownBytes = tail.length > 1 ? theilSen(tail).slope * (tail.at(-1)![0] - tail[0]![0]) : null
  return { ...present(interval, 0.99), grownBytes }
}

function judgeNative(facts: Facts): Gate {
  const { low, estimate, grownBytes } = describeNative(facts)
  const tail = nativeTail(facts)
  const rises =
    low !== null &&
    low > MIN_NATIVE_BYTES_PER_REQUEST &&
    (grownBytes ?? 0) > MIN_NATIVE_BYTES &&
    judgePlateau(tail, { minPointsPerSpan: 2 }).isRefused
  return {
    name: 'native',
    verdict: rises ? 'fail' : 'pass',
    limit: `${MIN_NATIVE_BYTES_PER_REQUEST} B/request and ${formatBytes(MIN_NATIVE_BYTES)}`,
    sentence: rises
      ? `memory outside of V8 rises steadily: ${signed(estimate ?? 0)} B/request, ${formatBytes(grownBytes ?? 0)} in all; heap and buffers do not explain it`
      : 'memory outside of V8 does not rise steadily',
  }
}

function judgeDescriptors({ floors }: Facts): Gate {
  const points = floors.flatMap(({ requestCount, descriptorCount }): Point[] =>
    descriptorCount === null ? [] : [[requestCount, descriptorCount]],
  )
  const tail = points.slice(-Math.ceil((points.length * 2) / 3))
  const { slope, low } = slopeInterval(tail, 0.99)
  const grown = tail.length > 1 ? tail.at(-1)![1] - tail[0]![1] : 0
  const rises = low > 0 && grown >= MIN_DESCRIPTORS
  const last = points.at(-1)?.[1]
  return {
    name: 'descriptors',
    verdict: rises ? 'fail' : 'pass',
    limit: null,
    sentence: rises
      ? `file descriptors leak: ${Number(slope.toPrecision(2))} a request, ${last} are open`
      : last === undefined
        ? 'this system does not list open file descriptors'
        : `${last} file descriptors are open, and no more with every request`,
  }
}

export function tellInterval(course: GrowthCourse): Interval {
  return present(course.last.interval, course.last.confidence)
}

export function present({ slope, low, high, pointCount }: SlopeInterval, confidence: number): Interval {
  const finite = (value: number) => (Number.isFinite(value) ? Math.round(value * 100) / 100 : null)
  return { estimate: pointCount < 2 ? null : finite(slope), low: finite(low), high: finite(high), confidence }
}
