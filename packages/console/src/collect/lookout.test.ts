import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { parseConfig } from '../config-file.ts'
import { Fleet } from './fleet.ts'
import { Lookout, type LookoutOptions } from './lookout.ts'

function createLookout(services: string[]): { lookout: Lookout; looked: string[] } {
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
  }
  return { lookout: new Lookout(options as unknown as LookoutOptions), looked }
}

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
