import type { Worker } from 'node:cluster'
import { formatDuration, type Clock } from '@plimsoll/core'
import { longestDrainMs } from '../watchdog/action/drain.ts'
import { closeLimitMs, sendToWorker } from './private-channel.ts'

/** A worker as its primary's watch knows it. */
export interface Rotatable {
  readonly worker: Worker
  /** From its own watch; null until that has said hello. */
  readonly instance: string | null
  readonly name: string
  /** Where it listens; empty for one that consumes a queue or counts beans. */
  readonly addresses: ReadonlySet<string>
  /** How its drain went, once it has told: `drained in 1.8 s`. */
  readonly drainSentence: string | null
  /** It serves nobody any more and looks into its heap. */
  readonly isInAutopsy: boolean
}

export interface RotationLimits {
  /** A replacement that does not listen by then is given up, and the old worker stays. */
  listenLimitMs: number
  /** See `DrainLimits`. */
  drainGraceMs: number
  drainLimitMs: number
  /** What a drained worker may take to write its heap down. */
  autopsyLimitMs: number
  /** Between one rotation and the next, so that its effect shows before the next worker is touched. */
  pauseMs: number
}

export const defaultRotationLimits: RotationLimits = {
  listenLimitMs: 60_000,
  // Node's servers end an idle connection after 5 s themselves, and tell their clients so: closed later than that, none is lost that
  // would not have been lost any day. Closed after 1.5 s, one request of 164,398 met a closing door (bench/rotation/drop-none.js).
  drainGraceMs: 5500,
  drainLimitMs: 10_000,
  autopsyLimitMs: 60_000,
  pauseMs: 5000,
}

export type RotationOutcome = { status: 'done' | 'refused' | 'failed'; sentence: string; replacement: string | null }

/**
 * Replaces one worker of a cluster: the new one first, the old one drained only when the new one listens.
 *
 *     old  ───────── serves ─────────┬─ drains ─┤ exits
 *     new       fork ── starts ── listens ── serves ──────►
 *
 * If one of the two ends that must not be mourned, the app finds `exitedAfterDisconnect` set, which is how a cluster is told that an
 * end was wanted: with the old one always, with the new one until it listens.
 */
export async function replaceWorker(
  old: Rotatable,
  fork: () => Rotatable,
  limits: RotationLimits,
  clock: Clock,
  progress: (sentence: string, replacement: string | null) => void,
): Promise<RotationOutcome> {
  const startedAtMs = clock.monotonicMs()
  const fresh = fork()
  const mournOld = wantEndOf(old.worker)
  const mournFresh = wantEndOf(fresh.worker)
  progress(`A replacement for ${old.name} starts (PID ${fresh.worker.process.pid}).`, null)
  const start = await startOf(fresh, old.addresses.size, limits.listenLimitMs, clock)
  if (start !== 'listens') {
    fresh.worker.process.kill('SIGKILL')
    const why =
      start === 'exited' ? 'ended before it listened' : `did not listen within ${formatDuration(limits.listenLimitMs)}`
    mournOld()
    // If the old one died meanwhile, nobody was told to start another: this last fork is an ordinary one, and the app's to look after.
    const wasLost = old.worker.isDead()
    if (wasLost) fork()
    const rest = wasLost ? `another was started, since ${old.name} ended meanwhile` : `${old.name} stays`
    return { status: 'failed', sentence: `The replacement ${why}; ${rest}.`, replacement: null }
  }
  mournFresh()
  const replacement = fresh.instance
  progress(
    `${fresh.name} listens (PID ${fresh.worker.process.pid}); ${old.name} (PID ${old.worker.process.pid}) drains.`,
    replacement,
  )
  const wasKilled = await endOf(old, limits, clock)
  const end = wasKilled ? 'did not end by itself and was killed' : (old.drainSentence ?? 'ended')
  const span = formatDuration(clock.monotonicMs() - startedAtMs)
  return {
    status: 'done',
    sentence: `${old.name} was replaced in ${span}: PID ${fresh.worker.process.pid} serves, PID ${old.worker.process.pid} ${end}.`,
    replacement,
  }
}

/**
 * Sets the flag at the last moment, ahead of Node's own listeners, which copy it into the events that an app's restart logic hears.
 * Set any earlier, Node would refuse the worker its listening socket. Answers how to take it back.
 */
function wantEndOf(worker: Worker): () => void {
  const mark = (): void => {
    worker.exitedAfterDisconnect = true
  }
  worker.process.prependListener('exit', mark).prependListener('disconnect', mark)
  return () => void worker.process.off('exit', mark).off('disconnect', mark)
}

function startOf(
  fresh: Rotatable,
  addressCount: number,
  limitMs: number,
  clock: Clock,
): Promise<'listens' | 'exited' | 'late'> {
  return new Promise((resolve) => {
    const limit = clock.after(limitMs, () => settle('late'))
    const onListening = (): void => {
      if (fresh.addresses.size >= addressCount) settle('listens')
    }
    const onExit = (): void => settle('exited')
    const settle = (outcome: 'listens' | 'exited' | 'late'): void => {
      limit.cancel()
      fresh.worker.off('listening', onListening).off('exit', onExit)
      resolve(outcome)
    }
    fresh.worker.on('listening', onListening).on('exit', onExit)
  })
}

/** Drains it and waits for its end; answers whether it had to be killed. */
function endOf(old: Rotatable, limits: RotationLimits, clock: Clock): Promise<boolean> {
  if (old.worker.isDead()) return Promise.resolve(false)
  return new Promise((resolve) => {
    let wasKilled = false
    // The worker cuts what is left at its limit by itself and closes its things; a second more is for messages on the way.
    const kill = (): void => {
      wasKilled = true
      old.worker.process.kill('SIGKILL')
    }
    const limitMs = limits.drainLimitMs
    let limit = clock.after(longestDrainMs({ limitMs }) + closeLimitMs + 1000, () => {
      if (old.isInAutopsy) limit = clock.after(limits.autopsyLimitMs, kill)
      else kill()
    })
    old.worker.once('exit', () => {
      limit.cancel()
      resolve(wasKilled)
    })
    const { drainGraceMs: graceMs, autopsyLimitMs } = limits
    sendToWorker(old.worker, { kind: 'drain', graceMs, limitMs, wantsAutopsy: autopsyLimitMs > 0 })
  })
}
