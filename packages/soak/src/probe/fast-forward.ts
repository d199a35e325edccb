import type { Session } from 'node:inspector'

import { post, tryPost } from './inspector.ts'

/** What Node keeps of a timer, in every version there is; none of it is documented, so that all of it is checked. */
interface TimerInside {
  _idleTimeout?: unknown
  _idleStart?: unknown
  _onTimeout?: unknown
  /** Null while it goes off, and after. */
  _idleNext?: unknown
  _destroyed?: unknown
  refresh?: unknown
}

type LiveTimer = TimerInside & { _idleTimeout: number; _idleStart: number; refresh(): void }

const exchangeKey = Symbol.for('plimsoll.soak.timers')

/**
 * Makes time pass in this process: its clocks are moved forward, and timers that would have gone off by then do so now, in their order.
 * What is kept for an hour is let go after a moment, and what is kept for ever is not. Nothing is changed before the first use.
 *
 * Timers of sockets are left alone: closing connections would let go of what is held by those, which no hour does under load.
 */
export class FastForward {
  #offsetMs = 0
  #isInstalled = false

  /** Answers how many timers go off by it. @throws when the inspector is not available */
  pass(session: Session | null, ms: number): number {
    const timers = liveTimers(session)
    if (!this.#isInstalled) this.#install()
    this.#offsetMs += ms
    const nowMs = readLoopMs()
    const due = timers
      .map((timer) => ({ timer, leftMs: timer._idleStart + timer._idleTimeout - nowMs }))
      .sort((left, right) => left.leftMs - right.leftMs)
    let count = 0
    for (const { timer, leftMs } of due) {
      if (leftMs <= ms) count++
      timer._idleTimeout = Math.max(1, leftMs - ms)
      timer.refresh()
    }
    return count
  }

  #install(): void {
    this.#isInstalled = true
    const RealDate = Date
    const realNow = RealDate.now.bind(RealDate)
    const now = (): number => realNow() + Math.round(this.#offsetMs)
    RealDate.now = now
    const Moved = new Proxy(RealDate, {
      construct: (target, args, newTarget) =>
        Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
      apply: () => new RealDate(now()).toString(),
    })
    RealDate.prototype.constructor = Moved
    globalThis.Date = Moved
    const realPerformanceNow = performance.now.bind(performance)
    Object.defineProperty(performance, 'now', {
      value: () => realPerformanceNow() + this.#offsetMs,
      configurable: true,
      writable: true,
    })
    const realTime = process.hrtime
    const offsetNs = (): bigint => BigInt(Math.round(this.#offsetMs)) * 1_000_000n
    const bigint = (): bigint => realTime.bigint() + offsetNs()
    const hrtime = (since?: [number, number]): [number, number] => {
      const ns = bigint() - (since ? BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]) : 0n)
      return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)]
    }
    process.hrtime = Object.assign(hrtime, { bigint })
  }
}

/** The event loop's own clock, in ms: what timers are reckoned by. */
function readLoopMs(): number {
  const timer = setTimeout(() => {}, 1) as unknown as TimerInside & NodeJS.Timeout
  clearTimeout(timer)
  return Number(timer._idleStart)
}

function liveTimers(session: Session | null): LiveTimer[] {
  const sample = setTimeout(() => {}, 1)
  clearTimeout(sample)
  const exchange: { prototype: unknown; found: unknown } = { prototype: Object.getPrototypeOf(sample), found: [] }
  Object.defineProperty(globalThis, exchangeKey, { value: exchange, configurable: true, enumerable: false })
  const group = { objectGroup: 'plimsoll' }
  const place = "globalThis[Symbol.for('plimsoll.soak.timers')]"
  try {
    const evaluated = post(session, 'Runtime.evaluate', { expression: `${place}.prototype`, ...group })
    const { objectId: prototypeObjectId } = (evaluated as { result: { objectId: string } }).result
    const { objects } = post(session, 'Runtime.queryObjects', { prototypeObjectId, ...group }) as {
      objects: { objectId: string }
    }
    const functionDeclaration = `function () { ${place}.found = [...this] }`
    post(session, 'Runtime.callFunctionOn', { objectId: objects.objectId, functionDeclaration, silent: true })
    const ofSockets = new Set(socketTimers())
    return (exchange.found as TimerInside[]).filter((timer) => isLive(timer) && !ofSockets.has(timer)) as LiveTimer[]
  } finally {
    tryPost(session, 'Runtime.releaseObjectGroup', group)
    Reflect.deleteProperty(globalThis, exchangeKey)
  }
}

function isLive({ _idleTimeout, _idleStart, _idleNext, _onTimeout, _destroyed, refresh }: TimerInside): boolean {
  return (
    typeof _onTimeout === 'function' &&
    typeof refresh === 'function' &&
    _destroyed !== true &&
    typeof _idleNext === 'object' &&
    _idleNext !== null &&
    typeof _idleStart === 'number' &&
    typeof _idleTimeout === 'number' &&
    _idleTimeout > 0
  )
}

function socketTimers(): unknown[] {
  const handles = (process as { _getActiveHandles?: () => object[] })._getActiveHandles?.() ?? []
  return handles.flatMap((handle) =>
    Object.getOwnPropertySymbols(handle)
      .filter(({ description }) => description === 'kTimeout' || description === 'timeout')
      .map((symbol) => (handle as Record<symbol, unknown>)[symbol]),
  )
}
