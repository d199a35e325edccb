import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MINUTE_MS } from '@plimsoll/core'

/** What a folder of evidence may hold: enough for the story of a bad week, too little to fill a disk. */
export interface EvidenceLimits {
  maxFiles: number
  maxBytes: number
}

export const defaultEvidenceLimits: EvidenceLimits = { maxFiles: 50, maxBytes: 10 * 1024 * 1024 }

/** Where evidence is kept unless told otherwise: for this user alone, gone with the next start of the machine. */
export function defaultEvidenceFolder(): string {
  return join(tmpdir(), `plimsoll-evidence-${process.getuid?.() ?? 'user'}`)
}

/**
 * Makes the folder, readable by its owner alone: what a heap held is nobody else's business.
 * @throws when it cannot be made, or belongs to somebody else: anybody may have put a folder, or a link to one of ours, into `/tmp`
 */
export function openEvidenceFolder(folder: string, uid: number | undefined = process.getuid?.()): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const owners = [lstatSync(folder).uid, statSync(folder).uid]
  if (uid !== undefined && owners.some((owner) => owner !== uid)) {
    throw new Error(
      `${folder} belongs to somebody else, who could read what is put there. Name another with --evidence`,
    )
  }
  // It may have been there before, with another mode.
  chmodSync(folder, 0o700)
}

/** A snapshot this old belongs to nobody any more: whoever wrote or read it was killed. It holds users' data, so it goes. */
const staleSnapshotMs = 10 * MINUTE_MS

/** Removes forgotten snapshots, then the oldest files until the limits hold. */
export function boundEvidence(folder: string, nowMs: number, limits: EvidenceLimits = defaultEvidenceLimits): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (name.endsWith('.heapsnapshot') && nowMs - statSync(path).mtimeMs > staleSnapshotMs) unlinkSync(path)
  }
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ path: join(folder, name), ...pick(join(folder, name)) }))
    .sort((left, right) => right.atMs - left.atMs)
  let bytes = 0
  files.forEach((file, index) => {
    bytes += file.bytes
    if (index >= limits.maxFiles || bytes > limits.maxBytes) unlinkSync(file.path)
  })
}

function pick(path: string): { atMs: number; bytes: number } {
  const { mtimeMs, size } = statSync(path)
  return { atMs: mtimeMs, bytes: size }
}
