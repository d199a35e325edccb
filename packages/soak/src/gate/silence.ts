import { failureKinds } from '../traffic/failure.ts'
import type { RequestSummary } from '../traffic/ledger.ts'

/** So many failures in a row, over so many batches of load without one answer, and nobody waits for more. */
const MIN_FAILURES = 20
const MIN_LAPS = 2

type Lap = Pick<RequestSummary, 'requestCount' | 'failureCount' | 'failures'>

/** Notices when a service that answered answers nothing any more, be it that it refuses, hangs or knows nothing but errors. */
export class Silence {
  #laps: Lap[] = []

  /** Takes what became of the requests of one batch; answers what to say once it is over with it. */
  add(lap: Lap): string | null {
    // Requests that are still waited for say nothing yet.
    if (lap.requestCount === 0) return null
    if (lap.failureCount < lap.requestCount) this.#laps = []
    else this.#laps.push(lap)
    const failures: Lap['failures'] = {}
    for (const { failures: own } of this.#laps)
      for (const kind of failureKinds) if (own[kind]) failures[kind] = (failures[kind] ?? 0) + own[kind]
    const count = this.#laps.reduce((sum, { failureCount }) => sum + failureCount, 0)
    if (this.#laps.length < MIN_LAPS || count < MIN_FAILURES) return null
    return describeSilence(failures)
  }
}

/** Of requests none of which was answered well, after others were. */
export function describeSilence(failures: Lap['failures']): string {
  const kinds = Object.entries(failures)
  if (kinds.length === 0) return 'The service hangs: it has answered requests, and then none any more'
  const count = kinds.reduce((sum, [, one]) => sum + one, 0)
  const [[most]] = kinds.toSorted(([, left], [, right]) => right - left) as [[string, number]]
  return `${tell(most)}: of the last ${count} requests every one failed (${kinds.map(([kind, one]) => `${one} ${kind}`).join(', ')})`
}

function tell(kind: string): string {
  if (kind === 'refused') return 'The service refuses connections'
  if (kind === 'timed-out') return 'The service hangs, though its event loop does not'
  return 'The service answers nothing but errors'
}
