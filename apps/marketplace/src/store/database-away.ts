import { delay, type Clock } from '@plimsoll/core'

/** What postgres.js and PostgreSQL say when the server is gone, going or coming back. */
const awayCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
])

export function isDatabaseAway(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && (awayCodes.has(code) || code.startsWith('08'))
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
