import { DAY_MS, MINUTE_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'

import { createFacts } from '../gate/facts.ts'
import { resolveSoakConfig } from '../options.ts'
import { Hurry } from './hurry.ts'
import { LeftByLooks } from './left-by-looks.ts'
import type { Lifeline } from './lifeline.ts'
import type { Subject } from './subject.ts'

const wait = () => Promise.resolve()

/** A service of some processes, which answers what it is asked and remembers by how much its clock was moved. */
function setUp({ requestCounts = [5], hasInspector = true } = {}) {
  const moved: number[] = []
  const probes = requestCounts.map((requestCount) => ({ requestCount, hello: { hasInspector } }))
  const subject = { probes: () => probes } as unknown as Subject
  const lifeline = {
    ask(probe: { requestCount: number }, name: string, parameters: { ms: number }) {
      if (name === 'forward') moved.push(parameters.ms)
      return Promise.resolve({ requestCount: probe.requestCount })
    },
  } as unknown as Lifeline
  const facts = createFacts(resolveSoakConfig({ start: 'node server.js', get: ['/'] }))
  for (let floor = 0; floor < 5; floor++) facts.heap.add([floor * 1000, 8e6])
  const hurry = new Hurry(facts, lifeline, wait, () => Promise.reject(new Error('no floor is to be read')))
  return { hurry, lifeline, subject, facts, moved, drive: () => Promise.resolve() }
}

/** A setup whose heap took this course, and holds so much after time has passed. */
function setUpCourse(heapBytes: readonly number[], thenBytes: number) {
  const { facts, lifeline, ...rest } = setUp()
  facts.heap.restart()
  for (const [floor, bytes] of heapBytes.entries()) facts.heap.add([floor * 1000, bytes])
  const floor = { heapBytes: thenBytes, externalBytes: 0, nativeBytes: 0, rssBytes: 0, descriptorCount: null }
  const hurry = new Hurry(facts, lifeline, wait, () => Promise.resolve({ floor }))
  return { ...rest, facts, hurry }
}

test('what is filled and emptied by turns keeps its floors when time was made to pass, and the note says so', async () => {
  const { hurry, subject, facts, drive } = setUpCourse([5e6, 7e6, 6e6, 5e6, 7e6, 6e6], 6.5e6)
  await hurry.skipAhead(subject, 10 * MINUTE_MS, drive)
  expect(facts.heap.points).toHaveLength(6)
  expect(facts.hurried).toBeNull()
  expect(facts.notes).toEqual(['its clock was moved forward by 10 min once'])
})

test('where less is held than ever lately once time has passed, it passes before every floor from then on', async () => {
  const { hurry, subject, facts, moved, drive } = setUpCourse([28e6, 29e6, 28.5e6, 29e6, 28e6, 29e6], 11e6)
  facts.backlog = { worksOffPerSec: 40, answersPerSec: 300 }
  await hurry.skipAhead(subject, 10 * MINUTE_MS, drive)
  expect(facts.heap.points).toEqual([])
  expect(facts.hurried).toEqual({ stepMs: 10 * MINUTE_MS, fromFloor: 0 })
  // It was no work that was under way.
  expect(facts).toMatchObject({ backlog: null, ratePerSec: 300 })
  moved.length = 0
  await hurry.pass(subject)
  expect(moved).toEqual([10 * MINUTE_MS, 10 * MINUTE_MS])
})

test('floors that lie closely together and one that lies a little lower are no reason to move the clock for good', async () => {
  const { hurry, subject, facts, drive } = setUpCourse([8e6, 8.004e6, 8.002e6, 8.001e6, 8.004e6, 8e6], 7.96e6)
  await hurry.skipAhead(subject, 10 * MINUTE_MS, drive)
  expect(facts.hurried).toBeNull()
})

test('before there are floors to compare with, and where hardly anything has grown, the clock stays as it is', async () => {
  const early = setUpCourse([8e6, 9e6, 8e6, 9e6, 8e6], 5e6)
  await early.hurry.skipAhead(early.subject, 10 * MINUTE_MS, early.drive)
  expect(early.moved).toEqual([])

  const { hurry, subject, facts, moved, drive } = setUpCourse([], 8e6)
  const bytes = { externalBytes: 0, nativeBytes: 0, rssBytes: 0, descriptorCount: null, atMs: 0 }
  for (const heapBytes of [8e6, 8.05e6]) facts.floors.push({ requestCount: 1000, heapBytes, ...bytes })
  expect(await hurry.find(subject, 1, drive)).toBe('not-tried')
  expect(moved).toEqual([])
})

test('skipping ahead moves the clock once, is told, and growth is judged from there on', async () => {
  const { hurry, subject, facts, moved, drive } = setUpCourse([8e6, 8e6, 8e6, 9e6, 9e6, 11e6], 14e6)
  await hurry.skipAhead(subject, 10 * MINUTE_MS, drive)
  await hurry.skipAhead(subject, 10 * MINUTE_MS, drive)
  await hurry.pass(subject)
  expect(moved).toEqual([10 * MINUTE_MS])
  expect(facts.heap.points).toEqual([])
  expect(facts.hurried).toBeNull()
  expect(facts.notes).toEqual(['its clock was moved forward by 10 min once, and growth is judged from there on'])
})

test('who answers no requests keeps its time, and a process without an inspector keeps everybody theirs', async () => {
  const supervised = setUp({ requestCounts: [0, 7] })
  supervised.facts.hurried = { stepMs: MINUTE_MS / 2, fromFloor: 0 }
  await supervised.hurry.pass(supervised.subject)
  expect(supervised.moved).toEqual([MINUTE_MS / 2, MINUTE_MS / 2])

  const blind = setUp({ hasInspector: false })
  await blind.hurry.skipAhead(blind.subject, MINUTE_MS, blind.drive)
  expect(blind.moved).toEqual([])
  expect(blind.facts.heap.points).toHaveLength(5)
  expect(blind.hurry.hasBegun).toBe(false)
})

test('what no passing of time lets go of is kept, and is looked for once; what a look left is not counted as kept', async () => {
  const { facts, moved, drive, lifeline, subject: service } = setUp()
  const bytes = { externalBytes: 0, nativeBytes: 0, rssBytes: 0, descriptorCount: null, atMs: 0 }
  for (const heapBytes of [8e6, 12e6]) facts.floors.push({ requestCount: 1000, heapBytes, ...bytes })
  let rawBytes = 12e6 + 5e6
  // A look has left 5 MB behind, which is taken off every floor.
  const left = new LeftByLooks()
  left.note({ heapBytes: 12e6, externalBytes: 0 }, { heapBytes: rawBytes, externalBytes: 0 })
  const readFloors = () => Promise.resolve({ floor: left.takeOff({ ...bytes, heapBytes: rawBytes }) })
  const patient = new Hurry(facts, lifeline, wait, readFloors)
  expect(await patient.find(service, 1, drive)).toBe('kept')
  expect(moved.at(-1)).toBe(31 * DAY_MS)
  expect(await patient.find(service, 1, drive)).toBe('not-tried')
  expect(facts.hurried).toBeNull()

  rawBytes = 8e6 + 5e6
  expect(await new Hurry(facts, lifeline, wait, readFloors).find(service, 1, drive)).toBe('let-go')
  expect(facts.hurried).toMatchObject({ stepMs: MINUTE_MS })
})

test('what was left behind by looking for the holder since the last floor is not counted as kept', async () => {
  const { facts, moved, drive, lifeline, subject } = setUp()
  const bytes = { externalBytes: 0, nativeBytes: 0, rssBytes: 0, descriptorCount: null, atMs: 0 }
  for (const heapBytes of [8e6, 12e6]) facts.floors.push({ requestCount: 1000, heapBytes, ...bytes })
  const readFloors = () => Promise.resolve({ floor: { ...bytes, heapBytes: (moved.length > 0 ? 8e6 : 12e6) + 3e6 } })
  expect(await new Hurry(facts, lifeline, wait, readFloors).find(subject, 1, drive)).toBe('let-go')
})

test('sessions kept for a week or for thirty days are let go', async () => {
  const bytes = { externalBytes: 0, nativeBytes: 0, rssBytes: 0, descriptorCount: null, atMs: 0 }
  for (const keptMs of [7 * DAY_MS, 30 * DAY_MS]) {
    const { facts, moved, drive, lifeline, subject } = setUp()
    for (const heapBytes of [8e6, 12e6]) facts.floors.push({ requestCount: 1000, heapBytes, ...bytes })
    const isGone = () => moved.reduce((sum, ms) => sum + ms, 0) > keptMs
    const readFloors = () => Promise.resolve({ floor: { ...bytes, heapBytes: isGone() ? 8e6 : 12e6 } })
    const hurry = new Hurry(facts, lifeline, wait, readFloors)
    expect(await hurry.find(subject, 1, drive)).toBe('let-go')
    // And before each floor from then on.
    moved.length = 0
    await hurry.pass(subject)
    expect(isGone()).toBe(true)
  }
})
