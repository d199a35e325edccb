import type { Culprit, GrowingMemory, Identity, Sample, Signal, Verdict } from '@plimsoll/core/wire'
import { nameCulprit, type NamedCulprit, type Places, type Suspect } from '../attribute/arbiter.ts'
import type { CensusReport } from '../attribute/census.ts'
import { judgeRemoval } from '../attribute/let-go.ts'
import { toPath } from '../attribute/source-map.ts'
import type { CodeFrame } from '../attribute/code-frame.ts'
import type { WriterSite } from '../attribute/writer-trap.ts'
import { detectors } from '../detect/detectors.ts'
import type { Finding, HolderPoint, HolderSeries, Moment, View } from '../detect/detector.ts'
import { describeGrowth } from '../report/sentence.ts'
import type { Floor } from '../sample/floor-gauge.ts'
import { History } from '../sample/history.ts'
import { Course } from './course.ts'
import type { WatchdogMessage } from './messages.ts'
import { isSuspicious, SUSPICION_MS } from './suspicion.ts'

/** A signal but for what only the reporter knows: who speaks, the number, since when. */
export type SignalDraft = Omit<Signal, 'version' | 'service' | 'instance' | 'sequence' | 'sinceStartMs'>

export interface LookoutOptions {
  identity(): Identity
  places: Places
  heapLimitBytes: number
  /** Sends a wish to the main thread. */
  ask(message: WatchdogMessage): void
  emit(draft: SignalDraft, finding: Finding, frame: CodeFrame | null): void
}

const MAX_FLOORS = 240
const MAX_MOMENTS = 300
const MAX_HOLDERS = 60
const MAX_HOLDER_POINTS = 90
/** Collections told with every sample. */
const MAX_SITES = 10
/** A claim waits this long for the line that writes, then goes out with what is known. */
const WRITER_PATIENCE_MS = 3000
/** One collection is trapped again only after this. */
const TRAP_AGAIN_MS = 60_000

interface KnownHolder {
  series: Omit<HolderSeries, 'points'>
  points: History<HolderPoint>
  seenAtMs: number
  writers: readonly WriterSite[] | null
  trappedAtMs: number
}

interface Claim {
  verdict: Verdict
  finding: Finding
  deadlineMs: number
}

/**
 * Keeps the history, asks the detectors at every new floor, follows each kind of memory through its verdicts, and puts what
 * changes into signals. Knows no thread and no clock: time comes with what it is told, so a recorded run can be judged again.
 */
export class Lookout {
  readonly #options: LookoutOptions
  readonly #floors = new History<Floor>(MAX_FLOORS)
  readonly #moments = new History<Moment>(MAX_MOMENTS)
  readonly #holders = new Map<number, KnownHolder>()
  readonly #courses = new Map<GrowingMemory, Course>()
  readonly #claims = new Map<GrowingMemory, Claim>()
  readonly #told = new Map<GrowingMemory, { named: NamedCulprit | null; finding: Finding }>()
  #cgroupLimitBytes: number | null = null
  #suspectedUntilMs = -Infinity
  #isSuspicious = false

  constructor(options: LookoutOptions) {
    this.#options = options
  }

  get isSuspicious(): boolean {
    return this.#isSuspicious
  }

  verdictOf(memory: GrowingMemory): Verdict {
    return this.#courses.get(memory)?.verdict ?? 'afloat'
  }

  addMoment(moment: Moment, cgroupLimitBytes: number | null): void {
    this.#moments.push(moment)
    this.#cgroupLimitBytes = cgroupLimitBytes
    this.#look(moment.atMs)
  }

  addFloor(floor: Floor): void {
    this.#floors.push(floor)
    const view = this.#view(floor.atMs)
    for (const detector of detectors) {
      const finding = detector.judge(view)
      if (detector.memory !== null) this.#follow(detector.memory, finding, view)
    }
    this.#look(floor.atMs)
  }

  addCensus({ atMs, requestTotal, holders }: CensusReport): void {
    for (const { count, ...holder } of holders) {
      const known = this.#holders.get(holder.id) ?? this.#meet(holder)
      known.seenAtMs = atMs
      known.series = { ...known.series, ...holder }
      if (known.series.removal === 'unknown' && holder.script !== null) {
        known.series.removal = judgeRemoval(this.#options.places.readScript(holder.script), holder.path)
      }
      known.points.push({ atMs, count, requestTotal })
    }
    this.#look(atMs)
  }

  addWriters(holderId: number, sites: WriterSite[], nowMs: number): void {
    const known = this.#holders.get(holderId)
    if (known && sites.length > 0) known.writers = sites
    this.#look(nowMs)
  }

  /** The fastest growing collections, for samples. */
  sites(): Sample['sites'] {
    const sites = [...this.#holders.values()].flatMap(({ series, points }) => {
      const recent = points.items.slice(-10)
      const first = recent[0]
      const last = recent.at(-1)
      if (!first || !last || last.atMs <= first.atMs || last.count <= first.count || series.script === null) return []
      const growthPerMin = Math.round(((last.count - first.count) / (last.atMs - first.atMs)) * 60_000)
      const file = this.#options.places.present(toPath(series.script) ?? series.script)
      return [{ file, line: 0, variable: series.path, entryCount: last.count, growthPerMin }]
    })
    return sites.sort((left, right) => right.growthPerMin - left.growthPerMin).slice(0, MAX_SITES)
  }

  /** Decides what to look at more closely, and lets claims go out whose time has come. */
  #look(nowMs: number): void {
    const view = this.#view(nowMs)
    if (isSuspicious(view)) this.#suspectedUntilMs = nowMs + SUSPICION_MS
    const isSuspected = nowMs < this.#suspectedUntilMs
    if (isSuspected !== this.#isSuspicious) {
      this.#isSuspicious = isSuspected
      this.#options.ask({ kind: 'pace', isSuspicious: isSuspected })
    }
    for (const [memory, claim] of this.#claims) this.#tryTell(memory, claim, nowMs)
  }

  #follow(memory: GrowingMemory, finding: Finding | null, view: View): void {
    let course = this.#courses.get(memory)
    if (!course) this.#courses.set(memory, (course = new Course()))
    const verdict = course.advance(finding, view)
    if (finding) this.#trapBest(finding, view.nowMs)
    const shown = finding ?? this.#told.get(memory)?.finding
    if (verdict !== null && shown) {
      const isClaim = verdict === 'leaking' || verdict === 'sinking'
      const current = finding ?? { ...shown, currentBytes: currentOf(memory, view), timeToLimitMs: null }
      this.#claims.set(memory, {
        verdict,
        finding: current,
        deadlineMs: view.nowMs + (isClaim ? WRITER_PATIENCE_MS : 0),
      })
    } else if (finding && !this.#claims.has(memory)) this.#improve(memory, course.verdict, finding, view.nowMs)
  }

  /** A claim without a culprit is told again as soon as there is one. */
  #improve(memory: GrowingMemory, verdict: Verdict, finding: Finding, nowMs: number): void {
    const told = this.#told.get(memory)
    const isClaimed = verdict === 'leaking' || verdict === 'sinking'
    if (!isClaimed || !told || finding.holders.length === 0) return
    const named = this.#culprits(finding)[0]
    if (named && named.culprit.confidence > (told.named?.culprit.confidence ?? 0) + 0.1) {
      this.#claims.set(memory, { verdict, finding, deadlineMs: nowMs })
    }
  }

  #tryTell(memory: GrowingMemory, claim: Claim, nowMs: number): void {
    const best = claim.finding.holders[0]
    const isWaiting = best !== undefined && this.#holders.get(best.id)?.writers === null
    if (isWaiting && nowMs < claim.deadlineMs) return
    this.#claims.delete(memory)
    const { verdict, finding } = claim
    const [named = this.#told.get(memory)?.named ?? null, ...others] = this.#culprits(finding)
    this.#told.set(memory, { named, finding })
    const candidates = others.map(({ culprit }) => culprit)
    const draft = draftSignal(this.#options.identity(), nowMs, verdict, finding, named?.culprit ?? null, candidates)
    this.#options.emit(draft, finding, named?.frame ?? null)
  }

  #trapBest(finding: Finding, nowMs: number): void {
    const best = this.#holders.get(finding.holders[0]?.id ?? -1)
    if (!best || best.writers !== null || nowMs - best.trappedAtMs < TRAP_AGAIN_MS) return
    best.trappedAtMs = nowMs
    this.#options.ask({ kind: 'trap', holderId: best.series.id })
  }

  #culprits(finding: Finding): NamedCulprit[] {
    return finding.holders.flatMap(({ id, share }) => {
      const known = this.#holders.get(id)
      if (!known) return []
      const suspect: Suspect = {
        holder: { ...known.series, points: known.points.items },
        share,
        writers: known.writers,
      }
      return nameCulprit(suspect, this.#options.places) ?? []
    })
  }

  #meet(holder: Omit<CensusReport['holders'][number], 'count'>): KnownHolder {
    if (this.#holders.size >= MAX_HOLDERS) {
      const stalest = [...this.#holders].reduce((left, right) => (left[1].seenAtMs <= right[1].seenAtMs ? left : right))
      this.#holders.delete(stalest[0])
    }
    const known: KnownHolder = {
      series: { ...holder, removal: 'unknown' },
      points: new History<HolderPoint>(MAX_HOLDER_POINTS),
      seenAtMs: 0,
      writers: null,
      trappedAtMs: -Infinity,
    }
    this.#holders.set(holder.id, known)
    return known
  }

  #view(nowMs: number): View {
    return {
      nowMs,
      floors: this.#floors.items,
      moments: this.#moments.items,
      holders: [...this.#holders.values()].map(({ series, points }) => ({ ...series, points: points.items })),
      heapLimitBytes: this.#options.heapLimitBytes,
      cgroupLimitBytes: this.#cgroupLimitBytes,
    }
  }
}

function currentOf(memory: GrowingMemory, { floors, moments }: View): number {
  const floor = floors.at(-1)
  if (memory === 'heap') return floor?.heapBytes ?? 0
  if (memory === 'external') return floor?.externalBytes ?? 0
  return moments.at(-1)?.rssBytes ?? 0
}

function draftSignal(
  identity: Identity,
  nowMs: number,
  verdict: Verdict,
  finding: Finding,
  culprit: Culprit | null,
  candidates: Culprit[],
): SignalDraft {
  return {
    atMs: nowMs,
    kind: finding.kind,
    severity: verdict === 'sinking' ? 'critical' : verdict === 'leaking' ? 'warning' : 'info',
    verdict,
    memory: finding.memory,
    signature: signatureOf(finding, culprit),
    slope: finding.slope,
    timeToLimitMs: finding.timeToLimitMs && [
      Math.round(finding.timeToLimitMs[0]),
      Math.round(finding.timeToLimitMs[1]),
    ],
    series: finding.series,
    culprit,
    candidates,
    sentence: describeGrowth(identity.name, verdict, finding, culprit),
    actions: [],
  }
}

/** The same on every worker and after every restart: neither line nor instance is in it, since a deploy moves lines. */
function signatureOf({ kind, memory }: Finding, culprit: Culprit | null): string {
  const place = culprit ? `${culprit.file}:${culprit.variable ?? culprit.line}` : 'unknown'
  return `${kind}:${memory ?? ''}:${place}`.slice(0, 200)
}
