import { useState } from 'preact/hooks'
import {
  paths,
  type ActionView,
  type CheckView,
  type EvidenceSeries,
  type Incident,
} from '../../../src/api/contract.ts'
import { ask, useLoaded, useStream } from '../api.ts'
import { Chart } from '../chart.tsx'
import { Headline, useNow, useTab } from '../frame.tsx'
import { formatBytes, formatClock, formatDistance, formatDuration, formatPercent } from '../words.ts'

export function IncidentPage({ id }: { id: number }) {
  const { value, refusal } = useLoaded<Incident>(paths.incident(id))
  const [live, setLive] = useState<Incident | null>(null)
  useStream(`?incident=${id}`, { incident: (incident) => incident.id === id && setLive(incident) })
  const incident = live?.id === id ? live : value
  useTab(incident && incident.state !== 'resolved' ? incident.verdict : 'afloat', incident?.key ?? 'Incident')
  if (!incident) return <p class="empty">{refusal ?? 'Reading the incident.'}</p>
  return <IncidentView incident={incident} onChange={setLive} />
}

function IncidentView({ incident, onChange }: { incident: Incident; onChange: (changed: Incident) => void }) {
  const nowMs = useNow()
  const [refusal, setRefusal] = useState<string | null>(null)
  const act = (path: string) =>
    ask<Incident>('POST', path).then(
      (changed) => (setRefusal(null), onChange(changed)),
      (error: Error) => setRefusal(error.message),
    )
  const waiting = incident.actions.filter(({ status }) => status === 'asked')
  const endMs = incident.resolvedAtMs ?? nowMs
  return (
    <>
      <p class="crumbs">
        {incident.key} · {incident.service} ·{' '}
        {incident.state === 'resolved' ? 'resolved after' : `${incident.state} for`}{' '}
        {formatDuration(endMs - incident.openedAtMs)}
        {incident.acknowledgedBy && ` · ${incident.acknowledgedBy} has it`}
      </p>
      <div class="lead">
        <Headline verdict={incident.state === 'resolved' ? 'recovered' : incident.verdict}>
          {incident.sentence}
        </Headline>
        <div class="buttons">
          {waiting.map((action) => (
            <button
              type="button"
              class="primary"
              key={action.id}
              onClick={() => act(paths.approve(incident.id, action.id))}
            >
              Allow: {action.kind} {action.targetName}
            </button>
          ))}
          {incident.state === 'open' && (
            <button
              type="button"
              class={waiting.length === 0 ? 'primary' : ''}
              onClick={() => act(paths.acknowledge(incident.id))}
            >
              Acknowledge
            </button>
          )}
          {incident.state === 'acknowledged' && (
            <button type="button" onClick={() => act(paths.resolve(incident.id))}>
              Resolve
            </button>
          )}
        </div>
      </div>
      {refusal && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
      <p class="ask">
        {incident.ask}
        {incident.nextEscalation && (
          <span class="quiet">
            {' '}
            Next: {incident.nextEscalation.teams.join(', ')} at {formatClock(incident.nextEscalation.atMs)},{' '}
            {formatDistance(incident.nextEscalation.atMs, nowMs)}.
          </span>
        )}
      </p>
      <div class="columns">
        <div>
          <p>
            <b>Who feels it</b> {incident.blastRadius.sentence}
          </p>
          <LastDone actions={incident.actions} />
          <Evidence incident={incident} />
        </div>
        <div>
          <Checks checks={incident.checks} />
          {incident.conclusion.sentence !== incident.sentence && (
            <p class="conclusion">{incident.conclusion.sentence}</p>
          )}
          <Guilty incident={incident} />
        </div>
      </div>
      <ThenNow incident={incident} />
      <Done actions={incident.actions} />
      <Reached incident={incident} />
      {incident.playbook && incident.state !== 'resolved' && (
        <section>
          <h2>Playbook: {incident.playbook.name}</h2>
          <ol class="steps">
            {incident.playbook.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </section>
      )}
      <section>
        <h2>Timeline</h2>
        <ol class="timeline">
          {incident.timeline.map((entry) => (
            <li key={entry.sequence} class={entry.by === 'person' ? 'by-person' : ''}>
              <time dateTime={new Date(entry.atMs).toISOString()}>{formatClock(entry.atMs)}</time>
              <span>{entry.sentence}</span>
            </li>
          ))}
        </ol>
      </section>
      {incident.postmortem !== null && (
        <section>
          <h2>Postmortem draft</h2>
          <p>
            <a href={paths.postmortem(incident.id)} download={`${incident.key}.md`}>
              Download as Markdown
            </a>
            {' · '}
            <a href={paths.postmortemHtml(incident.id)}>A page to print</a>
          </p>
          <pre class="postmortem" tabIndex={0}>
            {incident.postmortem}
          </pre>
        </section>
      )}
    </>
  )
}

function Evidence({ incident }: { incident: Incident }) {
  // The newest claim first: one of a process that was replaced since is the past.
  const evidence = incident.evidence
    .filter(({ series }) => series.length > 1)
    .reverse()
    .slice(0, 3)
  if (evidence.length === 0) return null
  const atMs = [...new Set(evidence.flatMap(({ series }) => series.map(([at]) => at)))].sort(
    (one, other) => one - other,
  )
  const limit = Math.max(0, ...evidence.map(({ limitBytes }) => limitBytes ?? 0))
  const isBytes = evidence[0]!.unit === 'bytes'
  const tone = (index: number) => (index === 0 ? (incident.verdict === 'sinking' ? 'sinking' : 'leaking') : 'faint')
  return (
    <Chart
      title={isBytes ? 'Floor after garbage collection' : 'Count'}
      syncKey={incident.key}
      atMs={atMs}
      marks={incident.marks}
      atLeast={limit}
      format={isBytes ? formatBytes : String}
      isBytes={isBytes}
      lines={[
        ...evidence.map(
          (item, index) =>
            ({
              label: evidence.findIndex(({ name }) => name === item.name) < index ? `${item.name} before` : item.name,
              values: align(item, atMs),
              tone: tone(index),
            }) as const,
        ),
        ...(limit > 0 ? [{ label: 'limit', values: atMs.map(() => limit), tone: 'ink' as const }] : []),
      ]}
    />
  )
}

function align({ series }: EvidenceSeries, atMs: readonly number[]): (number | null)[] {
  const known = new Map(series)
  return atMs.map((at) => known.get(at) ?? null)
}

/** Innocence is told as loudly as guilt: half of 2023's night went into suspecting the database. */
function Checks({ checks }: { checks: readonly CheckView[] }) {
  const words = { ok: 'not guilty', guilty: 'guilty', suspect: 'suspect', unknown: 'not known' } as const
  const tones = { ok: 'innocent', guilty: 'sinking', suspect: 'growing', unknown: 'faint' } as const
  return (
    <ul class="checks">
      {checks.map((check) => (
        <li key={check.name}>
          <span class={`verdict tone-${tones[check.verdict]}`}>
            {check.decidedAtMs === null ? 'looking' : words[check.verdict]}
          </span>
          <details>
            <summary>
              <b>{check.title}</b> {check.sentence}
            </summary>
            <dl class="evidence">
              {check.evidence.map(({ label, value }) => (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </details>
        </li>
      ))}
    </ul>
  )
}

function Guilty({ incident: { culprit, deploy } }: { incident: Incident }) {
  if (!culprit) return null
  return (
    <div class="guilty">
      <p>
        <b>Holds on</b>{' '}
        <code>
          {culprit.file}:{culprit.line}
        </code>
        {culprit.variable && (
          <>
            {' '}
            <code>{culprit.variable}</code>
          </>
        )}
      </p>
      {culprit.code && <pre>{culprit.code.trim()}</pre>}
      <p class="quiet">
        {[
          culprit.share !== null && `${formatPercent(culprit.share)} of the growth`,
          culprit.entryCount !== null && `${culprit.entryCount} entries`,
          `${formatPercent(culprit.confidence)} sure`,
          culprit.package !== null && `${culprit.package} ${culprit.version ?? ''}`,
          culprit.fixedIn !== null && `fixed in ${culprit.fixedIn}`,
          culprit.team !== null && `owned by ${culprit.team}`,
          deploy !== null && `since version ${deploy.version} (${formatClock(deploy.atMs)})`,
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
    </div>
  )
}

function ThenNow({ incident: { thenNow, resolvedAtMs } }: { incident: Incident }) {
  if (!thenNow) return null
  const hasUsual = thenNow.rows.some(({ usual }) => usual !== null && usual !== '–')
  return (
    <section>
      <h2>Then and now</h2>
      <table class="then-now">
        <thead>
          <tr>
            <td />
            {hasUsual && <th scope="col">usually</th>}
            <th scope="col">then, {formatClock(thenNow.thenAtMs)}</th>
            <th scope="col">
              {resolvedAtMs === null ? 'now' : 'at the end'}, {formatClock(thenNow.nowAtMs)}
            </th>
          </tr>
        </thead>
        <tbody>
          {thenNow.rows.map(({ what, usual, then, now }) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              {hasUsual && <td>{usual}</td>}
              <td>{then}</td>
              <td>{now}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const verbs: Record<ActionView['kind'], string> = {
  'clear-cache': 'Clear a cache of',
  'shrink-cache': 'Shrink a cache of',
  rotate: 'Replace',
  'shed-load': 'Shed load at',
  'capture-profile': 'Take a profile of',
  'capture-snapshot': 'Take a heap snapshot of',
}

/** What the machine did last, for whoever reads no further. */
function LastDone({ actions }: { actions: readonly ActionView[] }) {
  const last = actions.findLast(({ status }) => status !== 'would' && status !== 'asked')
  if (!last) return null
  return (
    <p>
      <b>Done last</b> {formatClock(last.endedAtMs ?? last.requestedAtMs)} {verbs[last.kind].toLowerCase()}{' '}
      {last.targetName}, {last.status}: {last.sentence}
    </p>
  )
}

function Done({ actions }: { actions: readonly ActionView[] }) {
  if (actions.length === 0) return null
  return (
    <section>
      <h2>What was done</h2>
      <ol class="timeline">
        {actions.map((action) => (
          <li key={action.id}>
            <time dateTime={new Date(action.requestedAtMs).toISOString()}>{formatClock(action.requestedAtMs)}</time>
            <span>
              {verbs[action.kind]} {action.targetName} <b class={`status ${action.status}`}>{action.status}</b>:{' '}
              {action.sentence}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Reached({ incident }: { incident: Incident }) {
  const { notifications, responders } = incident
  if (notifications.length === 0) return null
  return (
    <section>
      <h2>Who was told</h2>
      <ul class="reached">
        {responders.map(({ team, because }) => (
          <li key={team}>
            <b>{team}</b> ({because}):{' '}
            {notifications
              .filter((notification) => notification.team === team)
              .map(({ channel, status, sentAtMs, attemptCount }) =>
                status === 'sent' && sentAtMs !== null
                  ? `${channel} ${formatClock(sentAtMs)}`
                  : `${channel} ${status}${attemptCount > 1 ? ` after ${attemptCount} tries` : ''}`,
              )
              .join(', ')}
          </li>
        ))}
      </ul>
    </section>
  )
}
