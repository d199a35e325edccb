import { SECOND_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { createFacts, createProcess } from '../../test/facts.ts'
import { evaluateRules, rememberFiring, type RuleMemory } from './evaluate.ts'
import type { Finding, Rule } from './rule.ts'

function watchFor(
  levels: (Finding['level'] | null)[],
  options: { forMs?: number; keepMs?: number; memory?: RuleMemory } = {},
) {
  const { forMs = 2 * SECOND_MS, keepMs = 3 * SECOND_MS, memory = new Map() as RuleMemory } = options
  return levels.map((level, second) => {
    const rule: Rule = {
      name: 'depth',
      cause: 'headroom',
      severity: 'critical',
      forMs,
      keepMs,
      judge: () => (level ? { level, instances: ['web-1'], sentence: 'deep' } : null),
    }
    const facts = createFacts([createProcess()], { atMs: second * SECOND_MS })
    const { firing, cleared } = evaluateRules([rule], facts, memory)
    return firing.length > 0 ? 'fires' : cleared.length > 0 ? 'clears' : '-'
  })
}

test('fires only when it was seen for its time, and clears only when it was gone for its time', () => {
  expect(watchFor(['firing', 'firing', 'firing', null, null, null, null])).toEqual([
    '-',
    '-',
    'fires',
    '-',
    '-',
    'clears',
    '-',
  ])
})

test('a moment below the line starts the waiting anew', () => {
  expect(watchFor(['firing', 'firing', null, 'firing', 'firing', 'firing'])).toEqual(['-', '-', '-', '-', '-', 'fires'])
})

test('between the two lines nothing opens and nothing closes', () => {
  expect(watchFor(['holding', 'holding', 'holding'])).toEqual(['-', '-', '-'])
  expect(watchFor(['firing', 'firing', 'firing', 'holding', 'holding', 'holding', 'holding'])).toEqual([
    '-',
    '-',
    'fires',
    'fires',
    'fires',
    'fires',
    'fires',
  ])
})

test('what fired before a restart goes on firing until it is seen to be gone', () => {
  const memory: RuleMemory = new Map()
  rememberFiring(memory, 'web/headroom/depth', 0)
  expect(watchFor([null, null, null, null], { memory })).toEqual(['-', '-', '-', 'clears'])
})

test('where nobody talks nothing clears', () => {
  const memory: RuleMemory = new Map()
  rememberFiring(memory, 'web/headroom/depth', 0)
  const gone: Rule = { name: 'depth', cause: 'headroom', severity: 'critical', forMs: 0, keepMs: 0, judge: () => null }
  const facts = createFacts([createProcess({ presence: 'silent' })], { atMs: 60 * SECOND_MS })
  expect(evaluateRules([gone], facts, memory)).toEqual({ firing: [], cleared: [] })
})
