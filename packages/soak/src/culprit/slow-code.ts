import type { CpuSite, Frame, WaitSite } from '../probe/probe-protocol.ts'
import type { Position, Sources } from './sources.ts'

/** What one build did while it was watched. */
export interface Watched {
  cpu: readonly CpuSite[]
  cpuRequestCount: number
  waits: readonly WaitSite[]
  waitRequestCount: number
  /** Of the time its CPU was watched, what the event loop was at work, 0..1. */
  busyShare: number
  sources: Sources
}

/** A place that takes longer than it did. */
export interface SlowCulprit {
  file: string
  line: number
  functionName: string | null
  /** The line's text. */
  code: string | null
  /** `cpu` computes, `gc` makes garbage, `wait` waits for something else. */
  kind: 'cpu' | 'gc' | 'wait'
  /** What it takes of each request, in ms. */
  baseMs: number
  hereMs: number
  /** Part of all that was added, 0..1. */
  share: number
  /** `computes`, `is spent in stringify`, `waits 20 times as often`. */
  why: string
}

const MAX_CULPRITS = 3
/** Less of all that was added is not told. */
const MIN_SHARE = 0.1
/** Of the longest wait, what a wait within it must have to be what is waited for. */
const INNER_SHARE = 0.6
/** The event loop is at work for so much more of all time: then that is why requests wait. */
const BUSIER_SHARE = 0.15
const collector = '(garbage collector)'

/**
 * Which places of the service's own code take longer a request than they did in the base. Functions are matched by file and name, those
 * without a name and lines by their text, so that lines that only moved are the same.
 *
 * Time on the CPU counts first when there is more of it, or when the event loop has less time left by it: whoever waits behind someone who
 * computes waits as well, and longer than that one computes.
 */
export function findSlowCode(base: Watched, here: Watched): SlowCulprit[] {
  const cpu = compareCpu(base, here)
  const waits = compareWaits(base, here)
  const sum = (list: readonly SlowCulprit[]) => list.reduce((total, { baseMs, hereMs }) => total + hereMs - baseMs, 0)
  const longestWaitMs = waits[0] ? waits[0].hereMs - waits[0].baseMs : 0
  const isBusier = cpu.length > 0 && here.busyShare - base.busyShare >= BUSIER_SHARE
  const [first, second] = isBusier || sum(cpu) >= longestWaitMs / 2 ? [cpu, []] : [waits, cpu]
  const totalMs = sum(first) + sum(second)
  return [...first, ...second]
    .map((culprit) => ({ ...culprit, share: round((culprit.hereMs - culprit.baseMs) / totalMs) }))
    .filter(({ share }) => share >= MIN_SHARE)
    .slice(0, MAX_CULPRITS)
}

interface Place {
  frame: Frame
  position: Position
  ms: number
  /** By the text of the line that ran. */
  lines: Map<string, { ms: number; line: number }>
  callees: Map<string, number>
}

function compareCpu(base: Watched, here: Watched): SlowCulprit[] {
  const then = gatherPlaces(base)
  const now = gatherPlaces(here)
  const culprits: SlowCulprit[] = []
  for (const [key, place] of now) {
    const earlier = then.get(key)
    const baseMs = earlier?.ms ?? 0
    if (place.ms <= baseMs) continue
    const lines = [...place.lines].map(([text, { ms, line }]) => ({
      line,
      ms: ms - (earlier?.lines.get(text)?.ms ?? 0),
    }))
    const callees = [...place.callees].map(([name, ms]) => ({ name, ms: ms - (earlier?.callees.get(name) ?? 0) }))
    const line = largest(lines)
    const callee = largest(callees)
    const isBelow = callee !== null && callee.ms > (line?.ms ?? 0)
    const garbage = callees.find(({ name }) => name === collector)?.ms ?? 0
    const kind = garbage > (place.ms - baseMs) / 2 ? 'gc' : 'cpu'
    const at = (isBelow ? findCall(place, callee.name, here.sources) : null) ?? line?.line ?? place.frame.line
    const position = here.sources.locate(place.frame.script, at, 1) ?? place.position
    culprits.push({
      file: position.file,
      line: position.line,
      code: position.code,
      functionName: place.frame.functionName || null,
      kind,
      baseMs,
      hereMs: place.ms,
      share: 0,
      why:
        kind === 'gc' ? 'makes garbage that has to be collected' : isBelow ? `spends it in ${callee.name}` : 'computes',
    })
  }
  return culprits.sort(byAdded)
}

function gatherPlaces({ cpu, cpuRequestCount, sources }: Watched): Map<string, Place> {
  const places = new Map<string, Place>()
  for (const { own, ranLine, callee, selfMs } of cpu) {
    if (!own) continue
    const position = sources.locate(own.script, own.line, own.column)
    if (!position) continue
    const key = `${position.file} ${own.functionName || (position.code ?? own.line)}`
    const ms = selfMs / Math.max(1, cpuRequestCount)
    let place = places.get(key)
    if (!place) places.set(key, (place = { frame: own, position, ms: 0, lines: new Map(), callees: new Map() }))
    place.ms += ms
    if (callee !== null) place.callees.set(callee, (place.callees.get(callee) ?? 0) + ms)
    else if (ranLine !== null) {
      const text = sources.locate(own.script, ranLine, 1)?.code ?? String(ranLine)
      const known = place.lines.get(text)
      place.lines.set(text, { line: ranLine, ms: (known?.ms ?? 0) + ms })
    }
  }
  return places
}

/** The line of a function that calls something by name; null when the text does not tell. */
function findCall({ frame }: Place, callee: string, sources: Sources): number | null {
  const name = /([\w$]+)$/.exec(callee)?.[1]
  const text = sources.read(frame.script)
  if (name === undefined || text === null) return null
  const call = new RegExp(String.raw`(?<![\w$])${name.replaceAll('$', String.raw`\$`)}\s*\(`)
  const lines = text.split('\n')
  const found = lines.slice(frame.line - 1, frame.line + 199).findIndex((line) => call.test(line))
  return found < 0 ? null : frame.line + found
}

function compareWaits(base: Watched, here: Watched): SlowCulprit[] {
  const then = gatherWaits(base)
  const grown = [...gatherWaits(here)].flatMap(([key, wait]) => {
    const earlier = then.get(key) ?? { ms: 0, count: 0 }
    return wait.ms > earlier.ms
      ? [{ ...wait, baseMs: earlier.ms, baseCount: earlier.count, addedMs: wait.ms - earlier.ms }]
      : []
  })
  const longestMs = Math.max(0, ...grown.map(({ addedMs }) => addedMs))
  // Whoever waits for someone who waits has waited as long: the one with the most callers above is what they all wait for.
  const inner = grown.filter(({ addedMs }) => addedMs >= INNER_SHARE * longestMs)
  inner.sort((left, right) => right.depth - left.depth || right.addedMs - left.addedMs)
  const [first] = inner
  if (!first) return []
  const isMore = first.count > 1.5 * first.baseCount && first.baseCount > 0
  return [
    {
      file: first.position.file,
      line: first.position.line,
      code: first.position.code,
      functionName: first.functionName || null,
      kind: 'wait',
      baseMs: first.baseMs,
      hereMs: first.ms,
      share: 0,
      why: isMore
        ? `waits ${round(first.count / first.baseCount)} times as often`
        : first.baseCount > 0
          ? 'waits longer'
          : 'waits, and did not',
    },
  ]
}

interface Wait {
  position: Position
  functionName: string
  depth: number
  ms: number
  count: number
}

function gatherWaits({ waits, waitRequestCount, sources }: Watched): Map<string, Wait> {
  const found = new Map<string, Wait>()
  for (const { stack, type, waitMs, count } of waits) {
    const [frame] = stack
    const position = frame && sources.locate(frame.script, frame.line, frame.column)
    if (!position) continue
    const key = `${type} ${position.file} ${frame.functionName} ${position.code ?? position.line}`
    const known = found.get(key)
    const ms = waitMs / Math.max(1, waitRequestCount)
    const perRequest = count / Math.max(1, waitRequestCount)
    found.set(key, {
      position,
      functionName: frame.functionName,
      depth: Math.max(known?.depth ?? 0, stack.length),
      ms: (known?.ms ?? 0) + ms,
      count: (known?.count ?? 0) + perRequest,
    })
  }
  return found
}

function largest<T extends { ms: number }>(list: readonly T[]): T | null {
  return list.reduce<T | null>((most, one) => (one.ms > (most?.ms ?? 0) ? one : most), null)
}

function byAdded(left: SlowCulprit, right: SlowCulprit): number {
  return right.hereMs - right.baseMs - (left.hereMs - left.baseMs)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
