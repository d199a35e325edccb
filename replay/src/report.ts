import { MiB } from '@plimsoll/core'
import { chartStyle, escapeHtml, renderChart, type Chart, type Curve } from './chart.ts'
import type { Judged } from './promises.ts'
import type { Scenario } from './scenario.ts'
import { armTitles, shortened } from './scenario.ts'
import type { ArmRecord, ArmSecond } from './record.ts'
import { createTable, renderTableText } from './table.ts'

/** What is known of an arm while it runs: enough to draw it. */
export type ArmSketch = Pick<ArmRecord, 'arm' | 'seconds' | 'milestones'>

export const limits =
  'Minutes stand for hours here: the heap limit is small and the leak is fast, so a share of the way to the crash compares with 2023 and a span of time does not. ' +
  'Three workers, a database, a console and the shoppers share one machine, so latencies under stress are worse in every arm than they would be apart.'

/** The charts of all arms on one time axis: memory of the worst worker, failures, p99. */
export function createCharts(scenario: Scenario, arms: readonly ArmSketch[]): Chart[] {
  const fromMs = -scenario.warmUpMs
  const toMs = Math.max(...Object.values(scenario.leakMs)) + scenario.lastActMs
  const curve = (value: (second: ArmSecond) => number | null): Curve[] =>
    arms.map(({ arm, seconds }) => ({
      arm,
      points: seconds.flatMap((second): [number, number][] => {
        const read = value(second)
        return read === null ? [] : [[second.sinceFaultMs, read]]
      }),
    }))
  const marks = arms.flatMap(({ arm, milestones }) => [
    ...(milestones.firstDeath !== null ? [{ atMs: milestones.firstDeath, label: 'first worker dies', arm }] : []),
    ...(arm === 'with-plimsoll' && milestones.detected !== null
      ? [{ atMs: milestones.detected, label: 'signalled', arm }]
      : []),
    ...(arm === 'with-plimsoll' && milestones.mitigated !== null
      ? [{ atMs: milestones.mitigated, label: 'mitigated', arm }]
      : []),
  ])
  const base = { fromMs, toMs, marks, limit: null }
  const highestRss = (second: ArmSecond) => {
    const values = Object.values(second.rssBytes)
    return values.length === 0 ? null : Math.max(...values) / MiB
  }
  return [
    { ...base, title: 'Resident memory of the deepest worker', unit: 'MB', curves: curve(highestRss) },
    {
      ...base,
      marks: [],
      title: 'Failed requests per second',
      unit: '',
      curves: curve((second) => second.failureCount),
    },
    {
      ...base,
      marks: [],
      title: 'p99 latency, from the intended start',
      unit: 'ms',
      curves: curve((second) => (second.requestCount > 0 ? second.latencyMsP99 : null)),
    },
  ]
}

export function renderReport(
  scenario: Scenario,
  arms: readonly ArmRecord[],
  promises: readonly Judged[],
  command: string,
): string {
  const table = createTable(arms)
  const ours = arms.find(({ arm }) => arm === 'with-plimsoll')
  const cell = (text: string, name = 'td') => `<${name}>${escapeHtml(text)}</${name}>`
  const doesHold = promises.every(({ holds }) => holds)
  return page(
    'The outage of 10 May 2023, replayed',
    `<h1>The outage of 10 May 2023, replayed</h1>
<p class="lead">The same shop, the same shoppers, the same leak: ${arms.map(({ arm }) => lowerFirst(armTitles[arm])).join(', ')}. ${doesHold ? 'Every promise held.' : 'Not every promise held.'}</p>
${createCharts(scenario, arms).map(renderChart).join('\n')}
<h2>Step by step</h2>
<table><thead><tr><th></th>${table.columns.map((column) => cell(column, 'th')).join('')}</tr></thead>
<tbody>${table.rows.map(({ label, cells }) => `<tr>${cell(label, 'th')}${cells.map((text) => cell(text)).join('')}</tr>`).join('\n')}</tbody></table>
<p class="faint">Replayed spans count from the first leaked entry; history’s from its first alert, as published. ${escapeHtml(shortened)}</p>
<h2>Promises</h2>
<table><tbody>${promises.map((judged) => `<tr class="${judged.holds ? 'holds' : 'broken'}">${cell(judged.holds ? 'holds' : 'broken')}${cell(judged.promise)}${cell(judged.measured)}</tr>`).join('\n')}</tbody></table>
${ours ? `<h2>What Plimsoll did</h2><ol>${ours.actions.map((action) => `<li>${escapeHtml(action)}</li>`).join('')}</ol>` : ''}
<h2>Limits of the claim</h2><p class="lead">${escapeHtml(limits)}</p>
<p>Repeat it: <code>${escapeHtml(command)}</code></p>`,
  )
}

export function renderLivePage(): string {
  return page(
    'Replay, live',
    `<h1>The outage of 10 May 2023, live</h1><p id="state" class="lead" role="status"></p><div id="charts"></div>
<script>
const show = async () => {
  try {
    const { sentence, charts } = await (await fetch('/state')).json()
    document.getElementById('state').textContent = sentence
    document.getElementById('charts').innerHTML = charts
  } catch { document.getElementById('state').textContent = 'The replay has ended; its report stands beside it.' }
}
show(); setInterval(show, 1000)
</script>`,
  )
}

export function renderSummary(arms: readonly ArmRecord[], promises: readonly Judged[], command: string): string {
  return [
    renderTableText(createTable(arms)),
    '',
    renderPromises(promises),
    '',
    limits,
    shortened,
    `Repeat it: ${command}`,
  ].join('\n')
}

export function renderPromises(promises: readonly Judged[]): string {
  return promises
    .map(({ holds, promise, measured }) => `${holds ? 'holds ' : 'BROKEN'}  ${promise}: ${measured}`)
    .join('\n')
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(title)}</title><style>
:root{--ink:oklch(.22 .03 250);--paper:oklch(.985 .005 240);--faint:oklch(.48 .02 245);--line:oklch(.86 .01 240);--calm:oklch(.52 .11 230);--growing:oklch(.75 .14 80);--growing-ink:oklch(.52 .11 75);--sinking:oklch(.55 .21 25)}
@media(prefers-color-scheme:dark){:root{--ink:oklch(.93 .01 240);--paper:oklch(.18 .025 250);--faint:oklch(.72 .015 240);--line:oklch(.36 .02 245);--calm:oklch(.74 .1 215);--growing-ink:oklch(.8 .13 80);--sinking:oklch(.7 .17 25)}}
body{margin:0 auto;max-width:1040px;padding:24px;font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;color:var(--ink);background:var(--paper)}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 8px}.lead{max-width:72ch}.faint{color:var(--faint);font-size:13px;max-width:90ch}
table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:6px 20px 6px 0;border-top:1px solid var(--line);font-weight:400}thead th{font-weight:600}tbody th{color:var(--faint)}
.broken td:first-child{color:var(--sinking);font-weight:600}svg{margin:20px 0}code{font:13px ui-monospace,monospace}
${chartStyle}</style></head><body>${body}</body></html>`
}
