import type { Batch } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import { parseConfig } from '../config-file.ts'
import { policyOf } from '../config.ts'
import { FakeService } from '../testing/fake-service.ts'
import { Fleet, MAX_PROCESSES, MAX_PROCESSES_A_SERVICE } from './fleet.ts'

const START_MS = 1_700_000_000_000
const config = parseConfig({})

/** A batch of a process that nobody has heard of. */
function invented(service: string, number: number): Batch {
  const batch = new FakeService(service, { nowMs: START_MS, workerCount: 0 }).primary.batch(START_MS)
  return { ...batch, from: { ...batch.from, instance: `web#${number}`, name: `web-${number}` } }
}

const take = (fleet: Fleet, batch: Batch, nowMs = START_MS) =>
  fleet.accept(batch, policyOf(config, batch.from.service), nowMs)

test('an agent that invents names fills the share of its own service, and the others are still taken', () => {
  const fleet = new Fleet()
  for (let number = 0; number < MAX_PROCESSES_A_SERVICE; number++) take(fleet, invented('shop', number))
  expect(() => take(fleet, invented('shop', MAX_PROCESSES_A_SERVICE))).toThrow(/1200 processes of "shop", the limit/)
  expect(take(fleet, { ...invented('shop', 7), sequence: 2 })).toBe('accepted')
  expect(take(fleet, invented('store', 0))).toBe('accepted')
})

test('what ended makes room for others after a quarter of an hour', () => {
  const fleet = new Fleet()
  for (let number = 0; number < MAX_PROCESSES_A_SERVICE; number++) {
    take(fleet, invented('shop', number))
    fleet.retire('shop', `web#${number}`, START_MS)
  }
  const laterMs = START_MS + 16 * 60_000
  fleet.tick(laterMs - 1000)
  fleet.tick(laterMs)
  expect(take(fleet, invented('shop', MAX_PROCESSES_A_SERVICE), laterMs)).toBe('accepted')
})

test('the whole fleet has a limit, whatever the services are called', () => {
  const fleet = new Fleet()
  for (let number = 0; number < MAX_PROCESSES; number++) take(fleet, invented(`shop-${number}`, number))
  expect(() => take(fleet, invented('one more', 0))).toThrow(/already watches 2000 processes, its limit/)
})
