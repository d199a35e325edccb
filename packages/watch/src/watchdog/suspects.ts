import type { Sample } from '@plimsoll/core/wire'
import type { ProfileReport } from '../attribute/allocation-profile.ts'
import { nameCulprit, nameSite, type NamedCulprit, type Places, type Suspect } from '../attribute/arbiter.ts'
import type { CensusReport } from '../attribute/census.ts'
import { judgeRemoval } from '../attribute/let-go.ts'
import { toPath } from '../attribute/source-map.ts'
import type { WriterSite } from '../attribute/writer-trap.ts'
import type { Finding, HolderPoint, HolderSeries } from '../detect/detector.ts'
import { findRetainingSites, MIN_LIVING_WINDOWS, type RetainingSite } from '../detect/retaining-site.ts'
import { History } from '../sample/history.ts'
import { WorkerHeaps } from './worker-heaps.ts'

const MAX_HOLDERS = 60
const MAX_HOLDER_POINTS = 90
/** Collections told with every sample. */
const MAX_SITES = 10
/** One collection is trapped again only after this. */
const TRAP_AGAIN_MS = 60_000
/**
 * A sampler that began anew (as functions are kept apart, in the moment a leak is called) knows nothing for some readings: what
 * was known before counts until it has the windows that a claim asks for, and the last one, in which nothing had time to die.
 */
const MIN_RENEWED_WINDOWS = MIN_LIVING_WINDOWS + 1

/** Who keeps more than this part of the growth is it. */
const EXPLAINING_SHARE = 0.5

interface Known {
  series: Omit<HolderSeries, 'points'>
  points: History<HolderPoint>
  seenAtMs: number
  writers: readonly WriterSite[] | null
  trappedAtMs: number
}

/** All that census, trap and profile have said about who holds on, bounded; and who it is, when asked. */
export class Suspects {
  readonly #places: Places
  readonly #known = new Map<number, Known>()
  #retaining: readonly RetainingSite[] = []
  #areFunctionsApart = false
  /** Of worker threads. */
  readonly workers: WorkerHeaps

  constructor(places: Places) {
    this.#places = places
    this.workers = new WorkerHeaps(places)
  }

  addCensus({ atMs, requestTotal, holders }: CensusReport): void {
    for (const { count, ...holder } of holders) {
      const known = this.#known.get(holder.id) ?? this.#meet(holder)
      known.seenAtMs = atMs
      known.series = { ...known.series, ...holder }
      if (known.series.removal === 'unknown' && holder.script !== null) {
        known.series.removal = judgeRemoval(this.#places.readScript(holder.script), holder.path)
      }
      known.points.push({ atMs, count, requestTotal })
    }
  }

  addWriters(holderId: number, sites: readonly WriterSite[]): void {
    const known = this.#known.get(holderId)
    // An untrappable or quiet collection: somebody has looked, and there is nothing to wait for.
    if (known) known.writers = sites.length > 0 ? sites : (known.writers ?? [])
  }

  addProfile({ windowCount, sites, areFunctionsApart = false }: ProfileReport): void {
    if (this.#retaining.length > 0 && windowCount < MIN_RENEWED_WINDOWS) return
    this.#retaining = findRetainingSites(sites)
    this.#areFunctionsApart = areFunctionsApart
  }

  /** The sampler was switched off: what it finds next time is something else. */
  forgetProfile(): void {
    this.#retaining = []
  }

  series(): HolderSeries[] {
    return [...this.#known.values()].map(({ series, points }) => ({ ...series, points: points.items }))
  }

  /** Functions whose allocations stay, the best first. */
  retaining(): readonly RetainingSite[] {
    return this.#retaining
  }

  /** The collection whose writer is worth knowing now; marks it as trapped. */
  nextToTrap(finding: Finding, nowMs: number): number | null {
    const best = this.#known.get(finding.holders[0]?.id ?? -1)
    if (!best || best.writers?.length || nowMs - best.trappedAtMs < TRAP_AGAIN_MS) return null
    best.trappedAtMs = nowMs
    return best.series.id
  }

  /** Whether the writer of the best suspect is still being waited for. */
  isWaitingFor(finding: Finding): boolean {
    const best = finding.holders[0]
    return best !== undefined && this.#known.get(best.id)?.writers === null
  }

  /** Whether the collection that explains most has a name and a line. */
  canName({ holders }: Finding): boolean {
    return this.#nameHolders(holders.slice(0, 1)).length > 0
  }

  /** Who it is, the likeliest first: collections that explain the growth, else sites whose allocations stay. */
  name(finding: Finding, nowMs: number): NamedCulprit[] {
    const holders = this.#nameHolders(finding.holders)
    // Measured in bytes, where collections of the main thread merely grow in step.
    if (finding.memory !== 'heap') return [...this.workers.name(finding, nowMs), ...holders]
    const sites = this.#retaining
      .slice(0, 3)
      .flatMap((site) => nameSite(site, this.#places, this.#areFunctionsApart) ?? [])
    if ((finding.holders[0]?.share ?? 0) <= EXPLAINING_SHARE) return [...holders, ...sites]
    // Where what was found by weight explains it, a function on the way adds nothing; where that has no line, others that grow beside it
    // would be blamed for it.
    return this.canName(finding) ? holders : [...sites, ...holders]
  }

  #nameHolders(holders: Finding['holders']): NamedCulprit[] {
    return holders.flatMap(({ id, share }) => {
      const known = this.#known.get(id)
      if (!known) return []
      const suspect: Suspect = {
        holder: { ...known.series, points: known.points.items },
        share,
        writers: known.writers,
      }
      return nameCulprit(suspect, this.#places) ?? []
    })
  }

  /** The fastest growing collections, for samples. */
  sites(): Sample['sites'] {
    const sites = [...this.#known.values()].flatMap(({ series, points }) => {
      const recent = points.items.slice(-10)
      const first = recent[0]
      const last = recent.at(-1)
      if (!first || !last || last.atMs <= first.atMs || last.count <= first.count || series.script === null) return []
      const growthPerMin = Math.round(((last.count - first.count) / (last.atMs - first.atMs)) * 60_000)
      const file = this.#places.present(toPath(series.script) ?? series.script)
      return [{ file, line: 0, variable: series.path, entryCount: last.count, growthPerMin }]
    })
    return sites.sort((left, right) => right.growthPerMin - left.growthPerMin).slice(0, MAX_SITES)
  }

  #meet(holder: Omit<CensusReport['holders'][number], 'count'>): Known {
    if (this.#known.size >= MAX_HOLDERS) {
      const stalest = [...this.#known].reduce((left, right) => (left[1].seenAtMs <= right[1].seenAtMs ? left : right))
      this.#known.delete(stalest[0])
    }
    const known: Known = {
      series: { ...holder, removal: 'unknown' },
      points: new History<HolderPoint>(MAX_HOLDER_POINTS),
      seenAtMs: 0,
      writers: null,
      trappedAtMs: -Infinity,
    }
    this.#known.set(holder.id, known)
    return known
  }
}
