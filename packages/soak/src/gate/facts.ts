import type { Comparison } from '../compare/compare.ts'
import type { KneeFinding } from '../compare/find-knee.ts'
import type { Findings } from '../culprit/investigate.ts'
import type { Culprit } from '../culprit/name-culprit.ts'
import type { SubjectLostError } from '../errors.ts'
import type { ResolvedSoakConfig } from '../options.ts'
import type { FloorPoint } from '../result.ts'
import type { TrafficPause, TrafficReport } from '../traffic/traffic.ts'
import { GrowthCourse } from './growth.ts'

/** Everything a soak has seen, when it is over. */
export interface Facts {
  config: ResolvedSoakConfig
  heap: GrowthCourse
  external: GrowthCourse
  floors: FloorPoint[]
  routeCounts: TrafficPause['routes'][]
  culprits: Culprit[]
  /** Floors that were read before the first heap snapshot: from then on V8 remembers where every object is, in native memory. */
  untouchedFloors: number | null
  /** Set when a rise was confirmed and nothing bounds it. */
  leak: { why: string } | null
  /** Set when a rise was confirmed and those who hold it say it will end. */
  explained: Findings | null
  /** Set when the service's clock is moved forward before each floor: by how much, and from which floor on. */
  hurried: { stepMs: number; fromFloor: number } | null
  /** Set when caches are emptied before each floor: the budget of each by its name, in bytes. */
  emptied: ReadonlyMap<string, number> | null
  /** Set when it works on after it has answered: for so many requests a second it can do all that, and so many it can answer by half. */
  backlog: { worksOffPerSec: number; answersPerSec: number } | null
  lost: SubjectLostError | null
  /** It did not survive that its clock was moved: what failed from then on is not its fault. */
  isLostByHurry: boolean
  invalidBecause: string[]
  notes: string[]
  traffic: TrafficReport | null
  lastPause: TrafficPause | null
  /** Requests a second, or visitors when there are journeys. */
  ratePerSec: number
  /** Time under load since the first floor, without the pauses. */
  drivenMs: number
  elapsedMs: number
  nodeVersion: string | null
  heapLimitBytes: number | null
  comparison: Comparison | null
  knee: KneeFinding | null
}

export function createFacts(config: ResolvedSoakConfig): Facts {
  const { retainedBytes, externalBytes } = config.gates
  return {
    config,
    heap: new GrowthCourse({ marginBytes: retainedBytes }),
    external: new GrowthCourse({ marginBytes: externalBytes }),
    floors: [],
    routeCounts: [],
    culprits: [],
    untouchedFloors: null,
    leak: null,
    explained: null,
    hurried: null,
    emptied: null,
    backlog: null,
    lost: null,
    isLostByHurry: false,
    invalidBecause: [],
    notes: [],
    traffic: null,
    lastPause: null,
    ratePerSec: 0,
    drivenMs: 0,
    elapsedMs: 0,
    nodeVersion: null,
    heapLimitBytes: null,
    comparison: null,
    knee: null,
  }
}
