import { delay, SECOND_MS, type Clock, type Timer } from '@plimsoll/core'
import { Connection, tellQuery, type ClientOptions, type Query } from './connection.ts'
import { ConnectionOverError, DatabaseBusyError } from './errors.ts'

export interface PoolOptions {
  /** Connections at most. */
  max: number
  /** Queries and transactions that may wait for one; the next is turned away. */
  maxWaiting: number
  /** How long to go on knocking when nobody opens. */
  waitForServerMs: number
  /** A connection unused for so long closes. */
  idleTimeoutMs: number
  clock: Clock
}

/** Somebody who waits for a connection. */
interface Waiter {
  take: (connection: Connection) => void
  reject: (error: unknown) => void
}

/** Ends what a connection gathers in the server (prepared statements, catalogue caches) before it weighs. */
const MAX_AGE_MS = 30 * 60 * SECOND_MS
const SWEEP_MS = 5 * SECOND_MS
const KNOCK_MS = 50

/** Refusals of a server that is away, on its way up, or full for the moment: knocking again is harmless, nothing was asked yet. */
const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  '08006',
  '57P01',
  '57P02',
  '57P03',
  '53300',
])

/**
 * Connections shared by many askers, one query at a time on each. Who finds none free waits in line, while connections
 * open up to `max`; the last one used is the first used again, so that the others grow old and close.
 */
export class Pool {
  readonly #options: PoolOptions
  readonly #client: ClientOptions
  readonly #address: string
  readonly #free: Connection[] = []
  readonly #all = new Set<Connection>()
  readonly #waiters: Waiter[] = []
  #openingCount = 0
  #sweeper: Timer | null = null
  #ended: Promise<void> | null = null
  #onEmpty: () => void = () => {}

  constructor(client: ClientOptions, address: string, options: PoolOptions) {
    this.#client = client
    this.#address = address
    this.#options = options
  }

  /** Runs one query on the first connection that is free. */
  run(query: Query): void {
    const { clock } = this.#options
    const askedMs = clock.monotonicMs()
    const take = (connection: Connection) => {
      connection.onIdle = () => this.release(connection)
      connection.run(query, undefined, askedMs)
    }
    const reject = (error: unknown) => {
      tellQuery(clock.monotonicMs() - askedMs, 0, true)
      query.reject(error)
    }
    this.#wait({ take, reject })
  }

  /** A connection for one asker alone, until it is released. */
  acquire(): Promise<Connection> {
    return new Promise((take, reject) => this.#wait({ take, reject }))
  }

  release(connection: Connection): void {
    connection.onIdle = () => {}
    if (connection.isDead) return
    const nowMs = this.#options.clock.monotonicMs()
    const isDone = this.#isEnding && this.#waiters.length === 0
    if (isDone || nowMs - connection.openedAtMs > MAX_AGE_MS) return connection.close()
    connection.idleSinceMs = nowMs
    this.#free.push(connection)
    this.#serve()
  }

  /** Takes no more work, lets what is here finish for so long, and closes. Idempotent. */
  end(timeoutMs: number): Promise<void> {
    this.#ended ??= new Promise((resolve) => {
      const timer = this.#options.clock.after(timeoutMs, () => this.#closeAll(), { keepAlive: true })
      this.#onEmpty = () => {
        timer.cancel()
        resolve()
      }
      for (const connection of [...this.#free]) connection.close()
      this.#checkEmpty()
    })
    return this.#ended
  }

  get #isEnding(): boolean {
    return this.#ended !== null
  }

  #closeAll(): void {
    this.#turnAway(new ConnectionOverError('The database client'))
    for (const connection of [...this.#all]) connection.close()
  }

  #checkEmpty(): void {
    if (this.#waiters.length === 0 && this.#all.size === 0 && this.#openingCount === 0) this.#onEmpty()
  }

  #wait(waiter: Waiter): void {
    if (this.#isEnding) waiter.reject(new ConnectionOverError('The database client'))
    else if (this.#waiters.length >= this.#options.maxWaiting) {
      waiter.reject(new DatabaseBusyError(this.#address, this.#waiters.length))
    } else {
      this.#waiters.push(waiter)
      this.#serve()
    }
  }

  #serve(): void {
    while (this.#waiters.length > 0 && this.#free.length > 0) this.#waiters.shift()!.take(this.#free.pop()!)
    const wanted = Math.min(this.#waiters.length, this.#options.max - this.#all.size)
    for (let opening = this.#openingCount; opening < wanted; opening++) void this.#open()
  }

  async #open(): Promise<void> {
    this.#openingCount++
    try {
      const connection = await this.#knock()
      this.#openingCount--
      this.#all.add(connection)
      connection.onDeath = () => this.#forget(connection)
      this.#sweeper ??= this.#options.clock.every(SWEEP_MS, () => this.#sweep())
      this.release(connection)
    } catch (error) {
      this.#openingCount--
      // Others may still be served by a connection that lives; without one there is nothing to wait for.
      if (this.#all.size === 0) this.#turnAway(error)
      this.#checkEmpty()
    }
  }

  async #knock(): Promise<Connection> {
    const { clock, waitForServerMs } = this.#options
    const untilMs = clock.monotonicMs() + waitForServerMs
    for (;;) {
      try {
        return await Connection.open(this.#client, this.#address, clock)
      } catch (error) {
        const code = (error as { code?: string }).code ?? ''
        if (!awayCodes.has(code) || clock.monotonicMs() + KNOCK_MS > untilMs || this.#isEnding) throw error
        await delay(clock, KNOCK_MS)
      }
    }
  }

  #forget(connection: Connection): void {
    this.#all.delete(connection)
    const index = this.#free.indexOf(connection)
    if (index >= 0) this.#free.splice(index, 1)
    if (this.#all.size === 0) {
      this.#sweeper?.cancel()
      this.#sweeper = null
    }
    this.#serve()
    this.#checkEmpty()
  }

  #sweep(): void {
    const { clock, idleTimeoutMs } = this.#options
    const nowMs = clock.monotonicMs()
    for (const connection of [...this.#free]) if (nowMs - connection.idleSinceMs > idleTimeoutMs) connection.close()
  }

  #turnAway(error: unknown): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }
}
