import { CpuWait, cpuTurnsFile, messageOf, SECOND_MS, STARVED_SHARE, type Clock } from '@plimsoll/core'
import { connect, type Sql } from '@plimsoll/postgres'
import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import type { DatabaseFacts } from '../rule/facts.ts'
import { medianOf } from '../collect/series.ts'
import { isSlowAnswer, SLOW_ROUND_TRIP_MS } from './database-facts.ts'

const PERIOD_MS = 5 * SECOND_MS
/** While an incident is open the answer is needed in seconds. */
const HURRIED_PERIOD_MS = 2 * SECOND_MS
/** One bad answer is asked about again at once: it takes two to accuse. */
const TROUBLED_PERIOD_MS = SECOND_MS
const TIMEOUT_MS = 3 * SECOND_MS
/** With more work than this waiting for each processor, slow answers prove nothing about who gives them. */
const MAX_LOAD_PER_CPU = 3
const MAX_BASELINE = 60
const MIN_BASELINE = 5

/**
 * Asks a service's database how it is: connect and `select 1`, then what runs long and who waits for locks. One connection of
 * its own, kept open between two questions; it never waits longer than {@link TIMEOUT_MS}.
 */
export class DatabaseProbe {
  readonly #clock: Clock
  readonly #sql: Sql
  readonly #baseline: number[] = []
  readonly #machine: Machine
  readonly #cpuWait: CpuWait
  #facts: DatabaseFacts | null = null
  #serverStartedAtMs: number | null = null
  #running: Promise<void> | null = null
  #askedAtMs = -Infinity

  constructor(url: string, clock: Clock, machine: Machine = ownMachine) {
    this.#clock = clock
    this.#machine = machine
    this.#cpuWait = new CpuWait(machine.readCpuTurns, clock)
    this.#sql = connect(url, {
      max: 1,
      connectTimeoutMs: TIMEOUT_MS,
      idleTimeoutMs: 60 * SECOND_MS,
      statementTimeoutMs: TIMEOUT_MS,
      applicationName: 'plimsoll probe',
    })
  }

  get facts(): DatabaseFacts | null {
    return this.#facts
  }

  /** Asks when it is time to; one question at a time. */
  async ask(isHurried: boolean): Promise<void> {
    if (this.#running) return this.#running
    const nowMs = this.#clock.nowMs()
    const isInTrouble = this.#facts !== null && this.#facts.failureCount + this.#facts.slowCount > 0
    const periodMs = isInTrouble ? TROUBLED_PERIOD_MS : isHurried ? HURRIED_PERIOD_MS : PERIOD_MS
    if (nowMs - this.#askedAtMs < periodMs) return
    this.#askedAtMs = nowMs
    this.#running = this.#probe(nowMs).finally(() => (this.#running = null))
    return this.#running
  }

  async stop(): Promise<void> {
    await this.#sql.end({ timeout: 0 })
  }

  async #probe(atMs: number): Promise<void> {
    const before = this.#facts
    const startedMs = this.#clock.monotonicMs()
    this.#cpuWait.read()
    try {
      await withTimeout(this.#sql`select 1`)
      let roundTripMs = this.#clock.monotonicMs() - startedMs
      // A database that is slow is slow each time; a machine that is busy only now and then. The best of three counts.
      for (let again = 0; again < 2 && roundTripMs >= SLOW_ROUND_TRIP_MS; again++) {
        const askedMs = this.#clock.monotonicMs()
        await withTimeout(this.#sql`select 1`)
        roundTripMs = Math.min(roundTripMs, this.#clock.monotonicMs() - askedMs)
      }
      const [activity] = await withTimeout(this.#sql<Activity[]>`
        select count(*) filter (where state = 'active')::int as "activeCount",
          coalesce(max(extract(epoch from clock_timestamp() - query_start) * 1000) filter (where state = 'active'), 0)::float8
            as "longestStatementMs",
          count(*) filter (where state = 'active' and clock_timestamp() - query_start > interval '1 second')::int
            as "longStatementCount",
          count(*) filter (where wait_event_type = 'Lock')::int as "waitingLockCount",
          (extract(epoch from pg_postmaster_start_time()) * 1000)::float8 as "serverStartedAtMs"
        from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)
      const { serverStartedAtMs, ...load } = activity!
      // Another start than before: it was gone in between, even when no probe fell into the gap.
      const isNewServer = this.#serverStartedAtMs !== null && serverStartedAtMs !== this.#serverStartedAtMs
      this.#serverStartedAtMs = serverStartedAtMs
      const restartedAtMs = isNewServer ? atMs : (before?.restartedAtMs ?? null)
      const baselineMs = medianOf([...this.#baseline], MIN_BASELINE)
      const isSlow = isSlowAnswer({ roundTripMs, baselineMs, ...load })
      if (!isSlow) {
        this.#baseline.push(roundTripMs)
        if (this.#baseline.length > MAX_BASELINE) this.#baseline.shift()
      }
      const slowCount = isSlow ? (before?.slowCount ?? 0) + 1 : 0
      this.#facts = {
        atMs,
        roundTripMs,
        error: null,
        failureCount: 0,
        slowCount,
        isStarved: this.#isStarved(),
        baselineMs,
        restartedAtMs,
        ...load,
      }
    } catch (error) {
      this.#facts = {
        atMs,
        roundTripMs: null,
        error: messageOf(error),
        failureCount: (before?.failureCount ?? 0) + 1,
        slowCount: 0,
        isStarved: isLate(error) && this.#isStarved(),
        baselineMs: before?.baselineMs ?? null,
        restartedAtMs: before?.restartedAtMs ?? null,
        longestStatementMs: 0,
        longStatementCount: 0,
        activeCount: 0,
        waitingLockCount: 0,
      }
    }
  }

  /** While it asked. The kernel's load is a mean over a minute, and this process's own waiting tells at once. */
  #isStarved(): boolean {
    return this.#machine.loadPerCpu() > MAX_LOAD_PER_CPU || (this.#cpuWait.read() ?? 0) >= STARVED_SHARE
  }
}

/** Too late is not the same as refused: only the former may be for want of a processor. */
function isLate(error: unknown): boolean {
  return error instanceof NoAnswerError || lateCodes.has((error as { code?: string }).code ?? '')
}

/** The client's own patience with a connection, and PostgreSQL's `query_canceled`, which a statement's time-out is. */
const lateCodes = new Set(['CONNECT_TIMEOUT', '57014'])

class NoAnswerError extends Error {
  constructor() {
    super(`no answer within ${TIMEOUT_MS / SECOND_MS} s`)
  }
}

/** What the kernel says of this machine, and of this process's main thread on it. */
interface Machine {
  loadPerCpu(): number
  readCpuTurns(): string | null
}

const ownMachine: Machine = {
  loadPerCpu: () => loadavg()[0]! / availableParallelism(),
  readCpuTurns() {
    try {
      return readFileSync(cpuTurnsFile, 'utf8')
    } catch {
      return null
    }
  },
}

interface Activity {
  activeCount: number
  longestStatementMs: number
  longStatementCount: number
  waitingLockCount: number
  serverStartedAtMs: number
}

/** The client retries a lost server for ever; a probe must answer. Real time: what is measured is real. */
async function withTimeout<T>(query: PromiseLike<T> & { cancel?: () => void }): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      query.cancel?.()
      reject(new NoAnswerError())
    }, TIMEOUT_MS)
  })
  try {
    return await Promise.race([query, timeout])
  } finally {
    clearTimeout(timer)
  }
}
