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

/** A path's longest on Linux. */
const MAX_TEXT = 4096
const MAX_SITES = 40
const MAX_FRAMES = 12
const MAX_WINDOWS = 12

/** What was posted, if it is what a worker tells: anybody in the process may post to the channel. */
export function readWorkerMessage(data: unknown): WorkerMessage | null {
  const isSound =
    isRecord(data) &&
    isCount(data['threadId']) &&
    ((data['kind'] === 'heap' &&
      (data['script'] === null || isText(data['script'])) &&
      isAmount(data['startBytes']) &&
      isAmount(data['heapBytes'])) ||
      (data['kind'] === 'profile' && isReport(data['report'])))
  return isSound ? (data as unknown as WorkerMessage) : null
}

function isReport(report: unknown): boolean {
  if (!isRecord(report) || !isAmount(report['atMs']) || !isCount(report['windowCount'])) return false
  return isListOf(report['sites'], MAX_SITES, (site) => {
    if (!isRecord(site)) return false
    return isListOf(site['stack'], MAX_FRAMES, isFrame) && isListOf(site['bytesByBirth'], MAX_WINDOWS, isAmount)
  })
}

function isFrame(frame: unknown): boolean {
  if (!isRecord(frame) || !isText(frame['script']) || !isPlace(frame)) return false
  const { functionName, written } = frame
  return (functionName === null || isText(functionName)) && (written === undefined || isPlace(written))
}

const isPlace = (place: unknown): boolean => isRecord(place) && isCount(place['line']) && isCount(place['column'])

const isListOf = (list: unknown, maxCount: number, isSound: (item: unknown) => boolean): boolean =>
  Array.isArray(list) && list.length <= maxCount && list.every(isSound)

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= MAX_TEXT

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const isAmount = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0
