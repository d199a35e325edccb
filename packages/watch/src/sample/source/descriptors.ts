import { readdirSync } from 'node:fs'
import { readKernelFile } from './cgroup.ts'

/** Open files, sockets, pipes and watches of this process; null where `/proc` is absent. Costs a call to the kernel for a few hundred of them. */
export function readDescriptorCount(list: (path: string) => readonly string[] = readdirSync): number | null {
  try {
    // The listing itself holds one open.
    return list('/proc/self/fd').length - 1
  } catch {
    return null
  }
}

/** How many the system allows it; null where `/proc` is absent or there is no limit. */
export function readDescriptorLimit(read: (path: string) => string | null = readKernelFile): number | null {
  const limit = /^Max open files\s+(\d+)/m.exec(read('/proc/self/limits') ?? '')?.[1]
  return limit === undefined ? null : Number(limit)
}
