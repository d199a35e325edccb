import { expect, test } from 'vitest'

import type { Load } from './load/start-load.ts'
import type { Stage } from './stage.ts'
import { warmUp } from './warm-up.ts'

/** A service that answers three thousand requests a second, as long as anybody asks; its heap stays as it is. */
function quickService(): { stage: Stage; loads: Partial<Load>[] } {
  const loads: Partial<Load>[] = []
  const stage = {
    config: {
      ratePerSec: null,
      routes: [{ method: 'GET', path: '/p/{1..100000}', body: null, weight: 1 }],
      findsKnee: false,
    },
    facts: { notes: [], ratePerSec: 0, backlog: null },
    pacing: {
      requestsToNextFloor: () => Infinity,
      requestsAtWorst: () => Infinity,
      rate: () => 1000,
    },
    lifeline: { orLost: (done: unknown) => done },
    usedNumbers: 0,
    traffic: null as unknown,
    warmCode: { keep: () => Promise.resolve() },
    tell() {},
    wait: () => Promise.resolve(),
    noteCourse: () => Promise.resolve({ requestCount: 0, heapBytes: 5e6, atMs: 0 }),
    pause: () => Promise.resolve({ probes: [] }),
    startLoad(load: Partial<Load>) {
      loads.push(load)
      const requestCount = load.maxRequests ?? 0
      const total = { requestCount, failureCount: 0 }
      return { done: Promise.resolve({ total, elapsedMs: requestCount / 3 }), setPhase() {} }
    },
  }
  return { stage: stage as unknown as Stage, loads }
}

test('before a thousand are asked each second it was asked thousands, and its heap was looked at, however fast the first taste went', async () => {
  const { stage, loads } = quickService()
  expect(await warmUp(stage)).toBe(3000)
  const asked = loads.map(({ closedClientCount, maxRequests, ratePerSec }) =>
    closedClientCount ? maxRequests : ratePerSec,
  )
  expect(asked).toEqual([200, 3000, 1000])
})
