import * as core from '@plimsoll/core'
import type { IncidentSummary, NotificationView, ProcessView } from '../../src/api/contract.ts'

type Verdict = IncidentSummary['verdict']

/** A number and its unit stay on one line, however narrow the screen. */
export function glue(text: string): string {
  return text.replaceAll(/(\d) (?=(?:[KMGT]?B|ms|s|min|h|d|%)(?![\w-]))/g, '$1\u00a0')
}

export function formatBytes(bytes: number): string {
  return glue(core.formatBytes(bytes))
}

export function formatDuration(spanMs: number): string {
  return glue(core.formatDuration(spanMs))
}

/** The colour a state is drawn in; a word always stands beside it. */
export function toneOf(verdict: Verdict): 'calm' | 'growing' | 'leaking' | 'sinking' | 'innocent' {
  return verdict === 'afloat' ? 'calm' : verdict === 'recovered' ? 'innocent' : verdict
}

export function formatRate(perSec: number | null): string {
  if (perSec === null) return '–'
  return perSec >= 10 ? Math.round(perSec).toString() : perSec.toFixed(1)
}

export function formatMs(ms: number | null): string {
  if (ms === null) return '–'
  return ms < 10 ? glue(`${ms.toFixed(1)} ms`) : formatDuration(ms)
}

export function formatPercent(ratio: number | null): string {
  if (ratio === null) return '–'
  const value = ratio * 100
  return glue(`${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`)
}

/** `18,204` */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** How far a message has come. */
export const deliveryWords: Record<NotificationView['status'], string> = {
  pending: 'waits',
  sending: 'is leaving',
  sent: 'sent',
  cancelled: 'called off',
  dead: 'not delivered',
}

/** `14:03:10` on the reader's clock. */
export function formatClock(atMs: number): string {
  return new Date(atMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
}

/** The clock, and before it the day when that is not today's: `10 May 14:03:10`. */
export function formatWhen(atMs: number, nowMs: number): string {
  if (formatDate(atMs) === formatDate(nowMs)) return formatClock(atMs)
  const isThisYear = new Date(atMs).getFullYear() === new Date(nowMs).getFullYear()
  const day = new Date(atMs).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(isThisYear ? {} : { year: 'numeric' }),
  })
  return `${day.replaceAll(' ', '\u00a0')} ${formatClock(atMs)}`
}

/** `2023-05-10`, where the reader is. */
export function formatDate(atMs: number): string {
  const at = new Date(atMs)
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-')
}

/** `2 min ago`, `in 40 s`. */
export function formatDistance(atMs: number, nowMs: number): string {
  const span = formatDuration(Math.max(1000, Math.round(Math.abs(nowMs - atMs) / 1000) * 1000))
  return atMs > nowMs ? `in ${span}` : `${span} ago`
}

/** What stands at the end of a hull's row. */
export function stateOf(process: ProcessView): string {
  if (process.presence === 'gone') return 'gone'
  if (process.presence === 'silent') return 'silent'
  if (process.presence === 'draining') return 'draining'
  return process.verdict
}
