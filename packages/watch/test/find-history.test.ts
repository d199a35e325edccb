import { expect, test } from 'vitest'
import { playHistory } from './play-history.ts'

const claims = (name: string) =>
  playHistory(name).filter(({ verdict }) => verdict === 'leaking' || verdict === 'sinking')

/** Heap limit 96 MB, 0.5 MB a second: each of these would die some three minutes after its first request. */
test.each([
  ['map-by-url', 'service/map-by-url.js', 6, 'pages'],
  ['array-of-requests', 'service/array-of-requests.js', 6, 'audit'],
  ['listeners-that-stay', 'service/listeners-that-stay.js', 9, "bus.on('changed')"],
  ['closure-in-array', 'service/closure-in-array.js', 7, 'cleanups'],
  ['class-static-map', 'service/class-static-map.js', 8, 'Registry.sessions'],
])('%s is claimed in the first quarter of its way, with variable and line', (name, file, line, variable) => {
  const [claim] = claims(name)
  expect(claim).toMatchObject({ kind: 'memory-growth', memory: 'heap', culprit: { file, line, variable } })
  expect(claim!.afterSeconds).toBeLessThan(45)
  expect(claim!.culprit!.confidence).toBeGreaterThan(0.6)
  expect(claim!.timeToLimitMs![0]).toBeGreaterThan(0)
})

// V8 compiles busy functions into their callers and then tells of the caller only, so more than a function on the way cannot
// be promised here; the confidence says so.
test('a chain of closures, which is no collection, is claimed later, and by a function on the way', () => {
  const claimed = claims('closure-chain')
  expect(claimed[0]!.afterSeconds).toBeLessThan(75)
  const { culprit, sentence } = claimed.at(-1)!
  expect(culprit!.file).toMatch(/^service\/(?:closure-chain|serve)\.js$/)
  expect(culprit!.variable).toBeNull()
  expect(culprit!.confidence).toBeLessThan(0.65)
  expect(sentence).toContain('what is allocated under')
})

test.each(['bounded-lru', 'sessions-with-ttl', 'garbage', 'work-in-flight'])('%s is never claimed', (name) => {
  expect(claims(name).map(({ sentence, afterSeconds }) => [afterSeconds, sentence])).toEqual([])
})

test('the same growth in a cache that reports a budget is no leak', () => {
  const told = playHistory('array-of-requests', ({ events }) => {
    const base = events.find((event) => event[0] === 'floor')![1] as { heapBytes: number }
    const baseBytes = base.heapBytes
    for (const event of events) if (event[0] === 'floor') event[1].budgetedBytes = event[1].heapBytes - baseBytes
  })
  expect(told.filter(({ verdict }) => verdict === 'leaking' || verdict === 'sinking')).toEqual([])
})

test('the signature of a leak holds neither line nor instance', () => {
  expect(claims('map-by-url')[0]!.signature).toBe('memory-growth:heap:service/map-by-url.js:pages')
})
