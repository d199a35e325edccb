import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { assert, messageOf, type Clock, type Timer } from '@plimsoll/core'

import { RequestFailedError, type FailureKind } from './failure.ts'
import { MalformedResponseError, ResponseParser, ResponseTooLargeError, type Response } from './response-parser.ts'
import type { Target } from './loopback.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** What is sent: header lines end in CR LF each; the body is ASCII (forms are, and JSON can be). */
export interface Request {
  method: Method
  path: string
  headers: string
  body: string | null
}

/** One user's line to the server: one request at a time, kept open between them as a browser does. */
export interface Connection {
  /** @throws {@link RequestFailedError} of every kind but `server-error` and `check-failed` */
  exchange(request: Request): Promise<Response>
  /** Hangs up; the next request opens a new connection. A request under way is `dropped`. */
  close(): void
}

/** Opens connections, all to one target. */
export interface Client {
  open(): Connection
  /** Nobody asks for a while: hangs up all idle connections but a few, so that the server holds as many at each such moment. */
  rest?(): void
  /** Hangs up whatever it keeps for later. */
  close?(): void
}

export interface ClientOptions {
  target: Target
  clock: Clock
  /** From the sending of a request to the last byte of its answer. */
  requestTimeoutMs: number
  maxResponseBytes: number
}

// Node reads into this one buffer for all sockets of the process, and the parser copies what it keeps: without it every
// read allocates 64 KiB, which is most of what a plain socket costs.
const readBuffer = Buffer.allocUnsafe(64 * 1024)

/** A connection idle for longer may have been closed with the news still in the kernel: look before writing. */
const SURELY_FRESH_MS = 5
/** How long before the server's announced `Keep-Alive: timeout` a connection is given up, as browsers do. */
const KEEP_ALIVE_MARGIN_MS = 1000

/** An HTTP/1.1 client on plain sockets: keep-alive, no pipelining, no retry, nothing looked up. */
export function createClient(options: ClientOptions): Client {
  const connected = new Set<SocketConnection>()
  return {
    open: () => new SocketConnection(options, connected),
    rest() {
      for (const connection of connected) if (connection.isIdle) connection.close()
    },
  }
}

/** Kept connections without a request, at most. */
const MAX_IDLE = 512
/** Of those, how many outlast a rest: the same ones each time. */
const MAX_RESTING = 4

/**
 * Shares connections between users, as a proxy in front of a service does: each request takes the one that was opened first of those that are
 * idle, or a new one when all are busy. So a few carry most requests and live long, and what a server keeps with each request for a
 * connection is seen to grow. A connection that failed is not kept.
 */
export function shareConnections(client: Client): Client {
  /** The one that was opened first comes last. */
  const idle: { number: number; connection: Connection }[] = []
  let lastNumber = 0
  return {
    open() {
      let busy: Connection | null = null
      return {
        async exchange(request) {
          const taken = idle.pop() ?? { number: ++lastNumber, connection: client.open() }
          const { number, connection } = taken
          busy = connection
          try {
            const response = await connection.exchange(request)
            if (idle.length < MAX_IDLE) {
              let at = idle.length
              while (at > 0 && idle[at - 1]!.number < number) at--
              idle.splice(at, 0, taken)
            } else connection.close()
            return response
          } finally {
            busy = null
          }
        },
        close() {
          busy?.close()
        },
      }
    },
    rest() {
      for (const { connection } of idle.splice(0, Math.max(0, idle.length - MAX_RESTING))) connection.close()
    },
    close() {
      for (const { connection } of idle.splice(0)) connection.close()
    },
  }
}

interface Exchange {
  request: Request
  parser: ResponseParser
  timer: Timer
  isSent: boolean
  resolve(response: Response): void
  reject(error: RequestFailedError): void
}

class SocketConnection implements Connection {
  readonly #options: ClientOptions
  /** Those of its client that have a socket. */
  readonly #connected: Set<SocketConnection>
  #socket: Socket | null = null
  #isConnected = false
  #current: Exchange | null = null
  #idleSinceMs = 0
  #idleLimitMs = Infinity

  constructor(options: ClientOptions, connected: Set<SocketConnection>) {
    this.#options = options
    this.#connected = connected
  }

  get isIdle(): boolean {
    return this.#current === null
  }

  exchange(request: Request): Promise<Response> {
    assert(!this.#current, 'a connection carries one request at a time')
    const { clock, requestTimeoutMs, maxResponseBytes } = this.#options
    const idleMs = this.#socket ? clock.monotonicMs() - this.#idleSinceMs : 0
    if (idleMs > this.#idleLimitMs) this.close()
    return new Promise((resolve, reject) => {
      const timer = clock.after(requestTimeoutMs, () =>
        this.#abandon('timed-out', `no whole answer within ${requestTimeoutMs} ms`),
      )
      const parser = new ResponseParser(request.method, maxResponseBytes)
      const exchange = { request, parser, timer, isSent: false, resolve, reject }
      this.#current = exchange
      // One turn of the event loop lets a close that has already arrived be seen, so that our own delay is not called a drop.
      if (this.#socket && idleMs > SURELY_FRESH_MS) setImmediate(() => this.#send(exchange))
      else this.#send(exchange)
    })
  }

  close(): void {
    this.#abandon('dropped', 'the connection was given up on this side')
  }

  #send(exchange: Exchange): void {
    // Given up in the meantime.
    if (exchange !== this.#current) return
    exchange.isSent = true
    const { method, path, headers, body } = exchange.request
    const socket = (this.#socket ??= this.#connect())
    const length = body === null ? '' : `content-length: ${body.length}\r\n`
    const head = `${method} ${path} HTTP/1.1\r\nhost: ${this.#options.target.authority}\r\n${headers}${length}\r\n`
    socket.write(body === null ? head : head + body, 'latin1')
  }

  #connect(): Socket {
    const { host, port, isTls } = this.#options.target
    this.#isConnected = false
    this.#idleLimitMs = Infinity
    this.#connected.add(this)
    const take = (bytes: Buffer): void => {
      if (socket === this.#socket) this.#receive(bytes)
    }
    const socket: Socket = isTls
      ? connectTls({ host, port, rejectUnauthorized: false }).setNoDelay(true).on('data', take)
      : connect({
          host,
          port,
          noDelay: true,
          onread: {
            buffer: readBuffer,
            callback: (byteCount, bytes) => {
              take((bytes as Buffer).subarray(0, byteCount))
              return true
            },
          },
        })
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      if (socket === this.#socket) this.#isConnected = true
    })
    let broke: Error | null = null
    socket.on('error', (error) => (broke = error))
    socket.once('end', () => this.#lose(socket, null))
    socket.once('close', () => this.#lose(socket, broke))
    return socket
  }

  #receive(bytes: Buffer): void {
    // Bytes nobody asked for (a server may say 408 as it closes an idle connection): of no use any more.
    if (!this.#current?.isSent) return this.#hangUp()
    try {
      const response = this.#current.parser.push(bytes)
      if (response) this.#succeed(response)
    } catch (error) {
      if (!(error instanceof MalformedResponseError || error instanceof ResponseTooLargeError)) throw error
      this.#abandon('malformed', error.message)
    }
  }

  #succeed(response: Response): void {
    const { timer, resolve } = this.#current!
    this.#current = null
    timer.cancel()
    if (response.isReusable) {
      this.#idleSinceMs = this.#options.clock.monotonicMs()
      const seconds = /\btimeout=(\d{1,6})/.exec(response.headers.get('keep-alive') ?? '')?.[1]
      this.#idleLimitMs = seconds === undefined ? Infinity : Number(seconds) * 1000 - KEEP_ALIVE_MARGIN_MS
    } else this.#hangUp()
    resolve(response)
  }

  /** The server ended the connection, or it broke. */
  #lose(socket: Socket, broke: Error | null): void {
    if (socket !== this.#socket) return
    this.#hangUp()
    // Nothing is lost that was not sent yet: it goes on a new connection.
    if (!this.#current?.isSent) return
    const { parser } = this.#current
    const rest = broke ? null : parser.end()
    if (rest) this.#succeed(rest)
    else if (parser.hasStarted) this.#fail('cut-off', 'the connection ended in the middle of the answer', broke)
    else if (this.#isConnected) this.#fail('dropped', 'the connection ended before the answer began', broke)
    else this.#fail('refused', broke ? messageOf(broke) : 'the connection was not accepted', broke)
  }

  #abandon(kind: FailureKind, why: string): void {
    this.#hangUp()
    this.#fail(kind, why)
  }

  #hangUp(): void {
    this.#socket?.destroy()
    this.#socket = null
    this.#connected.delete(this)
  }

  #fail(kind: FailureKind, why: string, cause?: unknown): void {
    if (!this.#current) return
    const { request, timer, reject } = this.#current
    this.#current = null
    timer.cancel()
    reject(new RequestFailedError(kind, `${request.method} ${request.path}`, why, { cause }))
  }
}
