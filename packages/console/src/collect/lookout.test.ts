import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { parseConfig } from '../config-file.ts'
import type { IncidentRecord } from '../incident/incident.ts'
import { Fleet } from './fleet.ts'
import { Lookout, type LookoutOptions } from './lookout.ts'

function createLookout(services: string[], rooms: object = {}): { lookout: Lookout; looked: string[] } {
  const looked: string[] = []
  const options = {
    sql: null,
    clock: new ManualClock(),
    config: parseConfig({ services: services.map((name) => ({ name })) }),
    fleet: new Fleet(),
    engine: { openIncidents: () => [], openIncidentsOf: () => [], openIncident: () => null },
    alerts: { groupsOf: () => [], serviceNames: () => [] },
    silences: {},
    heartbeats: {
      names: () => [],
      missing: (service: string) => {
        looked.push(service)
        return []
      },
    },
    track: () => {},
    ...rooms,
  }
  return { lookout: new Lookout(options as unknown as LookoutOptions), looked }
}

test('an incident that a person resolves while its alert is looked at is not opened again by that look', async () => {
  const clock = new ManualClock()
  const alert = {
    fingerprint: 'alert/far/Down',
    service: 'far',
    cause: 'other',
    group: 'Down',
    labels: {},
    instances: [],
  }
  const record = { id: 1, service: 'far', cause: 'other', groupKey: 'Down', openedAtMs: 0, mute: null, alerts: [alert] }
  const resolved = { ...record, resolvedBy: 'duty', resolvedAtMs: clock.nowMs() } as unknown as IncidentRecord
  const mayOpen: boolean[] = []
  let open = [record]
  const { lookout } = createLookout(['far'], {
    clock,
    alerts: { groupsOf: () => [{ alerts: [] }], serviceNames: () => [], toAlert: () => alert },
    silences: { hiding: () => [] },
    engine: {
      openIncidents: () => open,
      openIncidentsOf: () => open,
      openIncident: () => null,
      apply: async () => null,
      raise: async (_alert: unknown, _facts: unknown, ask = () => true) => {
        open = []
        lookout.noteResolved(resolved)
        mayOpen.push(ask())
      },
    },
  })
  await lookout.look('far').catch(() => {})
  expect(mayOpen).toEqual([false])
})

test('asked for a hundred times during a look, it looks once more, and everybody waits for that', async () => {
  const { lookout, looked } = createLookout(['web'])
  await Promise.all(Array.from({ length: 100 }, () => lookout.look('web')))
  expect(looked).toEqual(['web', 'web'])
  await lookout.look('web')
  expect(looked).toHaveLength(3)
})

test('a look at everything that is asked for before the last one has ended is the same', async () => {
  const { lookout, looked } = createLookout(['web', 'store'])
  await Promise.all(Array.from({ length: 100 }, () => lookout.lookAll()))
  expect(looked.sort()).toEqual(['store', 'web'])
  await lookout.lookAll()
  expect(looked).toHaveLength(4)
})
