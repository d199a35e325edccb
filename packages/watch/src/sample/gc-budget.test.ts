import { expect, test } from 'vitest'
import { GcBudget } from './gc-budget.ts'

/** Provokes as often as allowed, each collection taking `pauseMs`; answers the share of the time that took. */
function spendAll(budget: GcBudget, fromMs: number, spanMs: number, pauseMs: number): number {
  let spentMs = 0
  for (let nowMs = fromMs; nowMs < fromMs + spanMs; nowMs += 1000) {
    if (!budget.allows(pauseMs, nowMs)) continue
    budget.spend(pauseMs, nowMs)
    spentMs += pauseMs
  }
  return spentMs / spanMs
}

test('a calm service gives at most two thousandths of its time', () => {
  const share = spendAll(new GcBudget(0), 0, 3_600_000, 50)
  expect(share).toBeLessThanOrEqual(0.0021)
  expect(share).toBeGreaterThan(0.0015)
})

test('a suspicion may cost one hundredth, for two minutes in ten', () => {
  const budget = new GcBudget(0)
  spendAll(budget, 0, 600_000, 50)
  budget.setSuspicion(true, 600_000)
  expect(spendAll(budget, 600_000, 120_000, 50)).toBeLessThanOrEqual(0.012)
  expect(spendAll(budget, 720_000, 480_000, 50)).toBeLessThanOrEqual(0.0025)
  expect(spendAll(budget, 600_000 + 600_001, 120_000, 50)).toBeLessThanOrEqual(0.0025)
  budget.setSuspicion(true, 1_320_002)
  expect(spendAll(budget, 1_320_002, 120_000, 50)).toBeGreaterThan(0.008)
})

test('an idle night is not paid back by a volley of collections', () => {
  const budget = new GcBudget(0)
  expect(spendAll(budget, 8 * 3_600_000, 10_000, 100) * 10_000).toBeLessThanOrEqual(220)
})

test('two collections never follow each other at once', () => {
  const budget = new GcBudget(0)
  budget.spend(1, 100_000)
  expect(budget.allows(1, 100_900)).toBe(false)
  expect(budget.allows(1, 102_000)).toBe(true)
})
