import { useState } from 'preact/hooks'
import {
  paths,
  type ActionView,
  type CheckView,
  type EvidenceSeries,
  type Incident,
  type Session,
} from '../../../src/api/contract.ts'
import { useLoaded, useStream } from '../api.ts'
import { Chart } from '../chart.tsx'
import { Headline, useNow, useTab } from '../frame.tsx'
import {
  formatBytes,
  deliveryWords,
  formatClock,
  formatCount,
  formatDistance,
  formatDuration,
  formatPercent,
  formatWhen,
  glue,
  toneOf,
} from '../words.ts'
import { Actions, OtherActions } from './incident-actions.tsx'

export function IncidentPage({ id, session }: { id: number; session: Session }) {
  const { value, refusal } = useLoaded<Incident>(paths.incident(id))
  const [live, setLive] = useState<Incident | null>(null)
  useStream(`?incident=${id}`, { incident: (incident) => incident.id === id && setLive(incident) })
  const incident = live?.id === id ? live : value
  useTab(incident && incident.state !== 'resolved' ? incident.verdict : 'afloat', incident?.key ?? 'Incident')
  if (!incident) return <h1 class="empty">{refusal ?? 'Reading the incident.'}</h1>
  return <IncidentView incident={incident} session={session} onChange={setLive} />
}

function IncidentView(props: { incident: Incident; session: Session; onChange: (changed: Incident) => void }) {
  const { incident } = props
  const nowMs = useNow()
  const endMs = incident.resolvedAtMs ?? nowMs
  const isDecided = incident.checks.every(({ decidedAtMs }) => decidedAtMs !== null)
  return (
    <>
      <p class="crumbs">
        <b class={`tone-${toneOf(incident.verdict)}`}>{wordOf(incident)}</b> · {incident.key} · {incident.service} ·{' '}
        {incident.state === 'resolved' ? 'resolved after' : `${incident.state} for`}{' '}
        {formatDuration(endMs - incident.openedAtMs)}
        {incident.acknowledgedBy && ` · ${incident.acknowledgedBy} has it`}
        {incident.mitigatedAtMs !== null &&
          ` · mitigated after ${formatDuration(incident.mitigatedAtMs - incident.openedAtMs)}`}
      </p>
      <div class="lead">
        <Headline verdict={incident.state === 'resolved' ? 'recovered' : incident.verdict}>
          {incident.sentence}
        </Headline>
        <Actions {...props} />
      </div>
      <p class="ask">
        {glue(incident.ask)}
        {incident.nextEscalation && (
          <span class="quiet">
            {' '}
            Next: {incident.nextEscalation.teams.join(', ')} at {formatWhen(incident.nextEscalation.atMs, nowMs)},{' '}
            {formatDistance(incident.nextEscalation.atMs, nowMs)}.
          </span>
        )}
      </p>
      <OtherActions {...props} />
      <div class="columns">
        <div>
          <p>
            <b>Who feels it</b> {glue(incident.blastRadius.sentence)}
          </p>
          <LastDone actions={incident.actions} nowMs={nowMs} />
          <Evidence incident={incident} />
        </div>
        <div>
          <Checks checks={incident.checks} />
          {isDecided && incident.conclusion.kind === 'undecided' && (
            <p class="conclusion">The checks do not add up to a cause yet.</p>
          )}
          <Guilty incident={incident} />
        </div>
      </div>
      <ThenNow incident={incident} />
      <Done actions={incident.actions} nowMs={nowMs} />
      <Reached incident={incident} nowMs={nowMs} />
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
              <time dateTime={new Date(entry.atMs).toISOString()}>{formatWhen(entry.atMs, nowMs)}</time>
              <span>{glue(entry.sentence)}</span>
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

const answers: Record<CheckView['name'], Record<CheckView['verdict'], string>> = {
  database: { ok: 'not guilty', guilty: 'guilty', suspect: 'suspect', unknown: 'not known' },
  'worker-outlier': { ok: 'none does', guilty: 'one does', suspect: 'perhaps', unknown: 'not known' },
  'leak-or-load': { ok: 'no leak', guilty: 'a leak', suspect: 'perhaps', unknown: 'not known' },
  culprit: { ok: 'nothing', guilty: 'found', suspect: 'suspect', unknown: 'not known' },
  deploy: { ok: 'no', guilty: 'yes', suspect: 'perhaps', unknown: 'not known' },
}

/** The state in a word: the colour alone would not do. */
function wordOf({ state, verdict, cause, mitigatedAtMs }: Incident): string {
  if (state === 'resolved') return 'resolved'
  if (verdict === 'recovered') return 'calm again'
  if (mitigatedAtMs !== null) return 'held in check'
  if (cause === 'leak') return verdict
  return { sinking: 'critical', leaking: 'critical', growing: 'warning', afloat: 'info' }[verdict]
}

/** Innocence is told as loudly as guilt: half of 2023's night went into suspecting the database. */
function Checks({ checks }: { checks: readonly CheckView[] }) {
  const tones = { ok: 'innocent', guilty: 'sinking', suspect: 'growing', unknown: 'faint' } as const
  return (
    <ul class="checks">
      {checks.map((check) => (
        <li key={check.name}>
          <span class={`verdict tone-${tones[check.verdict]}`}>
            {check.decidedAtMs === null ? 'looking' : answers[check.name][check.verdict]}
          </span>
          <details>
            <summary>
              <b>{check.title}</b> {glue(check.sentence)}
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
          culprit.entryCount !== null && `${formatCount(culprit.entryCount)} entries`,
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
  'clear-cache': 'Clear',
  'shrink-cache': 'Shrink',
  rotate: 'Replace',
  'shed-load': 'Shed load at',
  'capture-profile': 'Take a profile of',
  'capture-snapshot': 'Take a heap snapshot of',
}

/** `Clear the cache pages of web-2`. */
function nameAction({ kind, cache, targetName }: ActionView): string {
  return `${verbs[kind]} ${cache === null ? '' : `the cache ${cache} of `}${targetName}`
}

/** What the machine did last, for whoever reads no further. */
function LastDone({ actions, nowMs }: { actions: readonly ActionView[]; nowMs: number }) {
  const last = actions.findLast(({ status }) => status !== 'would' && status !== 'asked')
  if (!last) return null
  return (
    <p>
      <b>Done last</b> {formatWhen(last.endedAtMs ?? last.requestedAtMs, nowMs)}{' '}
      {nameAction(last).replace(/^./, (first) => first.toLowerCase())}, {last.status}: {glue(last.sentence)}
    </p>
  )
}

function Done({ actions, nowMs }: { actions: readonly ActionView[]; nowMs: number }) {
  if (actions.length === 0) return null
  return (
    <section>
      <h2>What was done</h2>
      <ol class="timeline">
        {actions.map((action) => (
          <li key={action.id}>
            <time dateTime={new Date(action.requestedAtMs).toISOString()}>
              {formatWhen(action.requestedAtMs, nowMs)}
            </time>
            <span>
              {nameAction(action)} <b class={`status ${action.status}`}>{action.status}</b>: {glue(action.sentence)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Reached({ incident, nowMs }: { incident: Incident; nowMs: number }) {
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
                  ? `${channel} ${formatWhen(sentAtMs, nowMs)}`
                  : `${channel} ${deliveryWords[status]}${attemptCount > 1 ? ` after ${attemptCount} tries` : ''}`,
              )
              .join(', ')}
          </li>
        ))}
      </ul>
    </section>
  )
}
