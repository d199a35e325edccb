import type { Effect, IncidentRecord, TimelineRecord, TimerChange, TimerKind } from '../incident/incident.ts'

/** What a step decided. Nothing in it has happened yet. */
export interface Step {
  record: IncidentRecord
  entries: TimelineRecord[]
  effects: Effect[]
  timers: TimerChange[]
  /** Whether it must be stored now. Counters alone wait for the next step that must. */
  isDurable: boolean
}

/** A step while it is being decided: a copy of the incident to write on, and what is to follow from it. */
export class Draft {
  readonly record: IncidentRecord
  readonly nowMs: number
  readonly entries: TimelineRecord[] = []
  readonly effects: Effect[] = []
  readonly timers: TimerChange[] = []
  #isTouched = false

  constructor(record: IncidentRecord, nowMs: number) {
    // Curves are most of a record, and a step replaces them but never writes on them: they need no copy.
    const { claims, ...rest } = record
    const copied = claims.map((claim) => ({ ...claim, signal: { ...claim.signal } }))
    this.record = { ...copyPlain(rest), claims: copied }
    this.nowMs = nowMs
  }

  /** Something changed that people should see. */
  touch(): void {
    this.#isTouched = true
  }

  /** Adds a line to the timeline. */
  say(kind: string, sentence: string, by: 'machine' | 'person' = 'machine'): void {
    this.record.sequence++
    this.entries.push({ atMs: this.nowMs, by, kind, sentence })
  }

  effect(effect: Effect): void {
    this.effects.push(effect)
  }

  timer(kind: TimerKind, dueAtMs: number | null): void {
    // There is one of a kind: the last word of a step counts.
    const earlier = this.timers.findIndex((change) => change.kind === kind)
    if (earlier >= 0) this.timers.splice(earlier, 1)
    this.timers.push({ kind, dueAtMs })
  }

  finish(): Step {
    const { record, entries, effects, timers } = this
    const isDurable = this.#isTouched || entries.length > 0 || effects.length > 0 || timers.length > 0
    if (isDurable) record.revision++
    return { record, entries, effects, timers, isDurable }
  }
}

/**
 * A copy of what JSON could hold. Every open incident is copied with every look at it, each second: `structuredClone` takes several
 * times as long, and was half of what a console with hundreds of them did.
 */
export function copyPlain<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyPlain) as T
  const made: Record<string, unknown> = {}
  for (const key of Object.keys(value)) made[key] = copyPlain((value as Record<string, unknown>)[key])
  return made as T
}
