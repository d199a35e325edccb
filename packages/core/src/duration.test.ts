import { expect, test } from 'vitest'
import { formatDuration, HOUR_MS, MINUTE_MS, parseDuration, SECOND_MS } from './duration.ts'

test('says spans in two units at most', () => {
  expect(
    [380, 1500, 42 * SECOND_MS, 4 * MINUTE_MS + 40 * SECOND_MS, HOUR_MS, 118 * MINUTE_MS, Infinity].map(formatDuration),
  ).toEqual(['380 ms', '1.5 s', '42 s', '4 min 40 s', '1 h', '1 h 58 min', 'for ever'])
})

test('reads spans with their units, and refuses a bare number', () => {
  expect(['250ms', '60s', '5m', '1h30m', '1 h 30 min'].map(parseDuration)).toEqual([
    250, 60_000, 300_000, 5_400_000, 5_400_000,
  ])
  expect(['60', '', 'soon', '5 apples'].map(parseDuration)).toEqual([null, null, null, null])
})
