import inspector, { type Session } from 'node:inspector'
import type { V8HeapProfile } from './pprof-of.ts'
import type { Frame } from './stack.ts'

/** A place that allocates what stays: bytes still alive, by when they were born. */
export interface AllocationSite {
  /** The host's frames, innermost first. V8 knows the function, so a line is where its function begins. */
  stack: Frame[]
  /** Alive now, by birth window, oldest first; the last window has had no time to die. */
  bytesByBirth: number[]
}

export interface ProfileReport {
  atMs: number
  sites: AllocationSite[]
}

/** One sample each so many bytes: a leak of 1 MB a minute makes sixteen a minute, at no cost that could be measured. */
const INTERVAL_BYTES = 64 * 1024
/** Sites told, and frames of each. */
const MAX_SITES = 12
const MAX_FRAMES = 6
/** Birth windows kept; the oldest two are joined beyond that. */
const MAX_WINDOWS = 12

interface ProfileNode {
  id: number
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number }
  children: ProfileNode[]
}
interface Profile {
  head: ProfileNode
  samples: { size: number; nodeId: number; ordinal: number }[]
}

/**
 * Samples allocations and, at each reading, tells which of them are still alive and when they were born: garbage dies within a
 * window, so a site whose samples of all windows survive retains. A reading collects garbage first and so is a floor as well.
 * V8 has ONE such sampler for a process. If somebody else's runs, we leave it alone and answer that there is none.
 */
export class AllocationProfile {
  readonly #isOurs: (script: string) => boolean
  readonly #show: (profile: V8HeapProfile, intervalBytes: number) => void
  #session: Session | null = null
  /** Ordinal of the last sample born in each window. */
  #windowEnds: number[] = []

  /** `show` gets every reading as V8 gives it. */
  constructor(
    isOurs: (script: string) => boolean,
    show: (profile: V8HeapProfile, intervalBytes: number) => void = () => {},
  ) {
    this.#isOurs = isOurs
    this.#show = show
  }

  get isRunning(): boolean {
    return this.#session !== null
  }

  /** Answers why it did not start, or null when it did. */
  start(): string | null {
    if (this.#session) return null
    try {
      const session = new inspector.Session()
      session.connect()
      if (post(session, 'HeapProfiler.getSamplingProfile').error === null) {
        session.disconnect()
        return 'another profiler already samples allocations in this process, and V8 has only one sampler'
      }
      const { error } = post(session, 'HeapProfiler.startSampling', { samplingInterval: INTERVAL_BYTES })
      if (error) throw error
      this.#session = session
      this.#windowEnds = []
      return null
    } catch {
      return 'the inspector is not available in this process'
    }
  }

  /** Collects garbage and tells what is left; null when the sampler is gone (somebody else stopped it). */
  read(atMs: number): ProfileReport | null {
    if (!this.#session) return null
    const { error, result } = post(this.#session, 'HeapProfiler.getSamplingProfile')
    if (error) {
      this.stop()
      return null
    }
    const { profile } = result as { profile: Profile }
    this.#show(profile, INTERVAL_BYTES)
    this.#windowEnds.push(
      profile.samples.reduce((latest, { ordinal }) => Math.max(latest, ordinal), this.#windowEnds.at(-1) ?? 0),
    )
    if (this.#windowEnds.length > MAX_WINDOWS) this.#windowEnds.shift()
    return { atMs, sites: gatherSites(profile, this.#windowEnds, this.#isOurs) }
  }

  stop(): void {
    const session = this.#session
    this.#session = null
    if (!session) return
    post(session, 'HeapProfiler.stopSampling')
    session.disconnect()
  }
}

/** Adds up the living samples by the host's part of their stack. */
export function gatherSites(
  profile: Profile,
  windowEnds: readonly number[],
  isOurs: (script: string) => boolean,
): AllocationSite[] {
  const stacks = stacksById(profile.head, isOurs)
  const sites = new Map<string, AllocationSite>()
  for (const { size, nodeId, ordinal } of profile.samples) {
    const stack = stacks.get(nodeId)
    if (!stack || stack.length === 0) continue
    const key = stack.map(({ script, line, column }) => `${script}:${line}:${column}`).join(' ')
    const site = sites.get(key) ?? { stack, bytesByBirth: windowEnds.map(() => 0) }
    sites.set(key, site)
    const window = windowEnds.findIndex((end) => ordinal <= end)
    site.bytesByBirth[window < 0 ? windowEnds.length - 1 : window]! += size
  }
  const bytesOf = ({ bytesByBirth }: AllocationSite) => bytesByBirth.reduce((sum, bytes) => sum + bytes, 0)
  return [...sites.values()].sort((left, right) => bytesOf(right) - bytesOf(left)).slice(0, MAX_SITES)
}

function stacksById(head: ProfileNode, isOurs: (script: string) => boolean): Map<number, Frame[]> {
  const stacks = new Map<number, Frame[]>()
  const pending: { node: ProfileNode; above: readonly Frame[] }[] = [{ node: head, above: [] }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { callFrame } = next.node
    const isHost = callFrame.url !== '' && !callFrame.url.startsWith('node:') && !isOurs(callFrame.url)
    const frame: Frame = {
      script: callFrame.url,
      line: callFrame.lineNumber + 1,
      column: callFrame.columnNumber + 1,
      functionName: callFrame.functionName || null,
    }
    const stack = isHost ? [frame, ...next.above].slice(0, MAX_FRAMES) : next.above
    stacks.set(next.node.id, [...stack])
    for (const child of next.node.children) pending.push({ node: child, above: stack })
  }
  return stacks
}

function post(session: Session, method: string, parameters: object = {}): { error: Error | null; result: unknown } {
  const answer: { error: Error | null; result: unknown } = { error: null, result: null }
  session.post(method, parameters, (error: Error | null, result?: object) => {
    answer.error = error
    answer.result = result
  })
  return answer
}
