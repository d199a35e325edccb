import { formatBytes, formatDuration } from '@plimsoll/core'
import { slopeInterval, type Point } from '@plimsoll/core/trend'

import { signed } from '../gate/words.ts'
import type { FloorPoint, SoakResult } from '../result.ts'
import { describeKnee, describeSlow } from './text.ts'

/** More points than a chart has pixels tell nothing more. */
const MAX_POINTS = 600
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 220, 8, 96, 14, 26]

const heads = { clean: 'Clean', leak: 'Leak', 'not-sure': 'Not sure', invalid: 'No verdict' } as const
const gateWords = { pass: 'ok', fail: 'fails', 'not-sure': 'not sure' } as const

/** The whole story on one page that needs nothing from anywhere: verdict, culprit, charts, gates. */
export function formatHtml(result: SoakResult): string {
  const { verdict, sentence, command, ratePerSec, requestCount, elapsedMs, gates, notes, nodeVersion } = result
  const facts = `${escape(command)} · ${requestCount.toLocaleString('en')} requests at ${ratePerSec} requests/s · ${formatDuration(elapsedMs)}${nodeVersion ? ` · Node.js ${nodeVersion.slice(1)}` : ''}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heads[verdict]}: ${escape(command)}</title>
<style>${style}</style>
</head>
<body class="${verdict}">
<main>
<header>
<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="11"/><path d="M1 16h30"/></svg>
<p>Plimsoll soak</p>
</header>
<h1><span class="state">${heads[verdict]}</span></h1>
<p class="sentence">${lines(sentence)}</p>
<p class="facts">${facts}</p>
${culpritSection(result)}
${slowSection(result)}
${chartSection(result)}
${kneeSection(result)}
${gates.length === 0 ? '' : `<h2>Gates</h2>\n<table><tbody>\n${gates.map((gate) => `<tr class="${gate.verdict}"><th scope="row">${escape(gate.name)}</th><td class="word">${gateWords[gate.verdict]}</td><td>${lines(gate.sentence)}</td><td class="limit">${escape(gate.limit ?? '')}</td></tr>`).join('\n')}\n</tbody></table>`}
${latencySection(result)}
${notes.length === 0 ? '' : `<h2>Notes</h2>\n<ul>${notes.map((note) => `<li>${escape(note)}</li>`).join('')}</ul>`}
</main>
</body>
</html>
`
}

function culpritSection({ culprits, verdict }: SoakResult): string {
  if (culprits.length === 0 || verdict === 'clean' || verdict === 'invalid') return ''
  const items = culprits.map(({ file, line, code, variable, share, entryCount, why, caller }) => {
    const entries = entryCount === null ? '' : `, ${entryCount.toLocaleString('en')} entries`
    return `<li><p class="place"><b>${escape(file)}:${line}</b>${code ? ` <code>${escape(code)}</code>` : ''}</p>
<div class="bar"><i style="width:${Math.round(share * 100)}%"></i></div>
<p class="why">${variable ? `<code>${escape(variable)}</code> ` : ''}${Math.round(share * 100)} % of the growth${entries}; ${escape(why)}${caller ? `; called from <b>${escape(caller)}</b>` : ''}</p></li>`
  })
  return `<h2>Who holds it</h2>\n<ol class="culprits">${items.join('\n')}</ol>`
}

function slowSection({ comparison }: SoakResult): string {
  if (!comparison || comparison.culprits.length === 0) return ''
  const items = comparison.culprits.map(
    (
      one,
    ) => `<li><p class="place"><b>${escape(one.file)}:${one.line}</b>${one.code ? ` <code>${escape(one.code)}</code>` : ''}</p>
<div class="bar"><i style="width:${Math.round(one.share * 100)}%"></i></div>
<p class="why">${escape(describeSlow(one))}</p></li>`,
  )
  return `<h2>What takes longer than in ${escape(comparison.base)}</h2>\n<ol class="culprits">${items.join('\n')}</ol>`
}

/** Median latency against the rate: where it leaves the straight line is marked. */
function kneeSection({ knee }: SoakResult): string {
  if (!knee) return ''
  const steps = [...knee.steps].filter(({ isStarved }) => !isStarved).sort((a, b) => a.ratePerSec - b.ratePerSec)
  const items = knee.culprits.map(
    ({ file, line, code, hereMs, why }) =>
      `<li><p class="place"><b>${escape(file)}:${line}</b>${code ? ` <code>${escape(code)}</code>` : ''}</p>
<p class="why">${Number(hereMs.toPrecision(2))} ms a request there; ${escape(why)}</p></li>`,
  )
  return `<h2>How much it can take</h2>
<p>${escape(capital(describeKnee(knee)))}.</p>
${steps.length < 3 ? '' : `<figure>${kneeChart(steps, knee)}<figcaption>Median latency against the rate that was asked, each dot some seconds of load.</figcaption></figure>`}
${items.length === 0 ? '' : `<ol class="culprits">${items.join('\n')}</ol>`}`
}

function kneeChart(
  steps: readonly { ratePerSec: number; p50: number }[],
  { lowPerSec, highPerSec }: NonNullable<SoakResult['knee']>,
): string {
  const maxX = Math.max(1, ...steps.map(({ ratePerSec }) => ratePerSec)) * 1.05
  // What lies far beyond the knee would press all that comes before it flat.
  const straight = steps.filter(({ ratePerSec }) => ratePerSec <= lowPerSec).map(({ p50 }) => p50)
  const maxY = Math.max(1, Math.min(Math.max(...steps.map(({ p50 }) => p50)), 6 * Math.max(1, ...straight))) * 1.15
  const x = (value: number) => LEFT + (value / maxX) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => HEIGHT - BOTTOM - (Math.min(value, maxY) / maxY) * (HEIGHT - TOP - BOTTOM)
  const line = steps
    .map(({ ratePerSec, p50 }, index) => `${index === 0 ? 'M' : 'L'}${x(ratePerSec).toFixed(1)} ${y(p50).toFixed(1)}`)
    .join('')
  const last = steps.at(-1)!
  const mark = `<path class="mark-line" d="M${x(lowPerSec).toFixed(1)} ${TOP}V${y(0)}"/>
<text class="tick" x="${(x(lowPerSec) - 6).toFixed(1)}" y="${TOP + 12}" text-anchor="end">keeps up to ${Math.round(lowPerSec)}/s</text>`
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(`median latency from ${steps[0]!.p50} ms at ${Math.round(steps[0]!.ratePerSec)} requests a second to ${last.p50} ms at ${Math.round(last.ratePerSec)}`)}">
<path class="axis" d="M${LEFT} ${y(0)}H${WIDTH - RIGHT}"/>
${highPerSec === null ? '' : mark}
<path class="line" d="${line}"/>
${steps.map(({ ratePerSec, p50 }) => `<circle cx="${x(ratePerSec).toFixed(1)}" cy="${y(p50).toFixed(1)}" r="3"${ratePerSec > lowPerSec ? ' class="bent"' : ''}/>`).join('')}
<text x="${WIDTH - RIGHT + 8}" y="${y(last.p50).toFixed(1)}">${Number(last.p50.toPrecision(2))} ms</text>
<text class="tick" x="${LEFT}" y="${HEIGHT - 8}">0</text>
<text class="tick end" x="${WIDTH - RIGHT}" y="${HEIGHT - 8}">${Math.round(maxX)} requests/s</text>
</svg>`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function chartSection({ floors, retainedBytesPerRequest, heapLimitBytes }: SoakResult): string {
  if (floors.length < 3) return ''
  const thinned = thin(floors)
  const { estimate } = retainedBytesPerRequest
  const slope = estimate === null ? '' : `${signed(estimate)} B/request`
  const limit = heapLimitBytes === null ? '' : ` The heap limit is ${formatBytes(heapLimitBytes)}.`
  return `<h2>What stays after a collection</h2>
<figure>${chart(thinned, ({ heapBytes }) => heapBytes, slope)}<figcaption>JavaScript heap, read between batches of load after a full collection, against requests.${limit}</figcaption></figure>
<div class="pair">
<figure>${chart(thinned, ({ externalBytes }) => externalBytes, '')}<figcaption>Buffers outside of the heap.</figcaption></figure>
<figure>${chart(thinned, ({ nativeBytes }) => Math.max(0, nativeBytes), '')}<figcaption>Memory outside of V8: allocators, native code.</figcaption></figure>
</div>`
}

function chart(floors: readonly FloorPoint[], read: (floor: FloorPoint) => number, label: string): string {
  const points = floors.map((floor): Point => [floor.requestCount, read(floor)])
  const minX = points[0]![0]
  const maxX = Math.max(minX + 1, points.at(-1)![0])
  const maxY = Math.max(1, ...points.map(([, y]) => y)) * 1.15
  const x = (value: number) => LEFT + ((value - minX) / (maxX - minX)) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => HEIGHT - BOTTOM - (value / maxY) * (HEIGHT - TOP - BOTTOM)
  const path = points
    .map(([px, py], index) => `${index === 0 ? 'M' : 'L'}${x(px).toFixed(1)} ${y(py).toFixed(1)}`)
    .join('')
  const base = `L${x(maxX).toFixed(1)} ${y(0).toFixed(1)}L${x(points[0]![0]).toFixed(1)} ${y(0).toFixed(1)}Z`
  const tail = points.slice(-Math.ceil((points.length * 2) / 3))
  const { slope } = slopeInterval(tail, 0.99)
  const middle = tail.reduce((sum, [, py]) => sum + py, 0) / tail.length
  const centre = tail.reduce((sum, [px]) => sum + px, 0) / tail.length
  const at = (px: number) => y(Math.max(0, middle + slope * (px - centre)))
  const [, last] = points.at(-1)!
  const endY = y(last)
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(`from ${formatBytes(points[0]![1])} to ${formatBytes(last)}${label ? `, ${label}` : ''}`)}">
<path class="axis" d="M${LEFT} ${y(0)}H${WIDTH - RIGHT}"/>
<path class="water" d="${path}${base}"/>
<path class="line" d="${path}"/>
${points.map(([px, py]) => `<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="2"/>`).join('')}
<path class="trend" d="M${x(tail[0]![0]).toFixed(1)} ${at(tail[0]![0]).toFixed(1)}L${x(maxX).toFixed(1)} ${at(maxX).toFixed(1)}"/>
<text x="${WIDTH - RIGHT + 8}" y="${endY.toFixed(1)}">${formatBytes(last)}</text>
${label ? `<text class="slope" x="${WIDTH - RIGHT + 8}" y="${endY.toFixed(1)}" dy="1.3em">${escape(label.replace('/request', ''))}</text>` : ''}
<text class="tick" x="${LEFT}" y="${HEIGHT - 8}">${points[0]![0].toLocaleString('en')}</text>
<text class="tick end" x="${WIDTH - RIGHT}" y="${HEIGHT - 8}">${maxX.toLocaleString('en')} requests</text>
</svg>`
}

function latencySection({ latencyMs, byRoute, errors }: SoakResult): string {
  if (!latencyMs) return ''
  const ms = (value: number) => `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} ms`
  const doubt = latencyMs.isTrustworthy
    ? ''
    : '<p class="why">The load generator was late itself, so these times are not to be trusted.</p>'
  const rows = byRoute.map(
    ({ route, requestCount, failureCount, latencyMsP50, latencyMsP99, retainedBytesPerRequest: left }) =>
      `<tr><th scope="row">${escape(route)}</th><td>${requestCount.toLocaleString('en')}</td><td>${failureCount}</td><td>${ms(latencyMsP50)}</td><td>${ms(latencyMsP99)}</td><td>${left ? `${Math.round(left.estimate)} (${Math.round(left.low)} … ${Math.round(left.high)})` : '–'}</td></tr>`,
  )
  return `<h2>Routes</h2>
<p class="why">All together: p50 ${ms(latencyMs.p50)}, p90 ${ms(latencyMs.p90)}, p99 ${ms(latencyMs.p99)}, at most ${ms(latencyMs.max)}; ${errors.count} errors.</p>${doubt}
<div class="scroll"><table class="routes"><thead><tr><th scope="col">route</th><th scope="col">requests</th><th scope="col">failed</th><th scope="col">p50</th><th scope="col">p99</th><th scope="col">B left by each</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`
}

function thin(floors: readonly FloorPoint[]): readonly FloorPoint[] {
  if (floors.length <= MAX_POINTS) return floors
  const step = (floors.length - 1) / (MAX_POINTS - 1)
  return Array.from({ length: MAX_POINTS }, (_, index) => floors[Math.round(index * step)]!)
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function lines(text: string): string {
  return escape(text).replaceAll('\n', '<br>')
}

const style = `
:root{--ink:oklch(0.22 0.03 250);--paper:oklch(0.985 0.005 240);--hair:oklch(0.88 0.01 240);--soft:oklch(0.47 0.02 250);--calm:oklch(0.62 0.10 215);--state:var(--calm);color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ink:oklch(0.93 0.01 240);--paper:oklch(0.18 0.025 250);--hair:oklch(0.32 0.02 250);--soft:oklch(0.72 0.015 240)}}
.clean{--state:oklch(0.62 0.12 155)}.leak{--state:oklch(0.64 0.19 40)}.not-sure,.invalid{--state:oklch(0.75 0.14 80)}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:760px;margin:0 auto;padding:24px 20px 64px}
header{display:flex;align-items:center;gap:8px;color:var(--soft);font-size:13px}header p{margin:0}
.mark{width:20px;fill:none;stroke:currentColor;stroke-width:2.5}
h1{font-size:36px;line-height:1.2;margin:20px 0 4px;font-weight:650}
.state{border-bottom:5px solid var(--state);padding-bottom:2px}
.sentence{font-size:18px;margin:16px 0 4px;max-width:72ch;overflow-wrap:anywhere}.facts,.why,figcaption{color:var(--soft);font-size:13px;margin:4px 0;overflow-wrap:anywhere}
h2{font-size:15px;margin:36px 0 8px;padding-top:12px;border-top:1px solid var(--hair)}
code{font:13px ui-monospace,monospace}.place{margin:0;overflow-wrap:anywhere}
.culprits{list-style:none;margin:0;padding:0}.culprits li{margin:0 0 16px}
.bar{height:6px;border-radius:3px;background:var(--hair);margin:6px 0}.bar i{display:block;height:100%;border-radius:3px;background:var(--state)}
figure{margin:8px 0}figure svg{display:block;width:100%;height:auto;overflow:visible}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:24px}@media (max-width:600px){.pair{grid-template-columns:1fr}}
.axis{stroke:var(--hair);fill:none}.water{fill:var(--calm);opacity:.16}.line{fill:none;stroke:var(--calm);stroke-width:1.5}circle{fill:var(--calm)}.mark circle{fill:none}
.mark-line{stroke:var(--ink);stroke-width:1}circle.bent{fill:oklch(0.64 0.19 40)}
.trend{fill:none;stroke:var(--state);stroke-width:2;stroke-dasharray:6 5}
text{fill:var(--ink);font-size:13px}.tick{fill:var(--soft);font-size:12px}.end{text-anchor:end}.slope{fill:var(--soft)}
.pair text{font-size:22px}.pair .tick{font-size:22px}@media (max-width:600px){figure text,figure .tick{font-size:20px}}
table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;font-weight:400;padding:6px 12px 6px 0;border-bottom:1px solid var(--hair);vertical-align:top;overflow-wrap:anywhere}
th[scope=row]{font-weight:600;white-space:nowrap}.routes th[scope=row]{white-space:normal}.word,.limit{white-space:nowrap}.limit{color:var(--soft)}
tr.fail .word{color:oklch(0.6 0.21 25);font-weight:650}tr.not-sure .word{font-weight:650}
thead th{color:var(--soft);font-size:13px}.scroll{overflow-x:auto}ul{padding-left:20px}
@media (max-width:600px){tr.pass .limit,tr.fail .limit,tr.not-sure .limit{display:none}}
`
