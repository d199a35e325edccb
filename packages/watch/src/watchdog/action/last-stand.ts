import { Session } from 'node:inspector'
import { formatBytes, formatDuration, type Clock } from '@plimsoll/core'
import type { MemoryRoom } from '../../supervise/memory-room.ts'
import { sharedState } from '../shared-state.ts'

/** Of the limit, from which on the next burst may reach it: then it is armed. */
export const ARM_SHARE = 0.85
/** And let go again below this, after a while: an attached debugger costs some speed. */
const disarmShare = 0.7
const calmMs = 60_000
/** V8 multiplies the limit by four. A drain needs a fraction of that; this much, in limits, has to be there. */
const minRoomRatio = 0.5
/** A main thread that stays paused serves nobody: it is better started again. */
const pausedLimitMs = 5000

/** What is known when it is asked whether to arm. */
export interface StandView {
  /** The fullest the heap may be, in bytes. */
  heapBytes: number
  heapLimitBytes: number
  isArmed: boolean
  /** How long the heap was below the line for letting go, in ms. */
  calmMs: number
  isInspected: boolean
  room: MemoryRoom
}

export type StandDecision = { act: 'arm' } | { act: 'disarm' } | { act: 'refuse'; reason: string } | null

/** Arms late, lets go early, and only where the memory that V8 would allow is there. */
export function judgeLastStand(view: StandView): StandDecision {
  const { heapBytes, heapLimitBytes, isArmed, isInspected, room } = view
  if (isArmed) return view.calmMs >= calmMs ? { act: 'disarm' } : null
  if (heapBytes < ARM_SHARE * heapLimitBytes) return null
  if (isInspected) return { act: 'refuse', reason: 'a debugger is attached already, and it would be disturbed' }
  const neededBytes = minRoomRatio * heapLimitBytes
  if (room.freeBytes < neededBytes) {
    const free = `${formatBytes(room.freeBytes)} of the ${room.limitedBy}’s ${formatBytes(room.limitBytes)} are free`
    return { act: 'refuse', reason: `${free}, and ${formatBytes(neededBytes)} would be needed to drain` }
  }
  return { act: 'arm' }
}

export function isCalm(heapBytes: number, heapLimitBytes: number): boolean {
  return heapBytes < disarmShare * heapLimitBytes
}

/** As far as a last stand needs it. */
export interface MainSession {
  connectToMainThread(): void
  post(method: string, params?: object, callback?: (error: Error | null) => void): void
  on(event: string, listener: (message: { params: { reason?: string } }) => void): unknown
  disconnect(): void
}

export interface LastStandOptions {
  clock: Clock
  state: Int32Array
  heapLimitBytes: number
  readRoom(): MemoryRoom
  /** It stood at the limit, or could not be armed: whoever replaces the process should begin now. */
  onLimit(sentence: string): void
  onRefused(reason: string): void
  onArmed(tookMs: number): void
  /** The main thread stayed paused. */
  kill(): void
  openSession?: () => MainSession
}

/**
 * Survives the heap limit for long enough to drain. While a debugger is attached, V8 raises the limit to four times what it was when
 * the program is about to run out of memory, and pauses it, so that a person may look. Nobody looks here, so all scripts are told to
 * be none of the debugger's business: then the limit is raised without a pause (V8 breaks only if a frame on the stack is its
 * business). That matters beyond the time: listing the scopes of a paused frame trips a check inside V8 of Node 20 when the function
 * has not made its own scope yet, and the process dies. Code without a name may still be paused in, and is let go on at once.
 * `setSkipAllPauses` keeps a stray `debugger;` from stopping the service. All this is headroom and no cure: the limit stays raised, and
 * the leak goes on.
 */
export class LastStand {
  readonly #options: LastStandOptions
  #session: MainSession | null = null
  #calmSinceMs: number | null = null
  #hasStood = false
  #hasRefused = false

  constructor(options: LastStandOptions) {
    this.#options = options
    // Only a waiter that is there already hears of a main thread that blocks to wait for us.
    const { state } = options
    void waitAsync(state, sharedState.isLeaving, 0).then(() => this.disarm())
  }

  get isArmed(): boolean {
    return this.#session !== null
  }

  /** To be called every second or so with the fullest the heap may be now. */
  consider(heapBytes: number): void {
    const { clock, heapLimitBytes, state, readRoom, onRefused } = this.#options
    const nowMs = clock.monotonicMs()
    if (!isCalm(heapBytes, heapLimitBytes)) this.#calmSinceMs = null
    else this.#calmSinceMs ??= nowMs
    // After the limit was raised there is no way back: letting go would restore it.
    if (Atomics.load(state, sharedState.hasStood) === 1) this.#tellLimit()
    if (this.#hasStood || (!this.isArmed && heapBytes < ARM_SHARE * heapLimitBytes)) return
    const decision = judgeLastStand({
      heapBytes,
      heapLimitBytes,
      isArmed: this.isArmed,
      calmMs: this.#calmSinceMs === null ? 0 : nowMs - this.#calmSinceMs,
      isInspected: Atomics.load(state, sharedState.isInspected) === 1,
      room: readRoom(),
    })
    if (decision?.act === 'arm') this.#arm()
    if (decision?.act === 'disarm') this.disarm()
    if (decision?.act === 'refuse' && !this.#hasRefused) onRefused(decision.reason)
    this.#hasRefused = decision?.act === 'refuse'
  }

  disarm(): void {
    const { state } = this.#options
    const session = this.#session
    this.#session = null
    if (session) {
      session.post('Debugger.disable')
      session.disconnect()
    }
    Atomics.store(state, sharedState.isHeld, 0)
    Atomics.notify(state, sharedState.isHeld)
  }

  #arm(): void {
    const { clock, state, onArmed } = this.#options
    const startedAtMs = clock.monotonicMs()
    const session = (this.#options.openSession ?? openMainSession)()
    session.connectToMainThread()
    this.#session = session
    Atomics.store(state, sharedState.isHeld, 1)
    session.on('Debugger.paused', ({ params }) => this.#resume(session, params.reason === 'OOM'))
    session.post('Debugger.enable')
    session.post('Debugger.setBlackboxPatterns', { patterns: ['.*'], skipAnonymous: true })
    session.post('Debugger.setSkipAllPauses', { skip: true }, () => onArmed(clock.monotonicMs() - startedAtMs))
  }

  #resume(session: MainSession, isAtLimit: boolean): void {
    const { clock, kill } = this.#options
    const stuck = clock.after(pausedLimitMs, kill)
    session.post('Debugger.resume', {}, () => stuck.cancel())
    if (isAtLimit) this.#tellLimit()
  }

  #tellLimit(): void {
    if (this.#hasStood) return
    this.#hasStood = true
    const { heapLimitBytes, onLimit } = this.#options
    const raised = formatBytes(4 * heapLimitBytes)
    onLimit(`stood at its heap limit of ${formatBytes(heapLimitBytes)}; V8 allows it up to ${raised} to drain`)
  }
}

export const describeArming = (tookMs: number): string => `armed in ${formatDuration(tookMs)}`

function openMainSession(): MainSession {
  return new Session() as unknown as MainSession
}

/** As Node 20 has it, and TypeScript only from ES2024 on. */
function waitAsync(state: Int32Array, index: number, value: number): Promise<unknown> {
  const { waitAsync: wait } = Atomics as unknown as {
    waitAsync(state: Int32Array, index: number, value: number): { value: unknown }
  }
  return Promise.resolve(wait(state, index, value).value)
}
