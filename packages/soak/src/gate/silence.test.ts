import { expect, test } from 'vitest'

import { Silence } from './silence.ts'

const refused = { requestCount: 15, failureCount: 15, failures: { refused: 14, dropped: 1 } }
const waiting = { requestCount: 0, failureCount: 0, failures: {} }

test('a service of which two batches of requests all failed is silent, and is told by what happened most', () => {
  const silence = new Silence()
  expect(silence.add(refused)).toBeNull()
  expect(silence.add(refused)).toBe(
    'The service refuses connections: of the last 30 requests every one failed (28 refused, 2 dropped)',
  )
})

test('one answer in between begins it anew, and requests that are still waited for say nothing', () => {
  const silence = new Silence()
  silence.add(refused)
  expect(silence.add({ ...refused, failureCount: 14, failures: { refused: 14 } })).toBeNull()
  expect(silence.add({ requestCount: 12, failureCount: 12, failures: { 'timed-out': 12 } })).toBeNull()
  expect(silence.add(waiting)).toBeNull()
  expect(silence.add({ requestCount: 12, failureCount: 12, failures: { 'timed-out': 12 } })).toMatch(
    /^The service hangs, though its event loop does not: of the last 24/,
  )
})

test('a handful of failures is not enough', () => {
  const silence = new Silence()
  const few = { requestCount: 2, failureCount: 2, failures: { 'server-error': 2 } as const }
  for (let lap = 0; lap < 9; lap++) expect(silence.add(few)).toBeNull()
  expect(silence.add(few)).toMatch(/nothing but errors/)
})
