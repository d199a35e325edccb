import cluster, { type Worker } from 'node:cluster'
import { PlimsollError, type Clock, type Timer } from '@plimsoll/core'
import type { FaultName } from '../fault/fault-names.ts'
import type { Log } from '../log.ts'
import { RollCall } from './announcements.ts'
import { asWorkerMessage, DEAD_AFTER_MS, type PrimaryMessage, type WorkerMessage } from './messages.ts'
import { judgeRestartWaitMs, MAX_LIVES, type Life } from './restart-policy.ts'

export interface FleetOptions {
  workerCount: number
  /** Environment of the worker in a slot, 1 to `workerCount`. */
  environmentOf: (slot: number) => Record<string, string>
  clock: Clock
  log: Log
  /** Faults that are on now: every new worker gets them. */
  activeFaults: () => readonly FaultName[]
  /** False: who dies stays dead, as with plain processes that nobody looks after. */
  isRestarting: boolean
}

export interface WorkerStatus {
  id: number
  pid: number
  slot: number
  state: Crew['state']
}

export interface Fleet {
  /** Settles when every slot is ready. @throws {@link WorkerStartError} when a worker cannot start */
  start(): Promise<void>
  /** Replaces every worker, one slot after the other; the old one leaves when the new one is ready. One at a time. */
  restart(): Promise<void>
  /** Drains all workers and waits until they are gone. */
  stop(): Promise<void>
  broadcast(message: PrimaryMessage, except?: Worker): void
  status(): WorkerStatus[]
}

/** A worker cannot start; the next one would fail in the same way. */
export class WorkerStartError extends PlimsollError {
  constructor(why: string) {
    super('MARKETPLACE_WORKER_START', `A worker does not start: ${why}`)
  }
}

interface Crew {
  worker: Worker
  slot: number
  state: 'starting' | 'ready' | 'draining'
  startedMs: number
  wasReady: boolean
  heardMs: number
}

const CHECK_MS = 1_000
const START_TIMEOUT_MS = 30_000
/**
 * Nobody can end an idle connection without a risk that a request is on its way on it, so few should be left to end: after so
 * long nearly every shopper has clicked on, and was told to close with the answer.
 */
const GRACE_MS = 5_000
/** For `stop`, when no other worker takes over anyway. */
const STOP_GRACE_MS = 250
/** Longer than a worker's own hard stop. */
const LEAVE_TIMEOUT_MS = 13_000

/**
 * The workers of the shop, one for each slot. A worker that dies is replaced; one that is silent is killed first. A worker
 * that somebody else replaced (`exitedAfterDisconnect` is set, and a stranger's fork stands in its slot) is not.
 */
export function createFleet(options: FleetOptions): Fleet {
  const { workerCount, environmentOf, clock, log, activeFaults, isRestarting } = options
  const slots = Array.from({ length: workerCount }, (_, index) => index + 1)
  const crews = new Map<number, Crew>()
  const lives = new Map<number, Life[]>(slots.map((slot) => [slot, []]))
  const waiting = new Set<Timer>()
  const calls = new RollCall()
  let watching: Timer | null = null
  let isStopping = false
  let restarting: Promise<void> | null = null
  let failure: ((error: WorkerStartError) => void) | null = null

  return {
    start,
    stop,
    broadcast,
    status,
    restart: () => (restarting ??= restart().finally(() => (restarting = null))),
  }

  async function start(): Promise<void> {
    cluster.on('fork', adopt)
    cluster.on('message', (worker, message) => hear(worker, asWorkerMessage(message)))
    cluster.on('exit', (worker, code, signal) => mourn(worker, signal ?? `code ${code}`))
    watching = clock.every(CHECK_MS, killSilent)
    const failed = new Promise<never>((_, reject) => (failure = reject))
    const areReady = await Promise.race([failed, Promise.all(slots.map((slot) => whenReady(fork(slot))))])
    failure = null
    if (areReady.includes(false)) throw new WorkerStartError('it ended, or was silent for 30 s, before it was ready.')
  }

  function fork(slot: number): Worker {
    return cluster.fork({ ...environmentOf(slot), MARKETPLACE_SLOT: String(slot) })
  }

  /** Every fork, ours or a stranger's; a stranger's tells its slot when it is ready. */
  function adopt(worker: Worker): void {
    const nowMs = clock.monotonicMs()
    crews.set(worker.id, { worker, slot: 0, state: 'starting', startedMs: nowMs, wasReady: false, heardMs: nowMs })
  }

  function hear(worker: Worker, message: WorkerMessage | null): void {
    const crew = crews.get(worker.id)
    if (!crew || !message) return
    crew.heardMs = clock.monotonicMs()
    if (message.shop === 'ready') {
      crew.slot = message.slot
      if (crew.state === 'starting') crew.state = 'ready'
      crew.wasReady = true
      for (const name of activeFaults()) send(worker, { shop: 'fault', name, isOn: true })
      log.info('worker ready', { slot: crew.slot, pid: worker.process.pid ?? 0 })
    }
    if (message.shop === 'failed') failure?.(new WorkerStartError(message.message))
    if (message.shop === 'invalidate') passOn(worker, message)
    if (message.shop === 'heard') calls.answer(message.id, worker.id)
    if (message.shop === 'drained') send(worker, { shop: 'leave' })
  }

  /** To every other worker; one that is still starting has cached nothing and answers nobody. */
  function passOn(from: Worker, { tags, id }: WorkerMessage & { shop: 'invalidate' }): void {
    if (id === undefined) return broadcast({ shop: 'invalidate', tags }, from)
    const others = [...crews.values()].filter(({ worker, wasReady }) => wasReady && worker !== from)
    const call = calls.open(
      others.flatMap(({ worker }) => (worker.isConnected() ? worker.id : [])),
      () => send(from, { shop: 'invalidated', id }),
    )
    broadcast({ shop: 'invalidate', tags, id: call }, from)
  }

  function mourn(worker: Worker, how: string): void {
    calls.leave(worker.id)
    const crew = crews.get(worker.id)
    if (!crew) return
    crews.delete(worker.id)
    if (crew.state === 'draining' || worker.exitedAfterDisconnect || isStopping) return
    const slot = crew.slot || slotWithoutCrew()
    log.warn('worker died', { slot, pid: worker.process.pid ?? 0, how })
    if (slot === 0 || !isRestarting) return
    const past = lives.get(slot)!
    past.push({ spanMs: clock.monotonicMs() - crew.startedMs, wasReady: crew.wasReady })
    if (past.length > MAX_LIVES) past.shift()
    const timer = clock.after(judgeRestartWaitMs(past), () => {
      waiting.delete(timer)
      if (!isStopping && crewOf(slot) === null) fork(slot)
    }, { keepAlive: true }) // prettier-ignore
    waiting.add(timer)
  }

  function crewOf(slot: number): Crew | null {
    return [...crews.values()].find((crew) => crew.slot === slot && crew.state !== 'draining') ?? null
  }

  /** For a worker that died before it could tell its slot. */
  function slotWithoutCrew(): number {
    return slots.find((slot) => crewOf(slot) === null) ?? 0
  }

  function killSilent(): void {
    const nowMs = clock.monotonicMs()
    for (const { worker, state, heardMs, slot, startedMs } of isRestarting ? crews.values() : []) {
      if (state === 'draining' || worker.exitedAfterDisconnect) continue
      const isLate = state === 'starting' ? nowMs - startedMs > START_TIMEOUT_MS : nowMs - heardMs > DEAD_AFTER_MS
      if (!isLate) continue
      log.warn('worker silent', { slot, pid: worker.process.pid ?? 0, silentMs: Math.round(nowMs - heardMs) })
      worker.process.kill('SIGKILL')
    }
  }

  async function restart(): Promise<void> {
    const fresh = new Set<Worker>()
    const stale = () => [...crews.values()].filter(({ worker, state }) => state !== 'draining' && !fresh.has(worker))
    for (const slot of slots) {
      if (isStopping) return
      const next = fork(slot)
      if (!(await whenReady(next))) {
        log.warn('restart given up', { slot, why: 'the new worker did not become ready; the old one goes on' })
        next.process.kill('SIGKILL')
        return
      }
      fresh.add(next)
      await Promise.all(stale().flatMap((crew) => (crew.slot === slot ? drain(crew, GRACE_MS) : [])))
    }
    // A stranger that was replacing a worker meanwhile has put one beside ours: it leaves as soon as it can hear us.
    await Promise.all(
      stale().map(async (crew) => {
        if (crew.state === 'ready' || (await whenReady(crew.worker))) await drain(crew, GRACE_MS)
      }),
    )
  }

  async function stop(): Promise<void> {
    isStopping = true
    watching?.cancel()
    for (const timer of waiting) timer.cancel()
    await Promise.all([...crews.values()].map((crew) => drain(crew, STOP_GRACE_MS)))
  }

  function drain(crew: Crew, graceMs: number): Promise<void> {
    const { worker } = crew
    crew.state = 'draining'
    // Says to whoever watches this cluster, too, that this end is meant.
    worker.exitedAfterDisconnect = true
    return new Promise((resolve) => {
      if (worker.isDead()) return resolve()
      const timer = clock.after(LEAVE_TIMEOUT_MS, () => worker.process.kill('SIGKILL'), { keepAlive: true })
      worker.once('exit', () => {
        timer.cancel()
        resolve()
      })
      if (crew.wasReady) send(worker, { shop: 'drain', graceMs })
      // One that is still starting would not hear it, and serves nobody.
      else worker.process.kill('SIGKILL')
    })
  }

  /** False when it ended first, or took too long. */
  function whenReady(worker: Worker): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isReady: boolean) => {
        timer.cancel()
        worker.off('message', listen)
        worker.off('exit', fail)
        resolve(isReady)
      }
      const fail = () => settle(false)
      const listen = (message: unknown) => {
        if (asWorkerMessage(message)?.shop === 'ready') settle(true)
      }
      const timer = clock.after(START_TIMEOUT_MS, fail, { keepAlive: true })
      worker.on('message', listen)
      worker.on('exit', fail)
    })
  }

  function broadcast(message: PrimaryMessage, except?: Worker): void {
    for (const { worker } of crews.values()) if (worker !== except) send(worker, message)
  }

  function status(): WorkerStatus[] {
    return [...crews.values()].map(({ worker, slot, state }) => ({
      id: worker.id,
      pid: worker.process.pid ?? 0,
      slot,
      state,
    }))
  }
}

/** A worker that is going has no channel any more; then there is nobody to tell. */
function send(worker: Worker, message: PrimaryMessage): void {
  if (worker.isConnected()) worker.send(message, () => {})
}
