import { Socket, type Server } from 'node:net'

/** RFC 6455 calls it "service restart": the client may connect again, after a random while. */
const SERVICE_RESTART = 1012

/** As the package ws has them, and all that is built on it: socket.io, Nest, Fastify's plugin. */
export interface WebSocket {
  close(code: number, reason: string): void
}

/**
 * The WebSockets that clients hold open to these servers. Node lets go of a connection that was upgraded: no server closes it, and only
 * whoever took it over knows its protocol. ws notes itself on the socket it took over, and is asked to close it in its own words; what is
 * somebody else's, or behind TLS, is cut when the drain's time is over.
 */
export function findWebSockets(servers: ReadonlySet<Server>): WebSocket[] {
  return socketsOf(servers).flatMap((socket) => takenBy(socket) ?? [])
}

/** Connections that these servers accepted and that are still open, upgraded ones among them. */
export function socketsOf(servers: ReadonlySet<Server>): Socket[] {
  const handles = (process as { _getActiveHandles?: () => unknown[] })._getActiveHandles?.() ?? []
  return handles.filter((handle): handle is Socket & { server: Server } => {
    const { server } = handle as { server?: Server }
    return handle instanceof Socket && server !== undefined && servers.has(server)
  })
}

export function closeForRestart(webSocket: WebSocket): void {
  try {
    webSocket.close(SERVICE_RESTART, 'service restart')
  } catch {
    // One that is closing already has its own idea of it.
  }
}

function takenBy(socket: Socket): WebSocket | null {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'websocket')
  const taker = key && (socket as unknown as Record<symbol, unknown>)[key]
  return typeof (taker as WebSocket | undefined)?.close === 'function' ? (taker as WebSocket) : null
}
