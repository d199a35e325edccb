import { HOUR_MS, MiB, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { Fleet } from '../../src/collect/fleet.ts'
import { parseConfig, policyOf } from '../../src/config.ts'
import { isNews, open, step, type IncidentEvent } from '../../src/engine/step.ts'
import type { Step } from '../../src/engine/draft.ts'
import { findHome } from '../../src/incident/grouping.ts'
import type { IncidentRecord, TimerKind } from '../../src/incident/incident.ts'
import { draftPostmortem } from '../../src/postmortem/draft.ts'
import { builtinRules } from '../../src/rule/builtin.ts'
import { evaluateRules } from '../../src/rule/evaluate.ts'
import type { ServedCounts } from '../../src/rule/facts.ts'
import { FakeService } from '../fake-service.ts'
import { storyConfig, WEB } from '../story.ts'

const LOOK_MS = 10 * SECOND_MS
const LIMIT = 256 * MiB

/** All that decides, without a store and without a network: thirteen hours of it are a few seconds. */
class PureConsole {
  readonly config = parseConfig(storyConfig({ policy: { proof: '30m' } }))
  readonly fleet = new Fleet()
  readonly service: FakeService
  readonly incidents: IncidentRecord[] = []
  readonly calls: { atMs: number; team: string; reason: string }[] = []
  readonly timeline: { sequence: number; atMs: number; by: 'machine' | 'person'; kind: string; sentence: string }[] = []
  readonly #timers = new Map<string, { id: number; kind: TimerKind; dueAtMs: number }>()
  readonly #commands = new Map<string, Parameters<FakeService['obey']>[1][number] & { deliverTo: string }>()
  readonly #memory = new Map()
  #served: ServedCounts = { requestCount: 0, errorCount: 0, slowCount: 0 }
  nowMs: number

  constructor(startMs: number) {
    this.nowMs = startMs
    this.service = new FakeService(WEB, { nowMs: startMs })
  }

  until(untilMs: number): void {
    while (this.nowMs < untilMs) {
      this.nowMs += LOOK_MS
      this.#fireDue()
      for (const process of this.service.processes) {
        const batch = process.batch(this.nowMs)
        this.fleet.accept(batch, policyOf(this.config, WEB), this.nowMs)
        for (const result of batch.results) this.#toAll({ type: 'result', result })
      }
      this.#look()
      for (const process of this.service.processes) {
        const due = [...this.#commands.values()].filter(({ deliverTo }) => deliverTo === process.identity.instance)
        this.service.obey(process, due, this.nowMs)
      }
      this.fleet.tick(this.nowMs)
    }
  }

  act(event: IncidentEvent): void {
    this.#toAll(event)
  }

  #look(): void {
    const facts = this.fleet.read(policyOf(this.config, WEB), null, this.nowMs)
    const { firing, cleared } = evaluateRules(builtinRules, facts, this.#memory)
    for (const alert of firing) {
      const home = findHome(alert, this.#unresolved())
      if (!home) this.#take(open(alert, facts, this.config, this.nowMs))
      else if (isNews(home, alert)) this.#take(step(home, { type: 'alert', alert, facts }, this.nowMs))
    }
    for (const fingerprint of cleared) this.#toAll({ type: 'clear', fingerprint })
    const { requestCount, errorCount, slowCount } = facts.served
    const served = {
      requestCount: requestCount - this.#served.requestCount,
      errorCount: errorCount - this.#served.errorCount,
      slowCount: slowCount - this.#served.slowCount,
    }
    this.#served = facts.served
    this.#toAll({ type: 'review', facts, served })
  }

  #fireDue(): void {
    for (const [key, { id, kind, dueAtMs }] of this.#timers) {
      if (dueAtMs > this.nowMs) continue
      this.#timers.delete(key)
      const record = this.incidents.find((incident) => incident.id === id)!
      this.#take(step(record, { type: 'timer', kind }, dueAtMs))
    }
  }

  #unresolved(): IncidentRecord[] {
    return this.incidents.filter(({ state }) => state !== 'resolved')
  }

  #toAll(event: IncidentEvent): void {
    for (const record of this.#unresolved()) this.#take(step(record, event, this.nowMs))
  }

  #take({ record, entries, effects, timers }: Step): void {
    if (record.id === 0) record.id = this.incidents.length + 1
    this.incidents[record.id - 1] = record
    for (const entry of entries) this.timeline.push({ sequence: this.timeline.length + 1, ...entry })
    for (const { kind, dueAtMs } of timers) {
      if (dueAtMs === null) this.#timers.delete(`${record.id}/${kind}`)
      else this.#timers.set(`${record.id}/${kind}`, { id: record.id, kind, dueAtMs })
    }
    const atMs = entries.at(-1)?.atMs ?? this.nowMs
    for (const effect of effects) {
      if (effect.type === 'notify') this.calls.push({ atMs, team: effect.team, reason: effect.reason })
      if (effect.type === 'command')
        this.#commands.set(effect.command.id, { ...effect.command, deliverTo: effect.deliverTo })
      if (effect.type === 'withdraw-command') this.#commands.delete(effect.id)
      if (effect.type === 'retire') this.fleet.retire(WEB, effect.instance, this.nowMs)
    }
  }
}

test('the thirteen hours of 10 May 2023, as they would have gone', () => {
  const began = process.cpuUsage()
  const releaseMs = Date.parse('2023-05-10T13:00:00Z')
  const world = new PureConsole(releaseMs - 20 * MINUTE_MS)
  const { service } = world
  world.until(releaseMs)
  // The release keeps every page it renders: 3 MB a minute where crawlers go, less elsewhere. Its first worker dies after an hour.
  for (const [name, perMinute] of [
    ['web-1', 1.2],
    ['web-2', 3.2],
    ['web-3', 1],
  ] as const)
    Object.assign(service.worker(name).behaviour, { leakBytesPerMin: perMinute * MiB, serviceVersion: '1.5.0' })
  const deathMs = releaseMs + ((LIMIT - service.worker('web-2').floorBytes) / (3.2 * MiB)) * MINUTE_MS
  let deepest = 0
  const live = (untilMs: number) => {
    while (world.nowMs < untilMs) {
      world.until(Math.min(untilMs, world.nowMs + MINUTE_MS))
      deepest = Math.max(deepest, ...service.processes.map(({ floorBytes }) => floorBytes / LIMIT))
    }
  }
  // Nobody answers for twenty minutes, then somebody has it; the fix comes twelve hours after the release.
  live(releaseMs + 10 * MINUTE_MS)
  const [incident] = world.incidents
  expect(incident, 'opened within ten minutes').toBeDefined()
  const openedAtMs = incident!.openedAtMs
  expect(deathMs - openedAtMs).toBeGreaterThan(10 * MINUTE_MS)
  expect(openedAtMs - releaseMs).toBeLessThanOrEqual(0.4 * (deathMs - releaseMs))
  live(openedAtMs + 20 * MINUTE_MS)
  world.act({ type: 'acknowledge', by: 'duty officer', note: '' })
  live(releaseMs + 12 * HOUR_MS)
  expect(world.incidents.map(({ state }) => state)).toEqual(['acknowledged'])
  service.change({ leakBytesPerMin: 0, serviceVersion: '1.5.1' })
  live(releaseMs + 13.5 * HOUR_MS)

  const [record, ...others] = world.incidents
  expect(others).toEqual([])
  expect(record).toMatchObject({
    state: 'resolved',
    cause: 'leak',
    culprit: { file: 'src/catalog/pages.ts', line: 41 },
  })
  expect(record!.served.errorCount).toBe(0)
  expect(deepest).toBeLessThan(0.95)
  expect(record!.mitigatedAtMs).not.toBeNull()
  // One after the other, none twice at once, and each only when it was near.
  const { actions } = record!
  expect(actions.length).toBe(service.carriedOut.length)
  for (const [index, { requestedAtMs }] of actions.slice(1).entries())
    expect(requestedAtMs).toBeGreaterThanOrEqual(actions[index]!.endedAtMs!)
  // To the second: level one at once, level two after a minute, then every two until somebody has it, and then nobody more.
  const pages = world.calls
    .filter(({ reason }) => reason === 'page')
    .map(({ team, atMs }) => [team, (atMs - openedAtMs) / MINUTE_MS])
  expect(pages).toEqual([['on-call', 0], ...Array.from({ length: 10 }, (_, at) => ['second', 1 + 2 * at])])
  expect(world.calls.filter(({ reason }) => reason === 'owner')).toMatchObject([{ team: 'catalog' }])
  const notes = world.calls
    .filter(({ reason }) => reason === 'stakeholder')
    .map(({ atMs }) => (atMs - openedAtMs) / MINUTE_MS)
  expect(notes.slice(0, 3)).toEqual([0.5, 30.5, 60.5])
  const postmortem = draftPostmortem(record!, world.timeline, [])
  expect(postmortem.summary.join(' ')).toContain('0 requests failed')
  expect(postmortem.code).toContain('pageCache.set')
  process.stdout.write(
    `13.5 hours in ${(process.cpuUsage(began).user / 1e6).toFixed(1)} s of a processor: opened ${((openedAtMs - releaseMs) / MINUTE_MS).toFixed(1)} min after the release, ${((deathMs - openedAtMs) / MINUTE_MS).toFixed(0)} min before the first death, ${actions.length} replacements, deepest ${(100 * deepest).toFixed(0)} %\n`,
  )
})
