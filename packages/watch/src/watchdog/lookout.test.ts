import { MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { unmappedPlaces } from '../../test/unmapped-places.ts'
import type { Moment } from '../detect/detector.ts'
import { Lookout, type SignalDraft } from './lookout.ts'
import type { WorkerOrder } from './worker-messages.ts'

function momentOf(atMs: number, rssBytes: number): Moment {
  return {
    atMs,
    windowMs: 5000,
    rssBytes,
    heapUsedBytes: 20 * MiB,
    heapTotalBytes: 25 * MiB,
    externalBytes: MiB,
    requestTotal: 0,
    gcShare: 0,
    gcPauseMsMax: 0,
    majorCount: 0,
    cgroupBytes: null,
    pressureAvg10: null,
  }
}

/** Four workers that leak alike, each a little ahead of the others in turn; `hasProfile` is whether one answers what it allocates. */
function runPool(hasProfile: boolean): { orders: WorkerOrder[]; signals: SignalDraft[] } {
  const orders: WorkerOrder[] = []
  const signals: SignalDraft[] = []
  const lookout = new Lookout({
    identity: () => ({ name: 'service' }) as never,
    heapLimitBytes: 100 * MiB,
    machineBytes: 1024 * MiB,
    places: unmappedPlaces,
    ask() {},
    askWorker: (order) => orders.push(order),
    emit: (draft) => signals.push(draft),
  })
  for (let second = 0; second <= 600; second += 5) {
    const atMs = second * 1000
    for (let threadId = 1; threadId <= 4; threadId++) {
      const ahead = (second / 5) % 4 === threadId - 1 ? 2 : 0
      const heapBytes = (10 + second * 0.25 + ahead) * MiB
      lookout.addWorker({ kind: 'heap', threadId, script: '/app/render.js', startBytes: 10 * MiB, heapBytes }, atMs)
    }
    lookout.addMoment(momentOf(atMs, (100 + second) * MiB), null)
    const sampled = orders.findLast(({ isOn }) => isOn)?.threadId
    if (!hasProfile || sampled === undefined || second % 60 > 0) continue
    const frame = { script: 'file:///app/page.js', line: 7, column: 3, functionName: 'keep' }
    const sites = [{ stack: [frame], bytesByBirth: [1, 1, 1, 1, 1].map((part) => part * MiB) }]
    lookout.addWorker({ kind: 'profile', threadId: sampled, report: { atMs, windowCount: 5, sites } }, atMs)
  }
  return { orders, signals }
}

test('of workers that leak alike one is sampled all the time, until its line is known', () => {
  const { orders, signals } = runPool(true)
  expect(orders.map(({ isOn }) => isOn)).toEqual([true])
  const named = signals.findLast(({ culprit }) => culprit !== null)!
  expect(named).toMatchObject({ verdict: 'leaking', culprit: { file: 'page.js', line: 7 } })
  expect(named.sentence).toMatch(/ It is in the heap of worker threads that run render\.js\.$/)
  expect(named.sentence).not.toContain('Not excluded')
})

test('a leak laid at the caller, into which V8 had compiled the one that keeps, is told again when functions are kept apart', () => {
  const signals: SignalDraft[] = []
  let isProfiling = false
  let readingCount = 0
  let apartCount = 0
  const lookout = new Lookout({
    identity: () => ({ name: 'service' }) as never,
    heapLimitBytes: 200 * MiB,
    machineBytes: 1024 * MiB,
    places: unmappedPlaces,
    ask(message) {
      if (message.kind !== 'profile') return
      if (message.isOn !== isProfiling) readingCount = 0
      isProfiling = message.isOn
      if (message.isThorough) readingCount = apartCount = 0
      else apartCount = -Infinity
    },
    emit: (draft) => signals.push(draft),
  })
  const frameOf = (functionName: string, line: number) => ({
    script: 'file:///app/server.js',
    line,
    column: 1,
    functionName,
  })
  const [keeper, caller] = [frameOf('keep', 3), frameOf('handle', 40)]
  const siteOf = (stack: (typeof keeper)[], part: number) => ({
    stack,
    bytesByBirth: Array.from({ length: readingCount }, () => part * MiB),
  })
  for (let second = 0; second <= 240; second += 5) {
    const atMs = second * 1000
    const heapBytes = (20 + second * 0.2) * MiB
    lookout.addMoment({ ...momentOf(atMs, 2 * heapBytes), heapUsedBytes: heapBytes, requestTotal: 100 * second }, null)
    if (isProfiling) {
      readingCount++
      const areFunctionsApart = ++apartCount > 0
      const sites = areFunctionsApart
        ? [siteOf([keeper, caller], 1)]
        : [siteOf([caller], 0.7), siteOf([keeper, caller], 0.2), siteOf([keeper], 0.1)]
      lookout.addProfile({ atMs, windowCount: readingCount, sites, areFunctionsApart })
    }
    lookout.addFloor({
      atMs,
      heapBytes,
      externalBytes: MiB,
      budgetedBytes: 0,
      requestTotal: 100 * second,
      isProvoked: true,
    })
  }
  const claims = signals.filter(({ verdict }) => verdict === 'leaking')
  expect(claims.map(({ culprit }) => culprit?.line)).toEqual([40, 3])
})

test('a claim that knows only what a worker runs keeps its doubt', () => {
  const { signals } = runPool(false)
  const named = signals.find(({ verdict }) => verdict === 'leaking')!
  expect(named.culprit).toMatchObject({ file: 'render.js', line: 1 })
  expect(named.sentence).toContain('Not excluded')
})
