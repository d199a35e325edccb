import { formatBytes, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import type { ActionRecord } from '../incident/incident.ts'
import { depthRatio, isServing, type ProcessFacts, type ServiceFacts } from '../rule/facts.ts'

export interface EffectJudgement {
  effect: { beforeBytes: number; afterBytes: number } | null
  replacement: string | null
  sentence: string
}

/** A floor that fell by less proves nothing. */
const CLEAR_FALL = 0.9

/** What an action that was done brought; null while that can't be told yet. */
export function judgeEffect(action: ActionRecord, facts: ServiceFacts): EffectJudgement | null {
  return action.kind === 'rotate' ? judgeRotation(action, facts) : judgeFloor(action, facts)
}

function judgeFloor(action: ActionRecord, facts: ServiceFacts): EffectJudgement | null {
  const target = facts.processes.find(({ identity }) => identity.instance === action.target)
  const floor = target?.floors.at(-1)
  const beforeBytes = action.effect?.beforeBytes
  if (!floor || beforeBytes === undefined || action.endedAtMs === null || floor[0] < action.endedAtMs) return null
  const afterBytes = floor[1]
  if (afterBytes > CLEAR_FALL * beforeBytes) return null
  return {
    effect: { beforeBytes, afterBytes },
    replacement: null,
    sentence: `The floor of ${action.targetName} fell from ${formatBytes(beforeBytes)} to ${formatBytes(afterBytes)}.`,
  }
}

function judgeRotation(action: ActionRecord, facts: ServiceFacts): EffectJudgement | null {
  const replacement = facts.processes.find(({ identity, presence }) =>
    action.replacement === null
      ? presence === 'alive' && identity.startedAtMs >= action.requestedAtMs && identity.role === 'worker'
      : identity.instance === action.replacement,
  )
  const ratio = replacement ? depthRatio(replacement) : null
  if (!replacement || replacement.presence !== 'alive' || ratio === null || ratio >= action.worstRatioBefore)
    return null
  const beforeBytes = action.effect?.beforeBytes
  const afterBytes = replacement.depthBytes!
  const { name, instance } = replacement.identity
  const who = name === action.targetName ? `A new ${name}` : `${name}, in place of ${action.targetName},`
  const instead = beforeBytes === undefined ? '' : ` instead of ${formatBytes(beforeBytes)}`
  return {
    effect: beforeBytes === undefined ? null : { beforeBytes, afterBytes },
    replacement: instance,
    sentence: `${who} is afloat with ${formatBytes(afterBytes)}${instead}.`,
  }
}

/** Deepest share of a limit among those that serve and are asked for; 0 when none is known. */
export function worstRatio(facts: ServiceFacts, isAsked: (process: ProcessFacts) => boolean = () => true): number {
  const serving = facts.processes.filter((process) => process.presence === 'alive' && isServing(process))
  return Math.max(0, ...serving.filter(isAsked).map((process) => depthRatio(process) ?? 0))
}

/** How long each stage of an action may take before it is given up. */
export const patienceMs = {
  /** Until the agent has it: it asks every 2 s. */
  requested: 20 * SECOND_MS,
  /** A new worker must start and the old one drain. */
  running: 2 * MINUTE_MS,
  /** Until the effect is seen: a full collection may have to be waited for. */
  verifying: 25 * SECOND_MS,
  /** Until a person approves. */
  asked: 30 * MINUTE_MS,
} as const
