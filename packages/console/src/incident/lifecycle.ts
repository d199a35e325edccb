import type { ActionStatus, IncidentState } from '../api/contract.ts'

type Table<State extends string, Event extends string> = Record<State, Partial<Record<Event, State>>>

/** What becomes of a state when something happens; null when the event comes too late to mean anything. */
export function next<State extends string, Event extends string>(
  table: Table<State, Event>,
  state: State,
  event: Event,
): State | null {
  return table[state][event] ?? null
}

export const incidentLifecycle: Table<IncidentState, 'acknowledge' | 'reopen' | 'resolve'> = {
  open: { acknowledge: 'acknowledged', resolve: 'resolved' },
  acknowledged: { reopen: 'open', resolve: 'resolved' },
  resolved: {},
}

export const actionLifecycle: Table<
  ActionStatus,
  'approve' | 'run' | 'done' | 'verified' | 'without-effect' | 'refuse' | 'fail' | 'expire'
> = {
  would: {},
  asked: { approve: 'requested', expire: 'expired' },
  requested: { run: 'running', done: 'verifying', refuse: 'refused', fail: 'failed', expire: 'expired' },
  running: { done: 'verifying', refuse: 'refused', fail: 'failed', expire: 'expired' },
  verifying: { verified: 'done', 'without-effect': 'ineffective' },
  done: {},
  ineffective: {},
  refused: {},
  failed: {},
  expired: {},
}

/** Under way: no second action starts beside it. */
export function isUnderWay(status: ActionStatus): boolean {
  return status === 'requested' || status === 'running' || status === 'verifying'
}
