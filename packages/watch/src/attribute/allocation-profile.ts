import inspector, { type Session } from 'node:inspector'
import { MiB } from '@plimsoll/core'
import { keepFunctionsApart } from '@plimsoll/core/inlining'
import type { V8HeapProfile } from './pprof-of.ts'
import { withWritten, type Frame } from './stack.ts'

/** A place that allocates what stays: bytes still alive, by when they were born. */
export interface AllocationSite {
  /** The host's frames, innermost first. V8 knows the function, so a line is where its function begins. */
  stack: Frame[]
  /** Alive now, by birth window, oldest first; the last window has had no time to die. */
  bytesByBirth: number[]
}

export interface ProfileReport {
  atMs: number
  /** Birth windows since the sampler began, also where nothing of the host's is alive. */
  windowCount: number
  /** No function is hidden in its caller; absent in old recordings. */
  areFunctionsApart?: boolean
  sites: AllocationSite[]
}

/** One sample each so many bytes: a leak of 1 MB a minute makes sixteen a minute, at no cost that could be measured. */
const INTERVAL_BYTES = 64 * 1024
/** Compiled code is not thrown away on heaps larger than this: it takes longer than a full collection. */
const MAX_APART_HEAP_BYTES = 128 * MiB
/** Sites told: one that builds a tree of objects allocates in dozens of places. */
const MAX_SITES = 40
/** Frames of each, so many of the innermost and so many of the outermost: what a deep recursion has between tells nothing. */
const MAX_INNER_FRAMES = 6
const MAX_OUTER_FRAMES = 6
/** Birth windows kept; beyond that the two shortest neighbours are joined, so that windows grow with the look. */
const MAX_WINDOWS = 12
/** So often in a process's life are functions kept apart: sampling may begin and end with every reading of a finding. */
const MAX_TIMES_APART = 3

interface BirthWindow {
  beganAtMs: number
  endedAtMs: number
  /** Ordinal of the last sample born in it. */
  lastBirth: number
}

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
  #windows: BirthWindow[] = []
  #allowInlining: (() => void) | null = null
  #timesApart = 0

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
      this.#windows = []
      return null
    } catch {
      return 'the inspector is not available in this process'
    }
  }

  /** Begins anew, with functions kept apart. All of the host's code is compiled again for it: nothing for a service that may be healthy. */
  keepFunctionsApart(): void {
    if (!this.#session || this.#allowInlining || this.#timesApart >= MAX_TIMES_APART) return
    this.#allowInlining = keepFunctionsApart(this.#session, MAX_APART_HEAP_BYTES)
    if (!this.#allowInlining) return
    this.#timesApart++
    post(this.#session, 'HeapProfiler.stopSampling')
    post(this.#session, 'HeapProfiler.startSampling', { samplingInterval: INTERVAL_BYTES })
    this.#windows = []
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
    const { endedAtMs: beganAtMs = atMs, lastBirth = 0 } = this.#windows.at(-1) ?? {}
    this.#windows.push({
      beganAtMs,
      endedAtMs: atMs,
      lastBirth: profile.samples.reduce((latest, { ordinal }) => Math.max(latest, ordinal), lastBirth),
    })
    if (this.#windows.length > MAX_WINDOWS) this.#windows = joinShortest(this.#windows)
    const windowEnds = this.#windows.map((window) => window.lastBirth)
    return {
      atMs,
      windowCount: windowEnds.length,
      areFunctionsApart: this.#allowInlining !== null,
      sites: gatherSites(profile, windowEnds, this.#isOurs),
    }
  }

  stop(): void {
    const session = this.#session
    this.#session = null
    if (!session) return
    post(session, 'HeapProfiler.stopSampling')
    this.#allowInlining?.()
    this.#allowInlining = null
    session.disconnect()
  }
}

/** Adds up the living samples by the host's part of their stack. */
export function gatherSites(
  profile: Profile,
  windowEnds: readonly number[],
  isOurs: (script: string) => boolean,
): AllocationSite[] {
  const innermost = innermostById(profile.head, isOurs)
  const stacks = new Map<number, Frame[]>()
  const sites = new Map<string, AllocationSite>()
  for (const { size, nodeId, ordinal } of profile.samples) {
    const stack = stacks.get(nodeId) ?? cutStack(innermost.get(nodeId) ?? null)
    stacks.set(nodeId, stack)
    if (stack.length === 0) continue
    const key = stack.map(({ script, line, column }) => `${script}:${line}:${column}`).join(' ')
    const site = sites.get(key) ?? { stack, bytesByBirth: windowEnds.map(() => 0) }
    sites.set(key, site)
    const window = windowEnds.findIndex((end) => ordinal <= end)
    site.bytesByBirth[window < 0 ? windowEnds.length - 1 : window]! += size
  }
  const bytesOf = ({ bytesByBirth }: AllocationSite) => bytesByBirth.reduce((sum, bytes) => sum + bytes, 0)
  const largest = [...sites.values()].sort((left, right) => bytesOf(right) - bytesOf(left)).slice(0, MAX_SITES)
  return largest.map(({ stack, bytesByBirth }) => ({ stack: stack.map(withWritten), bytesByBirth }))
}

/**
 * Joins the two neighbours that are shortest together, but never the last one, in which nothing had time to die. Windows as short
 * as their readings are apart hold nothing of a leak that comes once in a while, and in all of them together a cache is still young.
 */
export function joinShortest(windows: readonly BirthWindow[]): BirthWindow[] {
  const lengths = windows.slice(0, -2).map(({ beganAtMs }, at) => windows[at + 1]!.endedAtMs - beganAtMs)
  const shortest = lengths.indexOf(Math.min(...lengths))
  return windows.flatMap((window, at) => {
    if (at === shortest + 1) return []
    return at === shortest ? [{ ...windows[at + 1]!, beganAtMs: window.beganAtMs }] : [window]
  })
}

interface Linked {
  frame: Frame
  caller: Linked | null
}

/** The host's innermost frame of each node, and its callers. */
function innermostById(head: ProfileNode, isOurs: (script: string) => boolean): Map<number, Linked | null> {
  const innermost = new Map<number, Linked | null>()
  const pending: { node: ProfileNode; caller: Linked | null }[] = [{ node: head, caller: null }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { callFrame } = next.node
    const isHost = callFrame.url !== '' && !callFrame.url.startsWith('node:') && !isOurs(callFrame.url)
    const frame: Frame = {
      script: callFrame.url,
      line: callFrame.lineNumber + 1,
      column: callFrame.columnNumber + 1,
      functionName: callFrame.functionName || null,
    }
    const linked = isHost ? { frame, caller: next.caller } : next.caller
    innermost.set(next.node.id, linked)
    for (const child of next.node.children) pending.push({ node: child, caller: linked })
  }
  return innermost
}

/** Without what called the host's own code: the framework that every request came through. */
function cutStack(innermost: Linked | null): Frame[] {
  const all: Frame[] = []
  for (let linked = innermost; linked; linked = linked.caller) all.push(linked.frame)
  const outermostOwn = all.findLastIndex(({ script }) => !/[\\/]node_modules[\\/]/.test(script))
  const frames = outermostOwn < 0 ? all.slice(0, MAX_INNER_FRAMES) : all.slice(0, outermostOwn + 1)
  if (frames.length <= MAX_INNER_FRAMES + MAX_OUTER_FRAMES) return frames
  return [...frames.slice(0, MAX_INNER_FRAMES), ...frames.slice(-MAX_OUTER_FRAMES)]
}

function post(session: Session, method: string, parameters: object = {}): { error: Error | null; result: unknown } {
  const answer: { error: Error | null; result: unknown } = { error: null, result: null }
  session.post(method, parameters, (error: Error | null, result?: object) => {
    answer.error = error
    answer.result = result
  })
  return answer
}
