import { formatDuration } from '@plimsoll/core'
import type { Incident, IncidentSummary } from '@plimsoll/console/contract'
import type { Style } from './style.ts'

/** One incident in two lines: what and how long, then the sentence. */
export function formatIncident(incident: IncidentSummary, nowMs: number, style: Style): string {
  const { key, service, cause, sentence, verdict } = incident
  const head = `${style.verdict(verdict, '●')} ${style.bold(key)}  ${cause} · ${service} · ${describeState(incident, nowMs)}`
  return `${head}\n  ${sentence}\n`
}

/** All of it that helps at the keyboard: what is asked, what was proven, what was done, what happened. */
export function formatIncidentDetail(incident: Incident, nowMs: number, style: Style): string {
  const { culprit } = incident
  const site = culprit && `${culprit.file}:${culprit.line}${culprit.code ? `  ${culprit.code.trim()}` : ''}`
  const sections: [string, string[]][] = [
    ['Asked of you', [incident.ask]],
    ['Who feels it', [incident.blastRadius.sentence]],
    ['Guilty', site ? [site] : []],
    ['Checks', incident.checks.map((check) => `${check.verdict.padEnd(8)}${check.title}: ${check.sentence}`)],
    ['Done', incident.actions.map((action) => `${action.status.padEnd(12)}${action.sentence}`)],
    ['Timeline', incident.timeline.map((entry) => `${style.dim(clockTime(entry.atMs))}  ${entry.sentence}`)],
  ]
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `\n${style.bold(title)}\n${lines.map((line) => `  ${line}\n`).join('')}`)
  return formatIncident(incident, nowMs, style) + body.join('')
}

function describeState(incident: IncidentSummary, nowMs: number): string {
  const { state, openedAtMs, acknowledgedBy, resolvedAtMs } = incident
  if (state === 'resolved') return `resolved after ${formatDuration((resolvedAtMs ?? nowMs) - openedAtMs)}`
  const open = `open ${formatDuration(nowMs - openedAtMs)}`
  return state === 'acknowledged' ? `${open}, acknowledged${acknowledgedBy ? ` by ${acknowledgedBy}` : ''}` : open
}

/** 14:03:10 in the zone of whoever reads. */
function clockTime(atMs: number): string {
  return new Date(atMs).toTimeString().slice(0, 8)
}
