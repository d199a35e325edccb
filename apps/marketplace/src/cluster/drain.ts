import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { Clock } from '@plimsoll/core'

export interface DrainOptions {
  /** Idle connections are left alone so long: longer than a client takes between two requests. */
  graceMs: number
  /** Whatever is still open then is cut. Default 10 s. */
  limitMs?: number
  clock: Clock
}

const IDLE_SWEEP_MS = 250

/**
 * Empties a server without dropping a request. `http.Server.close()` would cut idle connections at once and race with a
 * request that is already on its way on one of them; so the listening socket alone is closed, every further answer says
 * `Connection: close`, and only after the grace idle connections are ended, again and again, until the last one is gone.
 */
export function drainServer(server: Server, options: DrainOptions): Promise<void> {
  const { graceMs, limitMs = 10_000, clock } = options
  server.prependListener('request', (_request, response) => {
    response.shouldKeepAlive = false
  })
  // A timer runs before the sockets are read: a connection that looks idle there may have a request waiting in the kernel. One
  // turn later it has been read, and the connection is idle no more.
  const closeIdleSoon = () => void setImmediate(() => server.closeIdleConnections())
  return new Promise((resolve) => {
    const grace = clock.after(graceMs, closeIdleSoon)
    const sweep = clock.every(IDLE_SWEEP_MS, () => {
      if (clock.monotonicMs() - beganMs >= graceMs) closeIdleSoon()
    })
    const limit = clock.after(limitMs, () => server.closeAllConnections(), { keepAlive: true })
    const beganMs = clock.monotonicMs()
    NetServer.prototype.close.call(server, () => {
      for (const timer of [grace, sweep, limit]) timer.cancel()
      resolve()
    })
  })
}
