import { expect, test } from 'vitest'
import { judgeRestartWaitMs } from './restart-policy.ts'

const fall = { spanMs: 2_000, wasReady: true }
const long = { spanMs: 60_000, wasReady: true }

test('replaces a worker at once after a sound life, and after a first fall', () => {
  expect(judgeRestartWaitMs([])).toBe(0)
  expect(judgeRestartWaitMs([long])).toBe(0)
  expect(judgeRestartWaitMs([fall])).toBe(0)
  expect(judgeRestartWaitMs([fall, fall, long, fall])).toBe(0)
})

test('waits twice as long after each further fall, and never longer than ten seconds', () => {
  const waits = Array.from({ length: 8 }, (_, index) => judgeRestartWaitMs(Array(index + 1).fill(fall)))
  expect(waits).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000])
})

test('a worker that never became ready fell, however long it took', () => {
  const stuck = { spanMs: 60_000, wasReady: false }
  expect(judgeRestartWaitMs([stuck, stuck, stuck])).toBe(500)
})
