import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import v8 from 'node:v8'
import vm from 'node:vm'

import type { Floor, Usage } from './probe-protocol.ts'

/** Collections for one floor, and the rest between them. */
const COLLECTIONS = 3
const REST_MS = 10
const SLOW_COLLECTIONS_MS = 150
/** While each lets go of so much more, or of this part of it all, there are more: what a finalizer drops may hold what has another. */
const MAX_COLLECTIONS = 8
const MUCH_BYTES = 64 * 1024
const MUCH_SHARE = 1 / 500

/** Reads what stays in memory, and what was used so far. */
export interface Gauge {
  /** Forces collections. */
  readFloor(settleMs: number): Promise<Floor>
  readUsage(): Usage
}

export interface Counters {
  requestCount(): number
  /** Connections that clients keep. */
  clientCount(): number
  /** What caches hold that keep a budget. */
  cachedBytes(): number
}

export function createGauge({ requestCount, clientCount, cachedBytes }: Counters): Gauge {
  const gc = watchCollections()
  const delays = monitorEventLoopDelay({ resolution: 10 })
  delays.enable()
  const collect = chooseCollector()
  const readMemory = createMemoryReader()
  const readUsage = (): Usage => {
    const { user, system } = process.cpuUsage()
    const { active: busyMs, idle: idleMs } = performance.eventLoopUtilization()
    return {
      requestCount: requestCount(),
      cpuMs: (user + system) / 1000,
      gcMs: gc.totalMs(),
      busyMs,
      idleMs,
    }
  }

  async function readFloor(settleMs: number): Promise<Floor> {
    // Promises, streams and sockets end a turn or two after the last answer was sent.
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    const loopDelayMsP99 = delays.percentile(99) / 1e6
    const { gcMs } = readUsage()
    const began = performance.now()
    let least: { used: number; code: number } | null = null
    let memory = readMemory()
    let hasLetGo = false
    for (let round = 0; round < MAX_COLLECTIONS; round++) {
      // Where collecting is slow, two have to do.
      const enough = performance.now() - began > SLOW_COLLECTIONS_MS ? 2 : COLLECTIONS
      if (round >= enough && !hasLetGo) break
      collect()
      // What finalizers and weak references let go of goes with the next one; a compilation under way holds things for a moment.
      await new Promise((resolve) => setTimeout(resolve, REST_MS))
      const used = v8.getHeapStatistics().used_heap_size
      hasLetGo = least !== null && least.used - used > Math.max(MUCH_BYTES, MUCH_SHARE * used)
      if (round > 0 && used >= (least?.used ?? Infinity)) continue
      const code = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'code_space')
      least = { used, code: code?.space_used_size ?? 0 }
      memory = readMemory()
    }
    const collectMs = performance.now() - began
    const { rss, external, heapTotal } = memory
    const { malloced_memory: malloced } = v8.getHeapStatistics()
    delays.reset()
    return {
      heapBytes: least!.used - least!.code,
      externalBytes: external,
      rssBytes: rss,
      nativeBytes: rss - heapTotal - external - malloced,
      descriptorCount: countDescriptors(clientCount()),
      cachedBytes: cachedBytes(),
      ...readUsage(),
      gcMs,
      collectMs,
      loopDelayMsP99,
    }
  }
  return { readFloor, readUsage }
}

/** Whoever has no file descriptor left cannot read what the kernel charges it: what it was last has to do. */
function createMemoryReader(): () => Pick<NodeJS.MemoryUsage, 'rss' | 'external' | 'heapTotal'> {
  let rss = 0
  return () => {
    try {
      const memory = process.memoryUsage()
      rss = memory.rss
      return memory
    } catch {
      const { total_heap_size: heapTotal, external_memory: external } = v8.getHeapStatistics()
      return { rss, external, heapTotal }
    }
  }
}

/** Time spent on collections that nobody forced. */
function watchCollections(): { totalMs(): number } {
  let total = 0
  // Forced collections are flagged as such (8: V8's kGCCallbackFlagForced is 4, all available garbage is 16).
  const note = (entries: readonly (typeof PerformanceEntry.prototype)[]): void => {
    for (const entry of entries) {
      const { flags = 0 } = (entry as typeof PerformanceEntry.prototype & { detail?: { flags?: number } }).detail ?? {}
      if ((flags & (4 | 16)) === 0) total += entry.duration
    }
  }
  try {
    const observer = new PerformanceObserver((list) => note(list.getEntries()))
    observer.observe({ entryTypes: ['gc'] })
    return {
      totalMs() {
        note(observer.takeRecords())
        return total
      },
    }
  } catch {
    return { totalMs: () => 0 }
  }
}

/**
 * A full collection, as `gc()` does it. What the inspector offers is for memory pressure: it throws compiled code away as well, which then
 * comes back bit by bit and looks like growth. For the same reason bytecode of functions that were not called lately is kept.
 */
function chooseCollector(): () => void {
  v8.setFlagsFromString('--no-flush-bytecode')
  v8.setFlagsFromString('--expose-gc')
  return vm.runInNewContext('gc') as () => void
}

function countDescriptors(clientCount: number): number | null {
  for (const folder of ['/proc/self/fd', '/dev/fd']) {
    try {
      return Math.max(0, readdirSync(folder).length - clientCount)
    } catch {
      // The other one, or none.
    }
  }
  return null
}
