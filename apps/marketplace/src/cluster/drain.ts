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
/** A request may arrive unread in the rest of a turn of the event loop: so short a rest hardly ever holds one. */
const QUIET_TURN_MS = 1
const MAX_TURNS = 200

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
  const closeIdleSoon = () => afterQuietTurn(() => server.closeIdleConnections())
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

/**
 * Acts right after the sockets have been read. A timer runs before that: a connection that looks idle there may have a request
 * waiting in the kernel, and it may again after a turn in which an answer was rendered or garbage collected.
 */
function afterQuietTurn(act: () => void, turnCount = 0): void {
  const fromMs = performance.now()
  setImmediate(() => {
    if (performance.now() - fromMs <= QUIET_TURN_MS || turnCount === MAX_TURNS) act()
    else afterQuietTurn(act, turnCount + 1)
  })
}
