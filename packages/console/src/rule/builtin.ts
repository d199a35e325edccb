import { formatBytes, formatDuration, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import type { Severity, Signal } from '@plimsoll/core/wire'
import { depthRatio, isServing, type ProcessFacts, type ServiceFacts } from './facts.ts'
import type { Finding, Rule } from './rule.ts'
import { judgeDatabase, wasRestarted } from '../runbook/database-facts.ts'
import { count, listNames, percent } from '../words.ts'

/** A slow leak is told of a week before its end, and what grows by less than this share of the limit a day is no news. */
const FORESIGHT_DAYS = 7
const MIN_DAILY_SHARE = 0.02

/** The objective allows one request in a hundred to be slow; twice that burns it. */
const SLOW_SHARE = 0.02

/**
 * What the console looks for without being told. Each rule opens at one line and closes at a lower one. The leak comes first
 * because it explains most of the others, which then join its incident.
 */
export const builtinRules: readonly Rule[] = [
  {
    name: 'leak',
    what: 'the watch in a process proves that something never lets go',
    cause: 'leak',
    severity: 'critical',
    forMs: 0,
    keepMs: 20 * SECOND_MS,
    judge(facts) {
      const leaking = alive(facts).filter(({ leak }) => leak !== null)
      const worst = worstLeak(leaking)
      if (!worst) return null
      return { level: 'firing', instances: leaking.map(instanceOf), sentence: describeLeak(worst, worst.leak!) }
    },
  },
  {
    // What the watch of a process is too close to see: days that end deeper than they began. Nothing is replaced for it.
    name: 'slow-leak',
    what: 'days end deeper than they began, and the limit is a week away',
    cause: 'leak',
    severity: 'warning',
    forMs: 0,
    keepMs: MINUTE_MS,
    judge(facts) {
      return byProcess(facts, ({ longGrowth, identity, limitBytes, depthBytes, leak }) => {
        if (!longGrowth || leak || limitBytes === null || depthBytes === null) return null
        const { bytesPerDay, lowBytesPerDay, highBytesPerDay, spanMs } = longGrowth
        const daysLeft = (perDay: number) => Math.max(0, limitBytes - depthBytes) / perDay
        if (bytesPerDay < MIN_DAILY_SHARE * limitBytes || daysLeft(bytesPerDay) > 2 * FORESIGHT_DAYS) return null
        return {
          isFiring: daysLeft(bytesPerDay) <= FORESIGHT_DAYS,
          sentence: `${identity.name} keeps ${formatBytes(bytesPerDay)} more each day, the same hour compared, for ${formatDuration(spanMs)} now: it lies at ${formatBytes(depthBytes)} of ${formatBytes(limitBytes)}, and its limit is ${days(daysLeft(highBytesPerDay))} to ${days(daysLeft(lowBytesPerDay))} days away.`,
        }
      })
    },
  },
  {
    name: 'database',
    what: 'statements run long while event loops are free, or it does not answer',
    cause: 'database',
    severity: 'critical',
    forMs: 2 * SECOND_MS,
    keepMs: 20 * SECOND_MS,
    judge(facts) {
      const judgement = judgeDatabase(facts)
      if (judgement.verdict !== 'guilty' && judgement.verdict !== 'suspect') return null
      const level = judgement.verdict === 'guilty' ? 'firing' : 'holding'
      // What is back already wakes nobody further; what users felt of it burns errors of its own.
      return {
        level,
        instances: [],
        sentence: judgement.sentence,
        severity: wasRestarted(facts) ? 'warning' : 'critical',
      }
    },
  },
  {
    name: 'crash-loop',
    what: 'three crashes in five minutes, or a supervisor that says so',
    cause: 'crash-loop',
    severity: 'critical',
    forMs: 0,
    keepMs: 2 * MINUTE_MS,
    judge({ crashes, processes }) {
      const isTold = processes.some(({ signals }) => signals.some(({ kind }) => kind === 'crash-loop'))
      if (crashes.length < 3 && !isTold) return null
      const last = crashes.at(-1)
      return {
        level: 'firing',
        instances: crashed(crashes, processes),
        sentence: `Processes of this service crash again and again: ${count(crashes.length, 'crash', 'crashes')} in 5 minutes. The last: ${last?.sentence ?? 'told by its supervisor'}`,
      }
    },
  },
  {
    name: 'crash',
    what: 'a process ended that should not have',
    cause: 'crash',
    severity: 'warning',
    forMs: 0,
    keepMs: 10 * SECOND_MS,
    judge({ crashes, processes, atMs }) {
      const fresh = crashes.filter((crash) => atMs - crash.atMs <= MINUTE_MS)
      const last = fresh.at(-1)
      if (!last) return null
      return { level: 'firing', instances: crashed(fresh, processes), sentence: last.sentence }
    },
  },
  {
    name: 'error-burn',
    what: 'more requests fail than the objective allows, in half a minute',
    cause: 'errors',
    severity: 'critical',
    forMs: 4 * SECOND_MS,
    keepMs: MINUTE_MS,
    judge({ traffic, policy, processes }) {
      if (!traffic || traffic.requestCount < 20) return null
      const ratio = traffic.errorsPerSec / traffic.requestsPerSec
      if (ratio < policy.errorObjective / 4) return null
      const level = ratio >= policy.errorObjective && traffic.errorCount >= 5 ? 'firing' : 'holding'
      const failing = processes.filter(({ recent }) => recent !== null && recent.errorsPerSec > 0)
      return {
        level,
        instances: failing.map(instanceOf),
        sentence: `${percent(ratio)} of the requests fail (${rate(traffic.errorsPerSec)} of ${rate(traffic.requestsPerSec)} a second); ${percent(policy.errorObjective)} is the objective.`,
      }
    },
  },
  {
    name: 'latency-burn',
    what: 'twice as many answers are slow as the objective allows, in half a minute and now',
    cause: 'latency',
    severity: 'critical',
    forMs: 4 * SECOND_MS,
    keepMs: MINUTE_MS,
    judge({ traffic, policy, processes }) {
      if (!traffic || traffic.requestCount < 20) return null
      const slowShare = traffic.slowCount / traffic.requestCount
      if (slowShare < SLOW_SHARE / 3) return null
      const slow = processes.filter(
        ({ recent }) => recent !== null && recent.slowCount > (recent.requestCount * SLOW_SHARE) / 3,
      )
      // The window remembers a hiccup for half a minute: it must be slow now, too.
      const isNow = slow.some(({ latest }) => (latest?.http?.latencyMsP99 ?? 0) > policy.latencyObjectiveMs)
      return {
        level: slowShare >= SLOW_SHARE && isNow ? 'firing' : 'holding',
        instances: slow.map(instanceOf),
        sentence: `Answers of ${names(slow)} are slow: p99 ${formatDuration(traffic.latencyMsP99)}, and the objective is ${formatDuration(policy.latencyObjectiveMs)}.`,
      }
    },
  },
  {
    name: 'load',
    what: 'three times the usual traffic, and answers that suffer from it',
    cause: 'load',
    severity: 'info',
    forMs: 10 * SECOND_MS,
    keepMs: MINUTE_MS,
    judge({ traffic, usualRequestsPerSec, usualLatencyMsP99 }) {
      if (!traffic || !usualRequestsPerSec || traffic.requestsPerSec < 5) return null
      const factor = traffic.requestsPerSec / usualRequestsPerSec
      const isFelt = traffic.latencyMsP99 > 3 * Math.max(usualLatencyMsP99 ?? 0, 20)
      if (factor < 2) return null
      return {
        level: factor >= 3 && isFelt ? 'firing' : 'holding',
        instances: [],
        sentence: `Traffic is ${factor.toFixed(1)} times the usual: ${rate(traffic.requestsPerSec)} requests a second instead of ${rate(usualRequestsPerSec)}, and p99 is ${formatDuration(traffic.latencyMsP99)}.`,
      }
    },
  },
  {
    name: 'headroom',
    what: '90 % of the limit stay after garbage collection',
    cause: 'headroom',
    severity: 'critical',
    forMs: 10 * SECOND_MS,
    keepMs: MINUTE_MS,
    judge(facts) {
      return byProcess(facts, (process) => {
        const ratio = depthRatio(process)
        if (!process.isFloor || ratio === null || ratio < 0.8) return null
        return {
          isFiring: ratio >= 0.9,
          sentence: `${process.identity.name} has little room left: ${formatBytes(process.depthBytes!)} of ${formatBytes(process.limitBytes!)} stay after garbage collection.`,
        }
      })
    },
  },
  {
    name: 'gc-share',
    what: '30 % of the time go into collecting garbage',
    cause: 'gc',
    severity: 'warning',
    forMs: 15 * SECOND_MS,
    keepMs: MINUTE_MS,
    judge(facts) {
      return byProcess(facts, ({ recent, identity }) => {
        if (!recent || recent.gcCpuShare < 0.15) return null
        return {
          isFiring: recent.gcCpuShare >= 0.3,
          sentence: `${identity.name} spends ${percent(recent.gcCpuShare)} of its time collecting garbage.`,
        }
      })
    },
  },
  {
    name: 'event-loop',
    what: 'the event loop stalls for a second (delay p99)',
    cause: 'event-loop',
    severity: 'warning',
    forMs: 15 * SECOND_MS,
    keepMs: MINUTE_MS,
    judge(facts) {
      return byProcess(facts, ({ recent, identity }) => {
        if (!recent || recent.eventLoopDelayMsP99 < 300) return null
        return {
          isFiring: recent.eventLoopDelayMsP99 >= SECOND_MS,
          sentence: `${identity.name}'s event loop stalls: delay p99 ${formatDuration(recent.eventLoopDelayMsP99)}.`,
        }
      })
    },
  },
  {
    name: 'silence',
    what: 'a process says nothing for 30 s, or for two and a half of its windows',
    cause: 'silence',
    severity: 'warning',
    forMs: 0,
    keepMs: 5 * SECOND_MS,
    judge(facts) {
      const expected = facts.processes.filter(({ presence }) => presence === 'alive' || presence === 'silent')
      // An agent that talks seldom is not silent between two of its words.
      const silent = expected.filter(
        ({ presence, lastSeenAtMs }) =>
          presence === 'silent' && facts.atMs - lastSeenAtMs >= facts.policy.silentAfterMs,
      )
      if (silent.length === 0) return null
      const quietMs = facts.atMs - Math.max(...silent.map(({ lastSeenAtMs }) => lastSeenAtMs))
      const isAll = silent.length === expected.length
      const sentence = isAll
        ? `All of ${facts.service} fell silent ${formatDuration(quietMs)} ago: ${names(silent)}.`
        : `${names(silent)} fell silent ${formatDuration(quietMs)} ago; ${expected.length - silent.length} of ${expected.length} processes still report.`
      return { level: 'firing', instances: silent.map(instanceOf), sentence, severity: isAll ? 'critical' : 'warning' }
    },
  },
  ...[
    told('told-gc', 'the watch tells of collections that free next to nothing', 'gc', 'gc-thrash', 1),
    told('told-hang', 'the watch tells of a process that hangs', 'event-loop', 'hang', 1),
    // One stall may be one large request; several within a minute are how it lives.
    told('told-stall', 'the watch tells of three stalls within a minute', 'event-loop', 'event-loop-stall', 3),
    told('told-pressure', 'the watch tells of memory pressure in the container', 'headroom', 'cgroup-pressure', 1),
  ],
]

/** Who crashed, where that is told: mostly a primary or a supervisor speaks for a process that can't any more. */
function crashed(crashes: ServiceFacts['crashes'], processes: readonly ProcessFacts[]): string[] {
  const speakers = new Set(processes.filter((process) => !isServing(process)).map(instanceOf))
  return [...new Set(crashes.map(({ instance }) => instance))].filter((instance) => !speakers.has(instance))
}

/** Findings of the watch that are no leak and no crash: told so many times within a minute. */
function told(name: string, what: string, cause: Rule['cause'], kind: string, minCount: number): Rule {
  return {
    name,
    what,
    cause,
    severity: 'warning',
    forMs: 0,
    keepMs: MINUTE_MS,
    judge(facts) {
      const latest = alive(facts).flatMap((process) => {
        const signals = process.signals.filter((signal) => signal.kind === kind && signal.severity !== 'info')
        const signal = signals.at(-1)
        return signal && signal.verdict !== 'recovered' && signals.length >= minCount ? [{ process, signal }] : []
      })
      const first = latest[0]
      if (!first) return null
      const severity: Severity = latest.some(({ signal }) => signal.severity === 'critical') ? 'critical' : 'warning'
      return {
        level: 'firing',
        instances: latest.map(({ process }) => instanceOf(process)),
        sentence: first.signal.sentence,
        severity,
      }
    },
  }
}

/** The leak that reaches its limit first. */
export function worstLeak(processes: readonly ProcessFacts[]): ProcessFacts | undefined {
  return processes
    .filter(({ leak }) => leak !== null)
    .sort((one, other) => rank(other) - rank(one))
    .at(0)
}

function rank(process: ProcessFacts): number {
  return (process.leak?.verdict === 'sinking' ? 10 : 0) + (depthRatio(process) ?? 0)
}

/** Subject, verb, number, unit, whoever told it. */
export function describeLeak({ identity }: ProcessFacts, leak: Signal): string {
  const { name } = identity
  return leak.sentence.includes(name) ? leak.sentence : `${name} is ${leak.verdict}: ${leak.sentence}`
}

function alive({ processes }: ServiceFacts): ProcessFacts[] {
  return processes.filter(({ presence }) => presence !== 'gone')
}

function byProcess(
  facts: ServiceFacts,
  judge: (process: ProcessFacts) => { isFiring: boolean; sentence: string } | null,
): Finding | null {
  const seen = alive(facts).flatMap((process) => {
    const judgement = isServing(process) ? judge(process) : null
    return judgement ? [{ process, ...judgement }] : []
  })
  const firing = seen.filter(({ isFiring }) => isFiring)
  const shown = firing.length > 0 ? firing : seen
  if (shown.length === 0) return null
  return {
    level: firing.length > 0 ? 'firing' : 'holding',
    instances: shown.map(({ process }) => instanceOf(process)),
    sentence: shown[0]!.sentence,
  }
}

function instanceOf({ identity }: ProcessFacts): string {
  return identity.instance
}

function names(processes: readonly ProcessFacts[]): string {
  return listNames([...new Set(processes.map(({ identity }) => identity.name))])
}

function days(count: number): string {
  return count >= 10 ? String(Math.round(count)) : count.toFixed(1)
}

function rate(perSec: number): string {
  return perSec >= 10 ? String(Math.round(perSec)) : perSec.toFixed(1)
}
