/** Latency counts as bad above this, and above four times what is usual here. */
const BAD_LATENCY_MS = 400
const BAD_FACTOR = 4
/** How fast what is usual follows good readings, and how much slower bad ones. */
const FOLLOW_GOOD = 1 / 20
const FOLLOW_BAD = 1 / 60

/**
 * Do people wait longer than they are used to? What is usual follows bad readings as well, but slowly: an outage stays bad for half a
 * minute, and a service that always takes a second for its answers is not taken for one in an outage for ever.
 */
export class UsualLatency {
  #usualMs = 0

  /** Takes the p99 of one reading; answers whether it is bad. */
  isBad(p99Ms: number): boolean {
    const isBad = p99Ms > Math.max(BAD_LATENCY_MS, BAD_FACTOR * this.#usualMs)
    const share = isBad ? FOLLOW_BAD : this.#usualMs === 0 ? 1 : FOLLOW_GOOD
    this.#usualMs += share * (p99Ms - this.#usualMs)
    return isBad
  }
}
