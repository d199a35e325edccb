import { formatDuration, SECOND_MS, STARVED_SHARE } from '@plimsoll/core'
import type { CheckVerdict } from '../api/contract.ts'
import type { IncidentRecord } from '../incident/incident.ts'
import {
  CALM,
  hadTime,
  isStarved,
  MIN_SPAN_MS,
  RUSH,
  slowStatementLineMs,
  trafficFactor,
  trafficFactorNow,
  trafficFactorOfStatements,
  type DatabaseFacts,
  type ProcessFacts,
  type ServiceFacts,
  type Window,
} from '../rule/facts.ts'
import { clockTime, count, listNames, percent, sentences } from '../words.ts'

export interface DatabaseJudgement {
  verdict: CheckVerdict
  sentence: string
  evidence: { label: string; value: string }[]
  /** It looks slow for want of processor time, as anything else there would: that takes no acquittal back. */
  isExcused?: boolean
}

/** Slower than this it is not called slow, whatever its baseline. */
export const SLOW_ROUND_TRIP_MS = 250
/** One long report is nobody's outage; several long statements or waits at once are. */
const MANY = 3
const RESTART_MEMORY_MS = 30 * SECOND_MS
/** Fewer statements than this accuse nobody: a pause of their process, or its first connection after a rest, may be all of it. */
const MIN_STATEMENTS = 20
/** Too little processor time makes answers late. So many in a row, seconds each, it does not hold back. */
const MANY_TIMEOUTS = 5
const DOUBT = ' But this machine is short of processor time, so that accuses nobody.'

/**
 * Whether the database is to blame. Slow statements are the database's fault, waiting for a connection is not: a process whose
 * event loop stalls holds its connections longer and measures long waits although each statement is quick, and where a whole
 * machine has too little processor time everything on it is slow. So the judgement rests on the probe, which runs elsewhere, and
 * on the statements of processes whose event loop is free and which get a processor when they want one, sample by sample.
 */
export function judgeDatabase(facts: ServiceFacts): DatabaseJudgement {
  const { database, policy } = facts
  const tellers = facts.processes.filter(({ presence, recent }) => presence === 'alive' && recent?.sql)
  const evidence = [...probeEvidence(facts), ...statementEvidence(tellers)]
  if (database && database.roundTripMs === null) {
    const enough = database.isStarved ? MANY_TIMEOUTS : 2
    const verdict = database.failureCount >= enough ? 'guilty' : 'suspect'
    const isExcused = verdict === 'suspect' && database.isStarved
    const sentence = `The database does not answer: ${database.error ?? 'no reason given'}.${isExcused ? DOUBT : ''}`
    return { verdict, sentence, evidence, isExcused }
  }
  if (wasRestarted(facts)) {
    const sentence = `The database was gone: it was started anew, seen at ${clockTime(database!.restartedAtMs!)} UTC, and answers again.`
    return { verdict: 'guilty', sentence, evidence }
  }
  const slow = whatIsSlow(facts, tellers)
  if (slow) return { ...slow, evidence }
  if (database) {
    const answer = `The database answers in ${formatDuration(database.roundTripMs!)}; nothing runs long and no lock is waited for.`
    return { verdict: 'ok', sentence: sentences(answer, excuseOf(tellers)), evidence }
  }
  const quick = tellers.filter(({ recent }) => recent!.believedSql.queryCount > 0 && !isSlowRun(recent!))
  if (quick.length > 0) {
    const slowest = Math.max(...quick.map(({ recent }) => recent!.believedSql.runMsP50))
    return { verdict: 'ok', sentence: `Statements run in ${formatDuration(slowest)} (p50).`, evidence }
  }
  const why = policy.databaseUrl === null ? 'no database is configured for this service' : 'it has not been probed yet'
  const sentence = `Nothing is known of the database: ${why}.`
  return { verdict: 'unknown', sentence: sentences(sentence, excuseOf(tellers)), evidence }
}

/** Since when alerts that still fire accuse the database, or null. An incident may be open for another reason by now. */
export function accusedSince(open: readonly Pick<IncidentRecord, 'alerts'>[]): number | null {
  const accusing = open.flatMap(({ alerts }) =>
    alerts.filter(({ rule, clearedAtMs }) => rule === 'database' && clearedAtMs === null),
  )
  return accusing.length === 0 ? null : Math.min(...accusing.map(({ firstAtMs }) => firstAtMs))
}

/** For a while after it came back: what failed meanwhile is seen only afterwards. */
export function wasRestarted({ database, atMs }: ServiceFacts): boolean {
  const restartedAtMs = database?.restartedAtMs ?? null
  return restartedAtMs !== null && database?.roundTripMs !== null && atMs - restartedAtMs < RESTART_MEMORY_MS
}

function whatIsSlow(facts: ServiceFacts, tellers: readonly ProcessFacts[]): Omit<DatabaseJudgement, 'evidence'> | null {
  const { database } = facts
  const told = whatTellersSee(facts, tellers)
  if (database && database.slowCount > 0) {
    const { isStarved, waitingLockCount, slowCount } = database
    const isRush = Math.max(trafficFactor(facts), trafficFactorNow(facts)) >= RUSH
    // Whoever waits in vain asks again: statements that were slow before the rush say which of them came first.
    if (isRush && told?.verdict === 'guilty') return told
    // Who waits for a lock does so whatever the processors do; everything else is slow on a starved machine.
    const doubt = isRush
      ? ' But under such a rush of traffic that accuses nobody.'
      : isStarved && waitingLockCount < MANY
        ? DOUBT
        : ''
    const verdict = doubt === '' && slowCount >= 2 ? 'guilty' : 'suspect'
    return { verdict, sentence: `${describeSlow(database)}${doubt}`, isExcused: doubt === DOUBT }
  }
  return told
}

function whatTellersSee(
  facts: ServiceFacts,
  tellers: readonly ProcessFacts[],
): Omit<DatabaseJudgement, 'evidence'> | null {
  const able = tellers.filter(isAble)
  const slow = able.filter(({ recent }) => seesSlow(recent!))
  // Most of those who can tell must agree. Where most cannot, one alone proves nothing: what held the others up hardly spared it.
  const isAgreed = slow.length * 2 >= tellers.length || (slow.length > 1 && slow.length * 2 >= able.length)
  if (slow.length === 0 || !isAgreed) return null
  const runMs = Math.max(...slow.map(({ recent }) => recent!.believedSql.runMsP50))
  const usualMs = slow[0]!.recent!.usualSqlRunMsP50
  const usual = usualMs === null ? '' : ` instead of ${formatDuration(usualMs)}`
  // Under a rush of traffic slow statements are a consequence as likely as a cause.
  return {
    verdict: isOfRush(facts, slow) ? 'suspect' : 'guilty',
    isExcused: false,
    sentence: `The database is slow: statements of ${listNames(slow.map(({ identity }) => identity.name))} run ${formatDuration(runMs)} (p50)${usual}, while their event loops are free.`,
  }
}

/** Whether what it measures says something of its database. Where most are starved, only who is far from it is believed. */
function isAble({ recent }: ProcessFacts, _index: number, tellers: readonly ProcessFacts[]): boolean {
  const areMostStarved = tellers.filter((teller) => isStarved(teller.recent!)).length * 2 > tellers.length
  return hadTime(recent!) && (!areMostStarved || (recent!.cpuWaitShare ?? 0) < STARVED_SHARE / 2)
}

function seesSlow(recent: Window): boolean {
  const { queryCount, spanMs } = recent.believedSql
  // Who answers nobody may well have long statements to run: filling a shop, a report. Only longer than its usual they are slow.
  if (recent.usualSqlRunMsP50 === null && recent.requestCount === 0) return false
  return queryCount >= MIN_STATEMENTS && spanMs >= MIN_SPAN_MS && isSlowRun(recent)
}

function isSlowRun({ believedSql, usualSqlRunMsP50 }: Window): boolean {
  return believedSql.runMsP50 >= slowStatementLineMs(usualSqlRunMsP50)
}

/**
 * Who is answered late asks again, so a slow database brings a rush about, which outweighs everything before it. What was slow while
 * traffic was calm is not slow for that rush.
 */
function isOfRush(facts: ServiceFacts, slow: readonly ProcessFacts[]): boolean {
  if (trafficFactorOfStatements(facts, slow, ({ believedSql }) => believedSql.arrivalsPerSec) < RUSH) return false
  return trafficFactorOfStatements(facts, slow, rateAtOnset) >= CALM
}

function rateAtOnset({ believedSql: { onset, arrivalsPerSec }, usualSqlRunMsP50 }: Window): number {
  // Who has only just started has its usual from its siblings, and its onset was told without it.
  const isProven =
    onset !== null &&
    onset.queryCount >= MIN_STATEMENTS &&
    onset.spanMs >= MIN_SPAN_MS &&
    onset.runMsP50 >= slowStatementLineMs(usualSqlRunMsP50)
  return isProven ? onset.arrivalsPerSec : arrivalsPerSec
}

/** Whether one answer of the probe is that of a database in trouble. */
export function isSlowAnswer(
  answer: Pick<DatabaseFacts, 'roundTripMs' | 'baselineMs' | 'longStatementCount' | 'waitingLockCount'>,
): boolean {
  const slowLineMs = Math.max(SLOW_ROUND_TRIP_MS, 10 * (answer.baselineMs ?? 0))
  return (answer.roundTripMs ?? 0) >= slowLineMs || answer.longStatementCount >= MANY || answer.waitingLockCount >= MANY
}

function describeSlow({
  roundTripMs,
  baselineMs,
  longStatementCount,
  longestStatementMs,
  waitingLockCount,
}: DatabaseFacts) {
  const usual = baselineMs === null ? '' : ` instead of ${formatDuration(baselineMs)}`
  // A probe that is answered as fast as ever says nothing of what is slow.
  const isSlowItself = (roundTripMs ?? 0) >= Math.max(SLOW_ROUND_TRIP_MS, 2 * (baselineMs ?? 0))
  const hasOther = longStatementCount > 0 || waitingLockCount > 0
  const parts = [
    ...(isSlowItself || !hasOther ? [`select 1 takes ${formatDuration(roundTripMs ?? 0)}${usual}`] : []),
    ...(longStatementCount > 0
      ? [
          `${count(longStatementCount, 'statement runs', 'statements run')} for more than a second, the longest for ${formatDuration(longestStatementMs)}`,
        ]
      : []),
    ...(waitingLockCount > 0 ? [`${count(waitingLockCount, 'session waits', 'sessions wait')} for locks`] : []),
  ]
  return `The database is slow: ${parts.join('; ')}.`
}

/** Why workers wait although the database is well; empty when none does. */
function excuseOf(tellers: readonly ProcessFacts[]): string {
  const starved = tellers.find(({ recent }) => isStarved(recent!) && recent!.sql!.runMsP50 >= slowStatementLineMs(null))
  if (starved) {
    const { sql, cpuWaitShare } = starved.recent!
    return `${starved.identity.name} sees statements run ${formatDuration(sql!.runMsP50)} (p50), but its machine is short of processor time (for ${percent(cpuWaitShare!)} of the time in which it wants to run it waits), so that accuses nobody.`
  }
  const first = tellers.find((teller) => teller.recent!.sql!.waitMsP99 >= 100 && !hadTime(teller.recent!))
  if (!first) return ''
  const { sql, eventLoopUtilization, gcCpuShare } = first.recent!
  return `${first.identity.name} waits ${formatDuration(sql!.waitMsP99)} for a connection because it is itself slow (event loop ${percent(eventLoopUtilization)} busy, ${percent(gcCpuShare)} in garbage collection), not because statements run long.`
}

function probeEvidence({ database }: ServiceFacts): DatabaseJudgement['evidence'] {
  if (!database) return []
  return [
    {
      label: 'connect and select 1',
      value: database.roundTripMs === null ? 'no answer' : formatDuration(database.roundTripMs),
    },
    { label: 'usual', value: database.baselineMs === null ? 'not known yet' : formatDuration(database.baselineMs) },
    { label: 'longest statement', value: formatDuration(database.longestStatementMs) },
    { label: 'sessions waiting for locks', value: String(database.waitingLockCount) },
  ]
}

function statementEvidence(tellers: readonly ProcessFacts[]): DatabaseJudgement['evidence'] {
  return tellers.slice(0, 5).map(({ identity, recent }) => ({
    label: `${identity.name}: statements p50, waiting for a connection p99, for a processor`,
    value: [
      formatDuration(recent!.sql!.runMsP50),
      formatDuration(recent!.sql!.waitMsP99),
      recent!.cpuWaitShare === null ? 'not told' : percent(recent!.cpuWaitShare),
    ].join(', '),
  }))
}
