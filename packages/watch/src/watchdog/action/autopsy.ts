import { spawn } from 'node:child_process'
import { readdirSync, rmSync, statfsSync, statSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeHeapSnapshot } from 'node:v8'
import { formatBytes, messageOf, MINUTE_MS } from '@plimsoll/core'
import type { Identity } from '@plimsoll/core/wire'
import type { ResolvedWatchOptions } from '../../options.ts'
import { ownFolder } from '../../own-folder.ts'
import { judgeRoom, readMemoryRoom, type MemoryRoom } from '../../supervise/memory-room.ts'
import { boundEvidence, openEvidenceFolder } from './evidence.ts'

/** Writing a snapshot takes 4.4 times the heap on top of it, measured with pages of HTML; more with small objects. */
const memoryFactor = 6
/** A file of small objects is 1.8 times their size. */
const diskFactor = 3
/** Above this it would take longer than a worker is waited for. */
const maxHeapBytes = 2 * 1024 ** 3
/** The same leak looks the same ten minutes later. */
const minPauseMs = 10 * MINUTE_MS

export interface AutopsyOptions {
  folder: string
  name: string
  heapBytes: number
  room: MemoryRoom
  nowMs: number
  /** Writes the snapshot; for tests. */
  write?: (file: string) => void
  /** Starts the process that reads it; for tests. */
  read?: (file: string, report: string) => void
}

/** Why a heap cannot be looked at; null when it can. */
export function refusalOfAutopsy(
  { heapBytes, room, folder, nowMs }: AutopsyOptions,
  freeDiskBytes: number,
  newestAtMs: number | null,
): string | null {
  if (heapBytes > maxHeapBytes) return `a heap of ${formatBytes(heapBytes)} takes too long to write`
  if (newestAtMs !== null && nowMs - newestAtMs < minPauseMs) return `there is one of the last ten minutes in ${folder}`
  const { hasRoom, sentence } = judgeRoom(room, memoryFactor * heapBytes)
  if (!hasRoom) return `no memory for it: ${sentence.replace('a replacement', 'a snapshot')}`
  if (freeDiskBytes < diskFactor * heapBytes) {
    return `no room for it in ${folder}: ${formatBytes(freeDiskBytes)} are free, and ${formatBytes(diskFactor * heapBytes)} may be needed`
  }
  return null
}

/**
 * Looks into the heap of a process that serves nobody any more: writes a snapshot, at the lowest priority, and leaves it to another
 * process to read it, to write what it found into the folder of evidence, to say it in one line, and to delete the snapshot, which
 * holds users' data. Blocks for as long as V8 writes, and answers a sentence.
 */
export function performAutopsy(options: AutopsyOptions): string {
  const { folder, name, nowMs } = options
  try {
    openEvidenceFolder(folder)
    boundEvidence(folder, nowMs)
    const { bavail, bsize } = statfsSync(folder)
    const refusal = refusalOfAutopsy(options, bavail * bsize, newestReportAtMs(folder))
    if (refusal !== null) return `no autopsy: ${refusal}`
    lowerPriority()
    const stem = join(
      folder,
      `${name.replaceAll(/[^\w-]/g, '-')}-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`,
    )
    writeWhole(`${stem}.heapsnapshot`, options.write ?? ((file) => void writeHeapSnapshot(file)))
    ;(options.read ?? startReader)(`${stem}.heapsnapshot`, `${stem}.json`)
    return `its heap is being read into ${stem}.json`
  } catch (thrown) {
    return `no autopsy: ${messageOf(thrown)}`
  }
}

/** A part of a snapshot is of no use to anybody, holds users' data, and may be what fills the disk. */
function writeWhole(file: string, write: (file: string) => void): void {
  try {
    write(file)
  } catch (thrown) {
    rmSync(file, { force: true })
    throw thrown
  }
}

/** The autopsy of this process, if evidence is wanted; see {@link performAutopsy}. */
export function autopsyOf({ name }: Identity, { evidenceFolder }: ResolvedWatchOptions): string | null {
  if (evidenceFolder === null) return null
  const { heapUsed } = process.memoryUsage()
  return performAutopsy({
    folder: evidenceFolder,
    name,
    heapBytes: heapUsed,
    room: readMemoryRoom(),
    nowMs: Date.now(),
  })
}

function newestReportAtMs(folder: string): number | null {
  const times = readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs)
  return times.length === 0 ? null : Math.max(...times)
}

function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch {
    // Some containers forbid it; then it is done at the ordinary one.
  }
}

/** A process of its own: this one ends now. Its line goes where ours would. */
function startReader(file: string, report: string): void {
  const script = fileURLToPath(new URL('snapshot/autopsy-reader.js', ownFolder))
  const environment = { ...process.env, PLIMSOLL: 'off', NODE_OPTIONS: '' }
  spawn(process.execPath, [script, file, report], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: environment,
  }).unref()
}
