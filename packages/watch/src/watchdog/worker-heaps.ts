import { theilSen, type Point } from '@plimsoll/core/trend'
import { nameSite, type NamedCulprit, type Places } from '../attribute/arbiter.ts'
import type { Finding } from '../detect/detector.ts'
import { isRising, lowest } from '../detect/native-growth.ts'
import { findRetainingSites, type RetainingSite } from '../detect/retaining-site.ts'
import { History } from '../sample/history.ts'
import type { WorkerMessage } from './worker-messages.ts'

const MAX_WORKERS = 64
const MAX_POINTS = 120
/** Groups of which the lowest counts: a heap swings between its collections. */
const MAX_GROUPS = 30
/** A worker explains the growth of native memory when its heap took in this part of it. */
const MIN_SHARE = 0.5
/** Without a line: the worker is known by what it was measured to take, the code only by where it begins. */
const THREAD_CONFIDENCE = 0.3

/** One that has told of its heap goes on doing so: after this it is gone, and its heap with it. */
const SILENT_MS = 20_000

interface WorkerHeap {
  threadId: number
  script: string | null
  startBytes: number
  points: History<{ atMs: number; bytes: number }>
  retaining: readonly RetainingSite[]
}

/** The heaps of the host's worker threads, which the kernel counts as the process's memory and V8 does not tell the main thread of. */
export class WorkerHeaps {
  readonly #places: Places
  readonly #workers = new Map<number, WorkerHeap>()

  constructor(places: Places) {
    this.#places = places
  }

  add(message: WorkerMessage, nowMs: number): void {
    const known = this.#workers.get(message.threadId)
    if (message.kind === 'profile') {
      if (known) known.retaining = findRetainingSites(message.report.sites)
      return
    }
    const { threadId, script, startBytes, heapBytes } = message
    const worker = known ?? { threadId, script, startBytes, points: new History(MAX_POINTS), retaining: [] }
    worker.points.push({ atMs: nowMs, bytes: heapBytes })
    // Put last, so that the first is the one that was silent for longest.
    this.#workers.delete(threadId)
    this.#workers.set(threadId, worker)
    if (this.#workers.size > MAX_WORKERS) this.#workers.delete(this.#workers.keys().next().value!)
  }

  /** Workers of one script whose heaps took in most of what the finding is about, the one that grew most first; none otherwise. */
  explain(
    { memory, windowMs, growthBytes }: Finding,
    nowMs: number,
  ): { workers: readonly WorkerHeap[]; share: number } {
    const byScript = new Map<string | null, { worker: WorkerHeap; grownBytes: number }[]>()
    for (const worker of this.#workers.values()) {
      if (memory !== 'native' || nowMs - worker.points.last!.atMs > SILENT_MS) continue
      const grownBytes = growthOf(worker, nowMs, windowMs)
      if (grownBytes > 0) byScript.set(worker.script, [...(byScript.get(worker.script) ?? []), { worker, grownBytes }])
    }
    const best = [...byScript.values()]
      .map((grown) => ({
        workers: grown.sort((left, right) => right.grownBytes - left.grownBytes).map(({ worker }) => worker),
        share: Math.min(1, grown.reduce((sum, { grownBytes }) => sum + grownBytes, 0) / growthBytes),
      }))
      .sort((left, right) => right.share - left.share)[0]
    return best && best.share >= MIN_SHARE ? best : { workers: [], share: 0 }
  }

  /** Functions of a worker of the group whose allocations stay, else the script that they began with. */
  name(finding: Finding, nowMs: number): NamedCulprit[] {
    const { workers, share } = this.explain(finding, nowMs)
    const script = workers[0]?.script ?? null
    if (script === null) return []
    const thread = this.#places.present(script)
    const retaining = workers.find((worker) => worker.retaining.length > 0)?.retaining ?? []
    const sites = retaining.slice(0, 3).flatMap((site) => nameSite(site, this.#places) ?? [])
    if (sites.length > 0) return sites.map((named) => ({ ...named, thread }))
    const owner = this.#places.packageOf(script)
    const culprit = {
      file: thread,
      line: 1,
      column: null,
      variable: null,
      package: owner?.name ?? null,
      version: owner?.version ?? null,
      confidence: THREAD_CONFIDENCE,
      knownLeak: null,
      fixedIn: null,
      share: Math.round(share * 100) / 100,
      entryCount: null,
      code: null,
    }
    return [{ culprit, frame: null, lacksMap: false, caller: null, thread, isThreadOnly: true }]
  }
}

/** Judged as the finding was, and not more than the heap took in since it was first looked at. */
function growthOf({ points, startBytes }: WorkerHeap, nowMs: number, windowMs: number): number {
  const window = points.items.filter(({ atMs }) => atMs >= nowMs - windowMs)
  const series = lowest(
    window.map(({ atMs, bytes }): Point => [atMs, bytes]),
    MAX_GROUPS,
  )
  return isRising(series) ? Math.min(theilSen(series).slope * windowMs, points.last!.bytes - startBytes) : 0
}
