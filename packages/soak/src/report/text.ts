import { formatBytes, formatDuration } from '@plimsoll/core'

import type { KneeFinding } from '../compare/find-knee.ts'
import type { SlowCulprit } from '../culprit/slow-code.ts'
import type { GateVerdict, SoakResult } from '../result.ts'
import type { Progress } from '../run-soak.ts'

/** How words are made to stand out; on a terminal in colour. */
export interface TextStyle {
  bold(text: string): string
  dim(text: string): string
  good(text: string): string
  bad(text: string): string
  unsure(text: string): string
}

export const plainStyle: TextStyle = {
  bold: (text) => text,
  dim: (text) => text,
  good: (text) => text,
  bad: (text) => text,
  unsure: (text) => text,
}

export function coloured(): TextStyle {
  const paint = (code: string) => (text: string) => `\u001B[${code}m${text}\u001B[0m`
  return { bold: paint('1'), dim: paint('2'), good: paint('32'), bad: paint('91'), unsure: paint('33') }
}

const words = { clean: 'CLEAN', leak: 'LEAK', 'not-sure': 'NOT SURE', invalid: 'INVALID' } as const
const indent = ' '.repeat(10)

/** The verdict for people: state, sentence, culprit, gates, what to do. */
export function formatText(result: SoakResult, style: TextStyle = plainStyle): string {
  const { verdict, culprits, gates, notes, latencyMs, errors } = result
  const paint = { clean: style.good, leak: style.bad, 'not-sure': style.unsure, invalid: style.unsure }[verdict]
  const lines = [
    `${style.bold('soak'.padEnd(10))}${result.command}   ${result.ratePerSec} req/s   ${result.requestCount.toLocaleString('en')} requests   ${formatDuration(result.elapsedMs)}`,
    `${paint(words[verdict].padEnd(10))}${indented(result.sentence)}`,
  ]
  for (const [index, culprit] of culprits.slice(0, 3).entries()) {
    if (verdict !== 'leak' && verdict !== 'not-sure') break
    const what = culprit.code ?? culprit.variable ?? ''
    const entries = culprit.entryCount === null ? '' : `, ${culprit.entryCount.toLocaleString('en')} entries`
    const share = `${Math.round(culprit.share * 100)} % of the growth${entries}`
    lines.push(
      `${indent}${index === 0 ? style.bold(`${culprit.file}:${culprit.line}`) : `${culprit.file}:${culprit.line}`}  ${what}`,
    )
    const caller = culprit.caller === null ? '' : `; called from ${culprit.caller}`
    lines.push(`${indent}${style.dim(`${culprit.variable ?? 'it'}: ${share}, ${culprit.why}${caller}`)}`)
  }
  for (const route of leavingRoutes(result)) lines.push(`${indent}${route}`)
  if (latencyMs && verdict !== 'invalid') {
    const doubt = latencyMs.isTrustworthy ? '' : style.dim('   (the generator was late: do not trust these)')
    lines.push(
      `${'latency'.padEnd(10)}p50 ${ms(latencyMs.p50)}   p90 ${ms(latencyMs.p90)}   p99 ${ms(latencyMs.p99)}   max ${ms(latencyMs.max)}   errors ${errors.count}${doubt}`,
    )
  }
  for (const { verdict: passed, sentence, name } of gates) {
    if (name === 'slowdown' && passed === 'pass') lines.push(`${style.good('ok'.padEnd(10))}${sentence}`)
    if (passed === 'pass' || name === 'retained') continue
    lines.push(`${(passed === 'fail' ? style.bad : style.unsure)(gateWord[passed].padEnd(10))}${indented(sentence)}`)
  }
  for (const [index, slow] of (result.comparison?.culprits ?? []).entries()) {
    const place = `${slow.file}:${slow.line}`
    lines.push(`${indent}${index === 0 ? style.bold(place) : place}  ${slow.code ?? slow.functionName ?? ''}`)
    lines.push(`${indent}${style.dim(describeSlow(slow))}`)
  }
  if (result.knee) {
    lines.push(`${'knee'.padEnd(10)}${indented(describeKnee(result.knee))}`)
    for (const { file, line, code, functionName, hereMs, why } of result.knee.culprits)
      lines.push(
        `${indent}${file}:${line}  ${code ?? functionName ?? ''}`,
        `${indent}${style.dim(`${ms(hereMs)} a request there; ${why}`)}`,
      )
  }
  for (const note of notes) lines.push(`${style.dim('note'.padEnd(10))}${indented(note)}`)
  return `${lines.join('\n')}\n`
}

const giveOut = {
  'event-loop': 'its event loop has no time left',
  'garbage-collection': 'its event loop has no time left, and much of it goes into collecting garbage',
  waiting: 'its event loop is not busy: requests wait for something else',
}

/** `keeps up to 640 req/s; at 700 latency leaves the straight line (p50 12 ms → 31 ms): its event loop has no time left`. */
export function describeKnee({ lowPerSec, highPerSec, why, steps, limitedBy, busyShare }: KneeFinding): string {
  const low = Math.round(lowPerSec)
  if (low === 0 && why === 'generator')
    return 'is not known: the load generator itself was late at the lowest rate; give it CPU'
  if (highPerSec === null)
    return why === 'generator'
      ? `keeps up to ${low} req/s; above that the load generator gives out first`
      : `keeps up to ${low} req/s, and more was not asked of it`
  const at = (rate: number) => steps.findLast(({ ratePerSec }) => ratePerSec === rate)?.p50
  const [before, after] = [at(lowPerSec), at(highPerSec)]
  const p50 = before === undefined || after === undefined ? '' : ` (p50 ${ms(before)} → ${ms(after)})`
  const busy = busyShare === null ? '' : `, at work ${Math.round(busyShare * 100)} % of the time`
  const reason = limitedBy === null ? '' : `: ${giveOut[limitedBy]}${busy}`
  return `keeps up to ${low} req/s; at ${Math.round(highPerSec)} latency leaves the straight line${p50}${reason}`
}

/** `render: +2.1 ms a request (0.4 → 2.5), 88 % of what was added; spends it in stringify`. */
export function describeSlow({ functionName, baseMs, hereMs, share, why }: SlowCulprit): string {
  const number = (value: number) => String(Number(value.toPrecision(2)))
  return `${functionName ?? 'it'}: +${number(hereMs - baseMs)} ms a request (${number(baseMs)} → ${number(hereMs)}), ${Math.round(share * 100)} % of what was added; ${why}`
}

const gateWord: Record<GateVerdict, string> = { pass: 'ok', fail: 'FAIL', 'not-sure': 'NOT SURE' }

/** Routes that surely leave something behind, when there are several to tell apart. */
function leavingRoutes({ byRoute, verdict }: SoakResult): string[] {
  if (verdict !== 'leak' || byRoute.length < 2) return []
  return byRoute
    .filter(({ retainedBytesPerRequest: retained }) => retained !== null && retained.low > 0)
    .sort((left, right) => right.retainedBytesPerRequest!.estimate - left.retainedBytesPerRequest!.estimate)
    .slice(0, 3)
    .map(({ route, retainedBytesPerRequest: retained }) => `${Math.round(retained!.estimate)} B from each ${route}`)
}

/** One line about where it stands. */
export function formatProgress(progress: Progress): string {
  const { phase, requestCount, ratePerSec, heapBytes, interval, elapsedMs, sentence, isSuspected } = progress
  const clock = formatDuration(Math.round(elapsedMs / 1000) * 1000)
  if (phase !== 'soak') return `${clock}   ${sentence}`
  const heap = heapBytes === null ? '' : `   heap ${formatBytes(heapBytes)}`
  const slope = interval
    ? `   ${interval.slope > 0 ? '+' : ''}${Math.round(interval.slope)} B/request (${Math.round(interval.low)} … ${Math.round(interval.high)})`
    : ''
  const word = isSuspected ? '   rising?' : ''
  return `${clock}   ${ratePerSec} req/s   ${requestCount.toLocaleString('en')} requests${heap}${slope}${word}`
}

function indented(text: string): string {
  return text.replaceAll('\n', `\n${indent}`)
}

function ms(value: number): string {
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} ms`
}
