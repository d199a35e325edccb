import { MINUTE_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { createFacts } from '../../test/facts.ts'
import { withUsualBefore } from './facts.ts'

const NOW_MS = 1_700_000_000_000
const facts = createFacts([], { atMs: NOW_MS, usualRequestsPerSec: 60 })
const opened = (minutesAgo: number, usual: number, then: number) => ({
  openedAtMs: NOW_MS - minutesAgo * MINUTE_MS,
  compared: { usual: { requestsPerSec: usual }, then: { requestsPerSec: then } },
})
const usualWith = (...open: Parameters<typeof withUsualBefore>[1]) => withUsualBefore(facts, open).usualRequestsPerSec

test('a rush does not become the usual while its incident is young', () => {
  expect(usualWith(opened(20, 12, 60))).toBe(12)
  expect(usualWith(opened(31, 12, 60))).toBe(60)
})

test('the usual of the night is not that of the morning, because an incident that is no rush is open since then', () => {
  expect(usualWith(opened(20, 12, 13))).toBe(60)
  expect(usualWith({ openedAtMs: NOW_MS, compared: null })).toBe(60)
})

test('an incident that opens during a rush has its usual from there, and prolongs nothing', () => {
  expect(usualWith(opened(5, 12, 60), opened(29, 12, 40))).toBe(12)
  expect(usualWith(opened(5, 12, 60), opened(31, 12, 40))).toBe(60)
})
