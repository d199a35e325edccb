import type { Clock } from '@plimsoll/core'
import type { WorkerMessage } from './messages.ts'

/** Somebody's next click must not wait for a worker that hangs; it is killed later, and its caches with it. */
const ACKNOWLEDGE_LIMIT_MS = 1_000

/** The worker's side: tells the others what has changed, and can wait until they know. */
export interface Announcer {
  /** Settles when every other worker has forgotten what it cached under the tags, after {@link ACKNOWLEDGE_LIMIT_MS} at the latest. */
  announce(tags: string[]): Promise<void>
  /** The primary says that all have heard an announcement. */
  acknowledge(id: number): void
}

/** @param tell false when there is no primary to tell */
export function createAnnouncer(clock: Clock, tell: (message: WorkerMessage) => boolean): Announcer {
  // One entry for each request that waits: gone with its answer, or at the limit.
  const waiting = new Map<number, () => void>()
  let lastId = 0
  return {
    announce: (tags) =>
      new Promise((resolve) => {
        const id = ++lastId
        if (!tell({ shop: 'invalidate', tags, id })) return resolve()
        const settle = () => {
          timer.cancel()
          waiting.delete(id)
          resolve()
        }
        const timer = clock.after(ACKNOWLEDGE_LIMIT_MS, settle)
        waiting.set(id, settle)
      }),
    acknowledge: (id) => waiting.get(id)?.(),
  }
}

/** The primary's side: who has still to answer which call. A worker that ends counts as having answered. */
export class RollCall {
  readonly #calls = new Map<number, { awaited: Set<number>; done: () => void }>()
  #lastId = 0

  get openCount(): number {
    return this.#calls.size
  }

  /** Answers the call's number; `done` is called when all of `workerIds` have answered, at once when there is none. */
  open(workerIds: readonly number[], done: () => void): number {
    const id = ++this.#lastId
    if (workerIds.length === 0) done()
    else this.#calls.set(id, { awaited: new Set(workerIds), done })
    return id
  }

  answer(id: number, workerId: number): void {
    const call = this.#calls.get(id)
    if (!call?.awaited.delete(workerId) || call.awaited.size > 0) return
    this.#calls.delete(id)
    call.done()
  }

  leave(workerId: number): void {
    for (const id of [...this.#calls.keys()]) this.answer(id, workerId)
  }
}
