import { readFileSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import { formatBytes, MiB } from '@plimsoll/core'

/** Memory that can still be had before the tightest limit above us. */
export interface MemoryRoom {
  freeBytes: number
  /** The whole that the free part is of. */
  limitBytes: number
  limitedBy: 'container' | 'host'
}

/** Text of a file, or null when it cannot be read. */
export type ReadText = (path: string) => string | null

/** Left over after the newcomer for the kernel and a passing peak: a share of the limit, and on a large host no more than this. */
const reserveRatio = 0.05
const maxReserveBytes = 256 * MiB
/** From here on a cgroup v1 limit means "none": the kernel writes the largest page count. */
const noLimitBytes = 2 ** 60

/** Whether one more process fits, and the sentence that says why. */
export function judgeRoom(room: MemoryRoom, neededBytes: number): { hasRoom: boolean; sentence: string } {
  const reserveBytes = Math.min(room.limitBytes * reserveRatio, maxReserveBytes)
  const { freeBytes, limitBytes, limitedBy } = room
  const free = `${formatBytes(freeBytes)} of the ${limitedBy}’s ${formatBytes(limitBytes)} are free`
  const need = `a replacement needs ${formatBytes(neededBytes)} and ${formatBytes(reserveBytes)} stay in reserve`
  return { hasRoom: freeBytes - neededBytes >= reserveBytes, sentence: `${free}; ${need}` }
}

/** Reads the room from every cgroup above this process (v1 or v2) and from the host; the tightest counts. */
export function readMemoryRoom(readText: ReadText = readTextFile): MemoryRoom {
  const rooms = readCgroups(readText).filter((room) => room !== null)
  return rooms.reduce((tightest, room) => (room.freeBytes < tightest.freeBytes ? room : tightest), readHost(readText))
}

/** Resident memory of any process of ours; null where there is no `/proc`. */
export function readRssBytes(pid: number, readText: ReadText = readTextFile): number | null {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? '')
  return match ? Number(match[1]) * 1024 : null
}

function readHost(readText: ReadText): MemoryRoom {
  // Where there is no /proc, what the system calls free leaves out caches it would give back: too little, never too much.
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(readText('/proc/meminfo') ?? '')
  return { freeBytes: available ? Number(available[1]) * 1024 : freemem(), limitBytes: totalmem(), limitedBy: 'host' }
}

function readCgroups(readText: ReadText): (MemoryRoom | null)[] {
  const lines = (readText('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'))
  const second = lines.find(([id, controllers]) => id === '0' && controllers === '')?.[2]
  const first = lines.find(([, controllers]) => controllers?.split(',').includes('memory'))?.[2]
  return [
    ...(second === undefined
      ? []
      : levelsOf(second).map((path) => readLevel(readText, `/sys/fs/cgroup${path}`, version2))),
    ...(first === undefined
      ? []
      : levelsOf(first).map((path) => readLevel(readText, `/sys/fs/cgroup/memory${path}`, version1))),
  ]
}

interface CgroupFiles {
  /** The kernel kills at the first, and from the second on it slows everybody down until nothing gets done. */
  limits: readonly string[]
  current: string
  /** File cache that the kernel gives back before it kills anybody. */
  reclaimable: RegExp
}
const version2: CgroupFiles = {
  limits: ['memory.max', 'memory.high'],
  current: 'memory.current',
  reclaimable: /^inactive_file (\d+)$/m,
}
const version1: CgroupFiles = {
  limits: ['memory.limit_in_bytes'],
  current: 'memory.usage_in_bytes',
  reclaimable: /^total_inactive_file (\d+)$/m,
}

function readLevel(readText: ReadText, folder: string, files: CgroupFiles): MemoryRoom | null {
  // "max" is no number, and no limit.
  const limits = files.limits.map((file) => Number(readText(join(folder, file)) ?? Number.NaN)).filter(Number.isFinite)
  const limitBytes = Math.min(...limits)
  const currentBytes = Number(readText(join(folder, files.current)) ?? Number.NaN)
  if (!Number.isFinite(limitBytes) || !Number.isFinite(currentBytes) || limitBytes >= noLimitBytes) return null
  const reclaimableBytes = Number(files.reclaimable.exec(readText(join(folder, 'memory.stat')) ?? '')?.[1] ?? 0)
  return { freeBytes: Math.max(0, limitBytes - currentBytes + reclaimableBytes), limitBytes, limitedBy: 'container' }
}

/** `/a/b` → `/a/b`, `/a`, ``: a limit binds on every level. In a container the path may point outside of what is mounted; its root is enough then. */
function levelsOf(path: string): string[] {
  const parts = path.split('/').filter(Boolean)
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`).concat('')
}

function readTextFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
