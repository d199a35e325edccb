import { expect, test } from 'vitest'

import { paceRequests, rateToOutlive, requestsAtWorst } from './pace.ts'

const MB = 1e6
const limit = 176 * MB

test('a heap that does not rise sets no pace, and neither does a single floor', () => {
  expect(paceRequests({ floors: [[0, 10 * MB]], heapLimitBytes: limit, floorsLeft: 24 })).toBe(Infinity)
  const level = [0, 1000, 2000].map((count): [number, number] => [count, 10 * MB])
  expect(paceRequests({ floors: level, heapLimitBytes: limit, floorsLeft: 24 })).toBe(Infinity)
})

test.each([300, 6_000, 60_000, 1_000_000])(
  'a leak of %i B a request lives until its verdict, whatever its size',
  (bytes) => {
    const heap = (count: number): number => 9 * MB + bytes * count
    const floors: [number, number][] = [
      [0, heap(0)],
      [20, heap(20)],
    ]
    let sent = 20
    for (let floor = 0; floor < 60; floor++) {
      const requests = Math.min(1500, paceRequests({ floors, heapLimitBytes: limit, floorsLeft: 24 - floor }))
      expect(requests).toBeGreaterThanOrEqual(1)
      sent += requests
      floors.push([sent, heap(sent)])
      // The largest of them takes a hundredth of the heap with each request, and one a floor is as few as can be.
      if (bytes < 1e6) expect(heap(sent)).toBeLessThan(128 * MB)
    }
    if (bytes < 1e6) expect(floors.length).toBe(62)
  },
)

test('what warming up cost is forgotten', () => {
  const floors: [number, number][] = [
    [0, 10 * MB],
    [300, 40 * MB],
  ]
  const cautious = paceRequests({ floors, heapLimitBytes: limit, floorsLeft: 24 })
  for (let floor = 1; floor <= 6; floor++) floors.push([300 + floor * cautious, 40 * MB])
  expect(cautious).toBeLessThan(50)
  expect(paceRequests({ floors, heapLimitBytes: limit, floorsLeft: 24 })).toBe(Infinity)
})

test('half full, what falls lately is given no more requests than there is room for, should it rise again', () => {
  const backlog: [number, number][] = [
    [0, 5 * MB],
    [1000, 70 * MB],
    [1020, 69 * MB],
    [1040, 68 * MB],
    [1060, 67 * MB],
  ]
  const requests = paceRequests({ floors: backlog, heapLimitBytes: limit, floorsLeft: 24 })
  expect(requests).toBeGreaterThan(100)
  expect(67 * MB + requests * 65_000).toBeLessThan(100 * MB)
  const half = backlog.map(([count, bytes]): [number, number] => [count, bytes / 2])
  expect(paceRequests({ floors: half, heapLimitBytes: limit, floorsLeft: 24 })).toBe(Infinity)
})

test('some megabytes at first are what loading code takes, and no pace where there is room for them', () => {
  const floors: [number, number][] = [
    [0, 5 * MB],
    [20, 7 * MB],
  ]
  expect(paceRequests({ floors, heapLimitBytes: 4000 * MB, floorsLeft: 24 })).toBe(Infinity)
  expect(paceRequests({ floors, heapLimitBytes: 40 * MB, floorsLeft: 24 })).toBeLessThan(20)
})

test('at worst, all that the first requests left stays: no more are sent than would fit then', () => {
  const [limitBytes, usedBytes] = [128 * MB, 8 * MB]
  const perRequest = 20_000
  const requests = requestsAtWorst(
    [
      [0, usedBytes],
      [200, usedBytes + 200 * perRequest],
    ],
    limitBytes,
  )
  expect(requests * perRequest).toBeLessThan(0.3 * limitBytes)
  expect(requests).toBeGreaterThan(1000)
  expect(requestsAtWorst([[0, usedBytes]], limitBytes)).toBe(Infinity)
  expect(
    requestsAtWorst(
      [
        [0, usedBytes],
        [200, usedBytes],
      ],
      limitBytes,
    ),
  ).toBe(Infinity)
})

test('of what killed it a quarter has come when there is a verdict', () => {
  expect(rateToOutlive(4900)).toBe(27)
  expect(rateToOutlive(10)).toBe(2)
})
