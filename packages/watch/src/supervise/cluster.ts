import type { Server } from 'node:net'
import { formatDuration, MiB, type Timer } from '@plimsoll/core'
import type { CommandOutcome, CommandProgress, WatchContext } from '../context.ts'
import { drainServers } from '../watchdog/action/drain.ts'
import { observeForks, type Fleet, type FleetWorker } from './fleet.ts'
import { judgeRoom, readMemoryRoom, readRssBytes } from './memory-room.ts'
import { closeLimitMs, onPrimaryMessage, sendToPrimary, sendToWorker, type DrainMessage } from './private-channel.ts'
import { crashLoopCount, crashSignalOf, defaultRestartPolicy } from './restart.ts'
import { defaultRotationLimits, replaceWorker, type RotationLimits } from './rotation.ts'

/** What a worker needs when nobody has seen one start. */
const unknownNeedBytes = 256 * MiB
/** Serving doubles what a worker had when it began to listen: caches fill, code gets optimised. */
const growthFactor = 2
const { windowMs: crashWindowMs } = defaultRestartPolicy
/** Enough to tell a loop; more is only a larger number in a sentence. */
const maxCrashesKept = 100
const maxReplacedKept = 100

/** The primary's side of the watch: knows the workers, replaces one on command. Costs nothing until the first fork. */
export function attachPrimary(context: WatchContext, limits: RotationLimits = defaultRotationLimits): Fleet {
  const { clock } = context
  /** Largest memory of a worker at the moment it began to listen. */
  let youngRssBytes = 0
  /** Settled when the latest rotation and the pause after it are over: they go one at a time. */
  let queue: Promise<void> = Promise.resolve()
  let crashesAtMs: number[] = []
  /** How rotations ended that were done, by the instance that was replaced: whoever orders one of them again gets the same answer. */
  const replaced = new Map<string, CommandOutcome>()
  const tellFailure = rethrowGuarded(context, 'rotation')

  const fleet = observeForks({
    workerEnvironment: context.workerEnvironment,
    onFork: context.guard('fork', () => {
      if (context.identity.role === 'primary') return
      context.becomePrimary()
      context.handle('rotate', (command, progress) => enqueue(command.target, command.expiresAtMs, progress))
    }),
    onListening: context.guard('worker listening', (worker: FleetWorker) => {
      youngRssBytes = Math.max(youngRssBytes, readRssBytes(worker.worker.process.pid ?? 0) ?? 0)
    }),
    onMessage: context.guard('worker message', (worker, message) => {
      if (message.kind === 'drained') {
        worker.drainSentence = message.sentence
        sendToWorker(worker.worker, { kind: 'leave' })
      }
      if (message.kind === 'autopsy') worker.isInAutopsy = true
      if (message.kind === 'hello') {
        worker.instance = message.instance
        worker.name = message.name
      }
      if (message.kind === 'ask-rotation') rotateByItself(worker, message.reason).catch(tellFailure)
    }),
    onExit: context.guard('worker exit', (worker, code, signal) => {
      const cause = crashSignalOf({ code, signal }) ?? (code ? `exit code ${code}` : null)
      if (cause !== null && !worker.worker.exitedAfterDisconnect) tellCrash(worker, cause)
    }),
  })
  return fleet

  function tellCrash(worker: FleetWorker, cause: string): void {
    const nowMs = clock.monotonicMs()
    crashesAtMs = [...crashesAtMs.filter((atMs) => nowMs - atMs < crashWindowMs), nowMs].slice(-maxCrashesKept)
    const isLoop = crashesAtMs.length >= crashLoopCount
    const who = `${worker.name} (PID ${worker.worker.process.pid}) crashed: ${cause}.`
    const loop = ` Crash ${crashesAtMs.length} of this cluster within ${formatDuration(crashWindowMs)}.`
    context.tellSignal({
      kind: isLoop ? 'crash-loop' : 'crash',
      severity: isLoop ? 'critical' : 'warning',
      // A crash alone claims nothing about memory.
      verdict: 'afloat',
      signature: `${isLoop ? 'crash-loop' : 'crash'}:${context.identity.service}:${cause}`,
      sentence: isLoop ? who + loop : who,
    })
  }

  async function enqueue(target: string, expiresAtMs: number, progress: CommandProgress): Promise<CommandOutcome> {
    const before = queue
    let release = (): void => {}
    queue = new Promise((resolve) => (release = resolve))
    try {
      await before
      if (clock.nowMs() > expiresAtMs) return refused('It waited for another rotation until it had expired.')
      return await rotate(target, progress)
    } finally {
      clock.after(limits.pauseMs, release)
    }
  }

  async function rotate(target: string, progress: CommandProgress): Promise<CommandOutcome> {
    const earlier = replaced.get(target)
    if (earlier) return earlier
    const old = [...fleet.workers.values()].find((worker) => worker.instance === target)
    if (!old)
      return refused(`No worker of ${context.identity.name} is called ${target}: it has ended or was replaced already.`)
    if (old.addresses.size === 0)
      return refused(`${old.name} listens nowhere; two of it might do the same work twice, so it is not doubled.`)
    const room = judgeRoom(readMemoryRoom(), growthFactor * youngRssBytes || unknownNeedBytes)
    if (!room.hasRoom) return refused(`No room for a second ${old.name}: ${room.sentence}.`)
    const outcome = await replaceWorker(old, () => fleet.forkLike(old), limits, clock, progress)
    if (outcome.status === 'done') replaced.set(target, outcome)
    if (replaced.size > maxReplacedKept) replaced.delete(replaced.keys().next().value!)
    return outcome
  }

  /** A worker near its limit asks for it, since no console commands. */
  async function rotateByItself(worker: FleetWorker, reason: string): Promise<void> {
    if (worker.instance === null || worker.isAskedFor) return
    worker.isAskedFor = true
    const action = `rotate ${worker.name}`
    context.tellAction({ action, status: 'started', sentence: `${worker.name} is being replaced: ${reason}` })
    try {
      const { status, sentence } = await enqueue(worker.instance, Infinity, () => {})
      context.tellAction({ action, status, sentence })
    } finally {
      worker.isAskedFor = false
    }
  }
}

/** A rejection nobody handles would end the host. */
function rethrowGuarded(context: WatchContext, where: string): (error: unknown) => void {
  return context.guard(where, (error: unknown) => {
    throw error
  })
}

function refused(sentence: string): CommandOutcome {
  return { status: 'refused', sentence }
}

/** A worker's side: tells its primary who it is, and drains when told to. */
export function attachWorker(
  context: WatchContext,
  servers: () => Server[],
  autopsy: () => string | null = () => null,
): { askForRotation(reason: string): void } {
  const { instance, name } = context.identity
  sendToPrimary({ kind: 'hello', instance, name })
  const tellFailure = rethrowGuarded(context, 'drain')
  let leaveByMs: number | null = null
  let exit: Timer | null = null
  let wantsAutopsy = false
  onPrimaryMessage(
    context.guard('message of the primary', (message) => {
      if (message.kind === 'leave') leave()
      else if (leaveByMs === null) drain(message).catch(tellFailure)
    }),
  )
  return { askForRotation: (reason) => sendToPrimary({ kind: 'ask-rotation', reason }) }

  async function drain(limits: DrainMessage): Promise<void> {
    leaveByMs = context.clock.monotonicMs() + limits.limitMs
    wantsAutopsy = limits.wantsAutopsy
    const { sentence } = await drainServers(servers(), limits, context.clock)
    sendToPrimary({ kind: 'drained', sentence })
    exitInTime()
  }

  function exitInTime(): void {
    exit?.cancel()
    const leftMs = (leaveByMs ?? 0) - context.clock.monotonicMs()
    exit = context.clock.after(Math.max(closeLimitMs, leftMs), () => process.exit(0))
  }

  /**
   * The primary may have handed us a connection while we closed. It has arrived by now, since messages keep their order, and was
   * refused; the refusal must be out before we are, or its client waits in vain.
   */
  function leave(): void {
    if (wantsAutopsy) sendToPrimary({ kind: 'autopsy' })
    sendToPrimary({ kind: 'left' }, () => {
      const found = wantsAutopsy ? autopsy() : null
      if (found !== null)
        context.tellAction({ action: 'autopsy', status: 'done', sentence: `${context.identity.name}: ${found}.` })
      // An app that listens for SIGTERM has something to close in order: pools, files. It gets what is left of the time, and its
      // second when the drain or the autopsy, in which the loop stands still, took all of it.
      exitInTime()
      if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM')
      else process.exit(0)
    })
  }
}
