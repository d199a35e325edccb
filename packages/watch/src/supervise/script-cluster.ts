import cluster, { type Worker } from 'node:cluster'
import { formatDuration, SECOND_MS, systemClock, type Clock } from '@plimsoll/core'
import { sayLine } from '../report/stderr.ts'
import { forkEnvironmentOf } from './fleet.ts'
import { defaultRestartPolicy, exitCodeOf, judgeRestart, type Exit, type RestartDecision } from './restart.ts'
import { SignalDesk } from './signal-desk.ts'

/** Workers that are still there so long after a wish to end are killed. Kubernetes waits as long; who waits less ends us all. */
const endLimitMs = 30 * SECOND_MS

/**
 * Turns the script this process was started with into a cluster: this process becomes its primary and never runs the script, since
 * Node starts that only after the preloads, and the preload awaits this for ever. Ends the process when all workers have ended, with
 * the code of a worker that could not be kept alive, else with the highest.
 */
export function runScriptCluster(count: number, name: string, clock: Clock = systemClock): Promise<never> {
  const tell = (sentence: string): void => sayLine(`plimsoll: ${sentence}`)
  if (process.argv[1] === undefined) {
    tell('Workers need a script to run: plimsoll run --workers 3 -- node server.js')
    process.exit(2)
  }
  const crashesAtMs = new Map<string, number[]>()
  let hasServed = false
  let isEnding = false
  /** Of the worker that was given up. */
  let givenUpCode: number | null = null
  let highestCode = 0
  /** Restarts that wait for their time. */
  let waitingCount = 0

  // A worker stays listed until its channel is closed, which may come after its end.
  const workers = (): Worker[] =>
    Object.values(cluster.workers ?? {})
      .filter((worker) => worker !== undefined)
      .filter((worker) => !worker.isDead())
  const sendToAll = (signal: NodeJS.Signals): boolean => {
    workers().forEach((worker) => worker.process.kill(signal))
    return workers().length > 0
  }
  const expectEnd = (): void => {
    isEnding = true
    clock.after(endLimitMs, () => {
      // It is ended, and did not crash.
      for (const worker of workers()) worker.exitedAfterDisconnect = true
      sendToAll('SIGKILL')
    })
  }
  const leaveWhenEmpty = (): void => {
    if (waitingCount === 0 && workers().length === 0) process.exit(givenUpCode ?? highestCode)
  }
  const desk = new SignalDesk(sendToAll, expectEnd)

  /** A script that ends with 0 has done its work; one that fails before it ever served would fail again. */
  const judgeEnd = (who: string, exit: Exit): RestartDecision | { act: 'accept' } => {
    if (isEnding || exitCodeOf(exit) === 0) return { act: 'accept' }
    const nowMs = clock.monotonicMs()
    const crashes = [...(crashesAtMs.get(who) ?? []), nowMs].slice(-defaultRestartPolicy.maxRestarts - 1)
    crashesAtMs.set(who, crashes)
    if (!hasServed && exit.signal === null) return { act: 'give-up', crashCount: crashes.length }
    return judgeRestart(crashes, nowMs, defaultRestartPolicy)
  }
  const startAgain = async (environment: object, delayMs: number): Promise<void> => {
    waitingCount++
    await desk.sleep(delayMs, clock)
    waitingCount--
    if (isEnding) leaveWhenEmpty()
    else cluster.fork(environment)
  }

  cluster.on('listening', () => (hasServed = true))
  cluster.on('exit', (worker, code: number | null, signal: NodeJS.Signals | null) => {
    // The terminal was closed; a script that takes SIGHUP for something else would live on.
    if (signal === 'SIGHUP' && desk.hasHungUp && !isEnding) expectEnd()
    const environment = forkEnvironmentOf(worker)
    const who = String(environment['PLIMSOLL_NAME'])
    const exitCode = exitCodeOf({ code, signal })
    const decision = worker.exitedAfterDisconnect && !isEnding ? null : judgeEnd(who, { code, signal })
    if (decision?.act === 'accept') highestCode = Math.max(highestCode, exitCode)
    if (decision?.act === 'restart') {
      tell(`${who} ended with ${exitCode}. Another one starts in ${formatDuration(decision.delayMs)}.`)
      void startAgain(environment, decision.delayMs)
    }
    if (decision?.act === 'give-up') {
      givenUpCode ??= exitCode
      tell(`${who} ended with ${exitCode}${decision.crashCount > 1 ? ' again and again' : ''}. The service ends.`)
      expectEnd()
      sendToAll('SIGTERM')
    }
    leaveWhenEmpty()
  })
  for (let slot = 1; slot <= count; slot++) cluster.fork({ PLIMSOLL_NAME: `${name}-${slot}` })
  return new Promise(() => {})
}
