import { mkdirSync, writeFileSync } from 'node:fs'
import inspector from 'node:inspector'
import { join } from 'node:path'
import { SECOND_MS, type Clock } from '@plimsoll/core'
import { pprofOfCpu, pprofOfHeap, type V8CpuProfile, type V8HeapProfile } from '../attribute/pprof-of.ts'
import type { CommandOutcome } from '../context.ts'
import { encodePprof, type PprofProfile } from './pprof.ts'

/** A newer heap profile takes the older one's place this often at most; writing one takes some milliseconds. */
const HEAP_EVERY_MS = 30 * SECOND_MS
const CPU_MS = 10 * SECOND_MS

export interface ProfileFilesOptions {
  folder: string
  /** Of the process; stands in the names of its files. */
  name: string
  clock: Clock
  nowMs(): number
}

/**
 * Profiles as files that `go tool pprof` and others read: one of the heap and one of the processor for each process, the newest
 * only, readable by their owner alone. They hold names of functions, files and lines, and no values.
 */
export class ProfileFiles {
  readonly #options: ProfileFilesOptions
  #heapAtMs = -Infinity
  #isCapturing = false

  constructor(options: ProfileFilesOptions) {
    this.#options = options
  }

  /** Writes what the allocation sampler read, now and then. Throws what the file system throws. */
  noteHeap(profile: V8HeapProfile, intervalBytes: number): void {
    const { clock, nowMs } = this.#options
    if (clock.monotonicMs() - this.#heapAtMs < HEAP_EVERY_MS) return
    this.#heapAtMs = clock.monotonicMs()
    this.#write('heap', pprofOfHeap(profile, nowMs(), intervalBytes))
  }

  /** Ten seconds of the processor, on a command. */
  async captureCpu(): Promise<CommandOutcome> {
    if (this.#isCapturing) return { status: 'refused', sentence: 'A profile of the processor is being taken already.' }
    this.#isCapturing = true
    const session = new inspector.Session()
    try {
      session.connect()
      const atMs = this.#options.nowMs()
      await post(session, 'Profiler.enable')
      await post(session, 'Profiler.start')
      await new Promise<void>((resolve) => void this.#options.clock.after(CPU_MS, resolve))
      const { profile } = (await post(session, 'Profiler.stop')) as { profile: V8CpuProfile }
      const file = this.#write('cpu', pprofOfCpu(profile, atMs))
      return { status: 'done', sentence: `Wrote ${CPU_MS / SECOND_MS} s of the processor to ${file}.` }
    } finally {
      this.#isCapturing = false
      session.disconnect()
    }
  }

  #write(kind: 'heap' | 'cpu', profile: PprofProfile): string {
    const { folder, name } = this.#options
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, `${kind}-${name.replaceAll(/[^\w.-]/g, '_')}-${process.pid}.pb.gz`)
    writeFileSync(file, encodePprof(profile), { mode: 0o600 })
    return file
  }
}

function post(session: inspector.Session, method: string): Promise<object | undefined> {
  return new Promise((resolve, reject) => {
    session.post(method, (error, result) => (error ? reject(error) : resolve(result)))
  })
}
