import { Reader } from '../reader.ts'
import { amount, instant, signedAmount } from './bounds.ts'
import { checkWireVersion, WIRE_VERSION } from './version.ts'

export const signalKinds = [
  'memory-growth',
  'event-loop-stall',
  'gc-thrash',
  'cgroup-pressure',
  'crash',
  'crash-loop',
  'hang',
  'action',
] as const
export type SignalKind = (typeof signalKinds)[number]

export const verdicts = ['afloat', 'growing', 'leaking', 'sinking', 'recovered'] as const
export type Verdict = (typeof verdicts)[number]

export const severities = ['info', 'warning', 'critical'] as const
export type Severity = (typeof severities)[number]

/** What grows; null unless the kind is `memory-growth`. */
export type GrowingMemory = 'heap' | 'external' | 'native' | 'handles' | 'threads'

/** What holds on, as well as it could be found out. */
export interface Culprit {
  /** Relative to the service's working directory, or `node_modules/x/lib/y.js`; source-mapped where a map exists. */
  file: string
  line: number
  column: number | null
  /** `pages`, `Registry.#listeners`, or null when only a site is known. */
  variable: string | null
  package: string | null
  /** Version of the package. */
  version: string | null
  /** 0..1 */
  confidence: number
  knownLeak: string | null
  fixedIn: string | null
  /** Share of the growth it explains, 0..1, when measured. */
  share: number | null
  entryCount: number | null
  /** The source line, when it could be read: what a person looks at first. */
  code: string | null
}

/** What was done about it, or would have been. */
export interface SignalAction {
  action: string
  /** `would` under `observe`: the ledger of what would have been done. */
  status: 'would' | 'asked' | 'started' | 'done' | 'failed' | 'refused'
  atMs: number
  sentence: string
}

/** A finding put into words for others. The same leak tomorrow and on another worker has the same `signature`. */
export interface Signal {
  version: typeof WIRE_VERSION
  service: string
  instance: string
  /** Grows by one with every signal of an instance. */
  sequence: number
  atMs: number
  sinceStartMs: number
  /** A kind this build does not know is kept and shown. */
  kind: SignalKind | (string & {})
  severity: Severity
  verdict: Verdict
  memory: GrowingMemory | null
  signature: string
  slope: { estimate: number; low: number; high: number; unit: 'bytesPerMin' | 'countPerMin' } | null
  /** Earliest and latest time to the limit; null when no limit is near or known. */
  timeToLimitMs: [number, number] | null
  /** The evidence: [atMs, floor bytes or count]. */
  series: [number, number][]
  culprit: Culprit | null
  candidates: Culprit[]
  /** The finding in one English sentence with numbers. */
  sentence: string
  actions: SignalAction[]
}

/** @throws {@link WireVersionError} on another version, `InvalidOptionError` with every fault otherwise */
export function parseSignal(message: unknown): Signal {
  checkWireVersion(message)
  const reader = new Reader(message)
  const signal = readSignal(reader)
  reader.finish('Signal')
  return signal
}

export function readSignal(reader: Reader): Signal {
  reader.object()
  return {
    version: WIRE_VERSION,
    service: reader.at('service').string({ maxLength: 200 }),
    instance: reader.at('instance').string({ maxLength: 200 }),
    sequence: reader.at('sequence').integer(amount),
    atMs: reader.at('atMs').number(instant),
    sinceStartMs: reader.at('sinceStartMs').number(amount),
    kind: reader.at('kind').string({ maxLength: 50 }),
    severity: reader.at('severity').oneOf(severities),
    verdict: reader.at('verdict').oneOf(verdicts),
    memory: reader.at('memory').orNull((memory) => memory.oneOf(['heap', 'external', 'native', 'handles', 'threads'])),
    signature: reader.at('signature').string({ maxLength: 200 }),
    slope: reader.at('slope').orNull((slope) => ({
      estimate: slope.at('estimate').number(signedAmount),
      low: slope.at('low').number(signedAmount),
      high: slope.at('high').number(signedAmount),
      unit: slope.at('unit').oneOf(['bytesPerMin', 'countPerMin']),
    })),
    timeToLimitMs: reader.at('timeToLimitMs').orNull((span) => readPair(span)),
    series: reader.at('series').list(readPair, { maxLength: 1000, isOptional: true }),
    culprit: reader.at('culprit').orNull(readCulprit),
    candidates: reader.at('candidates').list(readCulprit, { maxLength: 20, isOptional: true }),
    sentence: reader.at('sentence').string({ maxLength: 2000 }),
    actions: reader.at('actions').list(
      (action) => ({
        action: action.at('action').string({ maxLength: 100 }),
        status: action.at('status').oneOf(['would', 'asked', 'started', 'done', 'failed', 'refused']),
        atMs: action.at('atMs').number(instant),
        sentence: action.at('sentence').string({ maxLength: 2000 }),
      }),
      { maxLength: 100, isOptional: true },
    ),
  }
}

function readCulprit(reader: Reader): Culprit {
  reader.object()
  return {
    file: reader.at('file').string({ maxLength: 500 }),
    line: reader.at('line').integer(amount),
    column: reader.at('column').numberOrNull(amount),
    variable: reader.at('variable').stringOrNull({ maxLength: 300 }),
    package: reader.at('package').stringOrNull({ maxLength: 300 }),
    version: reader.at('version').stringOrNull({ maxLength: 100 }),
    confidence: reader.at('confidence').number({ min: 0, max: 1 }),
    knownLeak: reader.at('knownLeak').stringOrNull(),
    fixedIn: reader.at('fixedIn').stringOrNull({ maxLength: 100 }),
    share: reader.at('share').numberOrNull({ min: 0, max: 1 }),
    entryCount: reader.at('entryCount').numberOrNull(amount),
    code: reader.at('code').stringOrNull({ maxLength: 500 }),
  }
}

function readPair(reader: Reader): [number, number] {
  const [first = 0, second = 0] = reader.list((item) => item.number(signedAmount), { maxLength: 2 })
  return [first, second]
}
