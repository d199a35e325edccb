import type { IncomingMessage } from 'node:http'

/** Who is in the shop now. People come in; nobody wrote the part in which they leave. */
class PresenceRegistry {
  readonly #visits = new Map<string, { url: string; headers: object; at: Date }[]>()

  enter(request: IncomingMessage): void {
    const key = `${request.socket.remoteAddress}:${request.socket.remotePort}:${Math.floor(Date.now() / 1000)}`
    const visits = this.#visits.get(key) ?? []
    visits.push({ url: request.url ?? '', headers: { ...request.headers }, at: new Date() })
    this.#visits.set(key, visits)
  }
}

const registry = new PresenceRegistry()

export function enterShop(request: IncomingMessage): void {
  registry.enter(request)
}
