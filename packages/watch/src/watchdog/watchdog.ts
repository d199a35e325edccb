import { readFileSync } from 'node:fs'
import { BroadcastChannel, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { CpuWait, cpuTurnsFile, systemClock } from '@plimsoll/core'
import type { CacheReport, Command, CommandResult, Identity } from '@plimsoll/core/wire'
import { packageOf, presentFile, SourceMaps } from '../attribute/source-map.ts'
import { StallWatch } from '../detect/event-loop-stall.ts'
import { HttpReporter } from '../report/http-reporter.ts'
import { MetricTotals } from '../report/metrics.ts'
import { serveMetrics } from '../report/metrics-server.ts'
import { OtlpPush } from '../report/otlp.ts'
import { Recording } from '../report/recording.ts'
import { describeAbsent } from '../sample/source/absent.ts'
import { readCgroup, readKernelFile, readThreadCount } from '../sample/source/cgroup.ts'
import { readDescriptorCount, readDescriptorLimit } from '../sample/source/descriptors.ts'
import type { Reading } from '../sample/sampler.ts'
import { startLifeline, supervisorVariable } from '../supervise/lifeline.ts'
import { readMemoryRoom } from '../supervise/memory-room.ts'
import { describeCommand, Dispatcher } from './dispatcher.ts'
import { Ledger } from './ledger.ts'
import { Lookout } from './lookout.ts'
import { momentOf } from './moment.ts'
import type { MainMessage, WatchdogData, WatchdogMessage } from './messages.ts'
import { SelfHelp } from './self-help.ts'
import { sharedState } from './shared-state.ts'
import { StandWatch } from './stand-watch.ts'
import { Turn } from './turn.ts'
import { readWorkerMessage, workerChannel } from './worker-messages.ts'

/** How often batches leave: every so many ticks of a second, and at every tick while something is suspicious. */
const TICK_MS = 1000
const TICKS_PER_POST = 2
const COUNT_EVERY_MS = 5000
/** V8 cannot be interrupted while it writes a heap down. */
const DEATH_LIMIT_MS = 60_000
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
  readonly #cpuWait = new CpuWait(() => readKernelFile(cpuTurnsFile), this.#clock)
  readonly #stallWait = new CpuWait(() => readKernelFile(cpuTurnsFile), this.#clock)
  readonly #recording: Recording | null
  readonly #metrics = new MetricTotals()
  #descriptorCount: number | null = null
  #standing = ''
  readonly #selfHelp: SelfHelp
  #caches: readonly CacheReport[] = []
  #identity: Identity
  #tickCount = 0
  #descriptorsCountedAtMs = -Infinity
  #lastBeat = 0
  #aliveAtMs: number
  readonly #standWatch: StandWatch
  #dyingSinceMs: number | null = null
  readonly #workers = new BroadcastChannel(workerChannel)

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
      askWorker: (order) => this.#workers.postMessage(order),
      emit: (draft, finding, frame) => this.#ledger.emit(draft, finding, frame),
    })
    const { consoleUrl, act, recordFile, memoryLimitBytes } = data.options
    this.#recording =
      recordFile === null
        ? null
        : new Recording(
            recordFile,
            {
              node: process.version,
              workingDirectory: data.workingDirectory,
              heapLimitBytes: data.heapLimitBytes,
              machineBytes: data.machineBytes,
              memoryLimitBytes,
              descriptorLimit: readDescriptorLimit(),
            },
            (sentence) => this.#ledger.say(sentence),
          )
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
    this.#selfHelp = new SelfHelp({
      act,
      clock: this.#clock,
      heapLimitBytes: data.heapLimitBytes,
      identity: () => this.#identity,
      canLeave: () => this.#canLeave(),
      dispatcher: this.#dispatcher,
      turn: new Turn(data.identity.controller),
      ask: (message) => this.#ask(message),
      tell: (action, status, sentence) => this.#ledger.tellAction(action, status, sentence),
    })
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
      this.#selfHelp.noteTried('rotate')
      this.#ask({ kind: 'rotation-wanted', reason })
    } else if (this.#canLeave()) {
      this.#selfHelp.noteTried('leave')
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
    this.#workers.onmessage = (event) =>
      this.#ledger.guarded('worker', () => {
        const message = readWorkerMessage((event as { data: unknown }).data)
        if (message) this.#lookout.addWorker(message, this.#clock.nowMs())
      })
    if (this.#data.metricsPort !== null) {
      serveMetrics(this.#data.metricsPort, {
        render: () => this.#metrics.render(this.#identity, this.#lookout.standing(), this.#descriptorCount),
        tell: (sentence) => this.#ledger.say(sentence),
      })
    }
    const { act, consoleUrl, otlpUrl } = this.#data.options
    if (otlpUrl !== null) {
      const push = new OtlpPush({
        url: otlpUrl,
        clock: this.#clock,
        identity: () => this.#identity,
        collect: () => this.#metrics.collect(this.#identity, this.#lookout.standing(), this.#descriptorCount),
        tell: (sentence) => this.#ledger.say(sentence),
      })
      push.start()
    }
    if (act === 'ask' && consoleUrl === null)
      this.#ledger.say('act=ask without a console has nobody to ask, so it does what act=observe does.')
    const absent = describeAbsent()
    if (absent !== null) this.#ledger.say(absent)
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
    const cpuWaitShare = this.#cpuWait.read()
    const moment = momentOf(reading, cgroup, { threadCount, descriptorCount: this.#countDescriptors() })
    this.#recording?.noteMoment(moment, cgroup?.limitBytes ?? null)
    this.#lookout.addMoment(moment, cgroup?.limitBytes ?? null)
    this.#caches = sample.caches
    this.#standWatch.noteMemory({ rssBytes: sample.memory.rssBytes, heapBytes: sample.memory.heapUsedBytes })
    this.#descriptorCount = moment.descriptorCount ?? this.#descriptorCount
    const whole = { ...sample, cpuWaitShare, cgroup, threadCount, sites: this.#lookout.sites() }
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
    const isAlive = beat !== this.#lastBeat
    if (isAlive) this.#aliveAtMs = this.#clock.monotonicMs()
    this.#lastBeat = beat
    this.#dispatcher.tick(this.#clock.nowMs() - (this.#clock.monotonicMs() - this.#aliveAtMs))
    if (!this.#data.isDebugged) this.#noteStall(isAlive)
    this.#selfHelp.consider(this.#lookout.gravest, this.#caches, this.#isConsoleThere())
    if (this.#reporter && (this.#lookout.isSuspicious || this.#tickCount % TICKS_PER_POST === 0)) {
      void this.#reporter.post().then((commands) => {
        for (const command of commands) this.#ledger.guarded('command', () => this.#dispatcher.take(command))
      })
    }
  }

  #noteStall(isAlive: boolean): void {
    if (Atomics.load(this.#state, sharedState.isDying) === 1) return this.#endSlowDeath()
    const stall = this.#stalls.note(this.#clock.monotonicMs(), this.#aliveAtMs, () => this.#stallWait.waitedMs())
    if (isAlive) this.#stallWait.read()
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

  #tellResult(command: Command, result: CommandResult): void {
    this.#selfHelp.noteResult(result)
    const { status, sentence } = result
    const isWish = status === 'expired' || (status === 'refused' && this.#data.options.act === 'observe')
    if (status !== 'running') this.#ledger.tellAction(describeCommand(command), isWish ? 'would' : status, sentence)
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
