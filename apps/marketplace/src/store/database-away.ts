import { delay, type Clock } from '@plimsoll/core'

/** What the system and PostgreSQL say when the server is gone, going or coming back; 08006 is a connection that broke. */
const awayCodes = new Set([
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  '08006',
  '57P01',
  '57P02',
  '57P03',
])

export function isDatabaseAway(error: unknown): boolean {
  return awayCodes.has(String((error as { code?: unknown } | null)?.code))
}

/** Every connection is in use and the queue for one is full (53300): the database is there, but not for this request. */
export function isDatabaseBusy(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '53300'
}

/**
 * Does it again while the database is away, every 100 ms, for at most `maxMs`. Only for what may be done twice: a statement
 * whose answer was lost may have been committed.
 */
export async function retryWhileAway<T>(act: () => Promise<T>, options: { clock: Clock; maxMs: number }): Promise<T> {
  const untilMs = options.clock.monotonicMs() + options.maxMs
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!isDatabaseAway(error) || options.clock.monotonicMs() >= untilMs) throw error
      await delay(options.clock, 100)
    }
  }
}
