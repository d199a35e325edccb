import type { ProfileReport } from '../attribute/allocation-profile.ts'

/** Between the host's worker threads and the watchdog, past the main thread: a BroadcastChannel of this process. */
export const workerChannel = 'plimsoll.workers'

export type WorkerMessage =
  /** `startBytes` is its heap at its first look. */
  | { kind: 'heap'; threadId: number; script: string | null; startBytes: number; heapBytes: number }
  | { kind: 'profile'; threadId: number; report: ProfileReport }

/** To a worker: sample allocations, or stop that. */
export interface WorkerOrder {
  kind: 'sample'
  threadId: number
  isOn: boolean
}
