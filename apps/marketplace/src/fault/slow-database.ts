import { delay, messageOf, type Clock } from '@plimsoll/core'
import { connect } from '@plimsoll/postgres'
import type { Log } from '../log.ts'

/** Of each period the catalogue is locked for so long: a statement that touches it waits 400 ms on average, inside the database. */
const PERIOD_MS = 1000
const LOCKED_MS = 900

/**
 * A maintenance job of the careless kind: again and again it locks the whole catalogue against everybody. Nothing is wrong
 * with the service or its machine; the database lets it wait. The lock goes with its connection, so the fault reverts by
 * itself even when this process is killed.
 */
export function startSlowDatabase(options: { databaseUrl: string; clock: Clock; log: Log }): { stop(): Promise<void> } {
  const { databaseUrl, clock, log } = options
  const sql = connect(databaseUrl, { max: 1, applicationName: 'nightly-maintenance' })
  let isStopping = false
  const running = repeat()
  return {
    async stop() {
      isStopping = true
      await running
      await sql.end({ timeout: 1 })
    },
  }

  async function repeat(): Promise<void> {
    while (!isStopping) {
      try {
        await sql.begin(async (tx) => {
          await tx`lock table listings in access exclusive mode`
          await tx`select pg_sleep(${LOCKED_MS / 1000})`
        })
      } catch (error) {
        log.warn('maintenance job failed', { why: messageOf(error) })
      }
      await delay(clock, PERIOD_MS - LOCKED_MS)
    }
  }
}
