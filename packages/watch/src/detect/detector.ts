import type { GrowingMemory, Severity, SignalKind, Verdict } from '@plimsoll/core/wire'
import type { CollectionKind } from '../attribute/collection.ts'
import type { RetainingSite } from './retaining-site.ts'
import type { Floor } from '../sample/floor-gauge.ts'

/** A number of entries at a moment. */
export interface HolderPoint {
  atMs: number
  count: number
  requestTotal: number
}

/** A collection of the host's and how it has grown, with all that is known about whether it will end. */
export interface HolderSeries {
  id: number
  kind: CollectionKind
  path: string
  script: string | null
  points: readonly HolderPoint[]
  /** It has let go of its oldest entries and may be believed to go on doing so. */
  hasLetGo: boolean
  /** When its oldest entry should go by its own word, in epoch ms. */
  deadlineMs?: number | null
  /** What its module's source says: `never` when nothing in it takes an entry out, `tended` when something does so by itself. */
  removal: 'never' | 'possible' | 'tended' | 'unknown'
  bound: number | null
  /** Whoever changes it makes it anew, and may leave out what he likes. */
  isReplaced?: boolean
  /** Heap an entry keeps, estimated. */
  entryBytes: number | null
  /** External memory (buffers) an entry keeps. */
  entryExternalBytes: number | null
}

/** The part of a sample that detectors look at. */
export interface Moment {
  atMs: number
  windowMs: number
  rssBytes: number
  heapUsedBytes: number
  heapTotalBytes: number
  externalBytes: number
  requestTotal: number
  gcShare: number
  gcPauseMsMax: number
  majorCount: number
  /** Open descriptors and threads of the process; null between two counts and where nobody tells. */
  descriptorCount?: number | null
  threadCount?: number | null
  cgroupBytes: number | null
  pressureAvg10: number | null
}

/** All that is known at one moment, oldest first. */
export interface View {
  nowMs: number
  floors: readonly Floor[]
  moments: readonly Moment[]
  holders: readonly HolderSeries[]
  /** Functions whose allocations stay, when the sampler ran; the best first. */
  retaining: readonly RetainingSite[]
  heapLimitBytes: number
  /** Descriptors the process may have; null when unknown. */
  descriptorLimit?: number | null
  /** The container's limit, or null. */
  cgroupLimitBytes: number | null
  /** The container's limit, else the machine's memory; null when neither is known. */
  memoryLimitBytes: number | null
}

export interface Slope {
  estimate: number
  low: number
  high: number
  unit: 'bytesPerMin' | 'countPerMin'
}

/** What a detector concludes from a view. */
export interface Finding {
  kind: SignalKind
  memory: GrowingMemory | null
  verdict: Verdict
  severity: Severity
  slope: Slope | null
  /** Earliest and latest; null without a limit. */
  timeToLimitMs: [number, number] | null
  /** Like all sizes here: bytes, or a count where the slope's unit says so. */
  limitBytes: number | null
  /** Where the line stands now. */
  currentBytes: number
  growthBytes: number
  windowMs: number
  bytesPerRequest: number | null
  requestsPerSecond: number | null
  series: [number, number][]
  /** Collections that explain the growth, the best first, with their shares of it. */
  holders: { id: number; share: number }[]
  /** Seen in the entries of a collection as well as in the floor: no second look is needed. */
  isCertain: boolean
  /** Why it is not more than this; of a claim, what could not be excluded. Plain clauses. */
  doubts: string[]
}

export interface Detector {
  readonly name: string
  /** Which memory it follows through its verdicts. */
  readonly memory: GrowingMemory
  /** What it judges by: asked again when there is more of it. */
  readonly basis: 'floor' | 'moment'
  /** Null: nothing to tell. */
  judge(view: View): Finding | null
}

/** Tells of something that happens now and is no kind of memory. */
export interface EventDetector {
  readonly name: string
  judge(view: View): { kind: SignalKind; severity: Severity; sentence: string } | null
}
