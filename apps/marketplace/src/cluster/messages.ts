import type { FaultName } from '../fault/fault-names.ts'

/** What a worker tells its primary. The channel is shared with whoever else uses IPC here: messages without `shop` are not ours. */
export type WorkerMessage =
  | { shop: 'ready'; slot: number }
  | { shop: 'heartbeat' }
  /** It cannot start: another one would fail the same way. */
  | { shop: 'failed'; message: string }
  /** With an id it wants to hear `invalidated` when every other worker has heard it. */
  | { shop: 'invalidate'; tags: string[]; id?: number }
  /** Has done what an `invalidate` with this id says. */
  | { shop: 'heard'; id: number }
  /** All its connections have ended. */
  | { shop: 'drained' }

/** What the primary tells a worker. */
export type PrimaryMessage =
  | { shop: 'drain'; graceMs: number }
  /** Answer to `drained`: every connection that was on its way to the worker has arrived, so it may exit. */
  | { shop: 'leave' }
  /** With an id, the primary wants to hear that it was `heard`. */
  | { shop: 'invalidate'; tags: string[]; id?: number }
  | { shop: 'invalidated'; id: number }
  | { shop: 'fault'; name: FaultName; isOn: boolean }

export function asWorkerMessage(message: unknown): WorkerMessage | null {
  return isOurs(message) ? (message as WorkerMessage) : null
}

export function asPrimaryMessage(message: unknown): PrimaryMessage | null {
  return isOurs(message) ? (message as PrimaryMessage) : null
}

function isOurs(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'shop' in message
}

/** A worker says so often that it lives, and is taken for dead after three silent periods and a little. */
export const HEARTBEAT_MS = 3_000
export const DEAD_AFTER_MS = 10_000
