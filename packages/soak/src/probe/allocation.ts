import type { Session } from 'node:inspector'

import { keepFunctionsApart } from '@plimsoll/core/inlining'

import { isHost, MAX_FRAMES, toFrame, type CallFrame } from './frame.ts'
import { post, tryPost } from './inspector.ts'
import type { Frame, SampledSite } from './probe-protocol.ts'

export interface HeapProfile {
  head: HeapNode
}
interface HeapNode {
  callFrame: CallFrame
  selfSize: number
  children: HeapNode[]
}

/** One sample each so many bytes: fine enough to see 16 B a request after some ten thousand of them. */
const SAMPLING_BYTES = 32 * 1024
/** While the culprit is looked for: a leak of 32 B is to leave samples within a moment of load. */
const TRACING_BYTES = 2 * 1024

/**
 * V8's samples of what is alive and where it was allocated. There is one sampler in a process, which may be another's: then this one has
 * nothing to tell.
 */
export class AllocationSampler {
  readonly #session: Session | null
  #isSampling = false
  #allowInlining: (() => void) | null = null

  constructor(session: Session | null) {
    this.#session = session
  }

  /** Why it was refused, or null. */
  start(samplingInterval = SAMPLING_BYTES): string | null {
    const refusal = tryPost(this.#session, 'HeapProfiler.startSampling', { samplingInterval })
    this.#isSampling = refusal === null
    return refusal
  }

  /** @throws when it does not sample */
  read(): SampledSite[] {
    if (!this.#isSampling) throw new Error('allocations are not sampled')
    return gatherSites((post(this.#session, 'HeapProfiler.getSamplingProfile') as { profile: HeapProfile }).profile)
  }

  /** Forgets what it has, and samples finely, in functions that are kept apart: slower, and for a moment. Why it was refused, or null. */
  trace(): string | null {
    if (!this.#session || !this.#isSampling) return 'allocations are not sampled'
    this.#stop()
    this.#allowInlining = keepFunctionsApart(this.#session, Infinity)
    return this.start(TRACING_BYTES)
  }

  endTrace(): SampledSite[] {
    try {
      return this.#isSampling ? this.read() : []
    } finally {
      // Whatever reading throws, the service is compiled as before again.
      if (this.#isSampling) this.#stop()
      this.#allowInlining?.()
      this.#allowInlining = null
      this.start()
    }
  }

  #stop(): void {
    tryPost(this.#session, 'HeapProfiler.stopSampling', {})
    this.#isSampling = false
  }
}

/** Bytes alive by the host's part of the stack that asked for them. */
export function gatherSites({ head }: HeapProfile): SampledSite[] {
  const sites = new Map<string, SampledSite>()
  const pending: { node: HeapNode; above: readonly Frame[]; leaf: string | null }[] = [
    { node: head, above: [], leaf: null },
  ]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const frame = toFrame(next.node.callFrame)
    const isOurs = isHost(frame)
    const stack = isOurs ? [frame, ...next.above].slice(0, MAX_FRAMES) : next.above
    // Of what Node runs for the innermost frame, what that frame itself called.
    const leaf = isOurs ? null : (next.leaf ?? (frame.functionName || null))
    if (next.node.selfSize > 0) {
      const key = [leaf, ...stack.map(({ script, line, column }) => `${script}:${line}:${column}`)].join(' ')
      const known = sites.get(key)
      if (known) known.liveBytes += next.node.selfSize
      else sites.set(key, { stack: [...stack], leaf, liveBytes: next.node.selfSize })
    }
    for (const child of next.node.children) pending.push({ node: child, above: stack, leaf })
  }
  return [...sites.values()].sort((left, right) => right.liveBytes - left.liveBytes).slice(0, 300)
}
