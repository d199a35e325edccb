import { expect, test } from 'vitest'

import { createFacts, type Facts } from '../gate/facts.ts'
import { resolveSoakConfig, type SoakConfig } from '../options.ts'
import { Ebb } from './ebb.ts'
import type { Lifeline } from './lifeline.ts'
import type { Probe } from './probe-desk.ts'

const KB = 1000

function setUp(config: Partial<SoakConfig> = {}) {
  const facts = createFacts(resolveSoakConfig({ start: 'node server.js', get: ['/'], ...config }))
  let emptyings = 0
  const lifeline = {
    ask(_: Probe, name: string) {
      if (name === 'emptyCaches') emptyings++
      return Promise.resolve([{ cacheName: 'pages', bytes: 300 * KB, budgetBytes: 1000 * KB }])
    },
  } as unknown as Lifeline
  const ebb = new Ebb(facts, lifeline)
  const floor = (heapBytes: number, cachedBytes: number, externalBytes = 0) => {
    noteFloor(facts, heapBytes, externalBytes)
    ebb.note(cachedBytes)
  }
  return { facts, ebb, floor, emptyings: () => emptyings }
}

function noteFloor(facts: Facts, heapBytes: number, externalBytes: number): void {
  const requestCount = facts.floors.length * 1000
  const rest = { nativeBytes: 0, rssBytes: 0, descriptorCount: null, atMs: requestCount }
  facts.floors.push({ requestCount, heapBytes, externalBytes, ...rest })
  facts.heap.add([requestCount, heapBytes])
}

const processes = [{}, {}] as Probe[]

test('where caches account for what grew they are emptied from then on, and growth is judged afresh', async () => {
  const { facts, ebb, floor, emptyings } = setUp()
  floor(8000 * KB, 0)
  floor(8400 * KB, 300 * KB)
  await ebb.pass(processes)
  expect(emptyings()).toBe(0)
  expect(facts.emptied).toBeNull()

  expect(ebb.tryBegin()).toBe(true)
  expect(facts.heap.points).toEqual([])
  await ebb.pass(processes)
  expect(emptyings()).toBe(2)
  expect(facts.emptied).toEqual(new Map([['pages', 2000 * KB]]))
})

test('they are emptied once and for all: a second rise is not theirs', () => {
  const { ebb, floor } = setUp()
  floor(8000 * KB, 0)
  floor(8400 * KB, 300 * KB)
  expect(ebb.tryBegin()).toBe(true)
  expect(ebb.tryBegin()).toBe(false)
})

test('caches that account for little of what grew are left alone', () => {
  const { facts, ebb, floor } = setUp()
  floor(8000 * KB, 100 * KB)
  floor(9000 * KB, 200 * KB)
  expect(ebb.tryBegin()).toBe(false)
  expect(facts.heap.points).toHaveLength(2)
})

test('what caches keep outside of the heap counts as well', () => {
  const { ebb, floor } = setUp()
  floor(8000 * KB, 0, 0)
  floor(8010 * KB, 900 * KB, 1000 * KB)
  expect(ebb.tryBegin()).toBe(true)
})

test('in a soak of hours the caches are left as they are', () => {
  const { ebb, floor } = setUp({ for: '1h' })
  floor(8000 * KB, 0)
  floor(8400 * KB, 300 * KB)
  expect(ebb.tryBegin()).toBe(false)
})
