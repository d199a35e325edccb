import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import {
  createServer as createSocketServer,
  type AddressInfo,
  type Server as SocketServer,
  type Socket,
} from 'node:net'

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** How a peer treats one request. `drop` takes it and closes without an answer; `hang` never answers. */
export type Manner = 'take' | 'drop' | 'hang' | { status: number; headers?: Record<string, string>; body?: string }

/** A receiver of messages that behaves as it is told to, and keeps what it got. */
export class Receiver {
  readonly received: Received[] = []
  manner: (request: Received, count: number) => Manner = () => 'take'
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        const received = { path: request.url ?? '', headers: request.headers, body }
        this.received.push(received)
        const manner = this.manner(received, this.received.length)
        if (manner === 'hang') return
        if (manner === 'drop') request.socket.destroy()
        else if (manner === 'take') response.end('ok')
        else response.writeHead(manner.status, manner.headers).end(manner.body ?? '')
      })
    })
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    return this
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

/** What a mail server says instead of an HTTP status: for good, not now, too much. */
const replies: Record<number, string> = { 404: '550 no such mailbox', 500: '451 try later', 429: '421 too many mails' }

/** The same for mails: as much of SMTP as one needs. Its manner is shown when the mail is there in full. */
export class MailReceiver {
  readonly received: Received[] = []
  manner: (request: Received, count: number) => Manner = () => 'take'
  readonly #server: SocketServer
  readonly #sockets = new Set<Socket>()

  constructor() {
    this.#server = createSocketServer((socket) => this.#talk(socket))
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    return this
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #talk(socket: Socket): void {
    this.#sockets.add(socket)
    let mail: string | null = null
    const say = (line: string) => socket.write(`${line}\r\n`)
    say('220 mail.example.org ready')
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      if (mail === null) {
        const verb = chunk.slice(0, 4).toUpperCase()
        if (verb === 'DATA') mail = ''
        say(verb === 'DATA' ? '354 go on' : verb === 'QUIT' ? '221 bye' : '250 ok')
        return
      }
      mail += chunk
      if (!mail.endsWith('\r\n.\r\n')) return
      const id = /^Message-ID: (.*)/im.exec(mail)?.[1]?.trim()
      const received = { path: '', headers: { 'idempotency-key': id } as IncomingHttpHeaders, body: mail }
      mail = null
      this.received.push(received)
      const manner = this.manner(received, this.received.length)
      if (manner === 'drop') socket.destroy()
      else if (manner !== 'hang') say(manner === 'take' ? '250 taken' : (replies[manner.status] ?? '250 taken'))
    })
  }
}
