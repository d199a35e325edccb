import { MINUTE_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { callOf, dueCalls } from './next-step.ts'

const policy = {
  levels: [
    { afterMs: 0, teams: ['web'] },
    { afterMs: 5 * MINUTE_MS, teams: ['second'] },
    { afterMs: 15 * MINUTE_MS, teams: ['heads'] },
  ],
  repeatMs: 10 * MINUTE_MS,
  acknowledgeTimeoutMs: null,
}
const minutes = (calls: { level: number; atMs: number }[]) => calls.map(({ level, atMs }) => [level, atMs / MINUTE_MS])

test('each level is called in turn, then the last one again and again', () => {
  const calls = [0, 1, 2, 3, 4].map((step) => callOf(policy, step, 0)!)
  expect(minutes(calls)).toEqual([
    [1, 0],
    [2, 5],
    [3, 15],
    [3, 25],
    [3, 35],
  ])
})

test('after an outage nobody is skipped, and missed repeats are one call', () => {
  const { due, step, next } = dueCalls(policy, 1, 0, 41 * MINUTE_MS)
  expect(minutes(due)).toEqual([
    [2, 5],
    [3, 35],
  ])
  expect([step, next!.atMs / MINUTE_MS]).toEqual([5, 45])
})

test('with nobody configured nobody is called', () => {
  expect(dueCalls({ levels: [], repeatMs: 1, acknowledgeTimeoutMs: null }, 0, 0, 1_000_000)).toEqual({
    due: [],
    step: 0,
    next: null,
  })
})
