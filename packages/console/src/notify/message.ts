import { formatBytes, formatDuration } from '@plimsoll/core'
import type { Effect, IncidentRecord } from '../incident/incident.ts'
import { keyOf } from '../incident/incident.ts'
import { describeCulprit } from '../runbook/check/culprit.ts'
import { clockTime, dateTime, listNames, showTeam } from '../words.ts'
import { findPlaybook } from '../mitigation/playbook.ts'
import { fillTemplate, type TemplateWords } from './template.ts'
import { describeFelt } from '../incident/felt.ts'

/** A message tells of so many alerts at most. */
const MAX_ALERTS = 50

/** What leaves the house, rendered when it was decided, so that a retry says the same. */
export interface RenderedMessage {
  subject: string
  text: string
  /** Where to look, and where to say "I have it"; null when that would be odd. */
  incidentUrl: string
  acknowledgeUrl: string | null
  incident: {
    id: number
    key: string
    service: string
    state: string
    severity: string
    cause: string
    sentence: string
    openedAtMs: number
    mitigatedAtMs: number | null
    resolvedAtMs: number | null
    acknowledgedBy: string | null
    culprit: string | null
    felt: string
    /** What fires, or fired, as other systems know it. */
    alerts: {
      labels: Record<string, string>
      annotations: Record<string, string>
      startsAtMs: number
      endsAtMs: number | null
    }[]
  }
}

export interface MessageLinks {
  incident(id: number): string
  acknowledge(id: number, who: string): string
}

export type Notify = Extract<Effect, { type: 'notify' }>

/** Subject, verb, number, unit; then who is innocent, what was done, what is asked. */
export function renderMessage(
  record: IncidentRecord,
  { reason, team, level }: Notify,
  links: MessageLinks,
  nowMs: number,
  who: string = team,
): RenderedMessage {
  const mayAcknowledge = record.state === 'open' && (reason === 'page' || reason === 'owner')
  const acknowledgeUrl = mayAcknowledge ? links.acknowledge(record.id, who) : null
  const incidentUrl = links.incident(record.id)
  const opening: Record<Notify['reason'], string> = {
    page: `You are called because ${showTeam(team)} is level ${level ?? 1} for ${record.service}.`,
    owner: `You are called because ${showTeam(team)} owns what holds on.`,
    update: 'The machine could not help further.',
    acknowledged: `${record.acknowledgedBy ?? 'Somebody'} has it.`,
    stakeholder: `How it stands at ${clockTime(nowMs)} UTC. Nothing is asked of you.`,
    resolved: 'It is over. Nothing more is asked of you.',
  }
  const own =
    reason === 'stakeholder'
      ? record.stakeholders?.note
      : isClosing(record, team, reason)
        ? record.stakeholders?.closing
        : null
  const shipped = [
    record.sentence,
    '',
    opening[reason],
    ...(acknowledgeUrl ? [`Acknowledge: ${acknowledgeUrl}`] : []),
    `Look: ${incidentUrl}`,
    '',
    `Who feels it: ${describeFelt(record)}`,
    ...(reason === 'stakeholder' ? [] : details(record)),
    ...(reason === 'page' || reason === 'owner' ? stepsOf(record) : []),
    '',
    `${keyOf(record.id)} · ${record.service} · opened ${dateTime(record.openedAtMs)} UTC, ${formatDuration(nowMs - record.openedAtMs)} ago`,
    '',
  ].join('\n')
  const text = own ? fillTemplate(own, wordsOf(record, incidentUrl, nowMs)) : shipped
  const { id, service, state, severity, cause, sentence, openedAtMs, mitigatedAtMs, resolvedAtMs } = record
  return {
    subject: `[${keyOf(record.id)}] ${record.subject}`,
    text,
    incidentUrl,
    acknowledgeUrl,
    incident: {
      id,
      key: keyOf(id),
      service,
      state,
      severity,
      cause,
      sentence,
      openedAtMs,
      mitigatedAtMs,
      resolvedAtMs,
      acknowledgedBy: record.acknowledgedBy,
      culprit: record.culprit ? describeCulprit(record.culprit) : null,
      felt: describeFelt(record),
      alerts: record.alerts.slice(-MAX_ALERTS).map(({ labels, annotations, firstAtMs, clearedAtMs }) => ({
        labels: { ...labels, incident: keyOf(id) },
        annotations,
        startsAtMs: firstAtMs,
        endsAtMs: clearedAtMs,
      })),
    },
  }
}

/** Who was never called is told of the end as one who only needed to know. */
function isClosing({ stakeholders, responders }: IncidentRecord, team: string, reason: Notify['reason']): boolean {
  const isOutside = stakeholders?.teams.includes(team) && !responders.some((responder) => responder.team === team)
  return reason === 'resolved' && isOutside === true
}

function wordsOf(record: IncidentRecord, url: string, nowMs: number): TemplateWords {
  const { id, service, state, sentence, openedAtMs, mitigatedAtMs, acknowledgedBy, stakeholders } = record
  const done = record.actions.filter((action) => action.status === 'done')
  return {
    key: keyOf(id),
    service,
    state:
      state === 'resolved'
        ? 'over'
        : mitigatedAtMs !== null
          ? 'held in check'
          : acknowledgedBy !== null
            ? 'being worked on'
            : 'open',
    sentence,
    felt: describeFelt(record),
    done:
      done.length === 0
        ? 'Nothing yet.'
        : done
            .slice(-3)
            .map((action) => action.sentence)
            .join(' '),
    since: `${dateTime(openedAtMs)} UTC`,
    time: `${clockTime(nowMs)} UTC`,
    next:
      state === 'resolved' || !stakeholders
        ? 'This is the last message.'
        : `${clockTime(nowMs + stakeholders.everyMs)} UTC`,
    url,
  }
}

function stepsOf(record: IncidentRecord): string[] {
  const playbook = findPlaybook(record.playbooks, record)
  if (!playbook || playbook.steps.length === 0) return []
  return ['', `Playbook “${playbook.name}”:`, ...playbook.steps.map((step, index) => `  ${index + 1}. ${step}`)]
}

function details(record: IncidentRecord): string[] {
  const decided = record.checks.filter(({ decidedAtMs }) => decidedAtMs !== null)
  const innocent = decided.filter(({ verdict, name }) => verdict === 'ok' && name !== 'culprit')
  const { culprit } = record
  const done = record.actions.slice(-5).map(({ status, targetName, kind, sentence, effect, requestedAtMs }) => {
    const measured =
      status === 'done' && effect ? ` (${formatBytes(effect.beforeBytes)} → ${formatBytes(effect.afterBytes)})` : ''
    return `  ${clockTime(requestedAtMs)} ${kind} ${targetName}: ${status}${measured}. ${sentence}`
  })
  return [
    ...(culprit ? [`Guilty: ${describeCulprit(culprit)}`] : []),
    ...(culprit?.code ? [`  ${culprit.code.trim()}`] : []),
    ...(innocent.length === 0 ? [] : [`Not guilty: ${listNames(innocent.map(({ name }) => name))}`]),
    ...innocent.map(({ sentence }) => `  ${sentence}`),
    ...(done.length === 0 ? [] : ['Done:', ...done]),
  ]
}
