import { SECOND_MS, type Clock } from '@plimsoll/core'
import type { ServerResponse } from 'node:http'
import type { StreamEvents } from './contract.ts'

/** Each watches with a socket; more than this many is a mistake or an attack. */
export const MAX_LISTENERS = 100
/** A reader that has not taken so much is cut off: it connects again and starts anew. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024
const KEEP_ALIVE_MS = 15 * SECOND_MS

export interface Listener {
  incidentId: number | null
  instance: string | null
  send<Name extends keyof StreamEvents>(name: Name, data: StreamEvents[Name]): void
}

/** Who listens to the stream of server-sent events. */
export class Live {
  readonly #clock: Clock
  readonly #listeners = new Map<Listener, ServerResponse>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isFull(): boolean {
    return this.#listeners.size >= MAX_LISTENERS
  }

  get listeners(): readonly Listener[] {
    return [...this.#listeners.keys()]
  }

  /** Takes the response over until its reader leaves. */
  add(response: ServerResponse, wants: { incidentId: number | null; instance: string | null }): Listener {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    })
    const listener: Listener = {
      ...wants,
      send(name, data) {
        if (response.writableLength > MAX_UNREAD_BYTES) response.destroy()
        else response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
      },
    }
    const keepAlive = this.#clock.every(KEEP_ALIVE_MS, () => response.write(': still here\n\n'))
    response.on('close', () => {
      keepAlive.cancel()
      this.#listeners.delete(listener)
    })
    // A reader that is gone is no news.
    response.on('error', () => response.destroy())
    this.#listeners.set(listener, response)
    response.write('retry: 2000\n\n')
    return listener
  }

  stop(): void {
    for (const response of this.#listeners.values()) response.end()
  }
}
