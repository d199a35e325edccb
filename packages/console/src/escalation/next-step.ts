import type { EscalationPolicy } from '../config.ts'

export interface Call {
  /** From 1, as people count. */
  level: number
  teams: string[]
  atMs: number
}

/**
 * The call number `step` (from 0) of an escalation that began at `startedAtMs`: each level in turn, then the last one again and
 * again. Null when nobody is configured.
 */
export function callOf(policy: EscalationPolicy, step: number, startedAtMs: number): Call | null {
  const last = policy.levels.length - 1
  const level = policy.levels[Math.min(step, last)]
  if (!level) return null
  const repeats = Math.max(0, step - last)
  return {
    level: Math.min(step, last) + 1,
    teams: level.teams,
    atMs: startedAtMs + level.afterMs + repeats * policy.repeatMs,
  }
}

/**
 * The calls that are due, and the first that is not. After an outage levels that were missed are called together, so that nobody
 * is skipped, while missed repeats of the last level are one call.
 */
export function dueCalls(policy: EscalationPolicy, step: number, startedAtMs: number, nowMs: number) {
  const due: Call[] = []
  let next = step
  for (
    let call = callOf(policy, next, startedAtMs);
    call && call.atMs <= nowMs;
    call = callOf(policy, next, startedAtMs)
  ) {
    if (due.at(-1)?.level === call.level) due.pop()
    due.push(call)
    next++
  }
  return { due, step: next, next: callOf(policy, next, startedAtMs) }
}
