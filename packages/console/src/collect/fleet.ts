import { DAY_MS, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import type { Batch, Farewell, Identity, Sample, Signal } from '@plimsoll/core/wire'
import type { ServicePolicy } from '../config.ts'
import { RefusedError } from '../errors.ts'
import type { DatabaseFacts, ServiceFacts } from '../rule/facts.ts'
import { judgeLongGrowth } from '../rule/long-growth.ts'
import { AgentClock, roughShift, shiftSample, shiftSignal } from './clock-skew.ts'
import type { SampleJournal } from './journal.ts'
import { addTraffic, patienceFor, presenceOf, readProcess, SILENT_MS } from './process-facts.ts'
import {
  BUCKET_MS,
  emptyService,
  freshen,
  noteRow,
  type ProcessState,
  type ServiceState,
  speaksForItsService,
  usualOfSiblings,
} from './process-state.ts'
import type { RollUpStore } from './roll-up-store.ts'
import { RollUpRing } from './roll-up.ts'
import { SequenceWindow } from './sequence-window.ts'
import { HOT_MS, medianOf, rowOf, type RowValues, SeriesRing, slowShare, valueOf } from './series.ts'

/** More processes than this are refused: names an agent invents must not fill the console. */
export const MAX_PROCESSES = 2000
/** And more by one token, or of one service: whoever invents names uses up a share, and the others' are still taken. */
export const MAX_PROCESSES_A_TOKEN = 1800
export const MAX_PROCESSES_A_SERVICE = 1200
/** Of a full share so much is made free at once, so that those who start again together do not each search all of it. */
const ROOM_SHARE = 0.1
/** Whoever was heard for less is no loss when it falls silent, while nobody of its service was heard for longer. */
const NEWCOMER_MS = 10 * SECOND_MS
const MAX_SIGNALS = 20
const MAX_DEPLOYS = 20
const MAX_CRASHES = 100
const CRASH_MEMORY_MS = 5 * MINUTE_MS
/** Ended by itself, left for another one to start in its place, ended by SIGHUP, SIGINT or SIGTERM. */
const wantedExitCodes: ReadonlySet<number> = new Set([0, 75, 129, 130, 143])
/** `web-2` before `web-10`. */
const byName = new Intl.Collator('en', { numeric: true })
const servingRoles: ReadonlySet<string> = new Set(['worker', 'process'])

/** Every watched process the console knows: a quarter of an hour in full, a week in roll-ups. All in memory, all bounded. */
export class Fleet {
  readonly #services = new Map<string, ServiceState>()
  /** Leaks that were claimed before this console started, by instance, until the instance talks again. */
  readonly #remembered = new Map<string, Signal>()
  /** Days of processes that ran before this console started, by instance, until the instance talks again. */
  readonly #rememberedDays = new Map<string, RollUpRing>()
  #processCount = 0
  /** When room was last sought in vain, by share: who is refused for a full one of its own says nothing of the others. */
  readonly #searchedAtMs = new Map<string, number>()
  #lastTickAtMs = -Infinity
  #awakeSinceMs = -Infinity
  readonly #journal: SampleJournal | null
  readonly #rollUps: RollUpStore | null
  readonly #onDeploy: (service: string, version: string, atMs: number) => void

  /** With a journal, samples outlive a restart, and with a store roll-ups do: see {@link restore}. */
  constructor(
    journal: SampleJournal | null = null,
    onDeploy: (service: string, version: string, atMs: number) => void = () => {},
    rollUps: RollUpStore | null = null,
  ) {
    this.#journal = journal
    this.#onDeploy = onDeploy
    this.#rollUps = rollUps
  }

  /** Takes up the last quarter of an hour as the journal has it, and the days before. Before anything else arrives. */
  async restore(nowMs: number): Promise<void> {
    await this.#rollUps?.read((instance, rollUp) => {
      let days = this.#rememberedDays.get(instance)
      if (!days) this.#rememberedDays.set(instance, (days = new RollUpRing()))
      days.push(rollUp)
    })
    for (const [instance, { lastAtMs }] of this.#rememberedDays)
      if (lastAtMs < nowMs - DAY_MS) this.#rememberedDays.delete(instance)
    const places = new Map<string, { service: ServiceState; process: ProcessState; newest?: RowValues }>()
    await this.#journal?.read(
      {
        process: (identity, isAgain) => {
          const known = this.#services.get(identity.service)?.processes.get(identity.instance)
          // Journals of before have no mark of it, and its line may be the torn one.
          if (isAgain || (known && isLaterLife(known, identity))) this.#forget(identity)
          else if (this.#processCount >= MAX_PROCESSES && !places.has(identity.instance)) return
          const service = this.#serviceOf(identity.service)
          const process = this.#processOf(service, identity, nowMs)
          process.identity = identity
          places.set(identity.instance, { service, process })
          this.#noteVersion(service, process, nowMs)
        },
        row: (instance, sequence, boundedBytes, row) => {
          const place = places.get(instance)
          if (!place) return
          place.process.arrived.take(sequence)
          if (!place.process.series.insertRow(row)) return
          place.process.patienceMs = patienceFor(valueOf(row, 'windowMs'))
          place.newest = row
          this.#noteRow(place.service, place.process, row, boundedBytes, nowMs)
        },
        latest: (instance, sample) => {
          const place = places.get(instance)
          if (place) place.process.latest = sample
        },
        retired: (instance) => {
          const place = places.get(instance)
          if (place) place.process.retiredAtMs ??= nowMs
        },
      },
      nowMs,
    )
    for (const { service, process, newest } of places.values()) {
      process.lastSeenAtMs = process.series.lastAtMs
      if (process.series.lastAtMs - process.series.firstAtMs >= NEWCOMER_MS)
        process.isEstablished = service.isEstablished = true
      if (process.latest && newest) process.latest = freshen(process.latest, newest)
      if (process.series.count === 0) this.#forget(process.identity)
    }
  }

  has({ service, instance }: Identity): boolean {
    return this.#services.get(service)?.processes.has(instance) ?? false
  }

  /**
   * Takes a batch in. A repeated one changes nothing.
   * @param sender what the token is called that it came with
   * @throws {@link RefusedError} when the fleet is full
   */
  accept(batch: Batch, policy: ServicePolicy, nowMs: number, sender = ''): 'accepted' | 'repeated' {
    if (!this.has(batch.from)) this.#checkRoom(batch.from.service, sender, nowMs)
    const service = this.#serviceOf(batch.from.service)
    this.#noteRebirth(service, batch, nowMs)
    const process = this.#processOf(service, batch.from, nowMs)
    process.sender = sender
    process.lastSeenAtMs = nowMs
    if (nowMs - process.firstSeenAtMs >= NEWCOMER_MS) process.isEstablished = service.isEstablished = true
    // A service may last though each of its processes dies young.
    service.firstSeenAtMs ??= nowMs
    if (nowMs - service.firstSeenAtMs >= NEWCOMER_MS) service.isEstablished = true
    const spanMs = batch.samples.reduce((sum, { windowMs }) => sum + windowMs, 0)
    if (batch.samples.length > 0) process.patienceMs = patienceFor(spanMs)
    if (batch.farewell) this.#takeLeave(service, process, batch.farewell, nowMs)
    const isOvertaken = batch.sequence < process.arrived.highest
    const isKnown = !process.arrived.take(batch.sequence)
    if (!isOvertaken) process.identity = batch.from
    // An agent's clock may be wrong by an hour, and a batch may come late: what was missed while we were away was measured then.
    const newestAtMs = Math.max(...batch.samples.map(({ atMs }) => atMs))
    const shiftMs = isKnown
      ? roughShift(newestAtMs, nowMs)
      : isOvertaken
        ? process.clock.shiftForOvertaken(newestAtMs, nowMs)
        : process.clock.shiftFor(newestAtMs, process.series.lastAtMs, nowMs)
    for (const sample of isKnown ? [] : batch.samples) {
      const shifted = shiftSample(sample, shiftMs)
      // Only a batch that was overtaken has readings of before the newest: else a clock that was put back tells them again.
      if (isOvertaken || shifted.atMs > process.series.lastAtMs)
        this.#addSample(service, process, batch.sequence, shifted, policy, nowMs)
    }
    // The journal remembers samples over a restart, and nothing remembers signals: a repeated batch may be new to this console.
    for (const signal of process.heard.take(batch.sequence) ? batch.signals : []) {
      if (signal.instance === process.identity.instance && !process.signalled.take(signal.sequence)) continue
      // Of which service it is, its sender's token says and not the signal.
      this.#addSignal(service, process, { ...shiftSignal(signal, shiftMs), service: batch.from.service }, nowMs)
    }
    this.#noteVersion(service, process, nowMs)
    return isKnown ? 'repeated' : 'accepted'
  }

  /** Whoever starts again under the name it had counts its batches anew, and what it holds has nothing to do with what it held. */
  #noteRebirth(service: ServiceState, { from, sequence }: Batch, nowMs: number): void {
    const known = service.processes.get(from.instance)
    if (!known || sequence > known.arrived.highest || !isLaterLife(known, from)) return
    service.processes.delete(from.instance)
    this.#processCount--
    this.#journal?.beginAgain(from, nowMs)
  }

  #forget({ service: name, instance }: Pick<Identity, 'service' | 'instance'>): void {
    const service = this.#services.get(name)
    if (!service?.processes.delete(instance)) return
    this.#processCount--
    if (service.processes.size === 0 && !service.isEstablished) this.#services.delete(name)
  }

  /** An end that was wanted is no silence, and one that was not is a crash, unless a primary or a supervisor tells of it. */
  #takeLeave(service: ServiceState, process: ProcessState, { exitCode, pids }: Farewell, nowMs: number): void {
    if (process.endedAtMs !== null) return
    process.endedAtMs = nowMs
    this.#retire(process, nowMs)
    const { identity } = process
    const ended = [identity.instance]
    for (const other of service.processes.values()) {
      if (other.identity.host !== identity.host || !pids.includes(other.identity.pid)) continue
      this.#retire(other, nowMs)
      ended.push(other.identity.instance)
    }
    for (const other of service.processes.values())
      if (other.identity.controller !== null && ended.includes(other.identity.controller)) this.#retire(other, nowMs)
    const isWanted = exitCode === null || wantedExitCodes.has(exitCode)
    const hasWitness = [...service.processes.values()].some(
      (other) => other !== process && other.retiredAtMs === null && !servingRoles.has(other.identity.role),
    )
    if (isWanted || hasWitness) return
    const sentence = `${identity.name} (PID ${identity.pid}) ended with exit code ${exitCode}.`
    service.crashes.push({ atMs: nowMs, instance: identity.instance, sentence })
    if (service.crashes.length > MAX_CRASHES) service.crashes.shift()
  }

  /** The leak that an open incident knows of a process, which its samples alone do not tell. */
  remember(claim: Signal, nowMs: number): void {
    const process = this.#services.get(claim.service)?.processes.get(claim.instance)
    if (!process) this.#remembered.set(claim.instance, claim)
    else if (!process.leak) {
      process.leak = claim
      process.leakAtMs = nowMs
    }
  }

  /** Tells that an instance is expected to end, so that its silence is no news. */
  retire(serviceName: string, instance: string, nowMs: number): void {
    const process = this.#services.get(serviceName)?.processes.get(instance)
    if (process) this.#retire(process, nowMs)
  }

  #retire(process: ProcessState, nowMs: number): void {
    if (process.retiredAtMs !== null) return
    process.retiredAtMs = nowMs
    this.#journal?.retire(process.identity.instance, nowMs)
  }

  /** To be called every second: forgets what ended, and notices when the console itself slept. */
  tick(nowMs: number): void {
    if (nowMs - this.#lastTickAtMs > SILENT_MS) this.#awakeSinceMs = nowMs
    this.#lastTickAtMs = nowMs
    for (const service of this.#services.values()) {
      for (const process of service.processes.values()) {
        const isOver = presenceOf(service, process, this.#awakeSinceMs, nowMs) === 'gone'
        const keptMs = process.isEstablished || service.isEstablished ? HOT_MS : MINUTE_MS
        if (isOver && nowMs - process.lastSeenAtMs > keptMs) this.#forget(process.identity)
      }
      service.crashes = service.crashes.filter(({ atMs }) => nowMs - atMs <= CRASH_MEMORY_MS)
    }
  }

  serviceNames(): string[] {
    return [...this.#services.keys()].sort()
  }

  seriesOf(serviceName: string, instance: string): SeriesRing | null {
    return this.#services.get(serviceName)?.processes.get(instance)?.series ?? null
  }

  daysOf(serviceName: string, instance: string): RollUpRing | null {
    return this.#services.get(serviceName)?.processes.get(instance)?.days ?? null
  }

  /** @param isSlowSinceMs since when an open incident accuses the database, or null: what it does since is not its usual */
  read(
    policy: ServicePolicy,
    database: DatabaseFacts | null,
    nowMs: number,
    isSlowSinceMs: number | null = null,
  ): ServiceFacts {
    const service = this.#services.get(policy.name) ?? emptyService()
    const processes = [...service.processes.values()]
      .map((process) => readProcess(service, process, policy, this.#awakeSinceMs, nowMs, isSlowSinceMs))
      .sort(
        (one, other) =>
          byName.compare(one.identity.name, other.identity.name) ||
          one.identity.startedAtMs - other.identity.startedAtMs,
      )
    // Who has only just started is held against what its siblings and those before it knew.
    for (const { recent, identity } of processes)
      if (recent) recent.usualSqlRunMsP50 ??= usualOfSiblings(service, identity)
    const usual = service.buckets.filter(({ atMs }) => atMs > nowMs - HOT_MS && atMs <= nowMs - MINUTE_MS)
    const usualRequests = medianOf(
      usual.map(({ requestCount }) => requestCount),
      6,
    )
    return {
      service: policy.name,
      atMs: nowMs,
      policy,
      processes,
      traffic: addTraffic(processes),
      usualRequestsPerSec: usualRequests === null ? null : usualRequests / (BUCKET_MS / SECOND_MS),
      usualLatencyMsP99: medianOf(
        usual.map(({ latencyMsP99 }) => latencyMsP99),
        6,
      ),
      served: { ...service.served },
      database,
      deploys: service.deploys,
      crashes: service.crashes,
    }
  }

  #serviceOf(name: string): ServiceState {
    let service = this.#services.get(name)
    if (!service) this.#services.set(name, (service = emptyService()))
    return service
  }

  /** @throws {@link RefusedError} when a share is full, and nobody in it can be forgotten */
  #checkRoom(service: string, sender: string, nowMs: number): void {
    for (const { code, maxCount, what, isIn } of [
      {
        code: 'SERVICE_FULL',
        maxCount: MAX_PROCESSES_A_SERVICE,
        what: `processes of "${service.slice(0, 200)}", the limit of one service`,
        isIn: ({ identity }: ProcessState) => identity.service === service,
      },
      {
        code: 'TOKEN_FULL',
        maxCount: MAX_PROCESSES_A_TOKEN,
        what: 'processes that report with this token, the limit of one token',
        isIn: (process: ProcessState) => process.sender === sender,
      },
      { code: 'FLEET_FULL', maxCount: MAX_PROCESSES, what: 'processes, its limit', isIn: () => true },
    ]) {
      if (this.#processCount < maxCount) continue
      const freeCount = maxCount - this.#all(isIn).length
      if (freeCount > 0 || this.#makeRoom(code, isIn, maxCount * ROOM_SHARE, nowMs)) continue
      throw new RefusedError(
        503,
        code,
        `This console already watches ${maxCount} ${what}. Room is made by those that ended, and by those that said a few words and fell silent; an agent that names itself anew at each start fills it. Point further services at another console.`,
      )
    }
  }

  #all(isIn: (process: ProcessState) => boolean): ProcessState[] {
    return [...this.#services.values()].flatMap(({ processes }) => [...processes.values()].filter(isIn))
  }

  /** Forgets who ended and newcomers that fell silent, the longest silent first. Answers whether there was anybody. */
  #makeRoom(share: string, isIn: (process: ProcessState) => boolean, wantedCount: number, nowMs: number): boolean {
    // Whoever is refused comes again at once: there is nobody to find until a second is past.
    if (nowMs - (this.#searchedAtMs.get(share) ?? -Infinity) < SECOND_MS) return false
    const lost = this.#all(isIn)
      .filter((process) => {
        const presence = presenceOf(this.#serviceOf(process.identity.service), process, this.#awakeSinceMs, nowMs)
        return presence === 'gone' || (presence === 'silent' && !process.isEstablished)
      })
      .sort((one, other) => one.lastSeenAtMs - other.lastSeenAtMs)
      .slice(0, wantedCount)
    for (const { identity } of lost) this.#forget(identity)
    if (lost.length === 0) this.#searchedAtMs.set(share, nowMs)
    return lost.length > 0
  }

  #processOf(service: ServiceState, identity: Identity, nowMs: number): ProcessState {
    const known = service.processes.get(identity.instance)
    if (known) return known
    const days = this.#rememberedDays.get(identity.instance) ?? new RollUpRing()
    const process: ProcessState = {
      identity,
      sender: '',
      isEstablished: false,
      clock: new AgentClock(),
      series: new SeriesRing(),
      days,
      longGrowth: judgeLongGrowth(days.netFloors()),
      latest: null,
      firstSeenAtMs: nowMs,
      lastSeenAtMs: nowMs,
      patienceMs: SILENT_MS,
      arrived: new SequenceWindow(),
      heard: new SequenceWindow(),
      signalled: new SequenceWindow(),
      floors: [],
      growthBytesPerMin: null,
      netFloors: [],
      netGrowthBytesPerMin: null,
      leak: this.#remembered.get(identity.instance) ?? null,
      leakAtMs: nowMs,
      leakSequence: -1,
      usualSqlRunMsP50: null,
      signals: [],
      retiredAtMs: null,
      endedAtMs: null,
    }
    this.#remembered.delete(identity.instance)
    this.#rememberedDays.delete(identity.instance)
    service.processes.set(identity.instance, process)
    this.#processCount++
    return process
  }

  #addSample(
    service: ServiceState,
    process: ProcessState,
    sequence: number,
    sample: Sample,
    policy: ServicePolicy,
    nowMs: number,
  ): void {
    const row = rowOf(sample)
    if (!process.series.insertRow(row)) return
    if (sample.atMs === process.series.lastAtMs) process.latest = sample
    // What a cache within its budget took is no growth to worry about: it will let go.
    const boundedBytes = sample.caches.reduce(
      (sum, { bytes, budgetBytes }) => sum + (budgetBytes === null ? 0 : (bytes ?? 0)),
      0,
    )
    this.#noteRow(service, process, row, boundedBytes, nowMs)
    this.#journal?.add(process.identity, sequence, sample, boundedBytes, nowMs)
    if (!sample.http) return
    service.served.requestCount += sample.http.requestCount
    service.served.errorCount += sample.http.errorCount
    const { requestCount, latencyMsP50, latencyMsP99 } = sample.http
    service.served.slowCount += Math.round(
      requestCount * slowShare(latencyMsP50, latencyMsP99, policy.latencyObjectiveMs),
    )
  }

  #noteRow(service: ServiceState, process: ProcessState, row: RowValues, boundedBytes: number, nowMs: number): void {
    const rollUp = noteRow(service, process, row, boundedBytes)
    if (rollUp) this.#rollUps?.add(process.identity.instance, rollUp, nowMs)
  }

  #addSignal(service: ServiceState, sender: ProcessState, signal: Signal, nowMs: number): void {
    const process = service.processes.get(signal.instance) ?? sender
    if (signal.kind === 'crash' || signal.kind === 'crash-loop') {
      service.crashes.push({ atMs: nowMs, instance: signal.instance, sentence: signal.sentence })
      if (service.crashes.length > MAX_CRASHES) service.crashes.shift()
      if (process !== sender) this.#retire(process, nowMs)
      this.#noteVersion(service, process, nowMs)
    }
    if (signal.kind !== 'memory-growth') {
      process.signals.push({ ...signal, atMs: nowMs })
      if (process.signals.length > MAX_SIGNALS) process.signals.shift()
      return
    }
    // What another one tells of it counts by numbers of its own.
    if (signal.instance === sender.identity.instance) {
      if (signal.sequence < process.leakSequence) return
      process.leakSequence = signal.sequence
    }
    if (signal.verdict === 'leaking' || signal.verdict === 'sinking') {
      // A later claim that could not name the culprit again does not take back the name.
      const culprit = signal.culprit ?? (process.leak?.signature === signal.signature ? process.leak.culprit : null)
      process.leak = { ...signal, culprit }
      process.leakAtMs = nowMs
    } else if (signal.verdict !== 'growing') {
      process.leak = null
    }
  }

  #noteVersion(service: ServiceState, process: ProcessState, nowMs: number): void {
    const { identity } = process
    const version = identity.serviceVersion
    if (service.isEstablished)
      for (const deploy of service.untold.splice(0)) this.#onDeploy(identity.service, deploy.version, deploy.atMs)
    if (version === null || service.deploys.some((deploy) => deploy.version === version)) return
    if (!speaksForItsService(service, process, this.#awakeSinceMs, nowMs)) return
    const atMs = Math.min(nowMs, identity.startedAtMs)
    this.#addDeploy(service, version, atMs)
    // What is stored speaks for its service after a restart: a name that was only tried is not.
    if (service.isEstablished) this.#onDeploy(identity.service, version, atMs)
    else service.untold.push({ version, atMs })
  }

  /** Somebody tells of a deploy, or told before this console started. */
  noteDeploy(serviceName: string, version: string, atMs: number): void {
    const service = this.#serviceOf(serviceName)
    service.isEstablished = true
    this.#addDeploy(service, version, atMs)
  }

  #addDeploy({ deploys }: ServiceState, version: string, atMs: number): void {
    if (deploys.some((deploy) => deploy.version === version)) return
    deploys.push({ version, atMs })
    deploys.sort((one, other) => one.atMs - other.atMs)
    if (deploys.length > MAX_DEPLOYS) deploys.shift()
  }
}

/** Under the name that it had. */
function isLaterLife({ identity }: ProcessState, { startedAtMs }: Identity): boolean {
  return startedAtMs - identity.startedAtMs > SECOND_MS
}
