import type { Session } from 'node:inspector'

import type { AllocationSampler } from './allocation.ts'
import { startCoverage } from './coverage.ts'
import type { RanScript, SampledSite } from './probe-protocol.ts'

/** For a moment: who allocates what stays, and which functions are called? */
export class Tracing {
  readonly #session: Session | null
  readonly #sampler: AllocationSampler
  #readCoverage: (() => RanScript[]) | null = null

  constructor(session: Session | null, sampler: AllocationSampler) {
    this.#session = session
    this.#sampler = sampler
  }

  /** Why allocations are not traced, or null. */
  start(): string | null {
    const refusal = this.#sampler.trace()
    this.#readCoverage = startCoverage(this.#session)
    return refusal
  }

  stop(): { sites: SampledSite[]; ran: RanScript[] } {
    // First, since the end of the trace has all code compiled anew, which ends every counting of calls.
    const ran = this.#readCoverage?.() ?? []
    this.#readCoverage = null
    return { sites: this.#sampler.endTrace(), ran }
  }
}
