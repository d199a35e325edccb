import { DAY_MS } from '@plimsoll/core'
import type { Batch, Identity, Signal } from '@plimsoll/core/wire'
import { expect, test, vi } from 'vitest'
import { parseConfig } from '../config-file.ts'
import { policyOf } from '../config.ts'
import { FakeService } from '../testing/fake-service.ts'
import { builtinRules } from '../rule/builtin.ts'
import type { JournalReader, SampleJournal } from './journal.ts'
import { rowOf } from './series.ts'
import { Fleet, MAX_PROCESSES, MAX_PROCESSES_A_SERVICE, MAX_PROCESSES_A_TOKEN } from './fleet.ts'

const START_MS = 1_700_000_000_000
const config = parseConfig({})

/** A batch of a process that nobody has heard of. */
function invented(service: string, number: number): Batch {
  const batch = new FakeService(service, { nowMs: START_MS, workerCount: 0 }).primary.batch(START_MS)
  return { ...batch, from: { ...batch.from, instance: `web#${number}`, name: `web-${number}` } }
}

function signalOf({ from, samples }: Batch, change: Partial<Signal>): Signal {
  const { service, instance } = from
  return {
    version: 1,
    service,
    instance,
    sequence: 1,
    atMs: samples[0]?.atMs ?? START_MS,
    sinceStartMs: 1,
    kind: 'memory-growth',
    severity: 'critical',
    verdict: 'leaking',
    memory: 'heap',
    signature: 'heap:src/a.ts:3',
    slope: { estimate: 5e6, low: 4e6, high: 6e6, unit: 'bytesPerMin' },
    timeToLimitMs: null,
    series: [],
    culprit: null,
    candidates: [],
    sentence: 'held (src/a.ts:3) holds 1,000 entries and grows.',
    actions: [],
    ...change,
  }
}

const take = (fleet: Fleet, batch: Batch, nowMs = START_MS, token = '') =>
  fleet.accept(batch, policyOf(config, batch.from.service), nowMs, token)

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
  for (let number = 0; number < MAX_PROCESSES; number++)
    take(fleet, invented(`shop-${number}`, number), START_MS, `token ${number % 2}`)
  expect(() => take(fleet, invented('one more', 0), START_MS, 'token 2')).toThrow(
    /already watches 2000 processes, its limit/,
  )
})

test('a token that invents names fills its own share, and others are taken', () => {
  const fleet = new Fleet()
  for (let number = 0; number < MAX_PROCESSES_A_TOKEN; number++)
    take(fleet, invented(`shop-${number}`, number), START_MS, 'flood')
  expect(() => take(fleet, invented('one more', 0), START_MS, 'flood')).toThrow(/1800 processes that report with this/)
  expect(fleet.serviceNames()).not.toContain('one more')
  expect(take(fleet, { ...invented('shop-7', 7), sequence: 2 }, START_MS, 'flood')).toBe('accepted')
  expect(take(fleet, invented('store', 0), START_MS, 'shop')).toBe('accepted')
})

test('names that were said once make room as soon as they fall silent, and those that talk stay', () => {
  const fleet = new Fleet()
  fleet.tick(START_MS)
  const worker = new FakeService('store', { nowMs: START_MS, workerCount: 1 }).workers[0]!
  take(fleet, worker.batch(START_MS))
  for (let number = 1; number < MAX_PROCESSES_A_TOKEN; number++) take(fleet, invented(`shop-${number}`, number))
  for (let second = 2; second <= 12; second += 2) {
    take(fleet, worker.batch(START_MS + second * 1000), START_MS + second * 1000)
    fleet.tick(START_MS + second * 1000)
  }
  const nowMs = START_MS + 13_000
  expect(take(fleet, invented('one more', 0), nowMs)).toBe('accepted')
  expect(fleet.serviceNames()).toEqual(expect.arrayContaining(['one more', 'store']))
  for (let second = 14; second <= 80; second += 2) {
    take(fleet, worker.batch(START_MS + second * 1000), START_MS + second * 1000)
    fleet.tick(START_MS + second * 1000)
  }
  expect(fleet.serviceNames()).toEqual(['store'])
})

test('a fleet of a thousand that starts again at once, three times over, finds room', () => {
  const fleet = new Fleet()
  const workers = Array.from({ length: 1000 }, (_, index) => invented('shop', index))
  for (let life = 0; life < 4; life++) {
    const bornAtMs = START_MS + life * 60_000
    for (let second = 0; second <= 50; second += 25) {
      fleet.tick(bornAtMs + second * 1000)
      for (const { from, samples, ...batch } of workers) {
        const identity = { ...from, instance: `${from.instance} ${life}`, startedAtMs: bornAtMs }
        const atMs = bornAtMs + second * 1000
        take(fleet, { ...batch, samples, sequence: second + 1, from: identity }, atMs)
      }
      // Without a word the old ones end: those of their names have begun later.
      if (life > 0 && second === 0) expect(fleet.has({ ...workers[999]!.from, instance: `web#999 ${life}` })).toBe(true)
    }
  }
})

const silentRule = builtinRules.find(({ name }) => name === 'silence')!

/** Whether a service that talks for so many seconds, and then no more, is missed. */
function isMissed(fleet: Fleet, service: string, number: number, talksForSec: number): boolean {
  for (let second = 0; second <= talksForSec; second += 2) {
    fleet.tick(START_MS + second * 1000)
    take(fleet, { ...invented(service, number), sequence: second + 1 }, START_MS + second * 1000)
  }
  for (let second = talksForSec; second <= talksForSec + 40; second++) fleet.tick(START_MS + second * 1000)
  return silentRule.judge(fleet.read(policyOf(config, service), null, START_MS + (talksForSec + 40) * 1000)) !== null
}

test('a name that was said for some seconds is not missed, unless its service is known', () => {
  const fleet = new Fleet()
  expect(isMissed(fleet, 'invented', 0, 0)).toBe(false)
  expect(isMissed(fleet, 'shop', 0, 20)).toBe(true)
  expect(isMissed(fleet, 'shop', 1, 0)).toBe(true)
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

test('two lives under one name are two after a restart, though a journal of an older release marks none', async () => {
  const batch = invented('shop', 1)
  const later = { ...batch.from, startedAtMs: START_MS + 60_000 }
  const row = (atMs: number) => rowOf({ ...batch.samples[0]!, atMs })
  const journal = {
    beginAgain() {},
    add() {},
    read(reader: JournalReader) {
      reader.process(batch.from, false)
      for (let sequence = 1; sequence <= 400; sequence++) reader.row(batch.from.instance, sequence, 0, row(START_MS))
      reader.process(later, false)
      reader.row(later.instance, 1, 0, row(START_MS + 62_000))
    },
  }
  const fleet = new Fleet(journal as unknown as SampleJournal)
  await fleet.restore(START_MS + 63_000)
  const accept = (sequence: number) => take(fleet, { ...batch, from: later, sequence }, START_MS + 64_000)
  expect([accept(1), accept(2)]).toEqual(['repeated', 'accepted'])
})

test('a batch that later ones overtook is taken once, with its readings in their place and its findings', () => {
  const fleet = new Fleet()
  const { workers } = new FakeService('shop', { nowMs: START_MS, workerCount: 1 })
  const batches = [1, 2, 3, 4, 5].map((turn) => workers[0]!.batch(START_MS + turn * 2000))
  const claim = signalOf(batches[2]!, { sequence: 1, kind: 'memory-growth', verdict: 'leaking' })
  batches[2] = { ...batches[2]!, signals: [claim] }
  const nowMs = START_MS + 10_000
  for (const sequence of [1, 2]) take(fleet, batches[sequence - 1]!, START_MS + sequence * 2000)
  const arrivals = [5, 3, 3, 4, 5, 2].map((sequence) => take(fleet, batches[sequence - 1]!, nowMs))
  expect(arrivals).toEqual(['accepted', 'accepted', 'repeated', 'accepted', 'repeated', 'repeated'])
  const { instance } = workers[0]!.identity
  expect(fleet.seriesOf('shop', instance)!.points(0).atMs).toEqual(batches.map(({ samples }) => samples[0]!.atMs))
  const facts = fleet.read(policyOf(config, 'shop'), null, nowMs)
  expect(facts.processes[0]).toMatchObject({ leak: { sequence: 1 }, latest: { atMs: nowMs } })
  const requestCounts = batches.map(({ samples }) => samples[0]!.http!.requestCount)
  expect(facts.served.requestCount).toBe(requestCounts.reduce((sum, count) => sum + count))
})

test('a finding that a later one overtook does not take back what the later one said', () => {
  const fleet = new Fleet()
  const { workers } = new FakeService('shop', { nowMs: START_MS, workerCount: 1 })
  const says = (verdict: Signal['verdict'], sequence: number) => {
    const batch = { ...workers[0]!.batch(START_MS + sequence * 2000), sequence, samples: [] }
    return { ...batch, signals: [signalOf(batch, { sequence, kind: 'memory-growth', verdict })] }
  }
  for (const batch of [says('leaking', 1), says('recovered', 3), says('leaking', 2)])
    expect(take(fleet, batch)).toBe('accepted')
  expect(fleet.read(policyOf(config, 'shop'), null, START_MS).processes[0]!.leak).toBeNull()
})

test('a batch that is late and was overtaken teaches nothing of the clock', () => {
  const wrongBy = 3600
  const fleet = new Fleet()
  const batch = invented('shop', 1)
  for (const [sequence, second, arrivedAt] of [
    [1, 0, 0],
    [3, 32, 32],
    [2, 2, 34],
    [4, 36, 36],
  ] as const) {
    const samples = batch.samples.map((sample) => ({ ...sample, atMs: START_MS + (second + wrongBy) * 1000 }))
    take(fleet, { ...batch, sequence, samples }, START_MS + arrivedAt * 1000)
  }
  const { atMs } = fleet.seriesOf('shop', 'web#1')!.points(-Infinity)
  expect(atMs.map((ms) => (ms - START_MS) / 1000)).toEqual([0, 2, 32, 36])
})

test('an agent that talks each 15 s is not silent between two batches, and is soon after it missed one', () => {
  const fleet = new Fleet()
  const batch = invented('shop', 1)
  const samples = batch.samples.map((sample) => ({ ...sample, windowMs: 15_000 }))
  for (let atMs = START_MS; atMs <= START_MS + 37_000; atMs += 1000) fleet.tick(atMs)
  take(fleet, { ...batch, samples, sequence: 1 }, START_MS - 15_000)
  take(fleet, { ...batch, samples, sequence: 2 })
  const presenceAfter = (ms: number) =>
    fleet.read(policyOf(config, 'shop'), null, START_MS + ms).processes.map(({ presence }) => presence)
  expect([presenceAfter(15_000), presenceAfter(37_000), presenceAfter(38_000)]).toEqual([
    ['alive'],
    ['alive'],
    ['silent'],
  ])
})

/** When the readings of a process are shown to be from, in seconds after the start, when it talks each 2 s. */
function shownAfter(arrivals: readonly (readonly [measuredAtSec: number, arrivedAtSec: number])[]): number[] {
  const fleet = new Fleet()
  const batch = invented('shop', 1)
  for (const [index, [measuredAtSec, arrivedAtSec]] of arrivals.entries()) {
    const samples = batch.samples.map((sample) => ({ ...sample, atMs: START_MS + measuredAtSec * 1000 }))
    take(fleet, { ...batch, sequence: index + 1, samples }, START_MS + arrivedAtSec * 1000)
  }
  const { atMs } = fleet.seriesOf('shop', 'web#1')!.points(-Infinity)
  return atMs.map((ms) => (ms - START_MS) / 1000)
}

test('a batch that comes late keeps its time, and those that follow it are taken', () => {
  const late = [
    [0, 0],
    [2, 2],
    [4, 34],
    [6, 34],
    [8, 34],
    [34, 34],
    [36, 36],
  ] as const
  expect(shownAfter(late)).toEqual([0, 2, 4, 6, 8, 34, 36])
})

test('a clock that is an hour wrong, either way or from now on, is set right by what it says', () => {
  const everyTwo = [0, 2, 4, 6]
  for (const wrong of [-3600, 3600]) {
    expect(shownAfter(everyTwo.map((second) => [second + wrong, second]))).toEqual(everyTwo)
    const changed = everyTwo.map((second) => [second < 4 ? second : second + wrong, second] as const)
    expect(shownAfter(changed)).toEqual(everyTwo)
    const mended = everyTwo.map((second) => [second < 4 ? second + wrong : second, second] as const)
    expect(shownAfter(mended)).toEqual(everyTwo)
  }
})

test('who is late all the time has a clock that is slow', () => {
  const arrivals = Array.from({ length: 14 }, (_, at) => [at * 15 - (at === 0 ? 0 : 10), at * 15] as const)
  const shown = shownAfter(arrivals)
  expect(shown.slice(0, 11)).toEqual(arrivals.slice(0, 11).map(([measuredAtSec]) => measuredAtSec))
  expect(shown.slice(11)).toEqual([165, 180, 195])
})

/** Tells of a quarter of an hour in which its statements took so long. */
function fillSql(fleet: Fleet, name: string, role: 'worker' | 'process', runMsP50: number): void {
  const service = new FakeService('shop', { nowMs: START_MS, workerCount: 1 })
  const [worker] = service.processes.filter(({ identity }) => identity.role === 'worker')
  worker!.behaviour = { ...worker!.behaviour, sqlRunMsP50: runMsP50 }
  for (let second = 2; second <= 600; second += 2) {
    const batch = worker!.batch(START_MS + second * 1000)
    take(fleet, { ...batch, from: { ...batch.from, name, instance: `${name}#1`, role } }, START_MS + second * 1000)
  }
}

test('whoever has only just started is held against what its like is used to, not against a job with long statements', () => {
  const fleet = new Fleet()
  fillSql(fleet, 'web-1', 'worker', 2)
  fillSql(fleet, 'report', 'process', 900)
  fillSql(fleet, 'export', 'process', 900)
  const nowMs = START_MS + 602_000
  const young = invented('shop', 2)
  const samples = young.samples.map((sample) => ({ ...sample, atMs: nowMs }))
  take(fleet, { ...young, samples, from: { ...young.from, role: 'worker' } }, nowMs)
  fleet.read(policyOf(config, 'shop'), null, nowMs)
  const { processes } = fleet.read(policyOf(config, 'shop'), null, nowMs)
  expect(processes.map(({ identity, recent }) => [identity.name, recent?.usualSqlRunMsP50])).toEqual([
    ['export', 900],
    ['report', 900],
    ['web-1', 2],
    ['web-2', 2],
  ])
})

test('a version of long ago is no new deploy when its service starts afresh, its primary first', () => {
  const onDeploy = vi.fn()
  const fleet = new Fleet(null, onDeploy)
  const deployedAtMs = START_MS - 20 * DAY_MS
  fleet.noteDeploy('shop', '1.4.0', deployedAtMs)
  const [primary, worker] = new FakeService('shop', { nowMs: START_MS, workerCount: 1 }).processes
  const early = primary!.batch(START_MS)
  // Until it forks, a primary passes for a process that serves.
  take(fleet, { ...early, from: { ...early.from, role: 'process' } })
  take(fleet, primary!.batch(START_MS + 2000), START_MS + 2000)
  take(fleet, worker!.batch(START_MS + 4000), START_MS + 4000)
  expect(fleet.read(policyOf(config, 'shop'), null, START_MS).deploys).toEqual([
    { version: '1.4.0', atMs: deployedAtMs },
  ])
  expect(onDeploy).not.toHaveBeenCalled()
})

test('a version is stored when its service has been heard for a while, and not for a name that was only tried', () => {
  const onDeploy = vi.fn()
  const fleet = new Fleet(null, onDeploy)
  const [worker] = new FakeService('tried', { nowMs: START_MS }).processes
  const batch = worker!.batch(START_MS)
  const said = { ...batch, from: { ...batch.from, role: 'worker' as const, serviceVersion: '1.0.0' } }
  take(fleet, said)
  expect(onDeploy).not.toHaveBeenCalled()
  take(fleet, { ...said, sequence: said.sequence + 1 }, START_MS + 11_000)
  expect(onDeploy.mock.calls.map(([service, version]) => [service, version])).toEqual([['tried', '1.0.0']])
})

test('a new service whose processes each die young is missed when the last of them falls silent', () => {
  const fleet = new Fleet(null, () => {})
  for (let life = 0; life < 3; life++) {
    const bornAtMs = START_MS + life * 15_000
    const [process] = new FakeService('crashing', { nowMs: bornAtMs }).processes
    for (const atMs of [bornAtMs, bornAtMs + 8000]) {
      const batch = process!.batch(atMs)
      take(fleet, { ...batch, from: { ...batch.from, instance: `life ${life}` } }, atMs)
    }
  }
  const { processes } = fleet.read(policyOf(config, 'crashing'), null, START_MS + 120_000)
  expect(processes.map(({ presence }) => presence)).toContain('silent')
})

test('who is refused for a full share of its own keeps the others from no room that there is', () => {
  const fleet = new Fleet(null, () => {})
  const [model] = new FakeService('x', { nowMs: START_MS }).processes
  const say = (service: string, at: number, nowMs: number, sender = service) => {
    const batch = model!.batch(nowMs)
    const from = { ...batch.from, service, instance: `${service} ${at}`, name: `${at}`, pid: at + 1 }
    return fleet.accept({ ...batch, from, sequence: 1 }, policyOf(config, service), nowMs, sender)
  }
  for (let at = 0; at < 800; at++) say('good', at, START_MS)
  const nowMs = START_MS + 5 * 60_000
  for (let at = 0; at < 1200; at++) say('evil', at, nowMs)
  expect(() => say('evil', 1200, nowMs)).toThrow(/processes of "evil"/)
  expect(say('good', 800, nowMs + 100)).toBe('accepted')
})

/** The versions that are told of a primary, a job and workers, each of a release of its own. */
function versionsOf(
  says: readonly (readonly [second: number, role: Identity['role'], version: string, isAsked?: true])[],
) {
  const fleet = new Fleet()
  const service = new FakeService('shop', { nowMs: START_MS, workerCount: 1 })
  for (const [second, role, serviceVersion, isAsked] of says) {
    const [primary, worker] = service.processes
    const { from, samples, ...batch } = (role === 'worker' ? worker : primary)!.batch(START_MS + second * 1000)
    const asked = samples.map((sample) => ({
      ...sample,
      http: isAsked ? { ...sample.http!, requestCount: 9 } : null,
    }))
    take(fleet, { ...batch, samples: asked, from: { ...from, role, serviceVersion } }, START_MS + second * 1000)
  }
  return fleet.read(policyOf(config, 'shop'), null, START_MS).deploys.map(({ version }) => version)
}

test('a deploy is a change of what serves, not a primary or a job of another version than the workers', () => {
  expect(
    versionsOf([
      [0, 'process', 'launcher 7'],
      [20, 'process', 'launcher 7'],
      [22, 'primary', 'launcher 7'],
      [24, 'worker', '1.4.0'],
      [88, 'worker', '1.4.0'],
      [90, 'process', 'job 3'],
      [92, 'worker', '1.5.0'],
    ]),
  ).toEqual(['1.4.0', '1.5.0'])
})

test('who serves alone tells its version with its first request, and who is never asked after a minute', () => {
  expect(versionsOf([[0, 'process', '2.0.0', true]])).toEqual(['2.0.0'])
  expect(
    versionsOf([
      [0, 'process', '2.0.0'],
      [58, 'process', '2.0.0'],
    ]),
  ).toEqual([])
  expect(
    versionsOf([
      [0, 'process', '2.0.0'],
      [60, 'process', '2.0.0'],
    ]),
  ).toEqual(['2.0.0'])
})

/** What a process of its own says in a life of so many seconds, once in 2 s, and how it ends; null when it dies without a word. */
function live(fleet: Fleet, serviceVersion: string, fromSec: number, untilSec: number, exitCode: number | null = null) {
  const { primary } = new FakeService('shop', { nowMs: START_MS + fromSec * 1000, workerCount: 0 })
  for (let second = fromSec + 2; second <= untilSec; second += 2) {
    const nowMs = START_MS + second * 1000
    const { from, samples, ...batch } = primary.batch(nowMs)
    const isLast = second + 2 > untilSec
    take(
      fleet,
      {
        ...batch,
        from: { ...from, role: 'process', serviceVersion, instance: `shop#${fromSec}` },
        samples: samples.map((sample) => ({ ...sample, http: null })),
        ...(isLast && exitCode !== null && { farewell: { atMs: nowMs, exitCode, pids: [] } }),
      },
      nowMs,
    )
    fleet.tick(nowMs)
  }
  return fleet.read(policyOf(config, 'shop'), null, START_MS).deploys.map(({ version }) => version)
}

test('a worker that died without a word hides no deploy of what serves after it', () => {
  const fleet = new Fleet()
  const { workers } = new FakeService('shop', { nowMs: START_MS, workerCount: 1 })
  for (let second = 2; second <= 120; second += 2) {
    take(fleet, workers[0]!.batch(START_MS + second * 1000), START_MS + second * 1000)
    fleet.tick(START_MS + second * 1000)
  }
  expect(live(fleet, '2.0.0', 122, 200)).toEqual(['1.4.0', '2.0.0'])
})

test('a version that never lives for a minute is a deploy all the same', () => {
  const fleet = new Fleet()
  live(fleet, '1.0.0', 0, 120)
  expect(live(fleet, '2.0.0', 120, 160)).toEqual(['1.0.0'])
  expect(live(fleet, '2.0.0', 162, 202)).toEqual(['1.0.0', '2.0.0'])
})

test('a version that crashes before it served is a deploy at once, and a job that has done its work is none', () => {
  const fleet = new Fleet()
  live(fleet, '1.0.0', 0, 120)
  expect(live(fleet, 'job 3', 120, 124, 0)).toEqual(['1.0.0'])
  expect(live(fleet, '2.0.0', 130, 134, 1)).toEqual(['1.0.0', '2.0.0'])
})
