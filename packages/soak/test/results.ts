import type { SoakResult } from '../src/result.ts'

// Results of every kind, with everything in them that is hard to write into a report.
const change = { base: 10, here: 13, estimate: 0.3, low: 0.2, high: 0.4, confidence: 0.998 }
export const slower: SoakResult['comparison'] = {
  base: 'main',
  commit: '0123456789',
  verdict: 'slower',
  p50: change,
  p99: null,
  cpu: { ...change, low: null, high: null },
  pairCount: 12,
  starvedPairCount: 12,
  culprits: [
    {
      file: 'src/render.js',
      line: 3,
      functionName: 'render',
      code: 'clone(state)',
      kind: 'cpu',
      baseMs: 1,
      hereMs: 4,
      share: 0.97,
      why: 'spends it in clone',
    },
  ],
}
export const leak: SoakResult = {
  version: 1,
  verdict: 'leak',
  sentence: 'every request leaves 224 B behind',
  invalidBecause: [],
  retainedBytesPerRequest: { estimate: 224, low: 64, high: 384, confidence: 0.99 },
  byRoute: [],
  external: { estimate: 0, low: 0, high: 0, confidence: 0.99, verdict: 'pass' },
  rss: { estimate: 0, low: null, high: null, confidence: 0.99, verdict: 'pass', grownBytes: 0 },
  culprits: [
    {
      file: 'src/a <b> & "c".js',
      line: 8,
      variable: 'seen',
      share: 0.91,
      code: 'seen.set(`<script>`, "x") | y',
      package: null,
      caller: null,
      entryCount: 38_644,
      why: 'lets nothing go',
    },
  ],
  latencyMs: { p50: 1, p90: 2, p99: 3, max: 4, isTrustworthy: true },
  errors: { count: 0, share: 0, kinds: {} },
  timeToLimitMs: { estimate: 1000, low: 900, high: 1100 },
  gates: [
    { name: 'retained', verdict: 'fail', sentence: 'heap rises <fast>\u0007 & far', limit: '16 B/request' },
    { name: 'errors', verdict: 'pass', sentence: 'no request failed', limit: '0.1 %' },
    { name: 'external', verdict: 'not-sure', sentence: 'is not decided', limit: null },
  ],
  comparison: null,
  knee: null,
  notes: ['a note'],
  ratePerSec: 800,
  requestCount: 35_644,
  elapsedMs: 44_000,
  floors: Array.from({ length: 2000 }, (_, index) => ({
    requestCount: index * 100,
    atMs: index * 100,
    heapBytes: 8e6 + index * 1000,
    externalBytes: 2e6,
    nativeBytes: 5e7,
    rssBytes: 9e7,
    descriptorCount: 30,
  })),
  command: 'node server.js',
  nodeVersion: 'v20.20.2',
  heapLimitBytes: 4e9,
}

const step = { answeredPerSec: 600, p50: 12, p99: 40, failureShare: 0, isStarved: false }
export const knee: NonNullable<SoakResult['knee']> = {
  lowPerSec: 640,
  highPerSec: 700,
  why: 'found',
  steps: [
    { ...step, ratePerSec: 640 },
    { ...step, ratePerSec: 700, p50: 31 },
  ],
  limitedBy: 'event-loop',
  busyShare: 0.97,
  culprits: [],
}

export const invalid: SoakResult = { ...leak, verdict: 'invalid', gates: [], invalidBecause: ['it hangs'] }

const slowdown = { name: 'slowdown', verdict: 'fail', sentence: 'slower than main', limit: '+10 %' } as const
export const allResults: [{ name: string; result: SoakResult }, ...{ name: string; result: SoakResult }[]] = [
  { name: 'a leak', result: leak },
  {
    name: 'a leak of which nothing is known',
    result: { ...leak, culprits: [], nodeVersion: null, timeToLimitMs: null },
  },
  { name: 'a clean service', result: { ...leak, verdict: 'clean', culprits: [], gates: leak.gates.slice(1, 2) } },
  { name: 'an undecided one', result: { ...leak, verdict: 'not-sure', gates: leak.gates.slice(1) } },
  { name: 'a slowdown', result: { ...leak, verdict: 'clean', gates: [slowdown], comparison: slower } },
  { name: 'a knee', result: { ...leak, knee } },
  { name: 'no verdict', result: invalid },
]
