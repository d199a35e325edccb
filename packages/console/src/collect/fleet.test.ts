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

test('whoever starts again under the same name is heard from its first batch on', () => {
  const fleet = new Fleet()
  const batch = { ...invented('shop', 1), sequence: 40 }
  const again = (sequence: number, startedAtMs: number) =>
    take(fleet, { ...batch, sequence, from: { ...batch.from, startedAtMs } }, START_MS + 60_000)
  expect(take(fleet, batch)).toBe('accepted')
  expect(again(40, batch.from.startedAtMs)).toBe('repeated')
  expect(again(1, START_MS + 59_000)).toBe('accepted')
  expect(again(1, START_MS + 59_000)).toBe('repeated')
  expect(again(2, START_MS + 59_000)).toBe('accepted')
})

test('an agent that talks each 15 s is not silent between two batches, and is soon after it missed one', () => {
  const fleet = new Fleet()
  const batch = invented('shop', 1)
  const samples = batch.samples.map((sample) => ({ ...sample, windowMs: 15_000 }))
  for (let atMs = START_MS; atMs <= START_MS + 37_000; atMs += 1000) fleet.tick(atMs)
  take(fleet, { ...batch, samples })
  const presenceAfter = (ms: number) =>
    fleet.read(policyOf(config, 'shop'), null, START_MS + ms).processes.map(({ presence }) => presence)
  expect([presenceAfter(15_000), presenceAfter(37_000), presenceAfter(38_000)]).toEqual([
    ['alive'],
    ['alive'],
    ['silent'],
  ])
})
