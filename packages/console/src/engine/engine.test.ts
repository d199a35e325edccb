import { ManualClock } from '@plimsoll/core/testing'
import { migrate } from '@plimsoll/postgres'
import { openTestDatabase } from '@plimsoll/postgres/testing'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createFacts, createProcess } from '../../test/facts.ts'
import { parseConfig } from '../config-file.ts'
import { migrations } from '../storage/storage.ts'
import { Engine } from './engine.ts'

test('what a person does while what is stored is read is not overwritten by how it stood before', async () => {
  const { sql, stop } = await openTestDatabase()
  await migrate(sql, migrations)
  // The network is slow to bring the answer of the one read that counts.
  let arrival: Promise<unknown> | null = null
  const slow = new Proxy(sql, {
    async apply(target, self, args) {
      const arrives = arrival
      arrival = null
      const rows: unknown = await Reflect.apply(target, self, args)
      await arrives
      return rows
    },
  })
  const engine = new Engine({
    sql: slow,
    clock: new ManualClock(1000),
    config: parseConfig({
      smtp: { url: 'smtp://127.0.0.1:25', from: 'plimsoll@example.org' },
      teams: [{ name: 'on-call', contacts: [{ mail: 'on-call@example.org' }] }],
      escalation: { levels: [{ after: '0s', teams: ['on-call'] }] },
    }),
    links: { incident: () => '', acknowledge: () => '' },
    log: () => {},
    onCommit: () => {},
    track: () => {},
  })
  const alert = { fingerprint: 'slow', service: 'web', rule: 'slow', sentence: 'web is slow.', group: '' }
  await engine.raise(
    { ...alert, cause: 'other', severity: 'critical', instances: [], labels: {}, annotations: {} },
    createFacts([createProcess()]),
  )
  const [incident] = engine.openIncidents()
  const acknowledged = delay(100).then(() => engine.apply(incident!.id, { type: 'acknowledge', by: 'ann', note: '' }))
  arrival = Promise.race([acknowledged, delay(400)])
  await Promise.all([engine.load(), acknowledged])
  expect(engine.openIncidents().map(({ acknowledgedBy }) => acknowledgedBy)).toEqual(['ann'])
  await engine.stop()
  await stop()
})
