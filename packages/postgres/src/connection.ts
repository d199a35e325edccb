import net from 'node:net'
import { channel } from 'node:diagnostics_channel'
import postgres from 'postgres'
import type { Clock } from '@plimsoll/core'
import { sqlQueryChannel, type SqlQuery } from '@plimsoll/core/wire'
import { ConnectionLostError } from './errors.ts'

/** What we touch of a query of postgres.js 3.4.9. The version is pinned, and the tests beside this file hold it to these. */
export interface Query {
  /** Called once, when somebody awaits the query. */
  handler: (query: Query) => unknown
  /** True while a connection works on it; set to false whenever it is settled. */
  active: boolean
  cancelled: unknown
  cursorFn?: unknown
  streaming?: boolean
  reject: (error: unknown) => void
}

/** The parsed options of a client of postgres.js; a client made from them shares its types. */
export interface ClientOptions {
  host: string[]
  port: number[]
  path: string | false
  shared: { typeArrayMap: Record<number, number> }
  [option: string]: unknown
}

interface Job {
  query: Query
  askedMs: number
  onFailure: (error: unknown) => void
}

const queries = channel(sqlQueryChannel)

/**
 * One connection of a pool: a client of postgres.js with a single connection, thrown away with it.
 *
 * postgres.js 3.4.9 is a fine client until a connection breaks. Then it reuses what belonged to the broken one: queries that
 * never settle, half a message sent in front of the next handshake, statements of a dead transaction run in a living one, an
 * exception from a timer that ends the process. All of it comes from a second life, so here a connection has only one: it
 * owns its socket, hears of its death first, settles what is outstanding, and takes no more work.
 */
export class Connection {
  readonly openedAtMs: number
  idleSinceMs: number
  readonly #address: string
  readonly #clock: Clock
  readonly #socket: net.Socket
  readonly #client: postgres.Sql
  readonly #died: Promise<unknown>
  #execute: ((query: Query) => unknown) | null = null
  #running: Job | null = null
  readonly #waiting: Job[] = []
  #death: ConnectionLostError | null = null
  /** Told once, when it is of no more use. */
  onDeath: () => void = () => {}
  /** Told whenever it has nothing left to do. */
  onIdle: () => void = () => {}

  private constructor(options: ClientOptions, address: string, clock: Clock) {
    this.#address = address
    this.#clock = clock
    this.openedAtMs = this.idleSinceMs = clock.monotonicMs()
    this.#socket = openSocket(options)
    this.#died = new Promise((resolve) => {
      const die = (cause?: unknown) => {
        this.#die(cause)
        resolve(cause)
      }
      this.#socket
        .on('error', die)
        .on('end', () => die())
        .on('close', () => die())
    })
    this.#client = createClient({
      ...options,
      max: 1,
      socket: () => this.#giveSocket(),
      onclose: () => this.#die(),
    })
  }

  /**
   * Opens a connection and signs in.
   * @throws what refused it: an error of the system, of the server, or `CONNECT_TIMEOUT`
   */
  static async open(options: ClientOptions, address: string, clock: Clock): Promise<Connection> {
    const connection = new Connection(options, address, clock)
    try {
      const hello = connection.#client`select 1`
      connection.#execute = asQuery(hello).handler
      await Promise.race([hello, connection.#died.then((cause) => Promise.reject(cause))])
      return connection
    } catch (error) {
      connection.close()
      throw error ?? new ConnectionLostError(address)
    }
  }

  get isDead(): boolean {
    return this.#death !== null
  }

  /** Runs a query after those that are already here; settles it in every case. */
  run(query: Query, onFailure: (error: unknown) => void = () => {}, askedMs = this.#clock.monotonicMs()): void {
    this.#waiting.push({ query, onFailure, askedMs })
    this.#next()
  }

  /** Closes it at once; queries that are still here are rejected. */
  close(): void {
    this.#die()
  }

  #next(): void {
    if (this.#running) return
    const job = this.#waiting.shift()
    if (!job) return this.onIdle()
    const { query } = job
    if (query.cancelled) return this.#next()
    this.#running = job
    watchQuery(job, this.#clock, () => {
      // postgres.js is still in the middle of the message that settled the query.
      queueMicrotask(() => {
        this.#running = null
        this.#next()
      })
    })
    if (this.#death) query.reject(this.#death)
    else if (query.streaming) query.reject(new Error('COPY streams are not supported here.'))
    else this.#execute!(query)
  }

  #die(cause?: unknown): void {
    if (this.#death) return
    this.#death = new ConnectionLostError(this.#address, { cause })
    this.#running?.query.reject(this.#death)
    this.onDeath()
    // Marks the client as terminated, so that what it still meant to do fails instead of waiting; says goodbye where it can.
    void this.#client
      .end({ timeout: 0 })
      .then(() => (this.#socket.connecting ? this.#socket.destroy() : this.#socket.destroySoon()))
  }

  /** postgres.js asks a second time to reconnect: not here. */
  #giveSocket(): net.Socket {
    if (this.#death) throw this.#death
    return this.#socket
  }
}

/** A socket on its way: what is written is sent once it is open, and a failure is an event. */
function openSocket(options: ClientOptions): net.Socket {
  const { path } = options
  const host = options.host[0]!
  const socket = path === false ? net.connect(options.port[0]!, host) : net.connect(path)
  // postgres.js checks the certificate against this name.
  return Object.assign(socket, { host })
}

/** A client of postgres.js that keeps no time of its own: when a connection is too old or too idle is the pool's business. */
export function createClient(options: object, url?: string): postgres.Sql {
  const settings = { ...options, no_subscribe: true, idle_timeout: 0, max_lifetime: 0 }
  return (url === undefined ? postgres(settings) : postgres(url, settings)) as postgres.Sql
}

export function asQuery(query: unknown): Query {
  return query as Query
}

/**
 * Hears when a query is settled, and tells how long it waited and ran. postgres.js has no hook for either, but sets `active` to
 * false each time, also where a cursor has replaced `resolve` and `reject`.
 */
function watchQuery(job: Job, clock: Clock, onSettled: () => void): void {
  const { query, askedMs, onFailure } = job
  const turnMs = clock.monotonicMs()
  let isActive = false
  let isSettled = false
  let hasFailed = false
  const { reject } = query
  query.reject = (error) => {
    hasFailed = true
    reject(error)
    onFailure(error)
  }
  Object.defineProperty(query, 'active', {
    configurable: true,
    enumerable: true,
    get: () => isActive,
    set(next: boolean) {
      isActive = next
      if (next || isSettled) return
      isSettled = true
      // A cursor takes as long as its reader: that says nothing about the database.
      if (!query.cursorFn) tellQuery(turnMs - askedMs, clock.monotonicMs() - turnMs, hasFailed)
      onSettled()
    },
  })
}

/** Tells `sqlQueryChannel` of a query; with no listener it costs a comparison. */
export function tellQuery(waitMs: number, runMs: number, hasFailed: boolean): void {
  const message: SqlQuery = { waitMs, runMs, hasFailed }
  if (queries.hasSubscribers) queries.publish(message)
}
