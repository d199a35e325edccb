import diagnostics from 'node:diagnostics_channel'
import type { Sample, SqlQuery } from '@plimsoll/core/wire'
import { sqlQueryChannel } from '@plimsoll/core/wire/channels'
import type { Guard } from '../../guard.ts'
import { LatencyHistogram } from '../latency-histogram.ts'

/** Queries that a database client tells of: waiting for a connection apart from running. */
export class SqlSource {
  readonly #waits = new LatencyHistogram()
  readonly #runs = new LatencyHistogram()
  readonly #subscriber: (message: unknown) => void
  #errorCount = 0
  #hasAny = false

  constructor(guard: Guard) {
    this.#subscriber = guard('sql query', (message: unknown) => {
      const { waitMs, runMs, hasFailed } = message as SqlQuery
      if (!Number.isFinite(waitMs) || !Number.isFinite(runMs)) return
      this.#hasAny = true
      this.#waits.record(waitMs)
      this.#runs.record(runMs)
      if (hasFailed) this.#errorCount++
    })
    diagnostics.subscribe(sqlQueryChannel, this.#subscriber)
  }

  read(): Sample['sql'] {
    if (!this.#hasAny) return null
    const reading = {
      queryCount: this.#runs.count,
      errorCount: this.#errorCount,
      waitMsP99: this.#waits.quantileMs(0.99),
      runMsP50: this.#runs.quantileMs(0.5),
      runMsP99: this.#runs.quantileMs(0.99),
    }
    this.#waits.reset()
    this.#runs.reset()
    this.#errorCount = 0
    return reading
  }

  stop(): void {
    diagnostics.unsubscribe(sqlQueryChannel, this.#subscriber)
  }
}
