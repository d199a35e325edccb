import net from 'node:net'
import postgres from 'postgres'
import type { Clock } from '@plimsoll/core'
import { ConnectionLostError } from './errors.ts'
import { attachJob, type Job, type Query } from './query.ts'

/** The parsed options of a client of postgres.js; a client made from them shares its types. */
export interface ClientOptions {
  host: string[]
  port: number[]
  path: string | false
  shared: { typeArrayMap: Record<number, number> }
  [option: string]: unknown
}

/**
 * Queries sent on one connection before the first is answered. Four spare most of the system calls of a busy client, and keep
 * the line behind a slow query short.
 */
const MAX_PIPELINED = 4

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
  /** When it last had nothing to do. */
  idleSinceMs: number
  /** Told once, when it is of no more use. */
  onDeath: () => void = () => {}
  /** Told whenever it has finished a query. */
  onProgress: () => void = () => {}
  readonly #address: string
  readonly #clock: Clock
  readonly #socket: net.Socket
  readonly #client: postgres.Sql
  readonly #died: Promise<unknown>
  #execute: (query: Query) => unknown = () => {}
  readonly #running = new Set<Job>()
  readonly #waiting: Job[] = []
  #death: ConnectionLostError | null = null
  #isSocketGiven = false

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
      connection.#execute = (hello as unknown as Query).handler
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

  /** Queries that are here and not answered yet. */
  get load(): number {
    return this.#running.size + this.#waiting.length
  }

  /** It would send one more query at once. */
  get hasRoom(): boolean {
    return this.load < MAX_PIPELINED
  }

  /** Runs a query after those that are already here; settles it in every case. `onFailure` hears the error before the asker. */
  run(query: Query, onFailure: (error: unknown) => void = () => {}, askedMs = this.#clock.monotonicMs()): void {
    this.#waiting.push({ query, askedMs, clock: this.#clock, onFailure, onSettled: (job) => this.#finish(job) })
    this.#next()
  }

  /** Closes it at once; queries that are still here are rejected. */
  close(): void {
    this.#die()
  }

  #next(): void {
    while (this.#running.size < MAX_PIPELINED && this.#waiting.length > 0) this.#start(this.#waiting.shift()!)
  }

  #start(job: Job): void {
    const { query } = job
    this.#running.add(job)
    attachJob(job)
    if (this.#death) query.reject(this.#death)
    else if (query.streaming) query.reject(new Error('COPY streams are not supported by this client.'))
    else this.#execute(query)
  }

  #finish(job: Job): void {
    // postgres.js is still in the middle of the message that settled the query.
    queueMicrotask(() => {
      this.#running.delete(job)
      this.#next()
      if (this.load === 0) this.idleSinceMs = this.#clock.monotonicMs()
      this.onProgress()
    })
  }

  #die(cause?: unknown): void {
    if (this.#death) return
    this.#death = new ConnectionLostError(this.#address, { cause })
    for (const { query } of this.#running) query.reject(this.#death)
    this.onDeath()
    // Marks the client as terminated, so that what it still meant to do fails instead of waiting; says goodbye where it can.
    void this.#client.end({ timeout: 0 }).then(() => {
      // postgres.js has taken all listeners away, and an error nobody hears would end the process.
      this.#socket.on('error', () => {})
      if (this.#socket.connecting) this.#socket.destroy()
      else this.#socket.destroySoon()
    })
  }

  /** postgres.js asks a second time to reconnect: not here. */
  #giveSocket(): net.Socket {
    if (this.#death || this.#isSocketGiven) throw this.#death ?? new ConnectionLostError(this.#address)
    this.#isSocketGiven = true
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
