import { MINUTE_MS, SECOND_MS } from '@plimsoll/core'

/**
 * The three arms. All serve the same seeded shoppers and crawlers with three workers; they differ in what looks after them.
 * - `as-in-2023`: plain processes. Nobody restarts a worker that died.
 * - `as-good-teams-today`: restart on crash, restart above a memory threshold, an alert on resident memory.
 * - `with-plimsoll`: `plimsoll run --act=safe` and the console, with shipped defaults but for the two policies named in `shortened`.
 */
export const armNames = ['as-in-2023', 'as-good-teams-today', 'with-plimsoll'] as const
export type ArmName = (typeof armNames)[number]

export const armTitles: Record<ArmName, string> = {
  'as-in-2023': 'As in 2023',
  'as-good-teams-today': 'As good teams run today',
  'with-plimsoll': 'With Plimsoll',
}

export interface Scenario {
  workerCount: number
  /** Of each worker, in MB: small, so that minutes stand for the hours of 2023. */
  heapLimitMb: number
  /** Sessions that arrive per second. */
  sessionsPerSec: number
  /** Keep-alive clients that all sit on one worker: the one server whose CPU rose in 2023. */
  crawlerCount: number
  /** Half of a crawler's pauses between two pages are shorter. */
  crawlerPauseMs: number
  /** Half of a shopper's. */
  thinkMs: number
  /** Traffic before the fault: caches fill, code gets compiled. */
  warmUpMs: number
  /** From the fault to the end of the arm (a fast second arm may end earlier). */
  leakMs: Record<ArmName, number>
  /** The cured cache is deployed worker by worker at the end of Plimsoll's arm. */
  hasLastAct: boolean
  lastActMs: number
  /** Share of the first arm's time to death that "signalled" may take. */
  maxSignalledShare: number
  /** Of its shoppers, the share that the first arm must affect; null where it ends too soon after the first death to say. */
  minAffectedShare: number | null
  /** The first arm ends so long after its first worker died, and not later. */
  endsAfterDeathMs: number
  /** `as-good-teams-today` restarts a worker above this share of the heap limit, in resident bytes beyond its resting size. */
  restartAtHeapShare: number
  /** The alert on resident memory fires at this share. */
  alertAtHeapShare: number
  /** How often `as-good-teams-today` looks at memory: every 30 s in production, shorter as the hours are. */
  memoryLookMs: number
}

const common = {
  workerCount: 3,
  thinkMs: 2 * SECOND_MS,
  restartAtHeapShare: 0.6,
  alertAtHeapShare: 0.4,
  memoryLookMs: 5 * SECOND_MS,
}

export const fullScenario: Scenario = {
  ...common,
  heapLimitMb: 112,
  sessionsPerSec: 8,
  crawlerCount: 6,
  crawlerPauseMs: 50,
  warmUpMs: 30 * SECOND_MS,
  leakMs: { 'as-in-2023': 5.5 * MINUTE_MS, 'as-good-teams-today': 2.5 * MINUTE_MS, 'with-plimsoll': 3 * MINUTE_MS },
  hasLastAct: true,
  lastActMs: 45 * SECOND_MS,
  maxSignalledShare: 0.4,
  minAffectedShare: 0.5,
  endsAfterDeathMs: Infinity,
}

export const fastScenario: Scenario = {
  ...common,
  heapLimitMb: 72,
  sessionsPerSec: 8,
  crawlerCount: 6,
  crawlerPauseMs: 50,
  warmUpMs: 8 * SECOND_MS,
  leakMs: { 'as-in-2023': 110 * SECOND_MS, 'as-good-teams-today': 42 * SECOND_MS, 'with-plimsoll': 52 * SECOND_MS },
  hasLastAct: false,
  lastActMs: 0,
  maxSignalledShare: 0.6,
  minAffectedShare: null,
  endsAfterDeathMs: 5 * SECOND_MS,
}

/** Policies of the console that are shorter here than shipped, told in the report. */
export const shortened =
  'The proof window before an incident counts as resolved is 15 seconds here instead of 30 minutes.'

/**
 * What is published of 10 May 2023, in minutes after the first alert at 14:00. Cited beside our seconds, never divided by them: a
 * replay has nobody to wake, to persuade or to wait for.
 */
export const history = {
  detectedMin: 0,
  databaseExoneratedMin: 15,
  workerNamedMin: 30,
  leakNamedMin: 40,
  developersPagedMin: 60,
  lineNamedMin: 120,
  mitigatedMin: 180,
  fixedMin: 720,
  restoredMin: 780,
  affectedShare: 0.8,
} as const
