import { expect, test } from 'vitest'
import { belongsTo, describeSupervisor, isGone } from './lifeline.ts'
import { parseProcessStat } from './process-stat.ts'

const stat = parseProcessStat('4711 (web) (x) S 1 40 41 34816 40 4194304 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 1')

test('reads a process with parentheses and blanks in its name', () => {
  expect(stat).toEqual({
    hasEnded: false,
    isStopped: false,
    processGroup: 40,
    session: 41,
    foregroundGroup: 40,
    startTicks: '987654',
  })
})

test('a supervisor is known by its PID, its start and its session', () => {
  expect(describeSupervisor(4711, stat)).toBe('4711:987654:41')
})

test('a later process with the same PID is not taken for the supervisor', () => {
  expect(isGone('4711:987654:41', () => stat)).toBe(false)
  expect(isGone('4711:987654:41', () => ({ ...stat, startTicks: '987655' }))).toBe(true)
  expect(isGone('4711:987654:41', () => ({ ...stat, hasEnded: true }))).toBe(true)
  expect(isGone('4711:987654:41', () => null)).toBe(true)
})

test('without /proc the PID alone has to do', () => {
  expect(isGone(`${process.pid}::`)).toBe(false)
  // Above the largest PID any system hands out.
  expect(isGone('99999999::')).toBe(true)
})

test('nonsense in the environment ends nobody', () => {
  expect(isGone('')).toBe(false)
  expect(isGone('abc:1:1')).toBe(false)
})

test('a daemon in a session of its own is no part of the service', () => {
  expect(belongsTo('4711:987654:41', stat)).toBe(true)
  expect(belongsTo('4711:987654:99', stat)).toBe(false)
})
