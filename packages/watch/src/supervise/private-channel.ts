import type { Worker } from 'node:cluster'

/** What a drained worker has at least to hear `leave` and close its things in order, however long its drain took. */
export const closeLimitMs = 1000

/** From a worker's watch to its primary's. */
export type WorkerMessage =
  | { kind: 'hello'; instance: string; name: string }
  | { kind: 'ask-rotation'; reason: string }
  | { kind: 'drained'; sentence: string }
  /** Serves nobody any more and looks into its heap: it may take longer to end. */
  | { kind: 'autopsy' }
  | { kind: 'left' }

/** From a primary's watch to a worker's. `leave` answers `drained`: by then every connection it was still given has reached it. */
export type PrimaryMessage = DrainMessage | { kind: 'leave' }

export interface DrainMessage {
  kind: 'drain'
  graceMs: number
  limitMs: number
  /** Whether to look into the heap when nobody is served any more. */
  wantsAutopsy: boolean
}

/**
 * Node keeps messages whose `cmd` begins with `NODE_` from the 'message' listeners of the app and emits them as
 * 'internalMessage'. It reserves them for itself; the name behind the prefix is ours, so nobody else answers.
 */
const cmd = 'NODE_PLIMSOLL'

/** A channel that closes while we speak is a process that ends; whoever waits for it hears of that by its exit. */
const ignoreClosedChannel = (): void => {}

export function sendToWorker(worker: Worker, message: PrimaryMessage): void {
  if (worker.isConnected()) worker.process.send?.({ cmd, message }, undefined, undefined, ignoreClosedChannel)
}

/** `onSent` is called when this and all that was said before has left the process. */
export function sendToPrimary(message: WorkerMessage, onSent: () => void = ignoreClosedChannel): void {
  if (process.connected) process.send?.({ cmd, message }, undefined, undefined, onSent)
  else onSent()
}

export function onWorkerMessage(worker: Worker, listener: (message: WorkerMessage) => void): void {
  worker.process.on('internalMessage', (envelope: unknown) => open(envelope, listener))
}

export function onPrimaryMessage(listener: (message: PrimaryMessage) => void): void {
  // Typed as any event's listener: Node's own types do not list what it calls internal.
  ;(process as NodeJS.EventEmitter).on('internalMessage', (envelope: unknown) => open(envelope, listener))
}

function open<T>(envelope: unknown, listener: (message: T) => void): void {
  const { cmd: name, message } = (envelope ?? {}) as { cmd?: unknown; message?: T }
  if (name === cmd && message !== undefined) listener(message)
}
