import { armTitles, type ArmName } from './scenario.ts'

/** One curve of one arm: [ms since the fault, value]; a gap in time stays a gap in the line. */
export interface Curve {
  arm: ArmName
  points: [number, number][]
}

export interface Chart {
  title: string
  unit: string
  curves: Curve[]
  /** A horizontal line that is always in the frame. */
  limit: { value: number; label: string } | null
  /** The same for all charts of a page. */
  fromMs: number
  toMs: number
  marks: { atMs: number; label: string; arm: ArmName }[]
}

const width = 960
const height = 220
const left = 56
const right = 190
const top = 26
const bottom = 26

/** Draws a chart as a self-contained SVG: y from 0, labels at the line's end instead of a legend, the fault at 0. */
export function renderChart(chart: Chart): string {
  const highest =
    Math.max(chart.limit?.value ?? 0, ...chart.curves.flatMap(({ points }) => points.map(([, value]) => value)), 1) *
    1.06
  const x = (atMs: number) =>
    round(left + ((atMs - chart.fromMs) / (chart.toMs - chart.fromMs)) * (width - left - right))
  const y = (value: number) => round(height - bottom - (value / highest) * (height - top - bottom))
  const rule = (atMs: number, label: string, className: string, row: number) =>
    `<line x1="${x(atMs)}" x2="${x(atMs)}" y1="${top}" y2="${height - bottom}" class="rule ${className}"/>` +
    `<text x="${x(atMs) + 4}" y="${top + 11 + row * 13}" class="mark ${className}">${escapeHtml(label)}</text>`
  const ticks = timeTicks(chart.fromMs, chart.toMs)
  const parts = [
    `<text x="${left}" y="14" class="title">${escapeHtml(chart.title)}</text>`,
    ...[0, niceBelow(highest)].map(
      (value) =>
        `<text x="${left - 8}" y="${y(value) + 4}" class="axis" text-anchor="end">${formatValue(value)} ${escapeHtml(chart.unit)}</text>`,
    ),
    `<line x1="${left}" x2="${width - right}" y1="${y(0)}" y2="${y(0)}" class="base"/>`,
    ...ticks.map(
      (atMs) => `<text x="${x(atMs)}" y="${height - 8}" class="axis" text-anchor="middle">${atMs / 1000} s</text>`,
    ),
    rule(0, 'the leak begins', 'fault', 0),
    ...chart.marks.map((mark, index) => rule(mark.atMs, mark.label, mark.arm, 1 + (index % 4))),
  ]
  if (chart.limit) {
    parts.push(
      `<line x1="${left}" x2="${width - right}" y1="${y(chart.limit.value)}" y2="${y(chart.limit.value)}" class="limit"/>`,
      `<text x="${width - right + 6}" y="${y(chart.limit.value) + 4}" class="mark">${escapeHtml(chart.limit.label)}</text>`,
    )
  }
  for (const [index, curve] of chart.curves.entries()) {
    if (curve.points.length === 0) continue
    parts.push(`<path d="${pathOf(curve.points, x, y)}" class="curve ${curve.arm}"/>`)
    // Labels keep their row at the right edge: ends of curves may meet, words must not.
    const rowY = top + 16 + index * 17 + (chart.limit ? 18 : 0)
    parts.push(
      `<text x="${width - right + 6}" y="${rowY}" class="label ${curve.arm}">${escapeHtml(armTitles[curve.arm])}</text>`,
    )
  }
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(chart.title)}">${parts.join('')}</svg>`
}

/** Colours of the arms, in light and dark; the report and the live page share them. */
export const chartStyle = `
svg{display:block;width:100%;max-width:960px;font:12px system-ui,sans-serif;font-variant-numeric:tabular-nums}
svg text{fill:var(--ink)} .title{font-size:15px;font-weight:600} .axis,.mark{fill:var(--faint)}
.base{stroke:var(--line)} .rule{stroke:var(--line)} .rule.fault{stroke:var(--ink)} .limit{stroke:var(--ink);stroke-width:2}
.curve{fill:none;stroke-width:2} path.as-in-2023{stroke:var(--sinking)} path.as-good-teams-today{stroke:var(--growing)} path.with-plimsoll{stroke:var(--calm);stroke-width:3}
text.as-in-2023{fill:var(--sinking)} text.as-good-teams-today{fill:var(--growing-ink)} text.with-plimsoll{fill:var(--calm)} .label{font-weight:600}`

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function pathOf(
  points: readonly [number, number][],
  x: (atMs: number) => number,
  y: (value: number) => number,
): string {
  let previousMs = -Infinity
  return points
    .map(([atMs, value]) => {
      const isGap = atMs - previousMs > 5000
      previousMs = atMs
      return `${isGap ? 'M' : 'L'}${x(atMs)} ${y(value)}`
    })
    .join('')
}

function timeTicks(fromMs: number, toMs: number): number[] {
  const stepMs = [10_000, 30_000, 60_000].find((candidate) => (toMs - fromMs) / candidate <= 12) ?? 120_000
  const ticks: number[] = []
  for (let atMs = Math.ceil(fromMs / stepMs) * stepMs; atMs <= toMs; atMs += stepMs) ticks.push(atMs)
  return ticks
}

function niceBelow(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value))
  return ([5, 2, 1].find((factor) => factor * magnitude <= value) ?? 1) * magnitude
}

function formatValue(value: number): string {
  return value >= 1000 ? `${value / 1000}k` : String(Number(value.toPrecision(2)))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
