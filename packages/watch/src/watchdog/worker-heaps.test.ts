import { MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { unmappedPlaces } from '../../test/unmapped-places.ts'
import type { Finding } from '../detect/detector.ts'
import { describeThread } from '../report/sentence.ts'
import { WorkerHeaps } from './worker-heaps.ts'

/** Native memory that took in 60 MB within two minutes, seen at minute three. */
const nowMs = 180_000
const finding = { memory: 'native', windowMs: 120_000, growthBytes: 60 * MiB } as Finding

/** Tells every five seconds, from second 30 on; `untilSecond` is when it ends. */
function tell(heaps: WorkerHeaps, threadId: number, script: string, mbPerMin: number, untilSecond = 180): void {
  for (let second = 30; second <= untilSecond; second += 5) {
    const heapBytes = (10 + (mbPerMin * second) / 60) * MiB
    heaps.add({ kind: 'heap', threadId, script, startBytes: 10 * MiB, heapBytes }, second * 1000)
  }
}

test('native memory that grew in the heaps of workers is told with the script that they run', () => {
  const heaps = new WorkerHeaps(unmappedPlaces)
  tell(heaps, 1, '/app/render.js', 12)
  tell(heaps, 2, '/app/render.js', 15)
  tell(heaps, 3, '/app/mail.js', 2)
  const [named] = heaps.name(finding, nowMs)
  expect(named).toMatchObject({ culprit: { file: 'render.js', line: 1, share: 0.9 }, thread: 'render.js' })
  expect(heaps.explain(finding, nowMs).workers.map(({ threadId }) => threadId)).toEqual([2, 1])
  expect(describeThread('leaking', named!)).toBe(' Heaps of worker threads that run render.js grew with it.')
})

test('and with the function whose allocations stay, once it was sampled', () => {
  const heaps = new WorkerHeaps(unmappedPlaces)
  tell(heaps, 2, '/app/render.js', 30)
  const frame = { script: 'file:///app/page.js', line: 7, column: 3, functionName: 'keep' }
  const sites = [{ stack: [frame], bytesByBirth: [1, 1, 1, 1, 1].map((part) => part * MiB) }]
  heaps.add({ kind: 'profile', threadId: 2, report: { atMs: nowMs, windowCount: 5, sites } }, nowMs)
  expect(heaps.name(finding, nowMs)[0]).toMatchObject({
    culprit: { file: 'page.js', line: 7, confidence: 0.6 },
    thread: 'render.js',
  })
})

test('any worker of the group may be the one that was sampled', () => {
  const heaps = new WorkerHeaps(unmappedPlaces)
  tell(heaps, 1, '/app/render.js', 29)
  tell(heaps, 2, '/app/render.js', 30)
  const frame = { script: 'file:///app/page.js', line: 7, column: 3, functionName: 'keep' }
  const sites = [{ stack: [frame], bytesByBirth: [1, 1, 1, 1, 1].map((part) => part * MiB) }]
  heaps.add({ kind: 'profile', threadId: 1, report: { atMs: nowMs, windowCount: 5, sites } }, nowMs)
  expect(heaps.name(finding, nowMs)[0]).toMatchObject({ culprit: { file: 'page.js', line: 7 } })
})

test('a heap that only swings explains nothing, whenever it is looked at', () => {
  const heaps = new WorkerHeaps(unmappedPlaces)
  const swinging = { kind: 'heap', threadId: 1, script: '/app/healthy.js', startBytes: 10 * MiB } as const
  const long = { ...finding, windowMs: 1_800_000, growthBytes: 100 * MiB }
  let blamedCount = 0
  for (let second = 0; second <= 7800; second += 5) {
    heaps.add({ ...swinging, heapBytes: (second % 60 < 30 ? 60 : 160) * MiB }, second * 1000)
    if (second >= 7200) blamedCount += heaps.explain(long, second * 1000).workers.length
  }
  expect(blamedCount).toBe(0)
})

test('one that came late is told with no more than it took in', () => {
  const heaps = new WorkerHeaps(unmappedPlaces)
  for (let second = 100; second <= 180; second += 5) {
    const heapBytes = (10 + (second - 100) / 4) * MiB
    heaps.add({ kind: 'heap', threadId: 1, script: '/app/late.js', startBytes: 10 * MiB, heapBytes }, second * 1000)
  }
  expect(heaps.explain({ ...finding, growthBytes: 25 * MiB }, nowMs).share).toBeCloseTo(0.8, 1)
})

test('a worker that ended, one that grew little, and growth of other memory explain nothing', () => {
  const heaps = new WorkerHeaps(unmappedPlaces)
  tell(heaps, 1, '/app/render.js', 30, 150)
  tell(heaps, 3, '/app/mail.js', 2)
  expect(heaps.name(finding, nowMs)).toEqual([])
  tell(heaps, 2, '/app/render.js', 30)
  expect(heaps.name({ ...finding, memory: 'heap' }, nowMs)).toEqual([])
  expect(heaps.name(finding, nowMs)).toHaveLength(1)
})
