import type { ThirteenHours } from '@plimsoll/console/testing'
import { expect, test } from 'vitest'
import { judgeThirteenHours } from './thirteen-hours.ts'

const MINUTE = 60_000
const incident = {
  cause: 'leak',
  state: 'resolved',
  sentence: 'pageCache lets nothing go.',
  openedAtMs: 6 * MINUTE,
  acknowledgedAtMs: 26 * MINUTE,
  mitigatedAtMs: 7 * MINUTE,
  culprit: { file: 'src/catalog/pages.ts', line: 41 },
  served: { errorCount: 0 },
}
const day = (change: object = {}, changed: object = {}) =>
  ({
    releaseMs: 0,
    deathMs: 60 * MINUTE,
    incidents: [{ ...incident, ...changed }],
    statesBeforeFix: ['acknowledged'],
    calls: [
      { atMs: 6 * MINUTE, team: 'on-call', reason: 'page' },
      { atMs: 6 * MINUTE, team: 'catalog', reason: 'owner' },
      { atMs: 7 * MINUTE, team: 'second', reason: 'page' },
    ],
    replacedCount: 29,
    deepestRatio: 0.75,
    postmortem: { code: 'pageCache.set(url, html)' },
    ...change,
  }) as unknown as ThirteenHours
const brokenOf = (lived: ThirteenHours, cpuMs = 4000) =>
  judgeThirteenHours(lived, cpuMs).filter(({ holds }) => !holds).length

test('the day holds what it promises, or says what it does not', () => {
  expect(brokenOf(day())).toBe(0)
  expect(brokenOf(day(), 10_001)).toBe(1)
  expect(brokenOf(day({ deepestRatio: 0.96 }))).toBe(1)
  expect(brokenOf(day({ statesBeforeFix: ['resolved'] }))).toBe(1)
  expect(brokenOf(day({}, { openedAtMs: 55 * MINUTE }))).toBeGreaterThan(0)
  expect(brokenOf(day({}, { culprit: null }))).toBe(1)
  expect(brokenOf(day({}, { acknowledgedAtMs: 6.5 * MINUTE }))).toBe(1)
})
