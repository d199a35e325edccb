import type { Incident } from '@plimsoll/console/contract'
import type { Message } from '@plimsoll/demo'
import type { RequestSummary, TrafficReport } from '@plimsoll/soak/traffic'
import type { ArmName } from './scenario.ts'

/** One second of one arm, as seen from outside: the same for all arms, whatever watches them. */
export interface ArmSecond {
  /** Since the fault; negative before it. */
  sinceFaultMs: number
  requestCount: number
  failureCount: number
  latencyMsP99: number
  /** Resident bytes of each worker by name; a worker that is not there is missing. */
  rssBytes: Record<string, number>
}

/** Instants since the fault in ms; null for what never happened. */
export interface Milestones {
  /** First sign that something told a person: latency, resident memory, or a leak. */
  detected: number | null
  /** What Plimsoll's runbook and people did, measured from the opening of the incident. */
  opened: number | null
  databaseExonerated: number | null
  workerNamed: number | null
  leakNamed: number | null
  lineNamed: number | null
  ownerPaged: number | null
  mitigated: number | null
  fixed: number | null
  /** First failed request, or second whose p99 was above a second. */
  firstHarm: number | null
  /** First worker that ran out of memory. */
  firstDeath: number | null
}

/** An incident in short. */
export interface IncidentGist {
  sentence: string
  cause: Incident['cause']
  /** What its checks added up to. */
  conclusion: Incident['conclusion']['kind']
  /** When it was opened; negative before the fault. */
  sinceFaultMs: number
}

export interface ArmRecord {
  arm: ArmName
  seconds: ArmSecond[]
  milestones: Milestones
  traffic: TrafficReport
  /** Workers that died, and workers that somebody restarted or replaced. */
  deathCount: number
  restartCount: number
  /** The culprit as it was named: file, line, variable, sentence. */
  culprit: { file: string; line: number; variable: string | null; sentence: string } | null
  /** Whether that is the planted leak. */
  isCulpritRight: boolean | null
  /** Incidents that were opened for it: one problem should be one. Null where there is no console. */
  incidents: IncidentGist[] | null
  /** What was done, in the console's words. */
  actions: string[]
  postmortem: string | null
  /** The incident as the console tells it at the end, and what people got of it, the oldest first. */
  incident: Incident | null
  messages: readonly Message[]
  /** Instants since the fault at which the console was killed. */
  kills: readonly number[]
  /** After-GC floors of the last act: with the leak and cured. */
  floors: { leakingBytes: number; curedBytes: number } | null
  /** What failed in the last act, by kind; null without one. */
  lastActFailures: RequestSummary['failures'] | null
}

export const noMilestones: Milestones = {
  detected: null,
  opened: null,
  databaseExonerated: null,
  workerNamed: null,
  leakNamed: null,
  lineNamed: null,
  ownerPaged: null,
  mitigated: null,
  fixed: null,
  firstHarm: null,
  firstDeath: null,
}

/** When shoppers were hurt first: a failed request, or a second whose p99 was above the limit. */
export function firstHarmMs(seconds: readonly ArmSecond[], slowMs = 1000): number | null {
  return (
    seconds.find((second) => second.sinceFaultMs >= 0 && (second.failureCount > 0 || second.latencyMsP99 > slowMs))
      ?.sinceFaultMs ?? null
  )
}
