import { createSeededRandom, SECOND_MS } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { batchPath, parseBatchReply } from '@plimsoll/core/wire'
import { openTestDatabase, type TestDatabase } from '@plimsoll/postgres/testing'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import type { Incident, IncidentList, Overview } from '../src/api/contract.ts'
import { parseConfig } from '../src/config-file.ts'
import { startConsole, type RunningConsole } from '../src/console.ts'
import { DeliveryError, type Channel } from '../src/notify/channel.ts'
import type { ClaimedDelivery } from '../src/storage/outbox.ts'
import { FakeService, type Behaviour } from '../src/testing/fake-service.ts'

// A story is minutes of virtual time and real work for a database: generous, for machines that are busy otherwise.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

export const WEB = 'web'

/** Teams are roles. The second level follows after a minute, and calm is believed after one. */
export function storyConfig(change: Record<string, unknown> = {}, service: Record<string, unknown> = {}) {
  return {
    services: [{ name: WEB, act: 'safe', ownership: [{ path: 'src/catalog/', team: 'catalog' }], ...service }],
    policy: { proof: '1m' },
    teams: [
      { name: 'on-call', contacts: [{ mail: 'on-call@example.org' }] },
      { name: 'second', contacts: [{ mail: 'second@example.org' }, { webhook: 'http://127.0.0.1:9/second' }] },
      { name: 'catalog', contacts: [{ mail: 'catalog@example.org' }] },
      { name: 'board', contacts: [{ mail: 'board@example.org' }] },
    ],
    escalation: {
      levels: [
        { after: '0s', teams: ['on-call'] },
        { after: '1m', teams: ['second'] },
      ],
      repeat: '2m',
    },
    stakeholders: { teams: ['board'], after: '30s', every: '30m' },
    smtp: { url: 'smtp://127.0.0.1:9', from: 'Plimsoll <plimsoll@example.org>' },
    ...change,
  }
}

export interface Sent {
  atMs: number
  to: string
  reason: string
  key: string
  subject: string
  text: string
}

/** A console on a clock that moves only when told to, with a fake fleet and an inbox. */
export class Story {
  readonly clock = new ManualClock()
  readonly #sent: Sent[] = []
  /** What the story has looked at. Whatever else left is a message that nobody expected. */
  readonly #looked = new Set<Sent>()
  readonly said: string[] = []
  readonly services: FakeService[] = []
  /** Set to make a channel refuse. */
  refuse: ((delivery: ClaimedDelivery) => DeliveryError | null) | null = null
  console!: RunningConsole
  readonly #database: TestDatabase
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-console-'))
  readonly #config: ReturnType<typeof parseConfig>
  readonly startMs = this.clock.nowMs()

  constructor(database: TestDatabase, config: unknown) {
    this.#database = database
    this.#config = parseConfig(config)
  }

  static async begin(config: unknown = storyConfig()): Promise<Story> {
    const story = new Story(await openTestDatabase(), config)
    await story.startConsole()
    return story
  }

  async startConsole(): Promise<void> {
    this.console = await startConsole({
      dataDir: this.#dataDir,
      databaseUrl: this.#database.url(),
      port: 0,
      config: this.#config,
      clock: this.clock,
      random: createSeededRandom(7),
      log: (line) => this.said.push(line),
      channels: { mail: this.#channel('mail'), webhook: this.#channel('webhook') },
    })
  }

  async restartConsole(): Promise<void> {
    await this.console.stop()
    await this.startConsole()
  }

  /** Fails when a message left that the story has not looked at. */
  async end(): Promise<void> {
    await this.console.stop()
    await this.#database.stop()
    rmSync(this.#dataDir, { recursive: true })
    expect(this.others(), 'messages that nobody expected').toEqual([])
  }

  get database(): TestDatabase {
    return this.#database
  }

  /** A service of three workers that has run healthily for a while. */
  async withService(behaviour: Partial<Behaviour> = {}, workerCount = 3): Promise<FakeService> {
    const service = new FakeService(WEB, { nowMs: this.clock.nowMs(), workerCount, behaviour })
    this.services.push(service)
    await this.advance(130, { postEverySeconds: 5 })
    return service
  }

  /** Lets time pass; processes post every second second, or as often as told. */
  async advance(seconds: number, { postEverySeconds = 2, mayFail = false } = {}): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.clock.advance(SECOND_MS)
      await this.console.settled()
      if ((this.clock.nowMs() / SECOND_MS) % postEverySeconds === 0) await this.postAll(mayFail)
      await this.console.settled()
    }
  }

  async postAll(mayFail = false): Promise<void> {
    const posting = this.services.flatMap((service) =>
      service.processes.map(async (process) => {
        const response = await this.post(process.batch(this.clock.nowMs()))
        const answer: unknown = await response.json()
        // As an agent does: what was not taken is posted again, under its old number.
        if (mayFail && response.status === 503) return { service, process, commands: [] }
        expect(response.status, JSON.stringify(answer)).toBe(200)
        return { service, process, commands: parseBatchReply(answer).commands }
      }),
    )
    for (const { service, process, commands } of await Promise.all(posting)) {
      service.obey(process, commands, this.clock.nowMs())
    }
  }

  post(body: unknown, token = this.agentToken): Promise<Response> {
    return fetch(`${this.console.url}${batchPath}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  }

  get agentToken(): string {
    return readFileSync(this.console.agentTokenFile, 'utf8').trim()
  }

  get adminToken(): string {
    return readFileSync(this.console.adminTokenFile, 'utf8').trim()
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.console.url}${path}`, {
      headers: { authorization: `Bearer ${this.adminToken}` },
    })
    const answer = (await response.json()) as T
    expect(response.status, `${JSON.stringify(answer)} ${this.said.join(' ')}`).toBe(200)
    return answer
  }

  /** Posts as a tool that may do everything, or reads when there is nothing to post. */
  async raw(path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${this.console.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${this.adminToken}`, 'content-type': 'application/json' },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    })
    await this.console.settled()
    return response
  }

  async send(path: string, body: unknown): Promise<unknown> {
    const response = await this.raw(path, body)
    const text = await response.text()
    expect(response.status, text).toBe(200)
    return text === '' ? null : JSON.parse(text)
  }

  async act(path: string, body: object = {}): Promise<Incident> {
    const response = await fetch(`${this.console.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const answer = (await response.json()) as Incident
    expect(response.status, JSON.stringify(answer)).toBe(200)
    await this.console.settled()
    return answer
  }

  overview(): Promise<Overview> {
    return this.get('/api/v1/services')
  }

  async incidents(): Promise<Incident[]> {
    const { incidents } = await this.get<IncidentList>('/api/v1/incidents')
    return Promise.all(incidents.map(({ id }) => this.get<Incident>(`/api/v1/incidents/${id}`)))
  }

  /** Whether something is open, as cheap as can be asked. */
  async hasOpened(): Promise<boolean> {
    return (await this.overview()).incidents.length > 0
  }

  /** The one incident there is. */
  async incident(): Promise<Incident> {
    const all = await this.incidents()
    expect(all.map(({ key, cause }) => `${key} ${cause}`)).toHaveLength(1)
    return all[0]!
  }

  /** Lets time pass until something holds; answers after how many seconds. */
  async until(holds: () => Promise<boolean> | boolean, withinSeconds: number): Promise<number> {
    for (let second = 0; second <= withinSeconds; second++) {
      if (await holds()) return second
      await this.advance(1)
    }
    throw new Error(`It did not come true within ${withinSeconds} s.`)
  }

  get sent(): readonly Sent[] {
    return this.#look(this.#sent)
  }

  sentTo(to: string, reason?: string): Sent[] {
    return this.#look(this.#sent.filter((mail) => mail.to === to && (reason === undefined || mail.reason === reason)))
  }

  /** What left and was not looked at yet: who got why. Sorted, as what leaves at one instant has no order. */
  others(): string[] {
    const others = this.#look(this.#sent.filter((mail) => !this.#looked.has(mail)))
    return others
      .map(
        ({ to, reason }) =>
          `${to.replace(/@.*$|^http.*\//, (part) => (part.startsWith('@') ? '' : 'hook:'))} ${reason}`,
      )
      .toSorted()
  }

  #look(some: Sent[]): Sent[] {
    for (const one of some) this.#looked.add(one)
    return [...some]
  }

  #channel(name: Channel['name']): Channel {
    return {
      name,
      deliver: async (delivery) => {
        const refusal = this.refuse?.(delivery)
        if (refusal) throw refusal
        const { destination: to, reason, key, message } = delivery
        this.#sent.push({ atMs: this.clock.nowMs(), to, reason, key, subject: message.subject, text: message.text })
        return null
      },
    }
  }
}
