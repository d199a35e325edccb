import { expect, test } from 'vitest'

import { createFacts, type Facts } from '../gate/facts.ts'
import { resolveSoakConfig } from '../options.ts'
import { isOutside } from './culprit-search.ts'

const MB = 1e6

/** Floors at which heap and buffers rise by so much each, until a rise is suspected. */
function risingFacts({ heapBytes, externalBytes }: { heapBytes: number; externalBytes: number }): Facts {
  const facts = createFacts(resolveSoakConfig({ start: 'node server.js', get: ['/'] }))
  for (let floor = 0; floor < 20; floor++) {
    const requestCount = floor * 400
    const bytes = { heapBytes: 5 * MB + floor * heapBytes, externalBytes: 200 * MB + floor * externalBytes }
    facts.floors.push({ requestCount, ...bytes, atMs: 0, nativeBytes: 0, rssBytes: 0, descriptorCount: null })
    facts.heap.add([requestCount, bytes.heapBytes])
    facts.external.add([requestCount, bytes.externalBytes])
  }
  return facts
}

test('buffers that rise by far more than what has a holder are held by nobody in the heap', () => {
  const facts = risingFacts({ heapBytes: 0, externalBytes: 10 * MB })
  expect(isOutside(facts, 10, 0.1 * MB)).toBe(true)
})

test('buffers that objects of the heap hold have a holder', () => {
  const facts = risingFacts({ heapBytes: 0, externalBytes: 10 * MB })
  expect(isOutside(facts, 10, 85 * MB)).toBe(false)
})

test('where the heap rises as well it is looked at as always', () => {
  const facts = risingFacts({ heapBytes: 1 * MB, externalBytes: 10 * MB })
  expect(isOutside(facts, 10, 0.1 * MB)).toBe(false)
})
