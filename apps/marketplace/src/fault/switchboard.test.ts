import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { createLog } from '../log.ts'
import { createFaultSwitchboard } from './switchboard.ts'

function createSubject() {
  const clock = new ManualClock()
  const applied: string[] = []
  const faults = createFaultSwitchboard({
    clock,
    log: createLog({ level: 'silent', name: 'test' }),
    apply: (name, isOn) => void applied.push(`${name} ${isOn ? 'on' : 'off'}`),
  })
  return { clock, applied, faults }
}

test('a fault reverts by itself, and switching it on again only moves its end', async () => {
  const { clock, applied, faults } = createSubject()
  await faults.switchOn('slow-database', 1_000)
  clock.advance(900)
  const state = await faults.switchOn('slow-database', 1_000)
  expect(state).toEqual({ name: 'slow-database', isOn: true, untilMs: clock.nowMs() + 1_000 })
  clock.advance(900)
  expect(faults.active()).toEqual(['slow-database'])
  clock.advance(100)
  expect(faults.active()).toEqual([])
  expect(applied).toEqual(['slow-database on', 'slow-database off'])
})

test('a fault of the start stays for good, until somebody switches it off', async () => {
  const { clock, applied, faults } = createSubject()
  await faults.switchOn('pages-by-url', Infinity)
  clock.advance(10 * 3_600_000)
  expect(faults.list().find(({ name }) => name === 'pages-by-url')).toMatchObject({ isOn: true, untilMs: null })
  await faults.switchOff('pages-by-url')
  await faults.switchOff('pages-by-url')
  expect(applied).toEqual(['pages-by-url on', 'pages-by-url off'])
})
