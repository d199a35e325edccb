import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { PlimsollError } from '@plimsoll/core'

import type { RateCurve } from './arrivals.ts'
import type { TrafficSecond } from './ledger.ts'
import { resolveTrafficOptions, toCurve, type TrafficPlan } from './options.ts'
import type { News, Order } from './traffic-protocol.ts'
import type { TrafficPause, TrafficReport } from './traffic.ts'

export interface TrafficProcessOptions extends TrafficPlan {
  /** Module that exports `createScenario` (a {@link CreateScenario}): a `file:` URL, as `import.meta.resolve` gives it. */
  scenario: string
  /** JSON that `createScenario` gets. */
  parameters?: unknown
  /** Called once a second with what happened in it. */
  onSecond?(second: TrafficSecond): void
}

/** Traffic under way in a process of its own. */
export interface TrafficProcess {
  readonly pid: number
  setRate(rate: number | RateCurve): void
  setPhase(name: string): void
  /** See {@link Traffic.setWeights}. */
  setWeights(weights: Readonly<Record<string, number>>): void
  /** See {@link Traffic.pause}. @throws TrafficProcessError when the process ends meanwhile */
  pause(withinMs: number): Promise<TrafficPause>
  resume(rate: number | RateCurve): void
  /** Ends it early and answers what it was like. */
  stop(): Promise<TrafficReport>
  /** Resolves when it has ended by itself or was stopped. @throws TrafficProcessError when the process failed or was killed */
  readonly done: Promise<TrafficReport>
}

/** The traffic process could not start its scenario, or died. */
export class TrafficProcessError extends PlimsollError {
  constructor(why: string) {
    super('PLIMSOLL_TRAFFIC_PROCESS', `The traffic process ${why}`)
  }
}

/**
 * Starts traffic in a child process, so that driving it takes nothing from this process' event loop, nor the other way round. The
 * child ends when its duration is over, when it is stopped, and when this process dies, however it dies.
 * @throws InvalidOptionError, NotLoopbackError as {@link startTraffic} does, before anything is started
 */
export function startTrafficProcess(options: TrafficProcessOptions): TrafficProcess {
  const { scenario, parameters = null, onSecond = () => {}, ...plan } = options
  // Tells faults here, where a stack helps; who comes is the child's to know.
  resolveTrafficOptions({ ...plan, journeys: { anyone: { weight: 1, run: async () => {} } } })
  const child = fork(fileURLToPath(new URL('./traffic-child.js', import.meta.url)), {
    execArgv: [],
    // What watches this process must not attach to the generator.
    env: { ...process.env, NODE_OPTIONS: '', PLIMSOLL: 'off' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const pauses: ((pause: TrafficPause) => void)[] = []
  const done = new Promise<TrafficReport>((resolve, reject) => {
    child.on('message', (news: News) => {
      if (news.type === 'second') onSecond(news.second)
      if (news.type === 'paused') for (const resume of pauses.splice(0)) resume(news.pause)
      if (news.type === 'report') resolve(news.report)
      if (news.type === 'failed') reject(new TrafficProcessError(`could not start: ${news.message}`))
    })
    child.once('error', (error) => reject(new TrafficProcessError(`could not be started: ${error.message}`)))
    child.once('exit', (code, signal) =>
      reject(new TrafficProcessError(`ended without a report (${signal ?? `exit code ${code}`})`)),
    )
  })
  // Whoever wants to know awaits `done`; a process that dies unasked for must not take its parent along.
  done.catch(() => {})
  tell(child, { type: 'start', plan, scenario, parameters })
  return {
    pid: child.pid ?? 0,
    setRate(rate) {
      toCurve(rate)
      tell(child, { type: 'set-rate', rate })
    },
    setPhase: (name) => tell(child, { type: 'set-phase', name }),
    setWeights: (weights) => tell(child, { type: 'set-weights', weights: { ...weights } }),
    pause(withinMs) {
      const paused = new Promise<TrafficPause>((resolve) => void pauses.push(resolve))
      tell(child, { type: 'pause', withinMs })
      const ended = done.then(() => {
        throw new TrafficProcessError('ended while it was paused')
      })
      return Promise.race([paused, ended])
    },
    resume(rate) {
      toCurve(rate)
      tell(child, { type: 'resume', rate })
    },
    stop() {
      tell(child, { type: 'stop' })
      return done
    },
    done,
  }
}

function tell(child: ChildProcess, order: Order): void {
  if (child.connected) child.send(order, () => {})
}
