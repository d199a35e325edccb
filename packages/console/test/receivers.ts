import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

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

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
