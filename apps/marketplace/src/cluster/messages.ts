import type { FaultName } from '../fault/fault-names.ts'

/** What a worker tells its primary. The channel is shared with whoever else uses IPC here: messages without `shop` are not ours. */
export type WorkerMessage =
  | { shop: 'ready'; slot: number }
  | { shop: 'heartbeat' }
  /** It cannot start: another one would fail the same way. */
  | { shop: 'failed'; message: string }
  | { shop: 'invalidate'; tags: string[] }
  /** All its connections have ended. */
  | { shop: 'drained' }

/** What the primary tells a worker. */
export type PrimaryMessage =
  | { shop: 'drain'; graceMs: number }
  /** Answer to `drained`: every connection that was on its way to the worker has arrived, so it may exit. */
  | { shop: 'leave' }
  | { shop: 'invalidate'; tags: string[] }
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
