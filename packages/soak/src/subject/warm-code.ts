import type { Facts } from '../gate/facts.ts'
import type { RequestSummary } from '../traffic/ledger.ts'
import type { Lifeline } from './lifeline.ts'
import type { Probe } from './probe-desk.ts'

type Lap = Pick<RequestSummary, 'failureCount' | 'latencyMsP90'>

/** So many times slower than when it was warm, and slower than this at all: then it is missed that V8 optimizes. */
const SLOWER_TIMES = 4
const MIN_SLOW_MS = 100

/** Keeps V8 from optimizing more code once a service is warm: floors of what does not leak then lie within a few KB of each other. */
export class WarmCode {
  readonly #facts: Facts
  readonly #lifeline: Lifeline
  /** The last batch before; null while V8 does as it likes. */
  #warm: Lap | null = null

  constructor(facts: Facts, lifeline: Lifeline) {
    this.#facts = facts
    this.#lifeline = lifeline
  }

  async keep(probes: readonly Probe[]): Promise<void> {
    const { config, lastPause } = this.#facts
    // Who has a limit for its latency, or is soaked for hours, wants to see how it lives.
    if (config.gates.p99Ms !== null || config.forMs !== null || !lastPause) return
    this.#warm = lastPause.lap
    await this.#set(probes, false)
  }

  /** After a batch: what V8 made in vain (a function is given what it never saw before) is not made anew, and may be needed. */
  async check(probes: readonly Probe[]): Promise<void> {
    const warm = this.#warm
    const lap = this.#facts.lastPause?.lap
    if (!warm || !lap) return
    const isSlow = lap.latencyMsP90 > Math.max(MIN_SLOW_MS, SLOWER_TIMES * warm.latencyMsP90)
    const fails = lap.failureCount > 0 && warm.failureCount === 0
    if (!isSlow && !fails) return
    await this.release(probes)
    const how = isSlow ? 'answered slowly' : 'failed requests'
    this.#facts.notes.push(`V8 was let optimize its code again, which moves the floors: without that it ${how}`)
  }

  async release(probes: readonly Probe[]): Promise<void> {
    if (!this.#warm) return
    this.#warm = null
    await this.#set(probes, true)
  }

  async #set(probes: readonly Probe[], isOn: boolean): Promise<void> {
    for (const probe of probes) await this.#lifeline.ask(probe, 'setOptimizing', { isOn })
  }
}
