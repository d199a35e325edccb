import { formatBytes, formatDuration } from '@plimsoll/core'
import type { Culprit, Verdict } from '@plimsoll/core/wire'
import type { NamedCulprit } from '../attribute/arbiter.ts'
import type { Finding } from '../detect/detector.ts'

const nouns = {
  heap: 'heap',
  external: 'external memory',
  native: 'native memory',
  handles: 'handles',
  threads: 'threads',
} as const

/** The finding in one or two English sentences with numbers: who, what state, what holds on, how long there is. */
export function describeGrowth(
  name: string,
  verdict: Verdict,
  finding: Finding,
  culprit: Culprit | null,
  caller: string | null = null,
): string {
  if (finding.slope?.unit === 'countPerMin') return describeCount(name, verdict, finding, culprit)
  const memory = nouns[finding.memory ?? 'heap']
  if (verdict === 'recovered')
    return `${name} has recovered: its ${memory} no longer grows and stands at ${formatBytes(finding.currentBytes)}.`
  if (verdict === 'afloat') return `${name} is afloat: its ${memory} no longer grows.`
  const rate = `${formatBytes(finding.slope?.estimate ?? 0)} a minute`
  if (verdict === 'growing') {
    const doubt = finding.doubts[0] ? `; not called a leak, as ${finding.doubts[0]}` : ''
    return `${name} is growing: its ${memory} after garbage collection rises by ${rate}, now ${formatBytes(finding.currentBytes)}${doubt}.`
  }
  const holds = culprit
    ? describeHolding(finding, culprit) + (caller ? `, called from ${caller}` : '')
    : `something keeps ${rate} of its ${memory}; which variable is not known yet`
  const open = finding.doubts[0] ? ` Not excluded: ${finding.doubts[0]}.` : ''
  return `${name} is ${verdict}: ${holds}. ${describeLimit(finding, memory)}${open}`
}

/** The same of what is counted: descriptors and threads. */
function describeCount(name: string, verdict: Verdict, finding: Finding, culprit: Culprit | null): string {
  const what = finding.memory === 'threads' ? 'threads' : 'open files and sockets'
  const { currentBytes: count, slope, limitBytes: limit, timeToLimitMs } = finding
  if (verdict === 'recovered')
    return `${name} has recovered: it stands at ${count} ${what}, and they no longer grow in number.`
  if (verdict === 'afloat') return `${name} is afloat: its ${what} no longer grow in number.`
  const rate = `${count} ${what}, ${slope?.estimate ?? 0} more every minute`
  if (verdict === 'growing')
    return `${name} is growing: ${rate}; not called a leak, as ${finding.doubts[0] ?? 'it is young'}.`
  const holder = culprit ? `; ${culprit.variable ?? 'code'} (${describePlace(culprit)}) grows in step with them` : ''
  const end =
    limit === null || !timeToLimitMs
      ? ''
      : ` The limit of ${limit} is ${formatDuration(timeToLimitMs[0])} to ${formatDuration(timeToLimitMs[1])} away.`
  return `${name} is ${verdict}: it has ${rate}${holder}.${end}`
}

function describeHolding(finding: Finding, culprit: Culprit): string {
  const { bytesPerRequest, slope } = finding
  // Per request is what people can picture, unless only a rare route leaks.
  const much =
    bytesPerRequest !== null && bytesPerRequest >= 100
      ? `${formatBytes(bytesPerRequest)} of every request`
      : `${formatBytes(slope?.estimate ?? 0)} more every minute`
  // A sampler knows the function, and sometimes only who called it.
  if (culprit.variable === null)
    return `what is allocated under ${describePlace(culprit)}${culprit.package ? ',' : ''} stays, ${much}`
  return `${culprit.variable} (${describePlace(culprit)}) keeps ${much}`
}

/** What a claim whose line is one of a minified file has to add; nothing otherwise. */
export function describeMap(verdict: Verdict, named: NamedCulprit | null): string {
  if (!named?.lacksMap || (verdict !== 'leaking' && verdict !== 'sinking')) return ''
  return ` ${named.culprit.file} is minified and has no source map beside it: build with one to be told the line as it was written.`
}

/** What a claim about native memory has to add that is the heap of worker threads; nothing otherwise. */
export function describeThread(verdict: Verdict, named: NamedCulprit | null): string {
  if (!named?.thread || (verdict !== 'leaking' && verdict !== 'sinking')) return ''
  return named.isThreadOnly
    ? ` Heaps of worker threads that run ${named.thread} grew with it.`
    : ` It is in the heap of worker threads that run ${named.thread}.`
}

export function describePlace({ file, line, package: owner, version }: Culprit): string {
  return `${file}:${line}${owner ? `, package ${owner}${version ? ` ${version}` : ''}` : ''}`
}

function describeLimit(finding: Finding, memory: string): string {
  const { timeToLimitMs, limitBytes, requestsPerSecond } = finding
  if (!timeToLimitMs || limitBytes === null) return `The ${memory} grows without a known limit.`
  const traffic =
    requestsPerSecond !== null && requestsPerSecond >= 1 ? `At ${Math.round(requestsPerSecond)} requests/s the` : 'The'
  const [earliest, latest] = timeToLimitMs
  const range =
    latest - earliest < 1000 ? formatDuration(earliest) : `${formatDuration(earliest)} to ${formatDuration(latest)}`
  return `${traffic} limit of ${formatBytes(limitBytes)} is ${range} away.`
}
