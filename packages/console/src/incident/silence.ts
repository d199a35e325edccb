import { matches, matchesAll, type Labels, type Matcher } from '../rule/matcher.ts'

/** We chose not to hear: from, until, what, who says so and why. */
export interface Silence {
  id: string
  matchers: Matcher[]
  startsAtMs: number
  endsAtMs: number
  createdBy: string
  comment: string
  updatedAtMs: number
  /** A maintenance window: it ends when the configuration says so. */
  isConfigured?: true
}

export type SilenceState = 'pending' | 'active' | 'expired'

export function stateOf({ startsAtMs, endsAtMs }: Silence, nowMs: number): SilenceState {
  if (endsAtMs <= nowMs) return 'expired'
  return startsAtMs > nowMs ? 'pending' : 'active'
}

/** Silences in force that hide these labels. */
export function silencesOf(labels: Labels, silences: readonly Silence[], nowMs: number): Silence[] {
  return silences.filter((silence) => stateOf(silence, nowMs) === 'active' && matchesAll(silence.matchers, labels))
}

/** Why a silence can't be taken, or null. One that hides everything by matching what is missing is a mistake. */
export function judgeSilence(silence: Omit<Silence, 'id' | 'updatedAtMs'>, nowMs: number): string | null {
  const { matchers, startsAtMs, endsAtMs, createdBy, comment } = silence
  if (matchers.length === 0) return 'at least one matcher required'
  if (matchers.every((matcher) => matches(matcher, { [matcher.name]: '' })))
    return 'at least one matcher must not match the empty string'
  if (endsAtMs <= startsAtMs) return 'start time must be before end time'
  if (endsAtMs < nowMs) return "end time can't be in the past"
  if (createdBy === '') return 'creator information missing'
  return comment.length > 10_000 ? 'the comment may have 10,000 characters' : null
}

/** Whether a change keeps the silence's id: what it hides and when it began stay as they are. */
export function mayUpdate(known: Silence, change: Omit<Silence, 'id' | 'updatedAtMs'>, nowMs: number): boolean {
  if (JSON.stringify(known.matchers.map(sortable)) !== JSON.stringify(change.matchers.map(sortable))) return false
  const state = stateOf(known, nowMs)
  if (state === 'expired') return false
  if (state === 'pending') return change.startsAtMs >= nowMs
  return Math.floor(known.startsAtMs / 1000) === Math.floor(change.startsAtMs / 1000) && change.endsAtMs >= nowMs
}

function sortable({ name, value, isRegex, isEqual }: Matcher): unknown[] {
  return [name, value, isRegex, isEqual]
}
