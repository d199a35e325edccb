import type { Clock } from '@plimsoll/core'

interface Bucket {
  tokens: number
  atMs: number
}

/** Lets so many through at once and so many a second, each key by itself. Bounded: the key longest unheard of is forgotten. */
export class Limiter {
  readonly #clock: Clock
  readonly #options: { burst: number; perSec: number; maxKeys: number }
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock, options: { burst: number; perSec: number; maxKeys: number }) {
    this.#clock = clock
    this.#options = options
  }

  /** How long to wait, in ms; 0 when it may pass, which is then counted. */
  take(key: string): number {
    const { burst, perSec, maxKeys } = this.#options
    const nowMs = this.#clock.nowMs()
    const known = this.#buckets.get(key)
    const tokens = known ? Math.min(burst, known.tokens + (Math.max(0, nowMs - known.atMs) / 1000) * perSec) : burst
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: tokens < 1 ? tokens : tokens - 1, atMs: nowMs })
    if (this.#buckets.size > maxKeys) this.#buckets.delete(this.#buckets.keys().next().value!)
    return tokens < 1 ? Math.ceil(((1 - tokens) / perSec) * 1000) : 0
  }

  /** What was counted against a key is forgiven. */
  forgive(key: string): void {
    this.#buckets.delete(key)
  }
}
