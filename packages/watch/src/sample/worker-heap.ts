import { BroadcastChannel, threadId } from 'node:worker_threads'
import { MiB, systemClock } from '@plimsoll/core'
import type { AllocationProfile } from '../attribute/allocation-profile.ts'
import type { Guard } from '../guard.ts'
import { ownFolder } from '../own-folder.ts'
import { workerChannel, type WorkerMessage, type WorkerOrder } from '../watchdog/worker-messages.ts'

/** How often a worker looks at its own heap: some microseconds each. */
const LOOK_MS = 5000
/** A worker whose heap grew by less than this since its first look says nothing, and opens nothing. */
const MIN_GROWTH_BYTES = 8 * MiB
/** Each reading of the sampler is a full collection of this worker's heap, and stops it for about 1.5 ms a megabyte. */
const MAX_READ_HEAP_BYTES = 128 * MiB
/** … so they may take this part of the time, and there are so many in a worker's life. */
const READING_SHARE = 0.01
const MAX_READINGS = 40

/**
 * In a worker thread of the host's: once its heap has grown, tells of it, since the process knows of a worker's heap only that there is
 * memory. Samples its allocations when the watchdog asks, and only while it does. Never keeps the worker alive.
 */
export function tellWorkerHeap(guard: Guard): void {
  let channel: BroadcastChannel | null = null
  let startBytes: number | null = null
  let profile: AllocationProfile | null = null
  let isWanted = false
  let readAgainAtMs = -Infinity
  let readCount = 0
  const send = (message: WorkerMessage): void => channel?.postMessage(message)
  const obey = guard('worker order', ({ data }: { data: Partial<WorkerOrder> | null }) => {
    // Anybody in the process may post to the channel.
    if (data?.kind !== 'sample' || data.threadId !== threadId) return
    isWanted = data.isOn === true
    if (!isWanted) profile?.stop()
    else if (!profile?.isRunning) void startSampling()
  })
  const startSampling = async (): Promise<void> => {
    try {
      const late = await import('../late.ts')
      if (!isWanted) return
      profile ??= new late.AllocationProfile((script) => script.startsWith(ownFolder))
      profile.start()
    } catch {
      // Without it the worker is told, and not the line.
    }
  }
  systemClock.every(
    LOOK_MS,
    guard('worker heap', () => {
      const { heapTotal, heapUsed } = process.memoryUsage()
      startBytes ??= heapTotal
      if (!channel && heapTotal - startBytes < MIN_GROWTH_BYTES) return
      if (!channel) {
        channel = new BroadcastChannel(workerChannel)
        channel.unref()
        channel.onmessage = obey as (event: unknown) => void
      }
      const script = process.argv[1] ?? null
      send({ kind: 'heap', threadId, script, startBytes, heapBytes: heapTotal })
      const beganAtMs = systemClock.monotonicMs()
      if (!profile?.isRunning || beganAtMs < readAgainAtMs) return
      if (heapUsed > MAX_READ_HEAP_BYTES || ++readCount > MAX_READINGS) return profile.stop()
      const report = profile.read(systemClock.nowMs())
      const endedAtMs = systemClock.monotonicMs()
      readAgainAtMs = endedAtMs + (endedAtMs - beganAtMs) / READING_SHARE
      if (report) send({ kind: 'profile', threadId, report })
    }),
  )
}
