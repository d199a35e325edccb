import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { delay, messageOf, SECOND_MS, type Clock } from '@plimsoll/core'
import { pickPort, startShop, startWarden, type ShopPart } from '@plimsoll/demo'
import { scenarioUrl, type ShopVisitors } from '@plimsoll/marketplace/journey'
import { startTrafficProcess, type TrafficProcess, type TrafficSecond } from '@plimsoll/soak/traffic'
import { startLookout, type LookoutSettings } from './lookout.ts'
import { LatencyAlert, MemoryGuard } from './good-practice.ts'
import { WorkerWatch } from './observe.ts'
import type { ReplayOptions } from './options.ts'
import type { PlantedLeak } from './planted.ts'
import { firstHarmMs, noMilestones, type ArmRecord } from './record.ts'
import type { ArmSketch } from './report.ts'
import type { ArmName, Scenario } from './scenario.ts'
import type { Meanwhile, Trouble } from './trial.ts'

export interface ArmOptions {
  arm: ArmName
  scenario: Scenario
  replay: ReplayOptions
  planted: PlantedLeak
  /** What befalls the shop. */
  begin: Trouble
  /** What else happens while it lasts. */
  meanwhile?: Meanwhile
  /** What the console is told otherwise. */
  settings?: LookoutSettings
  /** How long the trouble lasts; the shop ends it by itself. */
  troubleMs: number
  /** Of the shop, as the console sees it. */
  version: string
  /** The shop's program, when it is another than the one that was built here. */
  main?: string
  /** The checkout: the shop's working directory, so that paths are told from there. */
  root: string
  /** An empty folder for the arm's data. */
  dataDir: string
  clock: Clock
  /** Ends the arm early, with an error; all it started is stopped. */
  abortSignal: AbortSignal
  /** Told once a second: for the live page. */
  onProgress(sketch: ArmSketch, sentence: string): void
}

/** Runs one arm from an empty shop to its end, and measures it from outside in the same way as the others. */
export async function runArm(options: ArmOptions): Promise<ArmRecord> {
  const stops: (() => Promise<unknown>)[] = []
  try {
    return await runStages(options, stops)
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

async function runStages(options: ArmOptions, stops: (() => Promise<unknown>)[]): Promise<ArmRecord> {
  const { arm, scenario, replay, clock, planted } = options
  const warden = startWarden(options.dataDir)
  stops.push(() => warden.stop())
  const console_ = arm === 'with-plimsoll' ? await startLookout(options, warden, stops) : null
  const logFile = join(options.dataDir, 'shop.log')
  const shop = await startShop({
    cwd: options.root,
    dataDir: join(options.dataDir, 'shop'),
    logFile,
    port: await pickPort(),
    watch: console_
      ? { consoleUrl: console_.part().url, tokenFile: console_.part().agentTokenFile, signalsFile: null }
      : null,
    act: options.settings?.act,
    heapLimitMb: scenario.heapLimitMb,
    isHeard: false,
    flags: [
      ...['--workers', String(scenario.workerCount)],
      ...(arm === 'as-in-2023' ? ['--no-restart'] : []),
      ...(replay.isRegistered ? ['--leak-registered'] : []),
    ],
    version: options.version,
    main: options.main,
    onSpawn: (part) => warden.watch(part),
  })
  stops.push(() => shop.stop())

  const sketch: ArmSketch = { arm, seconds: [], milestones: { ...noMilestones } }
  const { seconds, milestones } = sketch
  const watch = new WorkerWatch(shop)
  const latencyAlert = new LatencyAlert()
  const memoryGuard = arm === 'as-good-teams-today' ? new MemoryGuard(scenario) : null
  let faultAtMs = Infinity
  const plannedFaultAtMs = clock.nowMs() + scenario.warmUpMs
  const sinceFault = (atMs: number) => atMs - (faultAtMs === Infinity ? plannedFaultAtMs : faultAtMs)

  const traffic = startShoppers(options, shop, (second) => {
    const sinceFaultMs = sinceFault(second.atMs)
    const rssBytes = Object.fromEntries(watch.workers.map(({ name, rssBytes }) => [name, rssBytes]))
    const { requestCount, failureCount, latencyMsP99 } = second
    seconds.push({ sinceFaultMs, requestCount, failureCount, latencyMsP99, rssBytes })
    if (latencyAlert.fires(second) && sinceFaultMs >= 0) milestones.detected ??= sinceFaultMs
    options.onProgress(sketch, describe(second, sinceFaultMs))
  })
  stops.push(() => traffic.stop().catch(() => {}))

  /** Looks once a second until the arm's clock says so, or until there is nothing more to see. */
  const lookUntil = async (untilMs: number, isOver: () => boolean = () => false) => {
    while (clock.nowMs() < untilMs && !isOver()) {
      options.abortSignal.throwIfAborted()
      await watch.look()
      if (faultAtMs < Infinity && watch.gone.length > 0) milestones.firstDeath ??= sinceFault(clock.nowMs())
      const restarted = memoryGuard?.guard(watch.workers)
      if (restarted && faultAtMs < Infinity) milestones.mitigated ??= sinceFault(clock.nowMs())
      if (memoryGuard?.isAlerting && faultAtMs < Infinity) milestones.detected ??= sinceFault(clock.nowMs())
      if (console_ && !console_.isDown) Object.assign(milestones, (await console_.read(faultAtMs)).milestones)
      await delay(clock, SECOND_MS)
    }
  }

  await lookUntil(plannedFaultAtMs)
  memoryGuard?.rest(watch.workers)
  await options.begin({ shop, traffic, scenario, forMs: options.troubleMs })
  faultAtMs = clock.nowMs()
  traffic.setPhase('leak')
  let isTold = false
  const meanwhile = console_
    ? options.meanwhile?.({ lookout: console_, clock, faultAtMs, isOver: () => isTold || options.abortSignal.aborted })
    : undefined
  // It is looked at when it is awaited; until then its failure is nobody's surprise.
  meanwhile?.catch(() => {})
  const isArmOver = () => {
    if (memoryGuard) return replay.isFast && memoryGuard.restartCount > 0
    if (arm !== 'as-in-2023' || milestones.firstDeath === null) return false
    return sinceFault(clock.nowMs()) - milestones.firstDeath > scenario.endsAfterDeathMs
  }
  await lookUntil(faultAtMs + scenario.leakMs[arm], isArmOver)
  isTold = true
  await meanwhile

  const act = scenario.hasLastAct && console_ ? await deployTheCure() : { floors: null }
  const report = await traffic.stop()
  const reading = console_ ? await console_.untilResolved(faultAtMs) : null
  if (reading) Object.assign(milestones, reading.milestones, { fixed: milestones.fixed })
  const lastAct = report.phases.find(({ phase }) => phase === 'last act')
  const deaths = diedWorkers(logFile).filter((pid) => !memoryGuard?.restartedPids.has(pid))
  // Only a worker that died of the leak tells the time to death; one that was ended by somebody does not.
  if (deaths.length === 0) milestones.firstDeath = null
  milestones.firstHarm = firstHarmMs(seconds)
  return {
    ...sketch,
    traffic: report,
    deathCount: deaths.length,
    restartCount: memoryGuard?.restartCount ?? reading?.rotationCount ?? 0,
    culprit: reading?.culprit ?? null,
    isCulpritRight: reading ? reading.isCulprit(planted) : null,
    incidents: reading?.incidents ?? null,
    actions: reading?.actions ?? [],
    postmortem: reading?.postmortem ?? null,
    incident: reading?.incident ?? null,
    messages: console_?.messages() ?? [],
    kills: (console_?.kills ?? []).map(sinceFault),
    floors: act.floors,
    lastActFailures: lastAct?.failures ?? null,
  }

  /** The last act: the cured cache goes live worker by worker, under the same shoppers. */
  async function deployTheCure() {
    const leakingBytes = await console_!.deepestFloor()
    await shop.control.switchOff(replay.leak)
    traffic.setPhase('last act')
    const before = await shop.control.status()
    const old = new Set(before.workers.map(({ pid }) => pid))
    process.kill(before.primaryPid, 'SIGHUP')
    let isDeployed = false
    const until = clock.nowMs() + scenario.lastActMs
    await lookUntil(until, () => {
      isDeployed = watch.workers.length === scenario.workerCount && watch.workers.every(({ pid }) => !old.has(pid))
      return isDeployed
    })
    if (isDeployed) milestones.fixed = sinceFault(clock.nowMs())
    await lookUntil(until)
    const curedBytes = await console_!.deepestFloor()
    return { floors: leakingBytes !== null && curedBytes !== null ? { leakingBytes, curedBytes } : null }
  }
}

function startShoppers(options: ArmOptions, shop: ShopPart, onSecond: (second: TrafficSecond) => void): TrafficProcess {
  const { scenario, arm, replay } = options
  const parameters: ShopVisitors = {
    crawlerCount: scenario.crawlerCount,
    crawlerPauseMs: scenario.crawlerPauseMs,
    thinkMs: scenario.thinkMs,
  }
  return startTrafficProcess({
    origin: shop.url,
    seed: replay.seed,
    ratePerSec: scenario.sessionsPerSec,
    durationMs: scenario.warmUpMs + scenario.leakMs[arm] + scenario.lastActMs + 120 * SECOND_MS,
    maxSessions: 20_000,
    requestTimeoutMs: 5 * SECOND_MS,
    phase: 'calm',
    scenario: scenarioUrl,
    parameters,
    onSecond,
  })
}

/** Process numbers of the workers that the shop itself says have died. */
function diedWorkers(logFile: string): number[] {
  return readFileSync(logFile, 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (!line.includes('"worker died"')) return []
      try {
        return [(JSON.parse(line) as { pid: number }).pid]
      } catch (error) {
        throw new Error(`The shop's log has a line that is no event: ${messageOf(error)}`)
      }
    })
}

function describe(second: TrafficSecond, sinceFaultMs: number): string {
  const time =
    sinceFaultMs < 0
      ? `${Math.round(-sinceFaultMs / 1000)} s before the leak`
      : `${Math.round(sinceFaultMs / 1000)} s into the leak`
  return `${time}: ${second.requestCount} requests/s, ${second.failureCount} failed, p99 ${Math.round(second.latencyMsP99)} ms`
}
