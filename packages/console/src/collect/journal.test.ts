import { SECOND_MS } from '@plimsoll/core'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeService, healthy } from '../testing/fake-service.ts'
import { parseConfig } from '../config-file.ts'
import { policyOf } from '../config.ts'
import { Fleet } from './fleet.ts'
import { SampleJournal } from './journal.ts'

let dir: string
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'plimsoll-journal-'))))
afterEach(() => rmSync(dir, { recursive: true }))

const policy = policyOf(parseConfig({}), 'web')
const openJournal = (maxBytes = 1e9) => new SampleJournal({ dir, maxBytes, log: () => {} })

async function run(seconds: number, journal = openJournal()): Promise<{ fleet: Fleet; service: FakeService }> {
  const fleet = new Fleet(journal)
  const service = new FakeService('web', { nowMs: 0, behaviour: healthy })
  service.worker('web-2').behaviour.leakBytesPerMin = 1_000_000
  for (let second = 2; second <= seconds; second += 2) {
    for (const process of service.processes) fleet.accept(process.batch(second * SECOND_MS), policy, second * SECOND_MS)
    if (second % 10 === 0) await journal.flush()
  }
  await journal.stop()
  return { fleet, service }
}

test('what a fleet knew of the last quarter of an hour is known after a restart', async () => {
  const { fleet } = await run(400)
  const restarted = new Fleet(openJournal())
  await restarted.restore(401 * SECOND_MS)
  const [before, after] = [fleet, restarted].map((known) => known.read(policy, null, 401 * SECOND_MS))
  expect(after!.processes.map(({ identity }) => identity)).toEqual(before!.processes.map(({ identity }) => identity))
  for (const [index, process] of before!.processes.entries()) {
    const { instance } = process.identity
    expect(restarted.seriesOf('web', instance)!.points(0)).toEqual(fleet.seriesOf('web', instance)!.points(0))
    expect(after!.processes[index]!.floors).toEqual(process.floors)
    // A sample in full is kept once a minute; how deep a process lies is known to its last row.
    expect(after!.processes[index]!.depthBytes).toBe(process.depthBytes)
  }
  expect(after!.usualRequestsPerSec).toBe(before!.usualRequestsPerSec)
  expect(after!.usualRequestsPerSec).not.toBeNull()
})

test('a batch that was counted before the restart is not counted again', async () => {
  const { service } = await run(60)
  const restarted = new Fleet(openJournal())
  await restarted.restore(61 * SECOND_MS)
  const [process] = service.workers
  const again = { ...process!.batch(62 * SECOND_MS), sequence: 1 }
  expect(restarted.accept(again, policy, 62 * SECOND_MS)).toBe('repeated')
})

test('a batch that later ones overtook is new after a restart, and one that overtook them is not', async () => {
  const { service } = await run(60)
  const [process] = service.workers
  const overtaken = process!.batch(62 * SECOND_MS)
  const overtaking = process!.batch(64 * SECOND_MS)
  for (const [arriving, answer] of [
    [overtaking, 'accepted'],
    [overtaken, 'accepted'],
    [overtaken, 'repeated'],
    [overtaking, 'repeated'],
  ] as const) {
    const journal = openJournal()
    const restarted = new Fleet(journal)
    await restarted.restore(65 * SECOND_MS)
    expect(restarted.accept(arriving, policy, 65 * SECOND_MS)).toBe(answer)
    await journal.stop()
  }
  const last = new Fleet(openJournal())
  await last.restore(66 * SECOND_MS)
  expect(last.seriesOf('web', process!.identity.instance)!.points(58 * SECOND_MS).atMs).toEqual([
    60_000, 62_000, 64_000,
  ])
})

test('who started again under its name has nothing of its former life after a restart', async () => {
  const journal = openJournal()
  const { fleet, service } = await run(60, journal)
  const { from, ...batch } = service.workers[0]!.batch(62 * SECOND_MS)
  const again = { ...batch, from: { ...from, startedAtMs: 61 * SECOND_MS } }
  fleet.accept({ ...again, sequence: 1 }, policy, 62 * SECOND_MS)
  await journal.stop()
  const restarted = new Fleet(openJournal())
  await restarted.restore(63 * SECOND_MS)
  expect(restarted.seriesOf('web', from.instance)!.count).toBe(1)
  expect(restarted.accept({ ...again, sequence: 1 }, policy, 63 * SECOND_MS)).toBe('repeated')
  expect(restarted.accept({ ...again, sequence: 2 }, policy, 64 * SECOND_MS)).toBe('accepted')
  expect(restarted.seriesOf('web', from.instance)!.count).toBe(1)
})

test('a torn line costs itself and nothing else', async () => {
  await run(60)
  const [name] = readdirSync(dir)
  const path = join(dir, name!)
  const lines = readFileSync(path, 'utf8').split('\n')
  lines[10] = lines[10]!.replace(/\d/, (digit) => String((Number(digit) + 1) % 10))
  writeFileSync(path, lines.join('\n'))
  appendFileSync(path, '00000000 ["s",0,99')
  const restarted = new Fleet(openJournal())
  await restarted.restore(61 * SECOND_MS)
  const counts = restarted
    .read(policy, null, 61 * SECOND_MS)
    .processes.map(({ identity }) => restarted.seriesOf('web', identity.instance)!.count)
  expect(counts.reduce((sum, count) => sum + count)).toBe(4 * 30 - 1)
})

test('files stay within their bytes, and what is too old goes', async () => {
  const { service } = await run(60 * 60)
  const names = readdirSync(dir).sort()
  expect(names.length).toBeLessThanOrEqual(7)
  expect(service.workers).toHaveLength(3)
})

test('who said farewell is gone, and does not fall silent after a restart', async () => {
  const journal = openJournal()
  const { fleet, service } = await run(60, journal)
  const [leaving] = service.workers
  const batch = leaving!.batch(62 * SECOND_MS)
  fleet.accept({ ...batch, farewell: { atMs: 62 * SECOND_MS, exitCode: 0, pids: [] } }, policy, 62 * SECOND_MS)
  await journal.stop()
  const restarted = new Fleet(openJournal())
  await restarted.restore(63 * SECOND_MS)
  for (const known of [fleet, restarted]) {
    known.tick(64 * SECOND_MS)
    known.tick(65 * SECOND_MS)
    const facts = known.read(policy, null, 120 * SECOND_MS)
    expect(facts.processes.find(({ identity }) => identity.instance === leaving!.identity.instance)!.presence).toBe(
      'gone',
    )
  }
})
