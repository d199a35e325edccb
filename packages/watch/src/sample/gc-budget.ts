/** Wall time that provoked collections may take as a rule: 2 ms of every second. */
const STANDING_SHARE = 0.002
/** … and while there is a suspicion, for at most two minutes in ten. */
const SUSPICION_SHARE = 0.01
const SUSPICION_SPAN_MS = 120_000
const SUSPICION_REST_MS = 600_000
/** Credit is not hoarded beyond this: after an idle night a service is not stopped thirty times in a row. */
const MAX_CREDIT_MS = 200
/** What a young process starts with, so that its first floors come before its caches are warm. */
const INITIAL_CREDIT_MS = 40
/** Two floors closer together than this tell the same thing. */
const MIN_GAP_MS = 1500

/**
 * How often a full collection may be provoked: a purse that fills with time and that each collection empties by what it
 * really took. Pure: time comes in with every call.
 */
export class GcBudget {
  #creditMs = INITIAL_CREDIT_MS
  #filledAtMs: number
  #lastSpentAtMs = -Infinity
  #suspicionBeganAtMs = -Infinity
  #isSuspicious = false

  constructor(nowMs: number) {
    this.#filledAtMs = nowMs
  }

  /** A new suspicion is granted its own budget only when the last one is long over. */
  setSuspicion(isSuspicious: boolean, nowMs: number): void {
    this.#fill(nowMs)
    if (isSuspicious && nowMs - this.#suspicionBeganAtMs > SUSPICION_REST_MS) this.#suspicionBeganAtMs = nowMs
    this.#isSuspicious = isSuspicious
  }

  allows(predictedPauseMs: number, nowMs: number): boolean {
    this.#fill(nowMs)
    return this.#creditMs >= predictedPauseMs && nowMs - this.#lastSpentAtMs >= MIN_GAP_MS
  }

  spend(pauseMs: number, nowMs: number): void {
    this.#fill(nowMs)
    this.#creditMs -= pauseMs
    this.#lastSpentAtMs = nowMs
  }

  #fill(nowMs: number): void {
    const spanMs = Math.max(0, nowMs - this.#filledAtMs)
    const isGenerous = this.#isSuspicious && nowMs - this.#suspicionBeganAtMs <= SUSPICION_SPAN_MS
    this.#creditMs = Math.min(MAX_CREDIT_MS, this.#creditMs + spanMs * (isGenerous ? SUSPICION_SHARE : STANDING_SHARE))
    this.#filledAtMs = nowMs
  }
}
