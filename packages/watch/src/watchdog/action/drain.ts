import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server as HttpServer, ServerResponse } from 'node:http'
import { Server } from 'node:net'
import { formatDuration, type Clock } from '@plimsoll/core'
import { closeForRestart, findWebSockets, socketsOf } from './web-sockets.ts'

export interface DrainLimits {
  /** How long idle connections are left alone: longer than a client thinks between two requests of a page. */
  graceMs: number
  /** After this what is still open is cut; once more as long where the event loop stood still for most of it. */
  limitMs: number
}

export interface DrainOutcome {
  /** Connections that had to be cut at the limit. */
  cutCount: number
  sentence: string
}

/** The longest that a drain may take: see {@link DrainLimits.limitMs}. */
export function longestDrainMs({ limitMs }: Pick<DrainLimits, 'limitMs'>): number {
  return 2 * limitMs
}

const sweepMs = 250
/** So short a rest of a turn hardly ever holds a request that has arrived unread. */
const quietTurnMs = 1
const maxTurns = 200
/** A loop that stood still for less of the time than this has had its chance. */
const mostlyAwakeShare = 0.2

/**
 * Empties servers without dropping a request. `http.Server.close()` cuts idle sockets at once, and a request that is already on
 * its way to one of them is lost; so only the listening socket closes first. Every answer from now on says `Connection: close`,
 * which lets a client that talks finish its sentence; who has said nothing for the grace is closed while idle.
 */
export function drainServers(servers: readonly Server[], limits: DrainLimits, clock: Clock): Promise<DrainOutcome> {
  const startedAtMs = clock.monotonicMs()
  const open = new Set(servers.filter((server) => server.listening))
  const askToClose = (message: unknown): void => {
    ;(message as { response: ServerResponse }).response.shouldKeepAlive = false
  }
  subscribe('http.server.request.start', askToClose)
  return new Promise((resolve) => {
    // Spread over the grace, so that those who connect again do not all come at once.
    const sweepCount = Math.max(1, Math.floor(limits.graceMs / sweepMs))
    const webSockets = findWebSockets(open)
    const perSweep = Math.ceil(webSockets.length / sweepCount)
    let awakeMs = 0
    const sweep = clock.every(sweepMs, () => {
      awakeMs += sweepMs
      webSockets.splice(0, perSweep).forEach(closeForRestart)
      if (clock.monotonicMs() - startedAtMs >= limits.graceMs) closeIdleSoon(open)
    })
    let limit = clock.after(limits.limitMs, () => {
      // A service near its heap limit may spend seconds in one collection, and the timers come first when it wakes: what has arrived
      // meanwhile gets the time that nobody had.
      const stillMs = Math.min(limits.limitMs, clock.monotonicMs() - startedAtMs - awakeMs)
      if (stillMs < mostlyAwakeShare * limits.limitMs) cutAtLimit()
      else limit = clock.after(stillMs, cutAtLimit)
    })
    const cutAtLimit = (): void => void cutRest().then(finish)
    const finish = (cutCount: number): void => {
      sweep.cancel()
      limit.cancel()
      unsubscribe('http.server.request.start', askToClose)
      const span = formatDuration(clock.monotonicMs() - startedAtMs)
      const cut = `, with ${cutCount} ${cutCount === 1 ? 'connection' : 'connections'} cut at the limit`
      resolve({ cutCount, sentence: `drained in ${span}${cutCount > 0 ? cut : ''}` })
    }
    const cutRest = async (): Promise<number> => {
      const counts = await Promise.all([...open].map(countConnections))
      for (const server of open) asHttp(server)?.closeAllConnections()
      // What was upgraded belongs to no server any more.
      for (const socket of socketsOf(open)) socket.destroy()
      return counts.reduce((sum, count) => sum + count, 0)
    }
    for (const server of open) {
      Server.prototype.close.call(server, () => {
        open.delete(server)
        if (open.size === 0) finish(0)
      })
    }
    if (open.size === 0) finish(0)
  })
}

/**
 * Right after the sockets have been read. A timer runs before that: a connection that looks idle there may have a request waiting
 * in the kernel, and it may again after a turn of the loop in which an answer was rendered or garbage collected.
 */
function closeIdleSoon(servers: ReadonlySet<Server>, turnCount = 0): void {
  const fromMs = performance.now()
  setImmediate(() => {
    const isQuiet = performance.now() - fromMs <= quietTurnMs
    if (!isQuiet && turnCount < maxTurns) return closeIdleSoon(servers, turnCount + 1)
    for (const server of servers) asHttp(server)?.closeIdleConnections()
  })
}

function asHttp(server: Server): HttpServer | null {
  return 'closeIdleConnections' in server ? (server as HttpServer) : null
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)))
}
