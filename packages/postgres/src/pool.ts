import { delay, SECOND_MS, type Clock, type Timer } from '@plimsoll/core'
import { isDatabaseAway, isDatabaseBusy } from './away.ts'
import { Connection, type ClientOptions } from './connection.ts'
import { ConnectionOverError, DatabaseBusyError } from './errors.ts'
import { tellQuery, type Query } from './query.ts'

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

/** Somebody who waits for a connection: alone for a transaction, or to share it for one query. */
interface Waiter {
  isAlone: boolean
  take: (connection: Connection) => void
  reject: (error: unknown) => void
}

/** Ends what a connection gathers in the server (prepared statements, catalogue caches) before it weighs. */
const MAX_AGE_MS = 30 * 60 * SECOND_MS
const SWEEP_MS = 5 * SECOND_MS
const KNOCK_MS = 50

/**
 * Connections shared by many askers. Who comes is served in order: by an idle connection, by a new one while there may be
 * more, else in line behind a few others on the least busy one. A transaction has a connection alone.
 */
export class Pool {
  readonly #options: PoolOptions
  readonly #client: ClientOptions
  readonly #address: string
  readonly #all = new Set<Connection>()
  readonly #shared = new Set<Connection>()
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

  /** Runs one query. */
  run(query: Query): void {
    const { clock } = this.#options
    const askedMs = clock.monotonicMs()
    this.#wait({
      isAlone: false,
      take: (connection) => connection.run(query, undefined, askedMs),
      reject(error) {
        tellQuery({ askedMs, clock, hasFailed: true })
        query.reject(error)
      },
    })
  }

  /** A connection for one asker alone, until it is released. */
  acquire(): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const take = (connection: Connection) => {
        this.#shared.delete(connection)
        resolve(connection)
      }
      this.#wait({ isAlone: true, take, reject })
    })
  }

  release(connection: Connection): void {
    if (connection.isDead) return
    this.#shared.add(connection)
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
    })
    this.#serve()
    return this.#ended
  }

  #wait(waiter: Waiter): void {
    const { maxWaiting } = this.#options
    if (this.#ended) return waiter.reject(new ConnectionOverError('The database client'))
    this.#waiters.push(waiter)
    this.#serve()
    if (this.#waiters.length <= maxWaiting) return
    this.#waiters.pop()
    waiter.reject(new DatabaseBusyError(this.#address, maxWaiting))
  }

  /** Gives work to connections and connections to work, until one of them is missing. */
  #serve(): void {
    const { max } = this.#options
    while (this.#waiters.length > 0) {
      const connection = this.#leastBusy()
      const isFull = this.#all.size >= max
      const mayTake =
        connection && (connection.load === 0 || (isFull && connection.hasRoom && !this.#waiters[0]!.isAlone))
      if (!mayTake) break
      this.#waiters.shift()!.take(connection)
    }
    const wanted = Math.min(this.#waiters.length, max - this.#all.size)
    while (this.#openingCount < wanted) void this.#open()
    if (this.#ended && this.#waiters.length === 0) this.#closeIdle(() => true)
    if (this.#all.size === 0 && this.#waiters.length === 0 && this.#openingCount === 0) this.#onEmpty()
  }

  #leastBusy(): Connection | undefined {
    let best: Connection | undefined
    for (const connection of this.#shared) {
      if (connection.load === 0) return connection
      if (!best || connection.load < best.load) best = connection
    }
    return best
  }

  async #open(): Promise<void> {
    this.#openingCount++
    try {
      const connection = await this.#knock()
      this.#all.add(connection)
      connection.onDeath = () => this.#forget(connection)
      connection.onProgress = () => this.#progress(connection)
      this.#sweeper ??= this.#options.clock.every(SWEEP_MS, () => this.#sweep())
      this.#openingCount--
      this.release(connection)
    } catch (error) {
      this.#openingCount--
      // Others may still be served by a connection that lives; without one there is nothing to wait for.
      if (this.#all.size > 0) return
      this.#turnAway(error)
      this.#serve()
    }
  }

  async #knock(): Promise<Connection> {
    const { clock, waitForServerMs } = this.#options
    const untilMs = clock.monotonicMs() + waitForServerMs
    for (;;) {
      try {
        return await Connection.open(this.#client, this.#address, clock)
      } catch (error) {
        // Nothing was asked yet, so that knocking again is harmless, even where it is full for the moment.
        const isPassing = isDatabaseAway(error) || isDatabaseBusy(error)
        if (!isPassing || clock.monotonicMs() + KNOCK_MS > untilMs || this.#ended) throw error
        await delay(clock, KNOCK_MS)
      }
    }
  }

  #progress(connection: Connection): void {
    const isShared = this.#shared.has(connection)
    const isOld = this.#options.clock.monotonicMs() - connection.openedAtMs > MAX_AGE_MS
    if (isShared && isOld && connection.load === 0) connection.close()
    else if (isShared) this.#serve()
  }

  #forget(connection: Connection): void {
    this.#all.delete(connection)
    this.#shared.delete(connection)
    if (this.#all.size === 0) {
      this.#sweeper?.cancel()
      this.#sweeper = null
    }
    this.#serve()
  }

  #sweep(): void {
    const { clock, idleTimeoutMs } = this.#options
    const nowMs = clock.monotonicMs()
    this.#closeIdle((connection) => nowMs - connection.idleSinceMs > idleTimeoutMs)
  }

  #closeIdle(mayGo: (connection: Connection) => boolean): void {
    for (const connection of [...this.#shared]) if (connection.load === 0 && mayGo(connection)) connection.close()
  }

  #closeAll(): void {
    this.#turnAway(new ConnectionOverError('The database client'))
    for (const connection of [...this.#all]) connection.close()
  }

  #turnAway(error: unknown): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }
}
