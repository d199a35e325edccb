import { SECOND_MS, type Clock } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { openTestDatabase } from '@plimsoll/postgres/testing'
import { expect, test } from 'vitest'
import { DatabaseProbe } from './database-probe.ts'

/** Each look at it takes so long. */
class SlowClock extends ManualClock implements Clock {
  tookMs = 0

  override monotonicMs(): number {
    this.advance(this.tookMs)
    return super.monotonicMs()
  }
}

test.each([
  { machine: 'that is idle', loadPerCpu: 0.1, waitedNs: 0, isStarved: false },
  { machine: 'with a queue for each processor', loadPerCpu: 4, waitedNs: 0, isStarved: true },
  { machine: 'that lets this very process wait', loadPerCpu: 0.1, waitedNs: 4e8, isStarved: true },
])(
  'a slow answer is told with how it stands with the machine $machine',
  async ({ loadPerCpu, waitedNs, isStarved }) => {
    const database = await openTestDatabase()
    const clock = new SlowClock()
    let turns = 0
    const readCpuTurns = () => `${1e8 * ++turns} ${waitedNs * turns} ${3 * turns}`
    const probe = new DatabaseProbe(database.url(), clock, { loadPerCpu: () => loadPerCpu, readCpuTurns })
    try {
      await probe.ask(false)
      expect(probe.facts).toMatchObject({ slowCount: 0, error: null })
      clock.advance(10 * SECOND_MS)
      clock.tookMs = 300
      await probe.ask(false)
      expect(probe.facts).toMatchObject({ slowCount: 1, roundTripMs: 300, isStarved })
    } finally {
      await probe.stop()
      await database.stop()
    }
  },
)
