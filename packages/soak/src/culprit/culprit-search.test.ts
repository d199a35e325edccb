import { expect, test } from 'vitest'

import { createFacts, type Facts } from '../gate/facts.ts'
import { resolveSoakConfig } from '../options.ts'
import type { Lifeline } from '../subject/lifeline.ts'
import type { Subject } from '../subject/subject.ts'
import { CulpritSearch, isOutside } from './culprit-search.ts'

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

test.each<[string, Error, boolean]>([
  ['a mistake in reading', new RangeError('Maximum call stack size exceeded'), true],
  ['what nobody expected', new Error('no space left'), false],
])('%s costs no verdict where it is our own', async (_, error, isOurs) => {
  const facts = risingFacts({ heapBytes: 1 * MB, externalBytes: 0 })
  const lifeline = {
    ask: () => Promise.resolve({ requestCount: 0 }),
    orLost: (promise: Promise<unknown>) => promise,
  } as unknown as Lifeline
  let isBroken = false
  const call = (name: string) =>
    isBroken ? Promise.reject(error) : Promise.resolve(name === 'snapshot' ? { scripts: [], keepers: [] } : [])
  const probe = { hello: { pid: 1, hasInspector: true }, call }
  const search = new CulpritSearch(facts, lifeline, '/')
  await search.begin({ probes: () => [probe], folder: '/' } as unknown as Subject)
  isBroken = true
  const looked = search.conclude(() => Promise.resolve(), 1000)
  if (!isOurs) return expect(looked).rejects.toThrow(error)
  expect(await looked).toBe(true)
  expect(facts.leak?.why).toMatch(/could not be told/)
  expect(facts.notes).toEqual(['who holds what grows could not be read: Maximum call stack size exceeded'])
})
