import type { Labels } from './matcher.ts'

const OFFSET = 14_695_981_039_346_656_037n
const PRIME = 1_099_511_628_211n
const MASK = (1n << 64n) - 1n
const encoder = new TextEncoder()

/** What makes two alerts the same, as Prometheus and Alertmanager have it: FNV-1a, 64 bits, over sorted names and values. */
export function fingerprintOf(labels: Labels): string {
  let sum = OFFSET
  for (const name of Object.keys(labels).sort(byBytes)) {
    for (const text of [name, labels[name]!]) {
      for (const byte of encoder.encode(text)) sum = ((sum ^ BigInt(byte)) * PRIME) & MASK
      sum = ((sum ^ 255n) * PRIME) & MASK
    }
  }
  return sum.toString(16).padStart(16, '0')
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(encoder.encode(one), encoder.encode(other))
}

/** Said by others, and over when they say so; rules of ours have states of their own. */
export function isForeign(fingerprint: string): boolean {
  return fingerprint.startsWith('alert/') || fingerprint.startsWith('heartbeat/')
}
