import { constants } from 'node:os'
import { formatDuration } from '@plimsoll/core'

/** How a process ended: by a code of its own or by a signal. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** When to start again what crashed. */
export interface RestartPolicy {
  /** Restarts within one window, then the crash passes through. 0: never restart. */
  maxRestarts: number
  /** Crashes older than this are forgiven, so that one a week never adds up to the end of the service. */
  windowMs: number
  /** Wait before the first restart of a window; doubles with each. */
  firstDelayMs: number
  maxDelayMs: number
}

/** Five restarts in ten minutes take 1 + 2 + 4 + 8 + 16 s of waiting: a passing fault has passed by then, a lasting one is told. */
export const defaultRestartPolicy: RestartPolicy = {
  maxRestarts: 5,
  windowMs: 10 * 60_000,
  firstDelayMs: 1000,
  maxDelayMs: 30_000,
}

/**
 * The signals a process does not choose: aborts (V8 out of memory is SIGABRT), faults, and SIGKILL, which is the kernel's
 * out-of-memory killer or a person in a hurry. SIGTERM, SIGINT, SIGHUP and the like are somebody's wish and no crash.
 */
const crashSignals: readonly NodeJS.Signals[] = [
  'SIGABRT',
  'SIGKILL',
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGTRAP',
]

/** The code a shell would report: 128 + the signal's number for a process that died of one. */
export function exitCodeOf(exit: Exit): number {
  if (exit.signal !== null) return 128 + (constants.signals[exit.signal] ?? 0)
  return exit.code ?? 0
}

/** The signal of a crash, also when a shell in between turned it into a code (134, 137 …); null for an end that is no crash. */
export function crashSignalOf(exit: Exit): NodeJS.Signals | null {
  return crashSignals.find((name) => exitCodeOf(exit) === 128 + constants.signals[name]) ?? null
}

/** From this crash of a window on, it is no accident any more: a crash loop. */
export const crashLoopCount = 3

/** What a restart needs to know of the past, and what it decides. `crashesAtMs` ends with the crash in question. */
export type RestartDecision =
  { act: 'restart'; delayMs: number; attempt: number } | { act: 'give-up'; crashCount: number }

export function judgeRestart(crashesAtMs: readonly number[], nowMs: number, policy: RestartPolicy): RestartDecision {
  const crashCount = crashesAtMs.filter((atMs) => nowMs - atMs < policy.windowMs).length
  if (crashCount > policy.maxRestarts) return { act: 'give-up', crashCount }
  return {
    act: 'restart',
    delayMs: Math.min(policy.firstDelayMs * 2 ** (crashCount - 1), policy.maxDelayMs),
    attempt: crashCount,
  }
}

/** A crash and what follows from it, for people. `who` is what they started: `node`, `web-2`. */
export function describeCrash(
  who: string,
  signal: NodeJS.Signals,
  uptimeMs: number,
  decision: RestartDecision,
  policy: RestartPolicy,
): string {
  const what = `${who} ${deathBy(signal)} after ${formatDuration(uptimeMs)}`
  if (decision.act === 'restart') {
    return `${what}. Restart ${decision.attempt} of ${policy.maxRestarts} in ${formatDuration(decision.delayMs)}.`
  }
  if (policy.maxRestarts === 0) return `${what}. It is not restarted, as asked.`
  const crashes = `crash ${decision.crashCount} within ${formatDuration(policy.windowMs)}`
  return `${what}: ${crashes}. It is not restarted again.`
}

function deathBy(signal: NodeJS.Signals): string {
  if (signal === 'SIGABRT')
    return 'aborted (SIGABRT: how Node ends when its memory runs out, and how the watch ends what hangs)'
  if (signal === 'SIGKILL') return 'was killed (SIGKILL, by a person or by the kernel for want of memory)'
  return `crashed (${signal})`
}
