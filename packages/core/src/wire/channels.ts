// A subpath of its own: the watch listens from a process's first moment, and needs none of the rest of the wire by then.

/** Names on `node:diagnostics_channel`; the message is a `CacheHandle`. */
export const cacheOpenedChannel = 'plimsoll:cache:opened'
export const cacheClosedChannel = 'plimsoll:cache:closed'

/**
 * Name on `node:diagnostics_channel` on which a database client may tell of each query; the message is a `SqlQuery`.
 * Waiting for a connection and running are told apart, because a slow service waits and a slow database runs.
 */
export const sqlQueryChannel = 'plimsoll:sql:query'
