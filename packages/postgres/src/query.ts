import { channel } from 'node:diagnostics_channel'
import type { Clock } from '@plimsoll/core'
import { sqlQueryChannel, type SqlQuery } from '@plimsoll/core/wire'

/** What we touch of a query of postgres.js 3.4.9. The version is pinned, and the tests of the pool hold it to these. */
export interface Query {
  /** Called once, when somebody awaits the query. */
  handler: (query: Query) => unknown
  /** Set to true when its connection begins to work on it, and to false when it is settled, in every case. */
  active: boolean
  /** How it would be cancelled: over a connection of its own, which fits no pipeline. We take it away. */
  canceller: unknown
  cursorFn?: unknown
  streaming?: boolean
  reject: (error: unknown) => void
  [jobOf]?: Job | undefined
  [isActive]?: boolean
}

/** A query on its way through a connection. */
export interface Job {
  query: Query
  askedMs: number
  clock: Clock
  onFailure: (error: unknown) => void
  onSettled: (job: Job) => void
  turnMs?: number
  hasFailed?: boolean
}

const jobOf = Symbol('job')
const isActive = Symbol('active')
const queries = channel(sqlQueryChannel)

/**
 * Lets a job hear when its query's turn comes and when it is settled, and tells how long it waited and ran. postgres.js has no
 * hook for either, but sets `active` each time, also where a cursor has replaced `resolve` and `reject`.
 */
export function attachJob(job: Job): void {
  const { query } = job
  const { reject } = query
  query[jobOf] = job
  query.reject = (error) => {
    job.hasFailed = true
    job.onFailure(error)
    reject(error)
  }
}

/** Makes `active` of all queries of the library tell their jobs. Queries without a job behave as ever. */
export function watchQueries(sample: object): void {
  const prototype = Object.getPrototypeOf(sample) as object
  if (Object.hasOwn(prototype, 'active')) return
  Object.defineProperty(prototype, 'active', {
    configurable: true,
    get(this: Query) {
      return this[isActive] ?? false
    },
    set(this: Query, next: boolean) {
      this[isActive] = next
      const job = this[jobOf]
      if (!job) return
      if (next) job.turnMs ??= job.clock.monotonicMs()
      else settle(job)
    },
  })
}

function settle(job: Job): void {
  job.query[jobOf] = undefined
  // A cursor takes as long as its reader: that says nothing about the database.
  if (!job.query.cursorFn) tellQuery(job)
  job.onSettled(job)
}

/** Tells `sqlQueryChannel` of a query that is over now; with no listener it costs a comparison. */
export function tellQuery(job: Pick<Job, 'askedMs' | 'turnMs' | 'clock' | 'hasFailed'>): void {
  if (!queries.hasSubscribers) return
  const endMs = job.clock.monotonicMs()
  const turnMs = job.turnMs ?? endMs
  const message: SqlQuery = { waitMs: turnMs - job.askedMs, runMs: endMs - turnMs, hasFailed: job.hasFailed ?? false }
  queries.publish(message)
}
