import type { Facts } from '../gate/facts.ts'
import { paceRequests, requestsAtWorst } from '../gate/pace.ts'
import type { RequestSummary } from '../traffic/ledger.ts'

/** Floors from the first one to a verdict of LEAK: a look at 12 and a confirmation. */
const FLOORS_TO_VERDICT = 24

/** Of a second, how long requests may be under way in all, one after another, for it to be idle. */
const IDLE_SHARE = 0.2
/** Of a tenth of the answers that take longer the service is not idle, however quick the others are. */
const MAX_IDLE_LATENCY_MS = 500

type Lap = Pick<RequestSummary, 'requestCount' | 'failureCount' | 'latencyMsP50' | 'latencyMsP90'>

/** Keeps a service that fills its heap fast alive until there is a verdict, by asking it less. */
export class Pacing {
  readonly #facts: Facts
  /** Requests and heap, from before any load on. */
  readonly #course: [number, number][] = []
  #hasSlowed = false
  #maxRatePerSec: number | null = null

  constructor(facts: Facts) {
    this.#facts = facts
  }

  /** After so many requests the heap held so much. */
  note(requestCount: number, heapBytes: number): void {
    this.#course.push([requestCount, heapBytes])
  }

  requestsToNextFloor(): number {
    const { heapLimitBytes, config, floors } = this.#facts
    if (heapLimitBytes === null || config.forMs !== null) return Infinity
    return paceRequests({ floors: this.#course, heapLimitBytes, floorsLeft: FLOORS_TO_VERDICT - floors.length })
  }

  /** So many can be sent if all that the heap grew by since the last reading stays: what warming up costs is taken for a leak. */
  requestsAtWorst(): number {
    const { heapLimitBytes } = this.#facts
    return heapLimitBytes === null ? Infinity : requestsAtWorst(this.#course, heapLimitBytes)
  }

  /** Whether the heap lasts for so many at once: for no more than it has lived through, and not if what each of the last left ends it. */
  hasRoomFor(requests: number): boolean {
    const [livedThrough] = this.#course.at(-1) ?? [0]
    return this.#facts.heapLimitBytes === null || requests <= Math.min(livedThrough, this.requestsAtWorst())
  }

  /** Requests a second for so long, so that the heap lasts. */
  rate(forMs: number): number {
    const { ratePerSec, notes, floors } = this.#facts
    const paced = (this.requestsToNextFloor() / forMs) * 1000
    if (paced >= ratePerSec) return ratePerSec
    if (floors.length > 0 && !this.#hasSlowed) {
      this.#hasSlowed = true
      notes.push('the heap fills so fast that less was asked of it than it can do, to keep it alive until the verdict')
    }
    return paced
  }

  /** The rate is that of the very first answers, which are slow where much is made at first use: it may rise up to this. */
  beginLow(maxRatePerSec: number): void {
    this.#maxRatePerSec = maxRatePerSec
  }

  /** After a batch of so long: doubles a rate that began low, where the service answers everything, idles, and its heap lasts. */
  askMore({ requestCount, failureCount, latencyMsP50, latencyMsP90 }: Lap, batchMs: number): void {
    const facts = this.#facts
    const more = Math.min(this.#maxRatePerSec ?? 0, 2 * facts.ratePerSec)
    // Of nothing that was answered the latency is nil.
    const isAnswering = requestCount > 0 && failureCount === 0 && latencyMsP90 < MAX_IDLE_LATENCY_MS
    const isIdle = isAnswering && (facts.ratePerSec * latencyMsP50) / 1000 < IDLE_SHARE
    if (isIdle && more > facts.ratePerSec && this.requestsToNextFloor() >= (more * batchMs) / 1000)
      facts.ratePerSec = more
  }
}
