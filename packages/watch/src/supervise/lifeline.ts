import { isMainThread } from 'node:worker_threads'
import { systemClock, type Clock } from '@plimsoll/core'
import { readProcessStat, type ProcessStat } from './process-stat.ts'

/** In the environment of everything a supervisor starts: `pid:startTicks:session`, the last two empty where `/proc` is absent. */
export const supervisorVariable = 'PLIMSOLL_SUPERVISOR'

/** 250 ms to notice and 1 s to end in order leave room below the two seconds promised, on a busy machine too. */
const pollMs = 250
const patienceMs = 1000

/** What the supervisor writes into {@link supervisorVariable}. */
export function describeSupervisor(pid: number, stat = readProcessStat(pid)): string {
  return `${pid}:${stat?.startTicks ?? ''}:${stat?.session ?? ''}`
}

/**
 * Ends this process when its supervisor is gone, so that nobody keeps the port of a service that nobody looks after: SIGTERM
 * first, SIGKILL a second later. Started on the main thread, and once more in the watchdog thread in case the main one hangs;
 * that one leaves the SIGTERM to the main thread, since many programs take a second one for impatience. A daemon that the
 * service detached (another session, another container) is no part of the service and lives on.
 */
export function startLifeline(environment: NodeJS.ProcessEnv, clock: Clock = systemClock): { stop(): void } {
  const supervisor = environment[supervisorVariable]
  if (!supervisor || !belongsTo(supervisor, readProcessStat(process.pid))) return { stop() {} }
  const poll = clock.every(pollMs, () => {
    if (!isGone(supervisor)) return
    poll.cancel()
    if (isMainThread) process.kill(process.pid, 'SIGTERM')
    clock.after(patienceMs, () => process.kill(process.pid, 'SIGKILL'))
  })
  return { stop: () => poll.cancel() }
}

export function belongsTo(supervisor: string, self: ProcessStat | null): boolean {
  const [, , session] = supervisor.split(':')
  return self === null || !session || session === String(self.session)
}

export function isGone(supervisor: string, readStat: (pid: number) => ProcessStat | null = readProcessStat): boolean {
  const [pidText, startTicks] = supervisor.split(':')
  const pid = Number(pidText)
  if (!Number.isInteger(pid) || pid <= 0) return false
  if (startTicks) {
    const stat = readStat(pid)
    return stat === null || stat.hasEnded || stat.startTicks !== startTicks
  }
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
