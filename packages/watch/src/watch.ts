import cluster from 'node:cluster'
import type { Server } from 'node:net'
import { totalmem } from 'node:os'
import { messageOf, systemClock, systemRandom } from '@plimsoll/core'
import type { Identity, Sample } from '@plimsoll/core/wire'
import { CommandDesk, refusalOf } from './command-desk.ts'
import type { CommandHandler, WatchContext } from './context.ts'
import { createGuard, type Guard } from './guard.ts'
import { createIdentity } from './identity.ts'
import { privateVariables, resolveOptions, type ResolvedWatchOptions } from './options.ts'
import { metricsKey } from './metrics.ts'
import type { Probe } from './probe.ts'
import { readProcessFacts } from './process-facts.ts'
import type { MemoryVerdict } from './report/metrics.ts'
import { writeToStderr } from './report/stderr.ts'
import type { Reading } from './sample/sampler.ts'
import { CachesSource } from './sample/source/caches.ts'
import { HttpSource } from './sample/source/http.ts'
import { SqlSource } from './sample/source/sql.ts'
import { attachPrimary, attachWorker } from './supervise/cluster.ts'
import { supervisorVariable } from './supervise/lifeline.ts'
import { observeServers } from './supervise/listening-servers.ts'
import { markStart } from './supervise/start-mark.ts'
import { WatchdogThread } from './watchdog-thread.ts'
import type { WatchdogData, WatchdogMessage } from './watchdog/messages.ts'
import { createSharedState, sharedState, waitUntilLetGo } from './watchdog/shared-state.ts'

/** Programs that end sooner than this never pay for a thread. */
const START_DELAY_MS = 1000
/** How much later a process may end for having said so. */
const FAREWELL_LIMIT_MS = 400

/** Loaded with the thread: see late.ts. */
type Late = typeof import('./late.ts')

/**
 * Attaches the watch to this process. At once: its place in a cluster and its ears on the channels, which would miss what
 * happens first. A second later, and only if the process still lives: the probe and the watchdog thread. Answers who we are,
 * or null when it did not attach.
 */
export function startWatch(): Identity | null {
  const guard = createGuard((where, thrown) => thread.send({ kind: 'trouble', where, message: messageOf(thrown) }))
  const thread = new WatchdogThread(say)
  const given = readOptions()
  if (!given || given.isOff) return null
  const options: ResolvedWatchOptions = given
  let identity = createIdentity(options, readProcessFacts(), systemRandom)
  let state: Int32Array | null = null
  let late: Late | null = null
  const desk = new CommandDesk((message) => thread.send(message))
  let standing: readonly MemoryVerdict[] = []
  const context: WatchContext = {
    get identity() {
      return identity
    },
    options,
    clock: systemClock,
    workerEnvironment: {
      PLIMSOLL_CONTROLLER: identity.instance,
      ...(options.token === null ? {} : { PLIMSOLL_TOKEN: options.token }),
    },
    becomePrimary() {
      identity = { ...identity, role: 'primary' }
      thread.send({ kind: 'identity', identity })
    },
    handle: (kind, handler) => desk.handle(kind, handler),
    tellAction: ({ action, status, sentence, severity = 'info' }) =>
      thread.send({
        kind: 'signal',
        signal: {
          kind: 'action',
          severity,
          verdict: 'afloat',
          signature: `action:${action}`.slice(0, 200),
          sentence,
          actions: [{ action, status, atMs: systemClock.nowMs(), sentence }],
        },
      }),
    tellSignal: (signal) => thread.send({ kind: 'signal', signal }),
    guard,
  }
  const lookInside = (): string | null => {
    if (state) Atomics.store(state, sharedState.isDying, 1)
    return late?.autopsyOf(identity, options) ?? null
  }
  const mark = markStart(process.env, process.execArgv)
  const servers = observeServers(() => mark.note('listens'))
  const place = attachToCluster(context, servers, lookInside)
  const listening = cluster.isWorker ? () => [] : servers
  // The global of that name is an accessor, and this is asked twice for every request.
  const { performance } = globalThis
  const http = new HttpSource(guard, () => performance.now())
  const sql = new SqlSource(guard)
  const caches = new CachesSource(guard)

  const start = guard('start', (loaded: Late) => {
    const { Probe, MetricTotals, ProfileFiles, findHeapLimit, noteRaisedLimit, readDescriptorCount, runCacheAction } =
      loaded
    const heapLimitBytes = findHeapLimit(
      process.execArgv,
      process.env['NODE_OPTIONS'] ?? '',
      Number(process.versions.node.split('.')[0]),
    )
    const farewell = new SharedArrayBuffer(4)
    const shared = createSharedState()
    const seen = (state = new Int32Array(shared))
    process.on('exit', () => waitUntilLetGo(seen))
    // Only then may the last stand be armed.
    if (options.act === 'safe') noteRaisedLimit(seen)
    const facts = readWatchdogFacts(options)
    if (!thread.start({ ...facts, identity, options, farewell, state: shared, heapLimitBytes }, guard)) return
    const lockKey = cluster.isWorker ? (options.controller ?? String(process.ppid)) : null
    const totals = new MetricTotals()
    Object.defineProperty(globalThis, metricsKey, {
      value: () => totals.render(identity, standing, readDescriptorCount()),
      configurable: true,
    })
    const { profilesFolder: folder } = options
    const profileFiles =
      folder === null
        ? null
        : new ProfileFiles({ folder, name: identity.name, clock: systemClock, nowMs: () => systemClock.nowMs() })
    if (profileFiles) desk.handle('capture-profile', () => profileFiles.captureCpu())
    const probe = new Probe({
      guard,
      profileFiles,
      http,
      sql,
      caches,
      heapLimitBytes,
      memoryLimitBytes: Math.min(options.memoryLimitBytes ?? Infinity, constrainedMemory(), totalmem()),
      lockKey,
      heartbeat: seen,
      send(message) {
        if (message.kind === 'reading' && late) totals.add(wholeSample(message.reading, late))
        thread.send(message)
      },
    })
    thread.listen(guard('order', (message: WatchdogMessage) => obey(message, probe)))
    if (options.consoleUrl !== null) {
      process.once(
        'exit',
        guard('exit', (exitCode: number) => {
          thread.send({ kind: 'exit', exitCode })
          if (!thread.isRunning) return
          // The thread talks by itself while this one waits; a console that is away costs nothing, a slow one this much.
          Atomics.wait(new Int32Array(farewell), 0, 0, FAREWELL_LIMIT_MS)
        }),
      )
    }
    const cacheAction: CommandHandler = (command) =>
      runCacheAction(command, {
        clock: systemClock,
        find: (name) => caches.find(name),
        measureBytes: (hasLetGo) => probe.measureNow(hasLetGo),
        noteCleared: () => probe.noteCleared(),
      })
    if (!cluster.isWorker && mayLeave(options) && !desk.has('rotate')) {
      desk.handle('rotate', async () => {
        if (listening().length === 0 && options.replace !== 'exit')
          return { status: 'refused', sentence: refusalOf('rotate') }
        void startToLeave('it was told to').catch(rethrow('leave', guard))
        return { status: 'done', sentence: `${identity.name} drains and ends, for another one to start.` }
      })
    }
    desk.handle('clear-cache', cacheAction)
    desk.handle('shrink-cache', cacheAction)
  })
  const tellFailure = rethrow('start', guard)
  systemClock.after(START_DELAY_MS, () => {
    import('./late.ts')
      .then((loaded) => start((late = loaded)))
      .catch(tellFailure)
      // Whether it began or could not: from here on the supervisor has nothing to look for.
      .finally(() => mark.note('watched'))
  })
  return identity

  function obey(message: WatchdogMessage, probe: Probe): void {
    if (message.kind === 'pace') probe.setSuspicion(message.isSuspicious, message.isUnexplained)
    else if (message.kind === 'trap') probe.trap(message.holderId)
    else if (message.kind === 'profile') probe.setProfiling(message.isOn, message.isThorough)
    else if (message.kind === 'reach') probe.reach(message.starts)
    else if (message.kind === 'rotation-wanted') place?.askForRotation(message.reason)
    else if (message.kind === 'standing') standing = message.verdicts
    else if (message.kind === 'leave') startToLeave(message.reason).catch(rethrow('leave', guard))
    else if (message.kind === 'command') void desk.carryOut(message.command)
  }

  async function startToLeave(reason: string): Promise<void> {
    if (!late) return
    const { defaultLeaveLimits, leave } = late
    const servers = listening()
    const action = `leave ${identity.name}`
    if (servers.length === 0 && options.replace !== 'exit') {
      const sentence = `${identity.name} listens nowhere, so it is not told to leave: whatever it works at would be cut off.`
      context.tellAction({ action, status: 'refused', sentence })
      return
    }
    context.tellAction({ action, status: 'started', sentence: `${identity.name} drains and ends: ${reason}` })
    const noticeMs = options.readyPath === null ? 0 : options.readyNoticeMs
    const limits = { ...defaultLeaveLimits, noticeMs }
    const tell = (sentence: string): void => context.tellAction({ action, status: 'done', sentence })
    await leave({
      clock: systemClock,
      limits,
      servers: () => servers,
      readyPath: options.readyPath,
      autopsy: () => (options.isEvidenceAsked ? lookInside() : null),
      tell,
    })
  }
}

/** Our place in a cluster: a worker may ask its primary to be replaced, a primary carries that out. */
function attachToCluster(
  context: WatchContext,
  servers: () => Server[],
  lookInside: () => string | null,
): { askForRotation(reason: string): void } | null {
  if (cluster.isWorker) return attachWorker(context, servers, lookInside)
  attachPrimary(context)
  return null
}

/** What the watchdog's thread could not read for itself. */
function readWatchdogFacts(
  options: ResolvedWatchOptions,
): Omit<WatchdogData, 'identity' | 'options' | 'farewell' | 'state' | 'heapLimitBytes'> {
  const { rss, heapUsed } = process.memoryUsage()
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? '']
  return {
    startMemory: { rssBytes: rss, heapBytes: heapUsed },
    workingDirectory: process.cwd(),
    canLeave: !cluster.isWorker && mayLeave(options),
    metricsPort: options.metricsPort === null ? null : metricsPortOf(options.metricsPort),
    machineBytes: totalmem(),
    isDebugged: flags.some((flag) => flag.includes('--inspect')),
    isTerminal: process.stderr.isTTY === true && !process.env['NO_COLOR'],
    terminalColumns: process.stderr.columns ?? 100,
  }
}

/** For `metrics()`, which the watchdog's part of a sample does not reach. The kernel is asked only when somebody calls it. */
function wholeSample({ sample }: Reading, { readCgroup, readThreadCount }: Late): Sample {
  return {
    ...sample,
    cpuWaitShare: null,
    get cgroup() {
      return readCgroup()
    },
    get threadCount() {
      return readThreadCount()
    },
    sites: [],
  }
}

/** Workers of one cluster inherit one setting and cannot share a port. */
function metricsPortOf(port: number): number {
  return port === 0 ? 0 : port + (cluster.worker?.id ?? 0)
}

/** Somebody starts it again: `plimsoll run`, or an orchestrator of which we were told. */
function mayLeave({ replace }: ResolvedWatchOptions): boolean {
  return replace === 'exit' || (replace === null && process.env[supervisorVariable] !== undefined)
}

function rethrow(where: string, guard: Guard): (thrown: unknown) => void {
  return guard(where, (thrown: unknown) => {
    throw thrown
  })
}

/** What the container may have; infinite where nothing is known. */
function constrainedMemory(): number {
  const bytes = process.constrainedMemory()
  return bytes > 0 ? bytes : Infinity
}

function readOptions(): ResolvedWatchOptions | null {
  try {
    const options = resolveOptions(process.env)
    for (const name of privateVariables) Reflect.deleteProperty(process.env, name)
    return options
  } catch (thrown) {
    say(`${messageOf(thrown)} The service runs unwatched.`)
    return null
  }
}

function say(sentence: string): void {
  writeToStderr(`plimsoll: ${sentence}\n`)
}
