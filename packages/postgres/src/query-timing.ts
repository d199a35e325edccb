import { channel } from 'node:diagnostics_channel'
import { sqlQueryChannel, type SqlQuery } from '@plimsoll/core/wire'
import type { Sql } from 'postgres'

/** What we touch of a query of postgres.js 3.4.9 (pinned; the tests beside this file hold it to these). */
interface RunningQuery {
  executed: boolean
  active: boolean
  cursorFn?: unknown
  streaming?: boolean
  resolve(value: unknown): void
  reject(error: unknown): void
}
interface QueryPrototype {
  handle(this: RunningQuery): unknown
}

const queries = channel(sqlQueryChannel)
const timed = new WeakSet<object>()

/**
 * Tells `sqlQueryChannel` of every query of this client library: `waitMs` until it is the one its connection works on (waiting
 * for a free connection, for a new one to open, or behind others on the same one), `runMs` from then to its last byte.
 * `begin` and `commit` are queries too. Cursors and COPY streams are left out: they take as long as their reader.
 *
 * postgres.js has no hook for this, but each query learns through its own property `active` when its turn comes. We lay an
 * accessor over it for the queries that start while somebody listens; with no listener the price is one comparison.
 */
export function timeQueries(sql: Sql): void {
  const prototype = Object.getPrototypeOf(sql`select 1`) as QueryPrototype
  if (timed.has(prototype)) return
  timed.add(prototype)
  const handle = prototype.handle
  prototype.handle = function (this: RunningQuery) {
    if (queries.hasSubscribers && !this.executed) timeQuery(this)
    return handle.call(this)
  }
}

function timeQuery(query: RunningQuery): void {
  const askedMs = performance.now()
  let turnMs: number | null = null
  let isActive = query.active
  Object.defineProperty(query, 'active', {
    configurable: true,
    enumerable: true,
    get: () => isActive,
    set(next: boolean) {
      if (next) turnMs ??= performance.now()
      isActive = next
    },
  })
  const { resolve, reject } = query
  const tell = (hasFailed: boolean) => {
    if (query.cursorFn || query.streaming) return
    const endMs = performance.now()
    const message: SqlQuery = { waitMs: (turnMs ?? endMs) - askedMs, runMs: endMs - (turnMs ?? endMs), hasFailed }
    queries.publish(message)
  }
  query.resolve = (value) => {
    tell(false)
    resolve(value)
  }
  query.reject = (error) => {
    tell(true)
    reject(error)
  }
}
