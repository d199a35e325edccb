import type { Comparison } from './compare/compare.ts'
import type { KneeFinding } from './compare/find-knee.ts'
import type { Culprit } from './culprit/name-culprit.ts'
import type { FailureKind } from './traffic/failure.ts'

export type Verdict = 'clean' | 'leak' | 'not-sure' | 'invalid'
export type GateVerdict = 'pass' | 'fail' | 'not-sure'

/** A slope with the interval it lies in, in bytes a request. Ends that nobody knows are null. */
export interface Interval {
  estimate: number | null
  low: number | null
  high: number | null
  /** 0..1 */
  confidence: number
}

export interface Gate {
  name: string
  verdict: GateVerdict
  /** In one sentence, with numbers. */
  sentence: string
  limit: string | null
}

export interface RouteResult {
  route: string
  requestCount: number
  failureCount: number
  latencyMsP50: number
  latencyMsP99: number
  /** What a request of this route leaves behind; null where the mix does not tell. */
  retainedBytesPerRequest: { estimate: number; low: number; high: number } | null
}

export interface FloorPoint {
  requestCount: number
  atMs: number
  heapBytes: number
  externalBytes: number
  nativeBytes: number
  rssBytes: number
  descriptorCount: number | null
}

/** What a soak found. The shape of `--json`, version 1. Sizes in bytes, times in ms, shares 0..1. */
export interface SoakResult {
  version: 1
  /** Of memory; or invalid. */
  verdict: Verdict
  /** The verdict in one sentence, with numbers. */
  sentence: string
  /** Why there is no verdict; empty otherwise. */
  invalidBecause: string[]
  retainedBytesPerRequest: Interval
  byRoute: RouteResult[]
  external: Interval & { verdict: GateVerdict }
  rss: Interval & { verdict: GateVerdict; grownBytes: number | null }
  culprits: Culprit[]
  latencyMs: { p50: number; p90: number; p99: number; max: number; isTrustworthy: boolean } | null
  errors: { count: number; share: number; kinds: Partial<Record<FailureKind, number>> }
  /** Until the heap limit, at the rate that was driven; null when it does not rise. */
  timeToLimitMs: { estimate: number; low: number; high: number } | null
  gates: Gate[]
  /** With another version, when one was asked for and both could be driven. */
  comparison: Comparison | null
  /** At which rate it stops keeping up, when that was asked for. */
  knee: KneeFinding | null
  notes: string[]
  /** Requests a second. */
  ratePerSec: number
  requestCount: number
  elapsedMs: number
  floors: FloorPoint[]
  command: string
  nodeVersion: string | null
  heapLimitBytes: number | null
}

/** 3 no verdict, 1 proven bad, 2 not decided, 0 proven good. */
export function exitCodeOf({ verdict, gates }: Pick<SoakResult, 'verdict' | 'gates'>): 0 | 1 | 2 | 3 {
  if (verdict === 'invalid') return 3
  if (gates.some((gate) => gate.verdict === 'fail')) return 1
  return gates.some((gate) => gate.verdict === 'not-sure') ? 2 : 0
}
