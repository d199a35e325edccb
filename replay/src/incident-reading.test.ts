import type { Incident } from '@plimsoll/console/contract'
import { expect, test } from 'vitest'
import { readIncident } from './incident-reading.ts'

const faultAtMs = 100_000

function createIncident(openedAtMs: number, alerts: { cause: string; firstAtMs: number }[]): Incident {
  return {
    sentence: 'web-1 is leaking.',
    cause: 'leak',
    conclusion: { kind: 'leak' },
    openedAtMs,
    alerts,
    checks: [],
    notifications: [],
    actions: [],
    culprit: null,
    mitigatedAtMs: null,
    state: 'open',
    postmortem: null,
  } as unknown as Incident
}

test('the leak is signalled by the first alert that speaks of a leak', () => {
  const latency = { cause: 'latency', firstAtMs: 110_000 }
  const read = (...alerts: { cause: string; firstAtMs: number }[]) =>
    readIncident([createIncident(112_000, alerts)], faultAtMs).milestones.detected
  expect(read(latency, { cause: 'leak', firstAtMs: 125_000 }, { cause: 'leak', firstAtMs: 140_000 })).toBe(25_000)
  expect(read(latency)).toBeNull()
  // One from before the fault is a false alarm, and not the best of figures.
  expect(read({ cause: 'leak', firstAtMs: 90_000 })).toBe(-10_000)
})

test('an incident from before the fault is told, and the steps are taken from the one after it', () => {
  const reading = readIncident([createIncident(50_000, []), createIncident(130_000, [])], faultAtMs)
  expect(reading.incidents.map(({ sinceFaultMs }) => sinceFaultMs)).toEqual([-50_000, 30_000])
  expect(reading.milestones.opened).toBe(30_000)
  expect(readIncident([createIncident(50_000, [])], faultAtMs)).toMatchObject({
    milestones: {},
    incidents: [{ sinceFaultMs: -50_000 }],
  })
})
