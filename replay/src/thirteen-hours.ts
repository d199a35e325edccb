import { formatDuration, MINUTE_MS } from '@plimsoll/core'
import type { ThirteenHours } from '@plimsoll/console/testing'
import { percent, type Judged } from './promises.ts'

export const thirteenHours = {
  name: 'thirteen-hours',
  title: 'the thirteen hours of the day on a virtual clock, in seconds: what decides, without shop and store',
}

const MAX_CPU_MS = 10_000
const REPAIR_TIME_MS = 10 * MINUTE_MS

/** Holds the day to its promises. `cpuMs` is the processor's time, so that a busy machine does not decide. */
export function judgeThirteenHours(day: ThirteenHours, cpuMs: number): Judged[] {
  const { releaseMs, deathMs, incidents, calls, deepestRatio, replacedCount, postmortem } = day
  const incident = incidents[0]!
  const openedMs = incident.openedAtMs - releaseMs
  const pages = calls.filter(({ reason }) => reason === 'page')
  const mitigatedMs = incident.mitigatedAtMs === null ? null : incident.mitigatedAtMs - incident.openedAtMs
  return [
    {
      promise: `It takes less than ${MAX_CPU_MS / 1000} s of a processor`,
      measured: `${(cpuMs / 1000).toFixed(1)} s`,
      holds: cpuMs < MAX_CPU_MS,
    },
    {
      promise: 'One problem is one incident',
      measured: `${incidents.length}: ${incident.sentence}`,
      holds: incidents.length === 1 && incident.cause === 'leak',
    },
    {
      promise: `It opens ≥ ${formatDuration(REPAIR_TIME_MS)} before the first worker would have died, and at ≤ 40 % of that time`,
      measured: `${formatDuration(openedMs)} of ${formatDuration(deathMs - releaseMs)}`,
      holds: deathMs - incident.openedAtMs >= REPAIR_TIME_MS && openedMs <= 0.4 * (deathMs - releaseMs),
    },
    {
      promise: 'The line is named, and its owner called',
      measured: incident.culprit ? `${incident.culprit.file}:${incident.culprit.line}` : 'no culprit',
      holds: incident.culprit !== null && calls.some(({ reason }) => reason === 'owner'),
    },
    {
      promise: 'The second level is called after a minute, and nobody after the acknowledgement',
      measured: `${pages.length} pages, the last ${formatDuration((pages.at(-1)?.atMs ?? NaN) - incident.openedAtMs)} after the opening`,
      holds:
        pages[1]?.atMs === incident.openedAtMs + MINUTE_MS &&
        pages.every(({ atMs }) => incident.acknowledgedAtMs !== null && atMs <= incident.acknowledgedAtMs),
    },
    {
      promise: 'Mitigated within 3 min, and no worker ever lies deeper than 95 % of its limit',
      measured: `${mitigatedMs === null ? 'never' : formatDuration(mitigatedMs)}; ${replacedCount} replacements, at most ${percent(deepestRatio)}`,
      holds: mitigatedMs !== null && mitigatedMs <= 3 * MINUTE_MS && deepestRatio < 0.95,
    },
    {
      promise: 'It stays open until the fix, then half an hour of calm resolves it; no request failed',
      measured: `${day.statesBeforeFix.join(', ')} before the fix, ${incident.state} after it, ${incident.served.errorCount} failed`,
      holds:
        day.statesBeforeFix.join() === 'acknowledged' &&
        incident.state === 'resolved' &&
        incident.served.errorCount === 0,
    },
    {
      promise: 'The postmortem shows the line that leaked',
      measured: postmortem.code ?? 'no code',
      holds: postmortem.code !== null,
    },
  ]
}
