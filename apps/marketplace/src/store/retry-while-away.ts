import { delay, type Clock } from '@plimsoll/core'
import { isDatabaseAway } from '@plimsoll/postgres'

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
