import { getHeapStatistics } from 'node:v8'

export interface MemoryReading {
  rssBytes: number
  heapUsedBytes: number
  heapTotalBytes: number
  heapLimitBytes: number
  externalBytes: number
  arrayBuffersBytes: number
}

/** What Node says of the process's memory: about 0.2 ms a reading. */
export function readMemory(heapLimitBytes: number): MemoryReading {
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage()
  return {
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    heapLimitBytes,
    externalBytes: external,
    arrayBuffersBytes: arrayBuffers,
  }
}

/**
 * Where V8 gives up: the ceiling of the old generation, as `--max-old-space-size` sets it. V8's own `heap_size_limit` adds
 * the young generation (three semi-spaces), which long-lived objects never get: a process with 96 MB dies at 96 and not at 144.
 */
export function findHeapLimit(execArgv: readonly string[], nodeOptions: string, nodeMajor: number): number {
  const flag = (name: string): number | null => {
    const pattern = new RegExp(`^--${name.replaceAll('-', '[-_]')}=(\\d+)$`)
    const values = [...nodeOptions.split(/\s+/), ...execArgv].flatMap((argument) => pattern.exec(argument)?.[1] ?? [])
    return values.length > 0 ? Number(values.at(-1)) * 1024 * 1024 : null
  }
  const semiSpace = flag('max-semi-space-size') ?? (nodeMajor >= 24 ? 64 : 16) * 1024 * 1024
  const total = getHeapStatistics().heap_size_limit
  return flag('max-old-space-size') ?? Math.max(total / 2, total - 3 * semiSpace)
}

/** Share of one core since the last reading, user and system. */
export class CpuSource {
  #last = process.cpuUsage()

  read(windowMs: number): number {
    const now = process.cpuUsage()
    const usedUs = now.user - this.#last.user + now.system - this.#last.system
    this.#last = now
    return windowMs > 0 ? usedUs / 1000 / windowMs : 0
  }
}
