import { DAY_MS, MiB, MINUTE_MS } from '@plimsoll/core'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeService, healthy } from '../testing/fake-service.ts'
import { parseConfig } from '../config-file.ts'
import { policyOf } from '../config.ts'
import { evaluateRules } from '../rule/evaluate.ts'
import { builtinRules } from '../rule/builtin.ts'
import { Fleet } from './fleet.ts'
import { SampleJournal } from './journal.ts'
import { RollUpRing } from './roll-up.ts'
import { RollUpStore } from './roll-up-store.ts'
import { rowOf } from './series.ts'

let dir: string
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'plimsoll-roll-ups-'))))
afterEach(() => rmSync(dir, { recursive: true }))

const policy = policyOf(parseConfig({}), 'web')

/** A console's memory on its files; posts each five minutes. */
class Watch {
  readonly journal = new SampleJournal({ dir, maxBytes: 1e9, log: () => {} })
  readonly rollUps = new RollUpStore({ dir, maxBytes: 1e9, log: () => {} })
  readonly fleet = new Fleet(this.journal, () => {}, this.rollUps)

  async live(service: FakeService, fromMs: number, untilMs: number): Promise<void> {
    for (let nowMs = fromMs; nowMs < untilMs; nowMs += 5 * MINUTE_MS) {
      for (const process of service.processes) this.fleet.accept(process.batch(nowMs), policy, nowMs)
      if (nowMs % (60 * MINUTE_MS) === 0) {
        this.fleet.tick(nowMs)
        await this.journal.flush()
        await this.rollUps.flush()
      }
    }
    await this.journal.stop()
    await this.rollUps.stop()
  }
}

test('ten minutes are one roll-up of the lowest floor, and a week of them is the most', () => {
  const worker = new FakeService('web', { nowMs: 0, behaviour: healthy }).workers[0]!
  const ring = new RollUpRing()
  for (let minute = 1; minute <= (9 * DAY_MS) / MINUTE_MS; minute++) {
    worker.floorBytes = (60 + (minute % 10)) * MiB
    ring.add(rowOf(worker.batch(minute * MINUTE_MS).samples[0]!), 10 * MiB)
  }
  const { atMs, floorBytes, requestsPerSec } = ring.series()
  expect([ring.count, atMs.at(-1)]).toEqual([1008, 9 * DAY_MS - 10 * MINUTE_MS])
  expect(atMs.every((at, index) => index === 0 || at - atMs[index - 1]! === 10 * MINUTE_MS)).toBe(true)
  expect(new Set(floorBytes)).toEqual(new Set([60 * MiB]))
  expect(new Set(ring.netFloors().map(([, bytes]) => bytes))).toEqual(new Set([50 * MiB]))
  expect(requestsPerSec.at(-1)).toBe(healthy.requestsPerSec)
})

test('a leak over days is a warning with its days, and a restart of the console in the middle changes nothing', async () => {
  const service = new FakeService('web', { nowMs: 0, behaviour: healthy })
  // 30 MB a day: the watch of the process itself sees no more than its noise in that.
  const slow = service.worker('web-2')
  const first = new Watch()
  const second = new Watch()
  const perMinute = (30 * MiB) / (DAY_MS / MINUTE_MS)
  const grow = async (watch: Watch, fromMs: number, untilMs: number) => {
    for (let hourMs = fromMs; hourMs < untilMs; hourMs += 60 * MINUTE_MS) {
      slow.floorBytes += 60 * perMinute
      await watch.live(service, hourMs, hourMs + 60 * MINUTE_MS)
    }
  }
  await grow(first, 5 * MINUTE_MS, 1.5 * DAY_MS)
  await second.fleet.restore(1.5 * DAY_MS + 5 * MINUTE_MS)
  await grow(second, 1.5 * DAY_MS + 5 * MINUTE_MS, 2.2 * DAY_MS)
  const nowMs = 2.2 * DAY_MS
  const days = second.fleet.daysOf('web', slow.identity.instance)!.series().atMs
  expect(days.every((at, index) => index === 0 || at - days[index - 1]! === 10 * MINUTE_MS)).toBe(true)
  expect(days.length).toBeGreaterThan(2.1 * 144)
  const facts = second.fleet.read(policy, null, nowMs)
  const { firing } = evaluateRules(builtinRules, facts, new Map())
  expect(firing.map(({ rule, severity, cause, instances }) => [rule, severity, cause, instances])).toEqual([
    ['slow-leak', 'warning', 'leak', [slow.identity.instance]],
  ])
  expect(firing[0]!.sentence).toMatch(/^web-2 keeps 30 MB more each day, .* days away\.$/)
})

test('files of roll-ups are small, bounded and for their owner only', async () => {
  const watch = new Watch()
  await watch.live(new FakeService('web', { nowMs: 0, workerCount: 3 }), 5 * MINUTE_MS, DAY_MS)
  const files = readdirSync(dir).filter((name) => name.startsWith('roll-ups-'))
  const bytes = files.reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
  expect(files.length).toBeLessThanOrEqual(5)
  // A process' day: 143 lines.
  expect(bytes / 4).toBeLessThan(143 * 120)
  expect(statSync(join(dir, files[0]!)).mode & 0o777).toBe(0o600)
})
