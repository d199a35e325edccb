import { readFileSync } from 'node:fs'
import { PerformanceObserver, constants, performance, type PerformanceEntry } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

/** Tells how much more memory may be used before the process is in danger. */
export interface PressureSource {
  limits(): { heapBytes: number; cgroupBytes: number | null }
  /** Bytes to the line that should not be crossed; below zero when it is. Asked four times a second. */
  roomBytes(): number
  /** So many bytes were given back; some of them are garbage until the next collection. */
  gaveBack(bytes: number): void
  /** Nobody asks any more. */
  stop?(): void
}

/**
 * Where the lines are drawn. What a full collection leaves of the heap is surely in use, and above three quarters V8 collects
 * more and more; what is used in between may be garbage, so that line is higher. Above the container's, the kernel may kill.
 */
const HEAP_FLOOR_LINE = 0.75
const HEAP_LINE = 0.92
const CGROUP_LINE = 0.9

/** How long what was given back is taken for gone although nobody has collected it. */
const PATIENCE_MS = 1000

type Read = (path: string) => string

/**
 * V8's heap and the container's memory. What the caches give back is garbage first, and still counted: it is taken for gone
 * until the next full collection, or for a second, so that one shortage is not answered twice.
 */
export function machinePressure(read: Read = (path) => readFileSync(path, 'utf8')): PressureSource {
  const cgroup = findCgroup(read)
  let givenBytes = 0
  let givenAtMs = -Infinity
  /** Of the heap, right after the last full collection. */
  let floorBytes = 0
  const observer = new PerformanceObserver((list) => {
    const entries = list.getEntries() as (PerformanceEntry & { detail?: { kind?: number } })[]
    const full = entries.filter(({ detail }) => detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR)
    if (full.length > 0) floorBytes = getHeapStatistics().used_heap_size
    if (full.some(({ startTime }) => startTime >= givenAtMs)) givenBytes = 0
  })
  let isObserving = false
  return {
    limits: () => ({ heapBytes: getHeapStatistics().heap_size_limit, cgroupBytes: cgroup?.limitBytes ?? null }),
    roomBytes() {
      if (!isObserving) observer.observe({ entryTypes: ['gc'] })
      isObserving = true
      if (performance.now() - givenAtMs > PATIENCE_MS) givenBytes = 0
      const { heap_size_limit, used_heap_size } = getHeapStatistics()
      const heapBytes = Math.min(
        HEAP_LINE * heap_size_limit - used_heap_size,
        HEAP_FLOOR_LINE * heap_size_limit - Math.min(floorBytes, used_heap_size),
      )
      const cgroupBytes = cgroup === null ? Infinity : CGROUP_LINE * cgroup.limitBytes - cgroup.usedBytes()
      return Math.min(heapBytes, cgroupBytes) + givenBytes
    },
    gaveBack(bytes) {
      givenBytes += bytes
      givenAtMs = performance.now()
    },
    stop() {
      observer.disconnect()
      isObserving = false
    },
  }
}

/** The container's limit and use, without the file cache that the kernel would drop first: version 2, then 1; null without a limit. */
function findCgroup(read: Read): { limitBytes: number; usedBytes: () => number } | null {
  const tryRead = (path: string) => {
    try {
      return read(path).trim()
    } catch {
      return null
    }
  }
  const own = /^0::(\/.*)$/m.exec(tryRead('/proc/self/cgroup') ?? '')?.[1] ?? ''
  const places = [
    { folder: `/sys/fs/cgroup${own === '/' ? '' : own}`, limit: 'memory.max', used: 'memory.current' },
    { folder: '/sys/fs/cgroup', limit: 'memory.max', used: 'memory.current' },
    { folder: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes' },
  ]
  for (const { folder, limit, used } of places) {
    const limitBytes = Number(tryRead(`${folder}/${limit}`) || NaN)
    // Version 1 writes "no limit" as the largest page-aligned number.
    if (!(limitBytes > 0 && limitBytes < 2 ** 60)) continue
    const usedBytes = () => {
      const inactive = /^(?:total_)?inactive_file (\d+)$/m.exec(tryRead(`${folder}/memory.stat`) ?? '')?.[1] ?? '0'
      return Number(tryRead(`${folder}/${used}`) ?? 0) - Number(inactive)
    }
    return { limitBytes, usedBytes }
  }
  return null
}
