import type { Clock, Timer } from '@plimsoll/core'
import { LoadTimeoutError, ReentrantLoadError } from '../errors.ts'

/** One load under way. Whoever asks for its key meanwhile waits for the same outcome. */
export interface Flight<V> {
  /** Settles with the load, its time-out, or its abort. Never unhandled: somebody always looks at it. */
  readonly outcome: Promise<V>
  /** Fires when the load is given up. */
  readonly abort: (reason: unknown) => void
  /** Whether its time-out keeps the process alive, from now on. */
  readonly hold: (isHeld: boolean) => void
  waiterCount: number
  /** Nobody waits, and that is meant: a refresh behind a stale value. */
  isBehind: boolean
  /** A newer truth has come: the outcome goes to those who wait, and nowhere else. */
  isOvertaken: boolean
  /** Tags that were invalidated since the load began. */
  overtakenTags: Set<string> | null
}

/** The start of a load, told when to give up. Answers or throws at once, or later. */
export type Start<V> = (flight: FlightControls) => Promise<V> | V

export interface FlightControls {
  readonly abortSignal: AbortSignal
  /** Whether the outcome may be kept under these tags. */
  mayKeep(tags: readonly string[] | undefined): boolean
}

/**
 * Lets one load serve all who ask for a key while it runs: value, rejection, time-out and abort reach every waiter alike.
 * There are never more loads than callers that wait, plus one for each entry that is refreshed behind its back.
 */
export class SingleFlight<K, V> {
  readonly #flights = new Map<K, Flight<V>>()
  /** The overtaken ones too. */
  readonly #inAir = new Set<Flight<V>>()
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #starting = new Set<K>()

  constructor({ clock, timeoutMs }: { clock: Clock; timeoutMs: number }) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** Waits for the load of `key`, starting it if none is under way. A waiter's own abort signal lets that waiter leave; the last one out aborts the load. */
  join(key: K, start: Start<V>, abortSignal?: AbortSignal): Promise<V> {
    if (abortSignal?.aborted) return Promise.reject(abortSignal.reason as Error)
    if (this.#starting.has(key)) return Promise.reject(new ReentrantLoadError({ key }))
    const flight = this.#flights.get(key) ?? this.#begin(key, start, false)
    flight.waiterCount++
    if (flight.isBehind && flight.waiterCount === 1) flight.hold(true)
    return abortSignal ? this.#waitUnlessAborted(key, flight, abortSignal) : flight.outcome
  }

  /** Loads behind a stale value, unless a load is under way. Answers whether one was started. */
  refresh(key: K, start: Start<V>): boolean {
    if (this.#flights.has(key) || this.#starting.has(key)) return false
    this.#begin(key, start, true)
    return true
  }

  /** The key has a newer truth: the load under way may answer its waiters, but the next caller starts another. */
  overtake(key: K): void {
    if (this.#flights.size === 0) return
    const flight = this.#flights.get(key)
    if (flight) this.#overtake(key, flight)
  }

  overtakeAll(): void {
    for (const key of this.#flights.keys()) this.overtake(key)
  }

  /** Nobody wants the load under way any more: it is told so, and whoever waits is rejected. Answers whether there was one. */
  abort(key: K, reason: unknown): boolean {
    const flight = this.#flights.get(key)
    if (!flight) return false
    this.#overtake(key, flight)
    flight.abort(reason)
    return true
  }

  abortAll(reason: unknown): void {
    for (const key of [...this.#flights.keys()]) this.abort(key, reason)
  }

  /** The cache is closed: who waits is answered still, but no time-out keeps the process alive for it. */
  release(): void {
    for (const flight of this.#inAir) flight.hold(false)
  }

  overtakeTag(tag: string): void {
    for (const flight of this.#flights.values()) (flight.overtakenTags ??= new Set()).add(tag)
  }

  #begin(key: K, start: Start<V>, isBehind: boolean): Flight<V> {
    const controller = new AbortController()
    let settle!: { resolve: (value: V) => void; reject: (reason: unknown) => void }
    const outcome = new Promise<V>((resolve, reject) => (settle = { resolve, reject }))
    const deadlineMs = this.#clock.monotonicMs() + this.#timeoutMs
    const giveUp = () => flight.abort(new LoadTimeoutError({ key, timeoutMs: this.#timeoutMs }))
    let timer: Timer | null = null
    const flight: Flight<V> = {
      outcome,
      abort: (reason) => {
        controller.abort(reason)
        settle.reject(reason)
      },
      hold: (isHeld) => {
        timer?.cancel()
        if (deadlineMs === Infinity || !this.#inAir.has(flight)) return
        timer = this.#clock.after(Math.max(0, deadlineMs - this.#clock.monotonicMs()), giveUp, { keepAlive: isHeld })
      },
      waiterCount: 0,
      isBehind,
      isOvertaken: false,
      overtakenTags: null,
    }
    this.#flights.set(key, flight)
    this.#inAir.add(flight)
    // Who waits is to be told, though nothing else be left to do: a script would end in silence otherwise.
    flight.hold(!isBehind)
    const land = () => {
      timer?.cancel()
      this.#inAir.delete(flight)
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    outcome.then(land, land)
    this.#starting.add(key)
    try {
      const started = start({
        abortSignal: controller.signal,
        mayKeep: (tags) =>
          !flight.isOvertaken && !controller.signal.aborted && !tags?.some((tag) => flight.overtakenTags?.has(tag)),
      })
      // Not resolved with the promise itself: it would be bound to it then, and deaf to the time-out.
      Promise.resolve(started).then(settle.resolve, settle.reject)
    } catch (thrown) {
      settle.reject(thrown)
    } finally {
      this.#starting.delete(key)
    }
    return flight
  }

  /** Of the key's loads this one alone: it may be an older one, with a newer under way. */
  #overtake(key: K, flight: Flight<V>): void {
    flight.isOvertaken = true
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }

  #waitUnlessAborted(key: K, flight: Flight<V>, abortSignal: AbortSignal): Promise<V> {
    return new Promise<V>((resolve, reject) => {
      const leave = () => {
        reject(abortSignal.reason as Error)
        flight.waiterCount--
        if (flight.waiterCount > 0) return
        if (flight.isBehind) return flight.hold(false)
        this.#overtake(key, flight)
        flight.abort(abortSignal.reason)
      }
      abortSignal.addEventListener('abort', leave, { once: true })
      const stop = () => abortSignal.removeEventListener('abort', leave)
      flight.outcome.then(
        (value) => (stop(), resolve(value)),
        (reason: unknown) => (stop(), reject(reason as Error)),
      )
    })
  }
}
