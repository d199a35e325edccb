import diagnostics from 'node:diagnostics_channel'
import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import { SECOND_MS, type Clock } from '@plimsoll/core'
import { drainingChannel } from '../../draining.ts'
import { leaveExitCode } from '../../leave-exit-code.ts'
import { drainServers, type DrainLimits } from './drain.ts'

export interface LeaveLimits extends DrainLimits {
  /** How long it still accepts after it has said that it is not ready: until the orchestrator has heard of that. */
  noticeMs: number
  /** What an app that listens for SIGTERM may take to close its things. */
  closeLimitMs: number
}

export const defaultLeaveLimits: LeaveLimits = {
  noticeMs: 0,
  graceMs: 1500,
  limitMs: 10 * SECOND_MS,
  closeLimitMs: 5 * SECOND_MS,
}

export interface LeaveOptions {
  clock: Clock
  limits: LeaveLimits
  servers(): readonly Server[]
  /** `/readyz`, answered with 503 from now on; null when the app asks `isDraining` itself, or nobody asks. */
  readyPath: string | null
  /** Looks into the heap when nobody is served any more; answers a sentence, or null. */
  autopsy(): string | null
  tell(sentence: string): void
}

/**
 * Leaves so that another one can be started in this one's place: not ready, then drained, then ended with {@link leaveExitCode}.
 * Never doubles anything: the next one starts when this one is gone.
 */
export async function leave({ clock, limits, servers, readyPath, autopsy, tell }: LeaveOptions): Promise<void> {
  diagnostics.channel(drainingChannel).publish({})
  if (readyPath !== null) answerNotReady(readyPath)
  process.on('exit', () => {
    process.exitCode = leaveExitCode
  })
  await wait(clock, limits.noticeMs)
  const { sentence } = await drainServers(servers(), limits, clock)
  const found = autopsy()
  tell(`It ${sentence} and ends, for another one to start${found === null ? '' : `; ${found}`}.`)
  // An app that listens for SIGTERM has something to close in order.
  if (process.listenerCount('SIGTERM') === 0) process.exit()
  clock.after(limits.closeLimitMs, () => process.exit(), { keepAlive: true })
  process.kill(process.pid, 'SIGTERM')
}

/** Answers in the app's stead, whatever framework it uses: they all take requests from this event. */
function answerNotReady(readyPath: string): void {
  const emit = HttpServer.prototype.emit
  HttpServer.prototype.emit = function emitWhileDraining(this: HttpServer, event: string, ...args: unknown[]): boolean {
    const [request, response] = args as [IncomingMessage?, ServerResponse?]
    if (event !== 'request' || request?.url?.split('?')[0] !== readyPath || !response) {
      return (emit as (event: string, ...args: unknown[]) => boolean).call(this, event, ...args)
    }
    request.resume()
    response.writeHead(503, { 'content-type': 'text/plain', connection: 'close' }).end('draining\n')
    return true
  }
}

function wait(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve, { keepAlive: true }))
}
