import { MiB, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import {
  WIRE_VERSION,
  type Batch,
  type CacheReport,
  type Command,
  type CommandResult,
  type Identity,
  type Sample,
  type Signal,
} from '@plimsoll/core/wire'

/** How a fake service behaves; changed while it runs. */
export interface Behaviour {
  requestsPerSec: number
  /** Of those that come in; the others hang. */
  answeredRatio: number
  /** Bytes that stay behind each minute; 0 for a healthy one. */
  leakBytesPerMin: number
  latencyMsP50: number
  latencyMsP99: number
  errorRatio: number
  sqlRunMsP50: number
  sqlWaitMsP99: number
  /** Which share of the time in which it wants a processor it waits for one; most of it on a starved machine. */
  cpuWaitShare: number | null
  /** How late its event loop is besides. */
  stallMs: number
  /** Name of a registered cache that holds what leaks, or null for a plain Map. */
  cache: string | null
  /** Whether that cache says how many bytes it holds, and can give some of them. */
  isCacheMeasured: boolean
  /** Whether clearing that cache frees anything. */
  doesClearingHelp: boolean
  /** What the agents' own policy lets them do. */
  act: 'observe' | 'safe'
  serviceVersion: string
}

export const healthy: Behaviour = {
  requestsPerSec: 40,
  answeredRatio: 1,
  leakBytesPerMin: 0,
  latencyMsP50: 6,
  latencyMsP99: 38,
  errorRatio: 0,
  sqlRunMsP50: 1.1,
  sqlWaitMsP99: 2,
  cpuWaitShare: 0.1,
  stallMs: 0,
  cache: null,
  isCacheMeasured: false,
  doesClearingHelp: true,
  act: 'safe',
  serviceVersion: '1.4.0',
}

const LIMIT = 256 * MiB
const BASE = 60 * MiB
/** The watch claims a leak once it has seen so much of it. */
const CLAIM_BYTES = 20 * MiB
const NAME_AFTER_MS = 8 * SECOND_MS

/** One watched process that exists only in what it posts. */
export class FakeProcess {
  readonly identity: Identity
  behaviour: Behaviour
  floorBytes: number
  isRunning = true
  #sequence = 0
  #signalSequence = 0
  #lastAtMs: number
  #claimedAtMs: number | null = null
  #toldClaim = ''
  #series: [number, number][] = []
  #caches: { hits: number; misses: number } = { hits: 0, misses: 0 }
  results: CommandResult[] = []
  extraSignals: Partial<Signal>[] = []

  constructor(identity: Identity, behaviour: Behaviour, floorBytes = BASE) {
    this.identity = identity
    this.behaviour = behaviour
    this.floorBytes = floorBytes
    this.#lastAtMs = identity.startedAtMs
  }

  batch(nowMs: number): Batch {
    const windowMs = Math.max(1, nowMs - this.#lastAtMs)
    this.#lastAtMs = nowMs
    this.floorBytes = Math.min(LIMIT, this.floorBytes + (this.behaviour.leakBytesPerMin * windowMs) / MINUTE_MS)
    this.#series.push([nowMs, this.floorBytes])
    if (this.#series.length > 120) this.#series.shift()
    const results = this.results
    this.results = []
    return {
      version: WIRE_VERSION,
      from: { ...this.identity, serviceVersion: this.behaviour.serviceVersion },
      sequence: ++this.#sequence,
      samples: [this.#sample(nowMs, windowMs)],
      signals: this.#signals(nowMs),
      results,
    }
  }

  /** Empties the cache, or leaves so many bytes in it. */
  clear(toBytes = 0): number {
    const beforeBytes = this.floorBytes
    if (this.behaviour.doesClearingHelp) this.floorBytes = BASE + toBytes
    return beforeBytes
  }

  #sample(nowMs: number, windowMs: number): Sample {
    const { requestsPerSec, latencyMsP50, latencyMsP99, errorRatio, sqlRunMsP50, sqlWaitMsP99, stallMs } =
      this.behaviour
    const arrivedCount = Math.round((requestsPerSec * windowMs) / SECOND_MS)
    const requestCount = Math.round(arrivedCount * this.behaviour.answeredRatio)
    const depth = this.floorBytes / LIMIT
    const gcCpuShare = depth < 0.5 ? 0.02 : 0.02 + (depth - 0.5)
    const busy = Math.min(0.98, requestsPerSec / 400 + gcCpuShare)
    return {
      atMs: nowMs,
      windowMs,
      memory: {
        rssBytes: this.floorBytes + 70 * MiB,
        heapUsedBytes: this.floorBytes + 9 * MiB,
        heapTotalBytes: this.floorBytes + 20 * MiB,
        heapLimitBytes: LIMIT,
        externalBytes: 3 * MiB,
        arrayBuffersBytes: MiB,
        floorBytes: this.floorBytes,
        floorAtMs: nowMs,
      },
      gc: { majorCount: 1, minorCount: 6, pauseMs: 12, pauseMsMax: 6, cpuShare: gcCpuShare },
      eventLoop: {
        utilization: busy,
        delayMsP50: 1,
        delayMsP99: 12 + 300 * Math.max(0, depth - 0.6) + stallMs,
        delayMsMax: 40,
      },
      cpuShare: busy,
      cpuWaitShare: this.behaviour.cpuWaitShare,
      cgroup: null,
      http: {
        requestCount,
        arrivedCount,
        errorCount: Math.round(requestCount * errorRatio),
        latencyMsP50,
        latencyMsP99: latencyMsP99 * (1 + 20 * Math.max(0, depth - 0.8)),
        latencyMsMax: latencyMsP99 * 2,
      },
      routes: [
        { route: '/search', requestCount: Math.round(requestCount * 0.6), errorCount: 0, latencyMsP99 },
        {
          route: '/c/:category',
          requestCount: Math.round(requestCount * 0.4),
          errorCount: 0,
          latencyMsP99: latencyMsP99 * 0.7,
        },
      ],
      sql: {
        queryCount: requestCount * 2,
        errorCount: 0,
        waitMsP99: sqlWaitMsP99,
        runMsP50: sqlRunMsP50,
        runMsP99: sqlRunMsP50 * 6,
      },
      caches: this.#reports(requestCount),
      sites: [],
      handleCount: 20,
      threadCount: 12,
    }
  }

  #reports(requestCount: number): CacheReport[] {
    this.#caches.hits += Math.round(requestCount * 0.9)
    this.#caches.misses += Math.round(requestCount * 0.1)
    const counts = {
      hitCount: this.#caches.hits,
      missCount: this.#caches.misses,
      loadCount: this.#caches.misses,
      removals: {},
      curve: [],
    }
    const fragments = {
      name: 'fragments',
      createdAt: 'src/design/fragments.ts:12',
      bytes: 21 * MiB,
      budgetBytes: 64 * MiB,
    }
    const { cache, isCacheMeasured } = this.behaviour
    const bytes = isCacheMeasured ? this.floorBytes - BASE : null
    return [
      { ...fragments, entryCount: 2600, ...counts },
      ...(cache ? [{ name: cache, createdAt: null, bytes, budgetBytes: null, entryCount: null, ...counts }] : []),
    ]
  }

  #signals(nowMs: number): Signal[] {
    const extra = this.extraSignals.map((signal) => this.#signal(nowMs, signal))
    this.extraSignals = []
    const { leakBytesPerMin } = this.behaviour
    if (leakBytesPerMin === 0) {
      if (this.#claimedAtMs === null) return extra
      this.#claimedAtMs = null
      this.#toldClaim = ''
      return [
        ...extra,
        this.#signal(nowMs, { verdict: 'recovered', severity: 'info', sentence: 'The floor lies still.' }),
      ]
    }
    if (this.floorBytes < BASE + CLAIM_BYTES) return extra
    this.#claimedAtMs ??= nowMs
    const isNamed = nowMs - this.#claimedAtMs >= NAME_AFTER_MS
    const timeToLimitMs = ((LIMIT - this.floorBytes) / leakBytesPerMin) * MINUTE_MS
    const isSinking = this.floorBytes >= 0.85 * LIMIT
    // As the watch does: told once, again when the culprit is known, again when it gets grave.
    const claim = `${isSinking} ${isNamed}`
    if (claim === this.#toldClaim) return extra
    this.#toldClaim = claim
    return [
      ...extra,
      this.#signal(nowMs, {
        verdict: isSinking ? 'sinking' : 'leaking',
        severity: 'critical',
        slope: {
          estimate: leakBytesPerMin,
          low: leakBytesPerMin * 0.9,
          high: leakBytesPerMin * 1.1,
          unit: 'bytesPerMin',
        },
        timeToLimitMs: [timeToLimitMs * 0.9, timeToLimitMs * 1.1],
        series: this.#series,
        culprit: isNamed ? culprit : null,
        sentence: isNamed
          ? `pageCache (src/catalog/pages.ts:41) keeps 7.6 KB of every request.`
          : `the floor rises and nothing lets go.`,
      }),
    ]
  }

  #signal(nowMs: number, fields: Partial<Signal>): Signal {
    return {
      version: WIRE_VERSION,
      service: this.identity.service,
      instance: this.identity.instance,
      sequence: ++this.#signalSequence,
      atMs: nowMs,
      sinceStartMs: nowMs - this.identity.startedAtMs,
      kind: 'memory-growth',
      severity: 'warning',
      verdict: 'leaking',
      memory: 'heap',
      signature: 'heap:src/catalog/pages.ts:pageCache',
      slope: null,
      timeToLimitMs: null,
      series: [],
      culprit: null,
      candidates: [],
      sentence: '',
      actions: [],
      ...fields,
    }
  }
}

export const culprit = {
  file: 'src/catalog/pages.ts',
  line: 41,
  column: 3,
  variable: 'pageCache',
  package: null,
  version: null,
  confidence: 0.93,
  knownLeak: null,
  fixedIn: null,
  share: 0.99,
  entryCount: 18_204,
  code: 'pageCache.set(request.url, html)',
}

/** A primary and its workers, which carry out what the console asks for. */
export class FakeService {
  readonly name: string
  readonly workers: FakeProcess[] = []
  readonly primary: FakeProcess
  readonly carriedOut: Command[] = []
  readonly #answered = new Map<string, CommandResult>()
  #count = 0

  constructor(name: string, options: { nowMs: number; workerCount?: number; behaviour?: Partial<Behaviour> }) {
    this.name = name
    const { nowMs, workerCount = 3, behaviour } = options
    this.primary = new FakeProcess(this.#identity('primary', 'primary', nowMs, null), { ...healthy, requestsPerSec: 0 })
    for (let slot = 1; slot <= workerCount; slot++) this.start(`web-${slot}`, nowMs, { ...healthy, ...behaviour })
  }

  get processes(): FakeProcess[] {
    return [this.primary, ...this.workers].filter(({ isRunning }) => isRunning)
  }

  worker(name: string): FakeProcess {
    return this.workers.findLast(({ identity, isRunning }) => isRunning && identity.name === name)!
  }

  change(change: Partial<Behaviour>): void {
    for (const { behaviour } of this.workers) Object.assign(behaviour, change)
  }

  start(name: string, nowMs: number, behaviour: Behaviour): FakeProcess {
    const identity = this.#identity(name, 'worker', nowMs, this.primary.identity.instance)
    const worker = new FakeProcess(identity, { ...behaviour })
    this.workers.push(worker)
    return worker
  }

  /** What a process does with the commands it got: at once, so that a story is easy to follow. */
  obey(process: FakeProcess, commands: readonly Command[], nowMs: number): void {
    for (const command of commands) {
      const known = this.#answered.get(command.id)
      process.results.push(known ?? this.#carryOut(process, command, nowMs))
    }
  }

  #carryOut(process: FakeProcess, command: Command, nowMs: number): CommandResult {
    const result: CommandResult = {
      version: WIRE_VERSION,
      id: command.id,
      instance: process.identity.instance,
      status: 'done',
      sentence: '',
      startedAtMs: nowMs,
      endedAtMs: nowMs,
      effect: null,
      replacement: null,
    }
    const target = this.workers.find(({ identity }) => identity.instance === command.target)
    if (process.behaviour.act === 'observe') {
      Object.assign(result, {
        status: 'refused',
        sentence: 'The agent runs with --act=observe and only keeps a ledger.',
      })
    } else if (command.kind === 'rotate' && target) {
      this.carriedOut.push(command)
      target.isRunning = false
      const next = this.start(target.identity.name, nowMs, target.behaviour)
      Object.assign(result, {
        sentence: 'A replacement serves, the old one has drained.',
        replacement: next.identity.instance,
      })
    } else if (command.kind === 'shrink-cache' && target?.behaviour.isCacheMeasured === false) {
      Object.assign(result, { status: 'refused', sentence: `${command.cache} can be cleared, but not shrunk.` })
    } else if (target) {
      this.carriedOut.push(command)
      const beforeBytes = target.clear(command.toBytes ?? 0)
      Object.assign(result, {
        sentence: `${command.cache} was ${command.kind === 'shrink-cache' ? 'shrunk' : 'cleared'}.`,
        effect: { beforeBytes, afterBytes: target.floorBytes },
      })
    }
    this.#answered.set(command.id, result)
    return result
  }

  #identity(name: string, role: Identity['role'], nowMs: number, controller: string | null): Identity {
    const pid = 4700 + ++this.#count
    return {
      service: this.name,
      instance: `${name}#${pid}-k${this.#count}`,
      name,
      host: 'host-1',
      pid,
      role,
      controller,
      startedAtMs: nowMs,
      nodeVersion: '20.19.0',
      serviceVersion: null,
    }
  }
}
