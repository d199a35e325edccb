import { readKernelFile } from './cgroup.ts'

/** What cannot be followed on this system, as one sentence; null where `/proc` tells all. macOS, Windows and some sandboxes have none. */
export function describeAbsent(read: (path: string) => string | null = readKernelFile): string | null {
  if (read('/proc/self/status') !== null) return null
  return 'this system has no /proc: open descriptors, threads and the limit of a container are not followed here. Heap, external and native memory are; PLIMSOLL_MEMORY_LIMIT says what the process may use.'
}
