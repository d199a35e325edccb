import { createSeededRandom, MiB, SECOND_MS } from '@plimsoll/core'
import { batchPath, parseBatchReply, type Batch } from '@plimsoll/core/wire'
import { ManualClock } from '@plimsoll/core/testing'
import type { AnySql, OpenDatabase, Sql } from '@plimsoll/postgres'
import { openTestDatabase, type TestDatabase } from '@plimsoll/postgres/testing'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../src/config-file.ts'
import { startConsole, type RunningConsole } from '../src/console.ts'
import { DeliveryError, type Channel } from '../src/notify/channel.ts'
import { migrate } from '@plimsoll/postgres'
import { migrations } from '../src/storage/storage.ts'
import { FakeService, type FakeProcess } from '../src/testing/fake-service.ts'

/*
 * What a console did must not depend on where it died. Every statement, every commit and every call of a receiver is a boundary;
 * the story is told once for each of them, the console dies there, another one starts on the same store, and what people got,
 * what was acknowledged and what is silenced is compared with the story in which nobody died.
 */

/** What the world has seen at the end of a story. */
export interface Outcome {
  /** Each message once, however often it came: by receiver and key. */
  messages: string[]
  /** Those that came again, by receiver: each was under way when the console died, and says so. */
  repeats: { to: string; isMarked: boolean }[]
  incidents: string[]
  silences: string[]
  timeline: string[]
  /** What the fleet was asked to do and did, in order. */
  actions: string[]
}

class CrashError extends Error {}

const levels = { first: 'on-call@example.org', second: 'second@example.org' }

/** A store that is used for one story after another. */
export class CrashWorld {
  readonly #database: TestDatabase
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-crash-'))
  #boundaryCount = 0
  #dieAt = Infinity
  #isDead = false
  #generation = 0

  private constructor(database: TestDatabase) {
    this.#database = database
  }

  static async open(): Promise<CrashWorld> {
    const database = await openTestDatabase()
    await migrate(database.sql, migrations)
    return new CrashWorld(database)
  }

  async close(): Promise<void> {
    await this.#database.stop()
    rmSync(this.#dataDir, { recursive: true, force: true })
  }

  /** Tells the story; the console dies at the boundary of this number. Answers what came of it and how many boundaries there were. */
  async tell(scene: Scene, dieAt = Infinity): Promise<{ outcome: Outcome; boundaryCount: number; hasDied: boolean }> {
    const { sql } = this.#database
    await sql`truncate incidents, events, timers, outbox, commands, alerts, silences, rule_states, heartbeats, audit
      restart identity cascade`
    rmSync(join(this.#dataDir, 'samples'), { recursive: true, force: true })
    this.#boundaryCount = 0
    this.#dieAt = dieAt
    this.revive()
    this.#dieAt = dieAt
    const story = new CrashStory(this, this.#dataDir)
    await story.start()
    await scene(story)
    await story.pass(50)
    const outcome = await story.end(sql)
    return { outcome, boundaryCount: this.#boundaryCount, hasDied: this.#boundaryCount >= dieAt }
  }

  incidents(): Promise<{ id: number; service: string }[]> {
    return this.#database.sql<{ id: number; service: string }[]>`select id, service from incidents`
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** A new console on the same store; it does not die again. */
  revive(): void {
    this.#generation++
    this.#isDead = false
    this.#dieAt = Infinity
  }

  /** Of the console that lives; whoever has another one is dead, whatever it still wants to do. */
  get generation(): number {
    return this.#generation
  }

  /** Something that happens in the world outside the process, or is about to. */
  boundary(generation: number): void {
    if (this.#isDead || generation !== this.#generation) throw new CrashError('dead')
    this.#boundaryCount++
    if (this.#boundaryCount !== this.#dieAt) return
    this.#isDead = true
    throw new CrashError(`died at boundary ${this.#dieAt}`)
  }

  database(): OpenDatabase {
    const { sql } = this.#database
    const generation = this.#generation
    return {
      sql: this.#guardClient(sql, generation),
      version: '',
      embedded: null,
      shown: '',
      url: () => this.#database.url(),
      stop: () => Promise.resolve(),
    }
  }

  #guardClient(sql: Sql, generation: number): Sql {
    const begin = async (act: (inside: AnySql) => Promise<unknown>) => {
      this.boundary(generation)
      const answer = await sql.begin(async (inside) => {
        const made = await act(this.#guard(inside, generation))
        // Here it dies before the commit, and nothing of the transaction was.
        this.boundary(generation)
        return made
      })
      // And here after it, and nobody was told.
      this.boundary(generation)
      return answer
    }
    return Object.assign(this.#guard(sql, generation), { begin, end: () => Promise.resolve() }) as unknown as Sql
  }

  #guard(sql: AnySql, generation: number): AnySql {
    const tag = (first: TemplateStringsArray, ...rest: never[]) => {
      const made: unknown = sql(first, ...rest)
      return Array.isArray(first.raw) ? this.#guardQuery(made as Promise<unknown>, generation) : made
    }
    return Object.assign(tag, { unsafe: sql.unsafe, json: sql.json, array: sql.array }) as unknown as AnySql
  }

  /** A query is sent when it is awaited: before that it is only a part of another one. */
  #guardQuery(query: Promise<unknown>, generation: number): Promise<unknown> {
    const send = query.then.bind(query)
    const guarded = async () => {
      this.boundary(generation)
      const rows = await new Promise((resolve, reject) => void send(resolve, reject))
      this.boundary(generation)
      return rows
    }
    Object.assign(query, { then: (resolve: () => void, reject: () => void) => guarded().then(resolve, reject) })
    return query
  }
}

export type Scene = (story: CrashStory) => Promise<void>

/** One story: a console that may die once, a client that tries until it is answered, receivers that keep everything. */
export class CrashStory {
  readonly clock = new ManualClock()
  readonly #world: CrashWorld
  readonly #dataDir: string
  readonly #got: { to: string; message: string; isRepeat: boolean }[] = []
  #refusalCount = 1
  /** Watched processes, once there are some, and what they have not been answered for. */
  fleet: FakeService | null = null
  readonly #unanswered = new Map<FakeProcess, Batch[]>()
  #console!: RunningConsole

  constructor(world: CrashWorld, dataDir: string) {
    this.#world = world
    this.#dataDir = dataDir
  }

  async start(): Promise<void> {
    for (;;) {
      try {
        this.#console = await startConsole({
          dataDir: this.#dataDir,
          database: this.#world.database(),
          port: 0,
          clock: this.clock,
          random: createSeededRandom(3),
          log: (line) => void (process.env['PLIMSOLL_CRASH_LOG'] && process.stderr.write(`${line}\n`)),
          config: parseConfig({
            teams: [
              { name: 'on-call', contacts: [{ mail: levels.first }] },
              { name: 'second', contacts: [{ mail: levels.second }, { webhook: 'http://127.0.0.1:9/second' }] },
            ],
            escalation: {
              levels: [
                { after: '0s', teams: ['on-call'] },
                { after: '10s', teams: ['second'] },
              ],
              repeat: '20s',
            },
            services: [{ name: 'shop', act: 'safe' }],
            policy: { proof: '10s' },
            alerts: { proof: '2s' },
            smtp: { url: 'smtp://127.0.0.1:9', from: 'plimsoll@example.org' },
          }),
          channels: { mail: this.#channel('mail'), webhook: this.#channel('webhook') },
        })
        return
      } catch (error) {
        if (!this.#world.isDead) throw error
        this.#world.revive()
      }
    }
  }

  /** Lets seconds pass. A console that has died is followed by another one within the second. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.clock.advance(SECOND_MS)
      await this.#settle()
      if ((this.clock.nowMs() / SECOND_MS) % 2 === 0)
        for (const process of this.fleet?.processes ?? []) await this.#report(process)
    }
  }

  /** As an agent does: what was not answered comes again under its number, before anything newer. */
  async #report(process: FakeProcess): Promise<void> {
    const waiting = this.#unanswered.get(process) ?? []
    this.#unanswered.set(process, waiting)
    waiting.push(process.batch(this.clock.nowMs()))
    while (waiting.length > 0) {
      const token = readFileSync(this.#console.agentTokenFile, 'utf8').trim()
      const response = await fetch(`${this.#console.url}${batchPath}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(waiting[0]),
      })
      const answer: unknown = await response.json()
      await this.#settle()
      if (!response.ok) return
      waiting.shift()
      this.fleet!.obey(process, parseBatchReply(answer).commands, this.clock.nowMs())
    }
  }

  /** Posts until somebody answers with 2xx, as a client does that must be heard. */
  async say(path: string, body: unknown): Promise<unknown> {
    let last = ''
    for (let tries = 0; tries < 5; tries++) {
      const token = readFileSync(this.#console.adminTokenFile, 'utf8').trim()
      // A transaction that was rolled back leaves a gap in the numbers: incidents are known by their service here.
      const ids = new Map((await this.#world.incidents()).map(({ id, service }) => [service, id]))
      const target = path.replace(/@(\w+)/, (_, service: string) => String(ids.get(service) ?? 0))
      const response = await fetch(`${this.#console.url}${target}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const text = await response.text()
      await this.#settle()
      last = `${response.status} ${text}`
      if (response.ok) return text === '' ? null : JSON.parse(text)
    }
    throw new Error(`${path} was never answered: ${last}`)
  }

  async end(sql: Sql): Promise<Outcome> {
    await this.#console.stop()
    const incidents = await sql<{ text: string }[]>`
      select service || ' ' || state || ' ' || coalesce(record->>'acknowledgedBy', 'nobody') as text from incidents order by service`
    const silences = await sql<{ comment: string }[]>`select distinct comment from silences order by comment`
    const timeline = await sql<{ text: string }[]>`
      select incident_id || ' ' || kind as text from events where kind <> 'sent' order by incident_id, sequence`
    const serviceOf = new Map((await this.#world.incidents()).map(({ id, service }) => [id, service]))
    for (const got of this.#got)
      got.message = got.message.replace(/inc:(\d+)/, (_, id) => `inc:${serviceOf.get(Number(id))}`)
    const messages = [...new Set(this.#got.map(({ message }) => message))].sort()
    const repeats = this.#got.filter(
      ({ message }, index) => this.#got.findIndex((one) => one.message === message) < index,
    )
    return {
      messages,
      repeats: repeats.map(({ to, isRepeat }) => ({ to, isMarked: isRepeat })),
      incidents: incidents.map(({ text }) => text),
      silences: silences.map(({ comment }) => comment),
      timeline: timeline.map(({ text }) => text),
      actions: (this.fleet?.carriedOut ?? []).map(({ kind, target }) => `${kind} ${target.split('#')[0]}`),
    }
  }

  async #settle(): Promise<void> {
    await this.#console.settled()
    if (!this.#world.isDead) return
    await this.#console.stop().catch(() => {})
    this.#world.revive()
    await this.start()
    await this.#console.settled()
  }

  #channel(name: Channel['name']): Channel {
    const { generation } = this.#world
    return {
      name,
      deliver: async ({ destination, key, reason, isRepeat }) => {
        this.#world.boundary(generation)
        if (destination === levels.first && this.#refusalCount-- > 0)
          throw new DeliveryError('451 try later', { isFinal: false })
        this.#got.push({ to: destination, message: `${destination} ${reason} ${key}`, isRepeat })
        // It was taken, and the console dies before it can note that.
        this.#world.boundary(generation)
        return null
      },
    }
  }
}

const alert = (name: string, service: string, extra: object = {}) => [
  {
    labels: { alertname: name, service, severity: 'critical' },
    annotations: { summary: `${name} of ${service}` },
    ...extra,
  },
]

/** Stories in which much of what must not be lost is under way. */
export const scenes: Record<string, Scene> = {
  'acknowledged after the second level': async (story) => {
    await story.say('/api/v2/alerts', alert('Down', 'web'))
    await story.pass(12)
    await story.say('/api/v1/incidents/@web/acknowledge', { by: 'duty' })
    await story.pass(25)
    await story.say('/api/v2/alerts', alert('Down', 'web', { endsAt: new Date(story.clock.nowMs()).toISOString() }))
    await story.pass(5)
  },
  'silenced noise, and what nobody answers': async (story) => {
    const span = { startsAt: new Date(story.clock.nowMs()), endsAt: new Date(story.clock.nowMs() + 3_600_000) }
    const matchers = [{ name: 'alertname', value: 'Noise', isRegex: false }]
    await story.say('/api/v2/silences', { matchers, ...span, createdBy: 'duty', comment: 'known' })
    await story.say('/api/v2/alerts', [...alert('Noise', 'web'), ...alert('Down', 'shop')])
    await story.pass(35)
    await story.say('/api/v2/alerts', alert('Down', 'shop', { endsAt: new Date(story.clock.nowMs()).toISOString() }))
    await story.say('/api/v1/incidents/@shop/resolve', { by: 'duty' })
  },
  'two problems, handed over and asked again': async (story) => {
    await story.say('/api/v2/alerts', [...alert('Down', 'web'), ...alert('Full', 'store')])
    await story.pass(4)
    await story.say('/api/v1/incidents/@web/snooze', { by: 'duty', forMs: 8000 })
    await story.say('/api/v1/incidents/@store/reassign', { by: 'duty', teams: ['second'] })
    await story.pass(14)
    await story.say('/api/v1/incidents/@web/acknowledge', { by: 'duty' })
    await story.say('/api/v1/incidents/@store/acknowledge', { by: 'duty' })
    await story.pass(3)
  },
  'a leak, and a worker that is replaced': async (story) => {
    const fleet = new FakeService('shop', { nowMs: story.clock.nowMs() - 60 * SECOND_MS, workerCount: 2 })
    story.fleet = fleet
    await story.pass(2)
    fleet.worker('web-2').behaviour.leakBytesPerMin = 400 * MiB
    for (let second = 0; second < 60 && fleet.carriedOut.length === 0; second++) await story.pass(1)
    fleet.change({ leakBytesPerMin: 0 })
    await story.pass(8)
    await story.say('/api/v1/incidents/@shop/acknowledge', { by: 'duty' })
    // It ends by itself, and what was under way at a death then waits for its lease.
    await story.pass(30)
  },
}

/** What is wrong with a story in which the console died once, compared with the one in which nobody did; empty when nothing is. */
export function compareOutcomes(calm: Outcome, crashed: Outcome): string[] {
  const wrong: string[] = []
  const lost = calm.messages.filter((message) => !crashed.messages.includes(message))
  const extra = crashed.messages.filter((message) => !calm.messages.includes(message))
  if (lost.length > 0) wrong.push(`lost: ${lost.join(', ')}`)
  if (extra.length > 0) wrong.push(`never asked for: ${extra.join(', ')}`)
  const receivers = crashed.repeats.map(({ to }) => to)
  if (new Set(receivers).size < receivers.length) wrong.push(`more than one repeat for one of ${receivers.join(', ')}`)
  if (crashed.repeats.some(({ isMarked }) => !isMarked)) wrong.push('a repeat does not say that it may be one')
  if (calm.incidents.join() !== crashed.incidents.join())
    wrong.push(`incidents: ${crashed.incidents.join(', ')} instead of ${calm.incidents.join(', ')}`)
  if (calm.actions.join() !== crashed.actions.join())
    wrong.push(`done: ${crashed.actions.join(', ') || 'nothing'} instead of ${calm.actions.join(', ') || 'nothing'}`)
  if (calm.silences.join() !== crashed.silences.join()) wrong.push(`silences: ${crashed.silences.join(', ') || 'none'}`)
  return wrong
}
