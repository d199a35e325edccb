import { formatDuration, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import { commandId, WIRE_VERSION, type Command, type CommandResult } from '@plimsoll/core/wire'
import type { Draft } from '../engine/draft.ts'
import { pageHarder } from '../escalation/escalate.ts'
import { keyOf, type ActionRecord, type IncidentRecord } from '../incident/incident.ts'
import { actionLifecycle, isUnderWay, next } from '../incident/lifecycle.ts'
import { depthRatio, isServing, timeLeftMs, type ProcessFacts, type ServiceFacts } from '../rule/facts.ts'
import { percent, sentences } from '../words.ts'
import { judgeEffect, patienceMs, worstRatio } from './effect.ts'
import { judgeGuard } from './guard.ts'
import { findPlaybook } from './playbook.ts'
import { remedies, type Proposal, type Remedy } from './remedies.ts'

/** How long the culprit's name is waited for before a process that holds the evidence is replaced. */
const EVIDENCE_PATIENCE_MS = MINUTE_MS
/** Nearer than this nothing is waited for; and once mitigated, a process that still leaks is left alone until then. */
const NEAR_RATIO = 0.75
const NEAR_MS = 30 * SECOND_MS
/** They are replaced one after the other, so the last one needs to begin this much earlier for each before it. */
const TURN_MS = 20 * SECOND_MS
/** What the guard refused or failed is tried again after so long: the fleet may have changed. */
const RETRY_MS = MINUTE_MS
const MAX_ACTIONS = 200
/** Share of the depth before that counts as help: siblings that leak as fast lie nearly as deep. */
const CLEARLY_LESS = 0.9

/**
 * One look at the incident: follow the action under way, else begin the next one. Always one at a time, with a pause between,
 * the process first that is deepest; each verified before the next. Anything but a leak is never touched.
 */
export function mitigate(draft: Draft, facts: ServiceFacts): void {
  const { record, nowMs } = draft
  if (record.state === 'resolved') return
  for (const action of record.actions) followAction(draft, action, facts)
  noteMitigation(draft, facts)
  if (record.cause !== 'leak' || record.conclusion.kind !== 'leak') return
  if (record.actions.some(({ status }) => isUnderWay(status) || status === 'asked')) return
  const lastEndedAtMs = Math.max(...record.actions.map(({ endedAtMs }) => endedAtMs ?? 0), 0)
  const target = chooseTarget(record, facts, nowMs)
  if (!target) return
  const proposal = chooseRemedy(record, target, nowMs)
  if (!proposal) return
  // What did not help is followed by the next remedy at once; after what did help the service gets a rest.
  const lastOne = record.actions.at(-1)
  const isNextRemedy = lastOne !== undefined && lastOne.target === target.identity.instance && lastOne.status !== 'done'
  // Rotations verified one by one need no rest when time runs out; caches that are cleared too quickly fill from one database.
  const mayRush = proposal.kind === 'rotate' && isNear(target, facts)
  if (!isNextRemedy && !mayRush && nowMs - lastEndedAtMs < facts.policy.coolDownMs) return
  begin(draft, target, proposal, facts)
}

/** What an agent answered to a command. A result that comes too late, or again, changes nothing. */
export function receiveResult(draft: Draft, result: CommandResult): void {
  const action = draft.record.actions.find(({ id }) => id === result.id)
  if (!action) return
  const event = ({ running: 'run', done: 'done', refused: 'refuse', failed: 'fail', expired: 'expire' } as const)[
    result.status
  ]
  const status = next(actionLifecycle, action.status, event)
  if (status === null || status === action.status) return
  action.status = status
  action.startedAtMs ??= draft.nowMs
  draft.touch()
  if (event === 'run') {
    action.deadlineMs = draft.nowMs + patienceMs.running
    draft.say('action', sentences(`${action.targetName}: ${result.sentence}`))
    return
  }
  action.endedAtMs = draft.nowMs
  if (event === 'done') {
    action.deadlineMs = draft.nowMs + patienceMs.verifying
    action.replacement = result.replacement
    draft.effect({ type: 'withdraw-command', id: action.id })
    if (action.kind === 'rotate') draft.effect({ type: 'retire', instance: action.target })
    draft.say(
      'action',
      sentences(`${action.targetName}: ${result.sentence || 'It was done'}`, 'Now its effect is looked for'),
    )
    return
  }
  action.sentence = sentences(result.sentence)
  giveUp(draft, action, `${action.targetName} could not be helped: ${action.sentence}`)
}

/** A person lets an action run that waits for it. */
export function approveAction(draft: Draft, actionId: string, by: string): void {
  const action = draft.record.actions.find(({ id }) => id === actionId)
  const status = action && next(actionLifecycle, action.status, 'approve')
  if (!action || !status) return
  draft.say('action', `${by} approved: ${action.sentence}`, 'person')
  request(draft, action)
}

function followAction(draft: Draft, action: ActionRecord, facts: ServiceFacts): void {
  if (!isUnderWay(action.status) && action.status !== 'asked') return
  if (action.status === 'verifying') {
    const judgement = judgeEffect(action, facts)
    if (judgement) {
      action.status = 'done'
      action.effect = judgement.effect
      action.replacement = judgement.replacement ?? action.replacement
      action.sentence = judgement.sentence
      action.endedAtMs = draft.nowMs
      draft.say('action', `It helped. ${judgement.sentence}`)
      return
    }
  }
  if (draft.nowMs < action.deadlineMs) return
  const wasVerifying = action.status === 'verifying'
  const status = next(actionLifecycle, action.status, wasVerifying ? 'without-effect' : 'expire')
  if (status === null) return
  action.status = status
  action.endedAtMs = draft.nowMs
  if (wasVerifying) {
    action.sentence = `It was done, but no effect was seen within ${formatDuration(patienceMs.verifying)}.`
    draft.say('action', `${action.targetName}: ${action.sentence}`)
    if (action.kind === 'rotate') pageHarder(draft, `Replacing ${action.targetName} did not help.`)
    return
  }
  action.sentence = `No answer came within ${formatDuration(draft.nowMs - (action.startedAtMs ?? action.requestedAtMs))}.`
  giveUp(draft, action, `${action.targetName} could not be helped: ${action.sentence}`)
}

function giveUp(draft: Draft, action: ActionRecord, why: string): void {
  draft.effect({ type: 'withdraw-command', id: action.id })
  draft.say('action', why)
  const isLast = action.kind === remediesFor(draft.record).at(-1)?.kind
  if (isLast) pageHarder(draft, sentences(why))
}

/**
 * Mitigated: something helped, what still leaks lies clearly less deep than the deepest lay when help began, and people are
 * answered in time. The deepest of all actions counts: while the first process is replaced, its siblings go on sinking.
 */
function noteMitigation(draft: Draft, facts: ServiceFacts): void {
  const { record, nowMs } = draft
  if (record.mitigatedAtMs !== null) return
  const helped = record.actions.filter(({ status }) => status === 'done')
  if (helped.length === 0) return
  const isAnswered = !facts.traffic || recentP99(facts) <= facts.policy.latencyObjectiveMs
  const before = Math.max(...helped.map(({ worstRatioBefore }) => worstRatioBefore))
  const worst = worstRatio(facts, ({ leak }) => leak !== null)
  if (worst > CLEARLY_LESS * before || !isAnswered) return
  record.mitigatedAtMs = nowMs
  const since = formatDuration(nowMs - record.openedAtMs)
  const now =
    worst === 0
      ? 'no process that serves is seen to leak'
      : `the deepest that leaks lies at ${percent(worst)} of its limit`
  draft.say('mitigated', `Mitigated ${since} after the opening: ${now}; the deepest lay at ${percent(before)} before.`)
}

/** Of those that still serve: a replaced process takes its slow answers with it. */
function recentP99({ processes }: ServiceFacts): number {
  const serving = processes.filter(({ presence }) => presence === 'alive')
  return Math.max(0, ...serving.map(({ latest }) => latest?.http?.latencyMsP99 ?? 0))
}

function chooseTarget(record: IncidentRecord, facts: ServiceFacts, nowMs: number): ProcessFacts | null {
  const leaking = facts.processes
    .filter((process) => process.leak !== null && process.presence === 'alive' && isServing(process))
    .sort((one, other) => (depthRatio(other) ?? 0) - (depthRatio(one) ?? 0))
  const mayWait = record.culprit === null && nowMs - record.openedAtMs < EVIDENCE_PATIENCE_MS
  const due = leaking.filter((process) => {
    if (isNear(process, facts)) return true
    const wasHelped = record.actions.some(
      ({ target, status }) => target === process.identity.instance && status === 'done',
    )
    return record.mitigatedAtMs === null && !wasHelped && !mayWait
  })
  // Who was tried to be helped in vain is not left in the middle of it.
  const lastOne = record.actions.at(-1)
  const unhelped =
    lastOne && lastOne.status !== 'done' ? due.find(({ identity }) => identity.instance === lastOne.target) : undefined
  if (unhelped && chooseRemedy(record, unhelped, nowMs)) return unhelped
  return due[0] ?? null
}

function isNear(process: ProcessFacts, { processes }: ServiceFacts): boolean {
  const leakingCount = processes.filter(({ leak, presence }) => leak !== null && presence === 'alive').length
  const leftMs = timeLeftMs(process)
  return (
    process.leak?.verdict === 'sinking' ||
    (depthRatio(process) ?? 0) >= NEAR_RATIO ||
    (leftMs !== null && leftMs < NEAR_MS + leakingCount * TURN_MS)
  )
}

function chooseRemedy(record: IncidentRecord, target: ProcessFacts, nowMs: number): Proposal | null {
  const allowed = remediesFor(record)
  for (const remedy of allowed) {
    const proposal = remedy.propose(target, record)
    if (!proposal) continue
    // What did not help one process helps none of its siblings.
    const isLast = remedy === allowed.at(-1)
    if (!isLast && record.actions.some(({ kind, status }) => kind === remedy.kind && status === 'ineffective')) continue
    const earlier = record.actions.findLast(
      (action) => action.target === target.identity.instance && action.kind === remedy.kind,
    )
    if (!earlier || earlier.status === 'done') return proposal
    // The ledger says once what would have been done.
    if (earlier.status === 'would') return null
    if (isLast && nowMs - (earlier.endedAtMs ?? nowMs) >= RETRY_MS) return proposal
  }
  return null
}

/** What its playbook allows, in its order; without one, everything, the mildest first. */
function remediesFor(record: IncidentRecord): readonly Remedy[] {
  const kinds = findPlaybook(record.playbooks, record)?.remedies ?? null
  return kinds === null ? remedies : kinds.flatMap((kind) => remedies.filter((remedy) => remedy.kind === kind))
}

function begin(draft: Draft, target: ProcessFacts, proposal: Proposal, facts: ServiceFacts): void {
  const { record, nowMs } = draft
  const { instance, name, controller } = target.identity
  const isControlled = proposal.kind === 'rotate' && controller !== null
  const earlierCount = record.actions.filter(
    (action) => action.target === instance && action.kind === proposal.kind && action.cache === proposal.cache,
  ).length
  const action: ActionRecord = {
    id: commandId({
      signature: target.leak?.signature ?? keyOf(record.id),
      instance,
      kind: proposal.kind,
      cache: proposal.cache,
      attempt: earlierCount + 1,
    }),
    kind: proposal.kind,
    target: instance,
    targetName: name,
    deliverTo: isControlled ? controller : instance,
    cache: proposal.cache,
    toBytes: proposal.toBytes,
    status: 'asked',
    sentence: `${proposal.what}`,
    requestedAtMs: nowMs,
    startedAtMs: null,
    endedAtMs: null,
    deadlineMs: nowMs + patienceMs.asked,
    worstRatioBefore: worstRatio(facts),
    effect: target.depthBytes === null ? null : { beforeBytes: target.depthBytes, afterBytes: target.depthBytes },
    replacement: null,
  }
  record.actions.push(action)
  if (record.actions.length > MAX_ACTIONS) record.actions.shift()
  const permission = judgeGuard(proposal, target, facts, record.act)
  if (permission.verdict === 'act') {
    request(draft, action)
    draft.say('action', `Asked to ${proposal.what}.`)
  } else if (permission.verdict === 'ask') {
    draft.say('action', `Waiting for a person to approve: ${proposal.what}.`)
  } else if (permission.verdict === 'would') {
    action.status = 'would'
    action.endedAtMs = nowMs
    draft.say('action', `Would ${proposal.what} now, but acts on nothing here: the policy is observe.`)
  } else {
    action.status = 'refused'
    action.endedAtMs = nowMs
    action.sentence = permission.sentence
    const wasRefused = record.actions.some(
      (other) => other !== action && other.status === 'refused' && other.target === instance,
    )
    if (!wasRefused) {
      draft.say('action', permission.sentence)
      pageHarder(draft, permission.sentence)
    }
  }
}

function request(draft: Draft, action: ActionRecord): void {
  const { record, nowMs } = draft
  action.status = 'requested'
  action.requestedAtMs = nowMs
  action.deadlineMs = nowMs + patienceMs.requested
  const command: Command = {
    version: WIRE_VERSION,
    id: action.id,
    kind: action.kind,
    target: action.target,
    cache: action.cache,
    toBytes: action.toBytes,
    expiresAtMs: action.deadlineMs,
    reason: sentences(`${keyOf(record.id)}: ${record.sentence}`).slice(0, 1000),
  }
  draft.effect({ type: 'command', command, deliverTo: action.deliverTo })
}
