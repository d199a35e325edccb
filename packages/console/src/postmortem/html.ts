import { formatBytes } from '@plimsoll/core'
import { createHash } from 'node:crypto'
import type { IncidentRecord } from '../incident/incident.ts'
import { escapeHtml } from '../notify/channel/mail.ts'
import { clockTime, dateTime } from '../words.ts'
import type { Postmortem } from './draft.ts'
import type { Edits } from './render.ts'

const css = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2b3a; max-width: 72ch; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 24px } h2 { font-size: 18px; margin-top: 2rem; border-bottom: 1px solid #c8d0d8; break-after: avoid }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: 4px 8px 4px 0; border-bottom: 1px solid #e3e8ec }
table { table-layout: fixed } h2 + p + table th:first-child { width: 10.5em } tr, figure { break-inside: avoid } pre { white-space: pre-wrap }
code { font: 13px ui-monospace, monospace } figure { margin: 1rem 0 } svg { width: 100%; height: auto }
@media print { body { margin: 0; max-width: none } }
`
/** Only this style, no script, nothing from anywhere. */
export const postmortemPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'`

/** The draft as a page that prints well, with the curves that prove it. */
export function renderPostmortemHtml(postmortem: Postmortem, record: IncidentRecord, edits: Edits): string {
  const { title, summary, timeline, rootCause, code, resolution, measures } = postmortem
  const section = (name: keyof Edits, heading: string, body: string) =>
    `<h2>${heading}</h2>\n${edits[name] === undefined ? body : paragraphs(edits[name])}`
  const rows = timeline.map(
    ({ atMs, by, sentence }) =>
      `<tr><td>${dateTime(atMs)}</td><td>${by === 'person' ? '<b>Person:</b> ' : ''}${escapeHtml(sentence)}</td></tr>`,
  )
  const tasks = measures.map(
    ({ what, owner }) => `<tr><td>${escapeHtml(what)}</td><td>${escapeHtml(owner)}</td><td>to be agreed</td></tr>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${css}</style></head>
<body><main>
<h1>${escapeHtml(title)}</h1>
${section('summary', 'Issue Summary', list(summary))}
${section('timeline', 'Timeline', `<p>Times are UTC. What a person did is marked.</p><table><thead><tr><th>When</th><th>What</th></tr></thead><tbody>${rows.join('')}</tbody></table>`)}
${section('rootCause', 'Root Cause and Resolution', `${list(rootCause)}${code === null ? '' : `<pre><code>${escapeHtml(code)}</code></pre>`}${drawEvidence(record)}<h3>What was done</h3>${list(resolution)}`)}
${section('measures', 'Corrective and Preventative Measures', `<table><thead><tr><th>What</th><th>Owner</th><th>Due</th></tr></thead><tbody>${tasks.join('')}</tbody></table>`)}
</main></body></html>
`
}

function list(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`
}

function paragraphs(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((part) => `<p>${escapeHtml(part).replaceAll('\n', '<br>')}</p>`)
    .join('')
}

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [640, 180, 70, 20]

/** Floors against their limit, from zero, with the incident and each action as a line. */
function drawEvidence({ claims, openedAtMs, actions, id }: IncidentRecord): string {
  const curves = claims
    .filter(({ signal }) => signal.series.length > 1 && signal.slope?.unit === 'bytesPerMin')
    .slice(-3)
  const points = curves.flatMap(({ signal }) => signal.series)
  if (points.length === 0) return ''
  const fromMs = Math.min(...points.map(([atMs]) => atMs))
  const untilMs = Math.max(...points.map(([atMs]) => atMs), fromMs + 1)
  const limit = Math.max(...curves.map(({ limitBytes }) => limitBytes ?? 0), ...points.map(([, bytes]) => bytes))
  const x = (atMs: number) => LEFT + ((atMs - fromMs) / (untilMs - fromMs)) * (WIDTH - LEFT)
  const y = (bytes: number) => HEIGHT - BOTTOM - (bytes / (limit * 1.05)) * (HEIGHT - BOTTOM)
  const line = (atMs: number, label: string) =>
    atMs < fromMs || atMs > untilMs
      ? ''
      : `<path d="M${round(x(atMs))} 0V${HEIGHT - BOTTOM}" stroke="#8594a3" stroke-dasharray="3 3"/><text x="${round(x(atMs) + 3)}" y="12" font-size="11" fill="#52606d">${escapeHtml(label)}</text>`
  const paths = curves.map(
    ({ signal }) =>
      `<path d="M${signal.series.map(([atMs, bytes]) => `${round(x(atMs))} ${round(y(bytes))}`).join('L')}" fill="none" stroke="#c2571a" stroke-width="2"/>`,
  )
  const names = curves.map(({ name }) => name).join(', ')
  return `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="What stays after garbage collection in ${escapeHtml(names)}, against the limit of ${formatBytes(limit)}">
<path d="M${LEFT} ${round(y(limit))}H${WIDTH}" stroke="#1c2b3a" stroke-width="2"/><text x="0" y="${round(y(limit)) + 4}" font-size="11">${formatBytes(limit)}</text>
<path d="M${LEFT} ${HEIGHT - BOTTOM}H${WIDTH}" stroke="#c8d0d8"/><text x="${LEFT}" y="${HEIGHT - 4}" font-size="11">${clockTime(fromMs)}</text><text x="${WIDTH}" y="${HEIGHT - 4}" font-size="11" text-anchor="end">${clockTime(untilMs)}</text>
${paths.join('')}${line(openedAtMs, `INC-${id}`)}${actions
    .filter(({ status }) => status === 'done' || status === 'ineffective')
    .slice(0, 10)
    .map(({ requestedAtMs, kind }) => line(requestedAtMs, kind))
    .join('')}
</svg><figcaption>What stays after garbage collection in ${escapeHtml(names)}, and the limit.</figcaption></figure>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
