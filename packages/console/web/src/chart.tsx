import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Mark } from '../../src/api/contract.ts'
import { formatClock } from './words.ts'

export interface Line {
  label: string
  values: (number | null)[]
  tone: 'calm' | 'growing' | 'leaking' | 'sinking' | 'innocent' | 'ink' | 'faint'
  isDashed?: boolean
  isFilled?: boolean
}

export interface ChartProps {
  title: string
  atMs: number[]
  lines: Line[]
  /** Always in the frame, so that a chart never makes a puddle look like a flood. */
  atLeast?: number
  marks?: Mark[]
  format: (value: number) => string
  /** Steps of the axis are round in MB instead of in millions. */
  isBytes?: boolean
  /** Charts with the same key share their cursor. */
  syncKey: string
  /** The same for all charts of a page, in ms. */
  range?: [number, number]
}

const byteSteps = Array.from({ length: 34 }, (_, power) => 2 ** (power + 6))

/** A chart from 0, with its lines named at their ends instead of in a legend, and a text for who cannot see it. */
export function Chart(props: ChartProps) {
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const latest = useRef(props)
  latest.current = props
  const shape = props.lines.map(({ label, tone }) => `${label}:${tone}`).join()

  useEffect(() => {
    const element = holder.current!
    const chart = new uPlot(createOptions(element, latest), dataOf(latest.current), element)
    plot.current = chart
    const resize = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: 180 }))
    resize.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const redraw = () => chart.redraw()
    scheme.addEventListener('change', redraw)
    return () => {
      scheme.removeEventListener('change', redraw)
      resize.disconnect()
      chart.destroy()
    }
  }, [shape, props.syncKey])
  useEffect(() => plot.current?.setData(dataOf(props)), [props.atMs, props.lines])

  const newest = props.lines.map(({ label, values }) => `${label} ${formatLast(values, props.format)}`).join(', ')
  return (
    <figure class="chart">
      <figcaption>
        {props.title}
        <span class="chart-values">
          {props.lines.map(({ label, values, tone }) => (
            <span class={`tone-${tone}`} key={label}>
              {label} <b>{formatLast(values, props.format)}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={holder} role="img" aria-label={`${props.title}: ${newest}`} />
    </figure>
  )
}

function formatLast(values: readonly (number | null)[], format: (value: number) => string): string {
  const value = values.findLast((candidate) => candidate !== null)
  return value === null || value === undefined ? '–' : format(value)
}

function dataOf({ atMs, lines }: ChartProps): uPlot.AlignedData {
  return [atMs.map((at) => at / 1000), ...lines.map(({ values }) => values)] as uPlot.AlignedData
}

function createOptions(element: HTMLElement, latest: { current: ChartProps }): uPlot.Options {
  const colour = (tone: string) => getComputedStyle(element).getPropertyValue(`--${tone}`).trim()
  const { lines, syncKey } = latest.current
  return {
    width: element.clientWidth || 600,
    height: 180,
    legend: { show: false },
    cursor: { sync: { key: syncKey }, y: false },
    scales: {
      x: {
        time: true,
        range: (_plot, low, high) =>
          latest.current.range ? [latest.current.range[0] / 1000, latest.current.range[1] / 1000] : [low, high],
      },
      y: {
        range: (_plot, _low, high) => [0, Math.max(latest.current.atLeast ?? 0, high ?? 0, Number.MIN_VALUE) * 1.05],
      },
    },
    axes: [
      {
        stroke: () => colour('faint'),
        grid: { show: false },
        ticks: { stroke: () => colour('line'), width: 1 },
        values: (_plot, splits, _axis, _space, everySec) =>
          splits.map((split) => (everySec < 60 ? formatClock(split * 1000) : formatClock(split * 1000).slice(0, 5))),
        space: 70,
        size: 34,
        font: '12px system-ui, sans-serif',
      },
      {
        stroke: () => colour('faint'),
        grid: { stroke: () => colour('line'), width: 1 },
        ticks: { show: false },
        values: (_plot, splits) => splits.map((split) => latest.current.format(split)),
        ...(latest.current.isBytes ? { incrs: byteSteps } : {}),
        size: 68,
        space: 44,
        font: '12px system-ui, sans-serif',
      },
    ],
    series: [
      {},
      ...lines.map(({ tone, isDashed, isFilled }): uPlot.Series => ({
        stroke: () => colour(tone),
        width: 2,
        points: { show: false },
        spanGaps: true,
        ...(isDashed ? { dash: [6, 5] } : {}),
        ...(isFilled ? { fill: () => `color-mix(in oklab, ${colour(tone)} 16%, transparent)` } : {}),
      })),
    ],
    hooks: {
      draw: [
        (chart) => {
          const { ctx, bbox } = chart
          ctx.save()
          ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`
          ctx.textAlign = 'left'
          ctx.lineWidth = devicePixelRatio
          const right = bbox.left + bbox.width
          // Each word stands in the first of three rows that is free there; where none is, the line stands alone.
          const rowEnds = [-Infinity, -Infinity, -Infinity]
          const marks = [...(latest.current.marks ?? [])]
            .sort((one, other) => one.atMs - other.atMs)
            .map(({ atMs, label }) => ({ label, x: Math.round(chart.valToPos(atMs / 1000, 'x', true)) }))
            .filter(({ x }) => x >= bbox.left && x <= right)
          ctx.strokeStyle = colour('faint')
          ctx.fillStyle = colour('faint')
          for (const { x } of marks) {
            ctx.beginPath()
            ctx.moveTo(x, bbox.top)
            ctx.lineTo(x, bbox.top + bbox.height)
            ctx.stroke()
          }
          // The line of the next mark may run through a word: a rim keeps it readable.
          ctx.strokeStyle = colour('paper')
          ctx.lineWidth = 5 * devicePixelRatio
          for (const { label, x } of marks) {
            const word = label.slice(0, 24)
            const width = ctx.measureText(word).width
            const gap = 4 * devicePixelRatio
            const from = x + gap + width <= right ? x + gap : x - gap - width
            const row = rowEnds.findIndex((end) => end < from)
            if (row < 0) continue
            rowEnds[row] = from + width + gap
            ctx.strokeText(word, from, bbox.top + (24 + 14 * row) * devicePixelRatio)
            ctx.fillText(word, from, bbox.top + (24 + 14 * row) * devicePixelRatio)
          }
          ctx.restore()
        },
      ],
    },
  }
}
