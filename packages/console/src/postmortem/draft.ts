import { formatBytes, formatDuration } from '@plimsoll/core'
import type { NotificationView, TimelineEntry } from '../api/contract.ts'
import { describeFelt } from '../incident/felt.ts'
import { keyOf, type IncidentRecord } from '../incident/incident.ts'
import { describeCulprit } from '../runbook/check/culprit.ts'
import { dateTime, listNames, percent, sentences } from '../words.ts'

/** The four sections, each fact taken from what was recorded. */
export interface Postmortem {
  title: string
  summary: string[]
  timeline: TimelineEntry[]
  rootCause: string[]
  code: string | null
  resolution: string[]
  measures: { what: string; owner: string }[]
}

export function draftPostmortem(
  record: IncidentRecord,
  timeline: readonly TimelineEntry[],
  deliveries: readonly NotificationView[],
): Postmortem {
  return {
    title: `${keyOf(record.id)}: ${record.subject}`,
    summary: summarise(record),
    timeline: [...timeline],
    rootCause: describeCause(record),
    code: record.culprit?.code?.trim() ?? null,
    resolution: describeResolution(record),
    measures: proposeMeasures(record, deliveries),
  }
}

function summarise(record: IncidentRecord): string[] {
  const { openedAtMs, resolvedAtMs, mitigatedAtMs, acknowledgedAtMs, acknowledgedBy } = record
  const span =
    resolvedAtMs === null
      ? `Since ${dateTime(openedAtMs)} UTC, and not over yet.`
      : `From ${dateTime(openedAtMs)} to ${dateTime(resolvedAtMs)} UTC, ${formatDuration(resolvedAtMs - openedAtMs)}.`
  const mitigated =
    mitigatedAtMs === null
      ? 'No mitigation of ours was confirmed.'
      : `Mitigated after ${formatDuration(mitigatedAtMs - openedAtMs)}.`
  const acknowledged =
    acknowledgedAtMs === null
      ? 'Nobody acknowledged it.'
      : `Acknowledged by ${acknowledgedBy} after ${formatDuration(acknowledgedAtMs - openedAtMs)}.`
  return [
    `Service: ${record.service}.`,
    span,
    `What users saw: ${describeFelt(record)}`,
    record.routes.length === 0 ? '' : `Routes that felt it: ${listNames(record.routes, 10)}.`,
    `Root cause in one sentence: ${rootCauseInOne(record)}`,
    `${acknowledged} ${mitigated}`,
  ].filter((line) => line !== '')
}

function rootCauseInOne(record: IncidentRecord): string {
  if (record.culprit && record.cause === 'leak')
    return `${describeCulprit(record.culprit)} holds on to what it is given and never lets go.`
  if (record.conclusion.kind !== 'undecided') return record.conclusion.sentence
  return sentences(`not decided by the checks; what fired first: ${record.alerts[0]?.sentence ?? record.sentence}`)
}

function describeCause(record: IncidentRecord): string[] {
  const { culprit, checks, deploy, usualRequestsPerSec } = record
  const lines = [sentences(record.conclusion.sentence)]
  if (culprit) {
    const share = culprit.share === null ? '' : ` It explains ${percent(culprit.share)} of the growth.`
    lines.push(
      `${describeCulprit(culprit)} was named ${formatDuration(culprit.namedAtMs - record.openedAtMs)} after the opening, with a confidence of ${percent(culprit.confidence)}.${share}`,
    )
    if (culprit.knownLeak) lines.push(sentences(`A known leak: ${culprit.knownLeak}`))
  }
  for (const { name, signal } of record.claims.slice(0, 10)) {
    if (signal.slope?.unit !== 'bytesPerMin') continue
    const { estimate, low, high } = signal.slope
    lines.push(
      `${name}: the floor rose ${formatBytes(estimate)} a minute (${formatBytes(low)} to ${formatBytes(high)}).`,
    )
  }
  if (deploy)
    lines.push(
      `Version ${deploy.version} had come at ${dateTime(deploy.atMs)} UTC, after ${deploy.previousVersion ?? 'an unknown one'}.`,
    )
  const innocent = checks.filter(
    ({ verdict, decidedAtMs, name }) => verdict === 'ok' && decidedAtMs !== null && name !== 'culprit',
  )
  for (const { title, sentence, decidedAtMs } of innocent) {
    lines.push(`Ruled out after ${formatDuration(decidedAtMs! - record.openedAtMs)}: ${title} ${sentence}`)
  }
  if (usualRequestsPerSec) lines.push(`Usual traffic before it: ${Math.round(usualRequestsPerSec)} requests a second.`)
  return lines
}

function describeResolution(record: IncidentRecord): string[] {
  const lines = record.actions.map((action) => {
    const { effect, status, kind, targetName, cache, requestedAtMs } = action
    const what = cache === null ? kind : `${kind} ${cache}`
    const measured =
      status === 'done' && effect
        ? `: ${formatBytes(effect.beforeBytes)} before, ${formatBytes(effect.afterBytes)} after`
        : ''
    const words = status === 'done' ? '' : ` ${sentences(action.sentence)}`
    return `${dateTime(requestedAtMs)} UTC, ${what} on ${targetName}, ${status}${measured}.${words}`
  })
  return lines.length > 0 ? lines : ['Nothing was done to the service by the console.']
}

/** What would have made it smaller, as far as the record tells. People add what it can't. */
function proposeMeasures(record: IncidentRecord, deliveries: readonly NotificationView[]): Postmortem['measures'] {
  const { culprit, cause, escalation, act } = record
  const owner = culprit?.team ?? record.responders[0]?.team ?? 'nobody yet'
  const measures: Postmortem['measures'] = []
  if (cause === 'leak' && culprit) {
    const cure =
      culprit.fixedIn && culprit.package
        ? `Update ${culprit.package} to ${culprit.fixedIn}, where this leak is fixed.`
        : `Give ${describeCulprit(culprit)} a bound in bytes and a rule for what leaves it, or let go of what it holds.`
    measures.push(
      { what: cure, owner },
      {
        what: `Add a soak test that asks ${record.service} the way this traffic did and fails when the floor rises.`,
        owner,
      },
    )
    if (!culprit.cache) {
      measures.push({
        what: `Register a clear handle for ${culprit.variable ?? culprit.file}, so that next time it is cleared instead of its process being replaced.`,
        owner,
      })
    }
    if (!culprit.team) measures.push({ what: `Name an owner of ${culprit.file} in the ownership map.`, owner })
  }
  if (record.conclusion.kind === 'database') {
    measures.push({ what: `Find the statement or the lock behind this: ${record.conclusion.sentence}`, owner })
  }
  if (record.conclusion.kind === 'load') {
    measures.push({ what: 'Decide how much traffic the service must carry, and shed or scale beyond it.', owner })
  }
  if (cause === 'crash' || cause === 'crash-loop')
    measures.push({ what: 'Find out why it crashed; the timeline has its last words.', owner })
  if (escalation.step > 1) {
    measures.push({
      what: `Look why level 1 did not answer: ${escalation.step} calls were needed.`,
      owner: escalation.policy.levels[0]?.teams[0] ?? owner,
    })
  }
  if (record.actions.some(({ status }) => status === 'would')) {
    measures.push({
      what: `Consider a policy other than ${act}: the console knew what would help and was not allowed to do it.`,
      owner,
    })
  }
  for (const { to, channel, lastError } of deliveries.filter(({ status }) => status === 'dead').slice(0, 5)) {
    measures.push({
      what: sentences(
        `Mend the ${channel} address ${to}, which could not be reached: ${lastError ?? 'no reason known'}`,
      ),
      owner,
    })
  }
  if (measures.length === 0)
    measures.push({ what: 'None follows from what was recorded. Add what people know.', owner })
  return measures
}
