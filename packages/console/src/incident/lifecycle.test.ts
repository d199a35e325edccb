import { expect, test } from 'vitest'
import { actionLifecycle, incidentLifecycle, next } from './lifecycle.ts'

test('an incident ends once, and late events change nothing', () => {
  expect(next(incidentLifecycle, 'open', 'acknowledge')).toBe('acknowledged')
  expect(next(incidentLifecycle, 'acknowledged', 'acknowledge')).toBeNull()
  expect(next(incidentLifecycle, 'resolved', 'acknowledge')).toBeNull()
})

test('every state of every machine can be reached, and every way ends', () => {
  const machines = [
    { table: incidentLifecycle as Record<string, Record<string, string>>, starts: ['open'] },
    { table: actionLifecycle as Record<string, Record<string, string>>, starts: ['would', 'asked', 'requested'] },
  ]
  for (const { table, starts } of machines) {
    const reached = new Set(starts)
    for (const state of reached) for (const following of Object.values(table[state]!)) reached.add(following)
    expect([...reached].sort()).toEqual(Object.keys(table).sort())
    expect(Object.values(table).some((row) => Object.keys(row).length === 0)).toBe(true)
  }
})
