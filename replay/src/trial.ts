import { MINUTE_MS, SECOND_MS, type Clock } from '@plimsoll/core'
import type { ShopPart } from '@plimsoll/demo'
import type { TrafficProcess } from '@plimsoll/soak/traffic'
import type { Lookout, LookoutSettings } from './lookout.ts'
import type { PlantedName } from './planted.ts'
import { isOneIncident, tellIncident, type Judged } from './promises.ts'
import type { ArmRecord } from './record.ts'
import { fullScenario, type Scenario } from './scenario.ts'

/** What a trouble may reach. */
export interface ShopInTrouble {
  shop: ShopPart
  traffic: TrafficProcess
  scenario: Scenario
  /** The shop ends it by itself after so long. */
  forMs: number
}

/** What happens beside the shoppers while the trouble lasts. Ends when it is over, or when it did what it is for. */
export type Meanwhile = (place: {
  lookout: Lookout
  clock: Clock
  faultAtMs: number
  isOver: () => boolean
}) => Promise<void>

/** What befalls the shop at the instant of the fault. */
export type Trouble = (place: ShopInTrouble) => Promise<void>

/** A copy of the shop with a change in its code. */
export interface AlteredShop {
  main: string
  remove(): void
}

/** One shop with Plimsoll and one trouble: a leak under other circumstances, or none, and then an innocent must be acquitted. */
export interface Trial {
  name: string
  title: string
  /** Which leak it is; without one it is none. */
  leak?: PlantedName
  begin: Trouble
  /** Makes another shop of this one, and answers where its program is and how to remove it. */
  alter?: (root: string) => AlteredShop
  /** The cache's owner added one line that registers a clear handle. */
  isRegistered?: boolean
  meanwhile?: Meanwhile
  /** What the console is told otherwise. */
  settings?: LookoutSettings
  /** What is otherwise in the shop and its visitors. */
  scenario?: Partial<Scenario>
  /** How long the trouble lasts, and how long is looked at the shop from its beginning. */
  troubleMs: number
  watchedMs: number
  /** Traffic before it. */
  warmUpMs: number
  judge(record: ArmRecord): Judged[]
}

export const innocentTrials: readonly Trial[] = [
  {
    name: 'cured',
    title: 'No fault: the cured cache fills from empty under the shoppers of the replay',
    async begin() {},
    troubleMs: 0,
    watchedMs: 10 * MINUTE_MS,
    warmUpMs: SECOND_MS,
    judge: (record) => [
      {
        promise: 'No incident is opened',
        ...listed(incidentsOf(record).map(tellIncident)),
        holds: incidentsOf(record).length === 0,
      },
      nobodyFails(record),
    ],
  },
  {
    name: 'slow-database',
    title: 'The database is slow',
    begin: async ({ shop, forMs }) => void (await shop.control.switchOn('slow-database', forMs)),
    troubleMs: 90 * SECOND_MS,
    watchedMs: 120 * SECOND_MS,
    warmUpMs: fullScenario.warmUpMs,
    judge: (record) => [isOne(record), concludes(record, 'database'), ...nothingTouched(record)],
  },
  {
    name: 'traffic-x5',
    title: 'Five times the shoppers, all of them honest',
    async begin({ traffic, scenario }) {
      traffic.setRate(5 * scenario.sessionsPerSec)
    },
    troubleMs: 120 * SECOND_MS,
    watchedMs: 120 * SECOND_MS,
    // Of a shop half a minute old nobody can say what is usual, and that it is more than usual is all there is to tell.
    warmUpMs: 2 * MINUTE_MS,
    judge: (record) => [
      trafficRises(record),
      {
        promise: 'If it hurts, it is load and not a leak',
        ...listed(incidentsOf(record).map(({ conclusion, sentence }) => `${conclusion}: ${sentence}`)),
        holds: incidentsOf(record).every(({ conclusion, sinceFaultMs }) => conclusion === 'load' && sinceFaultMs >= 0),
      },
      ...nothingTouched(record),
    ],
  },
  {
    name: 'killed-worker',
    title: 'kill -9 on a worker',
    async begin({ shop }) {
      process.kill((await shop.control.status()).workers[0]!.pid, 'SIGKILL')
    },
    troubleMs: 0,
    watchedMs: 60 * SECOND_MS,
    warmUpMs: fullScenario.warmUpMs,
    judge: (record) => [
      isOne(record),
      {
        promise: 'The crash is told',
        ...listed(incidentsOf(record).map(({ cause }) => cause)),
        holds: incidentsOf(record)[0]?.cause === 'crash',
      },
      ...nothingTouched(record),
    ],
  },
  {
    name: 'killed-database',
    title: 'kill -9 on the database',
    async begin({ shop }) {
      const { databasePid } = await shop.control.status()
      if (databasePid === null) throw new Error('The shop says that its database does not run.')
      process.kill(databasePid, 'SIGKILL')
    },
    troubleMs: 0,
    watchedMs: 90 * SECOND_MS,
    warmUpMs: fullScenario.warmUpMs,
    judge: (record) => [
      isOne(record),
      concludes(record, 'database'),
      {
        promise: 'It comes back by itself: nothing fails in the last half minute',
        measured: `${lateRequests(record).failureCount} of ${lateRequests(record).requestCount} failed`,
        holds: lateRequests(record).failureCount === 0 && lateRequests(record).requestCount > 0,
      },
      ...nothingTouched(record),
    ],
  },
]

/** The full form's shop, for one arm and as long as the trial lasts. */
export function scenarioOf(trial: Trial): Scenario {
  return {
    ...fullScenario,
    ...trial.scenario,
    warmUpMs: trial.warmUpMs,
    leakMs: { 'as-in-2023': 0, 'as-good-teams-today': 0, 'with-plimsoll': trial.watchedMs },
    hasLastAct: false,
    lastActMs: 0,
  }
}

export const incidentsOf = (record: ArmRecord) => record.incidents ?? []

export function listed(found: readonly string[]): { measured: string } {
  return { measured: found.length === 0 ? 'none' : found.join('; ') }
}

export function isOne(record: ArmRecord): Judged {
  const found = incidentsOf(record)
  return {
    promise: 'One problem is one incident, and none was opened before it',
    ...listed(found.map(tellIncident)),
    holds: isOneIncident(found),
  }
}

function concludes(record: ArmRecord, kind: 'database'): Judged {
  const found = incidentsOf(record).map(({ conclusion }) => conclusion)
  return { promise: `It blames the ${kind}`, ...listed(found), holds: found[0] === kind }
}

function nothingTouched(record: ArmRecord): Judged[] {
  const leaks = incidentsOf(record).filter(({ cause }) => cause === 'leak')
  return [
    {
      promise: 'No leak is claimed',
      ...listed(leaks.map(({ sentence }) => sentence)),
      holds: leaks.length === 0,
    },
    {
      promise: 'No cache is cleared and no worker replaced',
      ...listed(record.actions),
      holds: record.actions.length === 0,
    },
  ]
}

export function nobodyFails(record: ArmRecord): Judged {
  const { failureCount, requestCount } = record.traffic.total
  return {
    promise: 'No request fails',
    measured: `${failureCount} of ${requestCount}`,
    holds: failureCount === 0 && requestCount > 0,
  }
}

/** What was asked in the last half minute. */
function lateRequests({ seconds }: ArmRecord): { requestCount: number; failureCount: number } {
  const lastMs = seconds.at(-1)?.sinceFaultMs ?? 0
  const late = seconds.filter(({ sinceFaultMs }) => sinceFaultMs > lastMs - 30 * SECOND_MS)
  return {
    requestCount: late.reduce((sum, { requestCount }) => sum + requestCount, 0),
    failureCount: late.reduce((sum, { failureCount }) => sum + failureCount, 0),
  }
}

/** A shop that is full answers fewer than five times the requests, and the crawlers are no more than before. */
function trafficRises({ seconds }: ArmRecord): Judged {
  const rate = (part: typeof seconds) =>
    part.reduce((sum, { requestCount }) => sum + requestCount, 0) / Math.max(1, part.length)
  const before = rate(seconds.filter(({ sinceFaultMs }) => sinceFaultMs < 0 && sinceFaultMs >= -10 * SECOND_MS))
  const peak = Math.max(
    0,
    ...seconds.filter(({ sinceFaultMs }) => sinceFaultMs >= 0).map((second) => second.requestCount),
  )
  return {
    promise: 'At least twice as many requests come as before',
    measured: `${Math.round(before)} a second before, ${peak} at the peak`,
    holds: before > 0 && peak >= 2 * before,
  }
}
