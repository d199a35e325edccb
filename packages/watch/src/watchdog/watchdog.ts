import { readFileSync } from 'node:fs'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '@plimsoll/core'
import { WIRE_VERSION, type CacheReport, type Command, type CommandResult, type Identity } from '@plimsoll/core/wire'
import { packageOf, presentFile, SourceMaps } from '../attribute/source-map.ts'
import { StallWatch } from '../detect/event-loop-stall.ts'
import { HttpReporter } from '../report/http-reporter.ts'
import { MetricTotals } from '../report/metrics.ts'
import { serveMetrics } from '../report/metrics-server.ts'
import { Recording } from '../report/recording.ts'
import { readCgroup, readThreadCount } from '../sample/source/cgroup.ts'
import { readDescriptorCount, readDescriptorLimit } from '../sample/source/descriptors.ts'
import type { Reading } from '../sample/sampler.ts'
import { startLifeline, supervisorVariable } from '../supervise/lifeline.ts'
import { readMemoryRoom } from '../supervise/memory-room.ts'
import { describeCommand, Dispatcher } from './dispatcher.ts'
import { Ledger } from './ledger.ts'
import { Lookout } from './lookout.ts'
import { momentOf } from './moment.ts'
import { decideRelief, type Relief } from './relief.ts'
import type { MainMessage, WatchdogData, WatchdogMessage } from './messages.ts'
import { sharedState } from './shared-state.ts'
import { StandWatch } from './stand-watch.ts'
import { Turn } from './turn.ts'

/** How often batches leave: every so many ticks of a second, and at every tick while something is suspicious. */
const TICK_MS = 1000
const TICKS_PER_POST = 2
const COUNT_EVERY_MS = 5000
/** V8 cannot be interrupted while it writes a heap down. */
const DEATH_LIMIT_MS = 60_000
/** An action that freed this share of the limit helped; less did not. */
const HELPING_SHARE = 0.05
/** An order of our own to the main thread is void after this. */
const RELIEF_EXPIRES_MS = 30_000
/** Who answered within this is taken to be there. */
const CONSOLE_THERE_MS = 10_000

/**
 * The watchdog: a thread of its own in the watched process, so that it judges and reports while the main thread is stopped in
 * garbage collection. It never keeps the process alive, and whatever fails in it is told once and swallowed.
 */
class Watchdog {
  readonly #data: WatchdogData
  readonly #port: NonNullable<typeof parentPort>
  readonly #clock = systemClock
  readonly #sources = new SourceMaps()
  readonly #lookout: Lookout
  readonly #reporter: HttpReporter | null
  readonly #dispatcher: Dispatcher
  readonly #state: Int32Array
  readonly #ledger: Ledger
  readonly #stalls = new StallWatch()
  readonly #tried = new Set<string>()
  readonly #recording: Recording | null
  readonly #metrics = new MetricTotals()
  #descriptorCount: number | null = null
  #standing = ''
  readonly #turn: Turn
  #caches: readonly CacheReport[] = []
  #sinkingSinceMs: number | null = null
  #isRelieving = false
  #identity: Identity
  #tickCount = 0
  #descriptorsCountedAtMs = -Infinity
  #lastBeat = 0
  #aliveAtMs: number
  readonly #standWatch: StandWatch
  #helpedAtMs: number | null = null
  #dyingSinceMs: number | null = null

  constructor(data: WatchdogData, port: NonNullable<typeof parentPort>) {
    this.#data = data
    this.#port = port
    this.#identity = data.identity
    this.#state = new Int32Array(data.state)
    this.#aliveAtMs = this.#clock.monotonicMs()
    this.#ledger = new Ledger({
      clock: this.#clock,
      identity: () => this.#identity,
      signalsFile: data.options.signalsFile,
      reporter: () => this.#reporter,
      style: { isColoured: data.isTerminal, columns: data.terminalColumns },
    })
    this.#lookout = new Lookout({
      identity: () => this.#identity,
      heapLimitBytes: data.heapLimitBytes,
      machineBytes: data.machineBytes,
      memoryLimitBytes: data.options.memoryLimitBytes,
      descriptorLimit: readDescriptorLimit(),
      places: {
        locate: (script, line, column) => this.#sources.locate(script, line, column),
        readScript: (script) => this.#sources.readScript(script),
        present: (file) => presentFile(file, data.workingDirectory),
        packageOf,
      },
      ask: (message) => this.#ask(message),
      emit: (draft, finding, frame) => this.#ledger.emit(draft, finding, frame),
    })
    const { consoleUrl, act, recordFile, memoryLimitBytes } = data.options
    this.#recording =
      recordFile === null
        ? null
        : new Recording(recordFile, {
            node: process.version,
            workingDirectory: data.workingDirectory,
            heapLimitBytes: data.heapLimitBytes,
            machineBytes: data.machineBytes,
            memoryLimitBytes,
            descriptorLimit: readDescriptorLimit(),
          })
    this.#reporter =
      consoleUrl === null
        ? null
        : new HttpReporter({
            consoleUrl,
            readToken: () => this.#readToken(),
            identity: () => this.#identity,
            clock: this.#clock,
            tell: (sentence) => this.#ledger.say(sentence),
          })
    this.#dispatcher = new Dispatcher({
      act,
      instance: data.identity.instance,
      nowMs: () => this.#clock.nowMs(),
      carryOut: (command) => this.#ask({ kind: 'command', command }),
      answer: (result) => this.#reporter?.addResult(result),
      tell: (command, result) => this.#tellResult(command, result),
    })
    this.#turn = new Turn(data.identity.controller)
    this.#standWatch = new StandWatch({
      clock: this.#clock,
      state: this.#state,
      heapLimitBytes: data.heapLimitBytes,
      mayAct: act === 'safe',
      memory: data.startMemory,
      name: () => this.#identity.name,
      readRssBytes: () => process.memoryUsage.rss(),
      readRoom: readMemoryRoom,
      guard: (look) => this.#ledger.guarded('last stand', look),
      tell: (status, sentence, how) => this.#ledger.tellAction('last stand', status, sentence, how),
      say: (sentence) => this.#ledger.say(sentence),
      isInspected: () => Atomics.load(this.#state, sharedState.isInspected) === 1,
      replace: (reason) => this.#replace(reason),
      kill: () => process.kill(process.pid, 'SIGKILL'),
    })
  }

  /** At once: there is no time to try anything else first. */
  #replace(reason: string): void {
    if (this.#identity.controller !== null) {
      this.#tried.add('rotate')
      this.#ask({ kind: 'rotation-wanted', reason })
    } else if (this.#canLeave()) {
      this.#tried.add('leave')
      this.#ask({ kind: 'leave', reason })
    }
  }

  #canLeave(): boolean {
    return this.#data.canLeave && this.#identity.role === 'process'
  }

  start(): void {
    this.#port.on('message', (message: MainMessage) =>
      this.#ledger.guarded(`message ${message.kind}`, () => this.#take(message)),
    )
    if (this.#data.metricsPort !== null) {
      serveMetrics(this.#data.metricsPort, {
        render: () => this.#metrics.render(this.#identity, this.#lookout.standing(), this.#descriptorCount),
        tell: (sentence) => this.#ledger.say(sentence),
      })
    }
    // The thread lives by this timer; the process does not, since the main thread does not wait for the thread.
    this.#standWatch.start()
    this.#clock.every(TICK_MS, () => this.#ledger.guarded('tick', () => this.#tick()), { keepAlive: true })
  }

  #take(message: MainMessage): void {
    this.#recording?.note(message, this.#clock.nowMs())
    if (message.kind === 'reading') this.#takeReading(message.reading)
    else if (message.kind === 'floor') this.#lookout.addFloor(message.floor)
    else if (message.kind === 'census') this.#lookout.addCensus(message.report)
    else if (message.kind === 'writers') this.#lookout.addWriters(message.holderId, message.sites, this.#clock.nowMs())
    else if (message.kind === 'profile') this.#lookout.addProfile(message.report)
    else if (message.kind === 'identity') this.#identity = message.identity
    else if (message.kind === 'signal') this.#ledger.tell(message.signal)
    else if (message.kind === 'progress')
      this.#dispatcher.noteProgress(message.id, message.sentence, message.replacement)
    else if (message.kind === 'outcome') this.#dispatcher.noteOutcome(message.id, message.outcome)
    else if (message.kind === 'exit') void this.#sayFarewell(message.exitCode)
    else this.#ledger.tellTrouble(message.where, message.message)
  }

  /** The main thread waits for it, for a moment, and only where somebody listens. */
  async #sayFarewell(exitCode: number): Promise<void> {
    if (this.#reporter && this.#isConsoleThere()) {
      await this.#reporter.sayFarewell({ atMs: this.#clock.nowMs(), exitCode, pids: [] })
    }
    const said = new Int32Array(this.#data.farewell)
    Atomics.store(said, 0, 1)
    Atomics.notify(said, 0)
  }

  #isConsoleThere(): boolean {
    const lastAnswerAtMs = this.#reporter?.lastAnswerAtMs ?? null
    return lastAnswerAtMs !== null && this.#clock.monotonicMs() - lastAnswerAtMs < CONSOLE_THERE_MS
  }

  #takeReading(reading: Reading): void {
    const { sample } = reading
    const cgroup = readCgroup()
    const threadCount = readThreadCount()
    const moment = momentOf(reading, cgroup, { threadCount, descriptorCount: this.#countDescriptors() })
    this.#recording?.noteMoment(moment, cgroup?.limitBytes ?? null)
    this.#lookout.addMoment(moment, cgroup?.limitBytes ?? null)
    this.#caches = sample.caches
    this.#standWatch.noteMemory({ rssBytes: sample.memory.rssBytes, heapBytes: sample.memory.heapUsedBytes })
    this.#descriptorCount = moment.descriptorCount ?? this.#descriptorCount
    const whole = { ...sample, cgroup, threadCount, sites: this.#lookout.sites() }
    this.#reporter?.addSample(whole)
    this.#metrics.add(whole)
    this.#tellStanding()
  }

  /** The main thread answers `metrics()`, and knows no verdicts of its own. */
  #tellStanding(): void {
    const verdicts = this.#lookout.standing()
    const text = JSON.stringify(verdicts)
    if (text !== this.#standing) this.#ask({ kind: 'standing', verdicts })
    this.#standing = text
  }

  /** Counting takes a call for each descriptor, so it is done now and then. */
  #countDescriptors(): number | null {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#descriptorsCountedAtMs < COUNT_EVERY_MS) return null
    this.#descriptorsCountedAtMs = nowMs
    return readDescriptorCount()
  }

  #tick(): void {
    this.#tickCount++
    const beat = Atomics.load(this.#state, sharedState.beat)
    if (beat !== this.#lastBeat) this.#aliveAtMs = this.#clock.monotonicMs()
    this.#lastBeat = beat
    this.#dispatcher.tick(this.#clock.nowMs() - (this.#clock.monotonicMs() - this.#aliveAtMs))
    if (!this.#data.isDebugged) this.#noteStall()
    this.#relieve()
    if (this.#reporter && (this.#lookout.isSuspicious || this.#tickCount % TICKS_PER_POST === 0)) {
      void this.#reporter.post().then((commands) => {
        for (const command of commands) this.#ledger.guarded('command', () => this.#dispatcher.take(command))
      })
    }
  }

  #noteStall(): void {
    if (Atomics.load(this.#state, sharedState.isDying) === 1) return this.#endSlowDeath()
    const stall = this.#stalls.note(this.#clock.monotonicMs(), this.#aliveAtMs)
    if (!stall) return
    this.#lookout.tellEvent(stall, this.#clock.nowMs())
    const { act } = this.#data.options
    // Only a supervised process is started again; any other keeps what chance it has.
    if (stall.isHopeless && act === 'safe' && process.env[supervisorVariable]) process.kill(process.pid, 'SIGABRT')
  }

  /** The next one may wait for this one's end. */
  #endSlowDeath(): void {
    this.#dyingSinceMs ??= this.#clock.monotonicMs()
    if (this.#clock.monotonicMs() - this.#dyingSinceMs > DEATH_LIMIT_MS) process.kill(process.pid, 'SIGKILL')
  }

  /** A sinking process that nobody commands helps itself, or writes down what it would have done. */
  #relieve(): void {
    const gravest = this.#lookout.gravest
    if (gravest?.verdict !== 'sinking') {
      this.#sinkingSinceMs = null
      if (!gravest) this.#tried.clear()
      return
    }
    const nowMs = this.#clock.nowMs()
    this.#sinkingSinceMs ??= nowMs
    if (this.#isRelieving) return
    const { act } = this.#data.options
    const { lastHeardAtMs } = this.#dispatcher
    const relief = decideRelief({
      verdict: gravest.verdict,
      act,
      sinkingForMs: nowMs - this.#sinkingSinceMs,
      hasConsole: this.#isConsoleThere(),
      msSinceCommand: lastHeardAtMs === null ? null : nowMs - lastHeardAtMs,
      caches: this.#caches,
      limitBytes: gravest.finding.limitBytes ?? Infinity,
      tried: this.#tried,
      hasController: this.#identity.controller !== null,
      canLeave: this.#canLeave(),
      msSinceEffect: this.#helpedAtMs === null ? null : this.#clock.monotonicMs() - this.#helpedAtMs,
    })
    if (!relief || (act === 'safe' && relief.kind === 'clear-cache' && !this.#turn.take())) return
    this.#carryOut(relief, gravest.signature, nowMs)
  }

  #carryOut(relief: Relief, signature: string, nowMs: number): void {
    const { act } = this.#data.options
    const { instance, name } = this.#identity
    this.#tried.add(relief.kind === 'clear-cache' ? relief.cache : relief.kind)
    if (relief.kind === 'none')
      return this.#ledger.tellAction('none', 'refused', `${name}: nothing more can be done here, as ${relief.reason}.`)
    const what = {
      rotate: `replace ${name}`,
      leave: `drain ${name} and end it, for it to be started again`,
      'clear-cache': `clear the cache ${relief.kind === 'clear-cache' ? relief.cache : ''}`,
    }[relief.kind]
    if (act !== 'safe') return this.#ledger.tellAction(what, 'would', `With act=safe the watch would now ${what}.`)
    if (relief.kind === 'rotate')
      return this.#ask({ kind: 'rotation-wanted', reason: this.#lookout.gravest?.signature ?? signature })
    if (relief.kind === 'leave') return this.#ask({ kind: 'leave', reason: `it is sinking (${signature})` })
    this.#isRelieving = true
    this.#dispatcher.order({
      version: WIRE_VERSION,
      id: this.#dispatcher.nextId({ signature, instance, kind: 'clear-cache', cache: relief.cache }),
      kind: 'clear-cache',
      target: instance,
      cache: relief.cache,
      toBytes: null,
      expiresAtMs: nowMs + RELIEF_EXPIRES_MS,
      reason: 'sinking, and nobody commands',
    })
  }

  #tellResult(command: Command, { status, sentence, effect }: CommandResult): void {
    this.#isRelieving = false
    this.#turn.give()
    const freedBytes = effect ? effect.beforeBytes - effect.afterBytes : 0
    if (freedBytes >= HELPING_SHARE * this.#data.heapLimitBytes) this.#helpedAtMs = this.#clock.monotonicMs()
    const told =
      status === 'expired' || (status === 'refused' && this.#data.options.act === 'observe') ? 'would' : status
    if (told !== 'running') this.#ledger.tellAction(describeCommand(command), told, sentence)
  }

  #readToken(): string | null {
    const { token, tokenFile } = this.#data.options
    if (token !== null || tokenFile === null) return token
    try {
      return readFileSync(tokenFile, 'utf8').trim()
    } catch {
      // The console may write it later; without it we are refused and say so.
      return null
    }
  }

  #ask(message: WatchdogMessage): void {
    this.#port.postMessage(message)
  }
}

if (!isMainThread && parentPort) {
  startLifeline(process.env)
  new Watchdog(workerData as WatchdogData, parentPort).start()
}
