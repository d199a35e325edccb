import { readFileSync } from 'node:fs'
import type { Sample } from '@plimsoll/core/wire'

type Read = (path: string) => string | null

/** Files of control groups that were not there: this version has them or it has not, and each try costs an exception. */
const absent = new Set<string>()
const MAX_ABSENT = 20

/** Reads a small file of the kernel's; null where there is none. */
export function readKernelFile(path: string): string | null {
  if (absent.has(path)) return null
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (thrown) {
    const isMissing = (thrown as NodeJS.ErrnoException).code === 'ENOENT'
    if (isMissing && path.startsWith('/sys/fs/cgroup/') && absent.size < MAX_ABSENT) absent.add(path)
    return null
  }
}

/**
 * Memory of the container we run in: cgroup v2, then v1; null where there is neither. Inside a container the group's own
 * files stand at the root of the mount; on a host with systemd the path is in `/proc/self/cgroup`.
 */
export function readCgroup(read: Read = readKernelFile): Sample['cgroup'] {
  const membership = read('/proc/self/cgroup')
  if (membership === null) return null
  const own = /^0::(\/.*)$/m.exec(membership)?.[1]
  for (const folder of [`/sys/fs/cgroup${own === '/' ? '' : (own ?? '')}`, '/sys/fs/cgroup']) {
    const currentBytes = toNumber(read(`${folder}/memory.current`))
    if (currentBytes === null) continue
    const pressureAvg10 = toNumber(/^some avg10=([\d.]+)/.exec(read(`${folder}/memory.pressure`) ?? '')?.[1] ?? null)
    return { currentBytes, limitBytes: toNumber(read(`${folder}/memory.max`)), pressureAvg10 }
  }
  const currentBytes = toNumber(read('/sys/fs/cgroup/memory/memory.usage_in_bytes'))
  if (currentBytes === null) return null
  const limitBytes = toNumber(read('/sys/fs/cgroup/memory/memory.limit_in_bytes'))
  // Version 1 writes "no limit" as the largest page-aligned number.
  return {
    currentBytes,
    limitBytes: limitBytes !== null && limitBytes < 2 ** 60 ? limitBytes : null,
    pressureAvg10: null,
  }
}

/** Threads of this process; null where `/proc` is absent. */
export function readThreadCount(read: Read = readKernelFile): number | null {
  return toNumber(/^Threads:\s+(\d+)/m.exec(read('/proc/self/status') ?? '')?.[1] ?? null)
}

function toNumber(text: string | null): number | null {
  const value = text === null || text === '' ? NaN : Number(text)
  return Number.isFinite(value) ? value : null
}
