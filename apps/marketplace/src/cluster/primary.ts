import cluster from 'node:cluster'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { messageOf, systemClock, type Clock } from '@plimsoll/core'
import { migrate, openDatabase, type OpenDatabase } from '@plimsoll/postgres'
import { startSweeper } from '../checkout/sweeper.ts'
import { createControlDoor, type ShopStatus } from '../control/door.ts'
import type { FaultName } from '../fault/fault-names.ts'
import { startSlowDatabase } from '../fault/slow-database.ts'
import { createFaultSwitchboard, type FaultSwitchboard } from '../fault/switchboard.ts'
import { createLog, type Log } from '../log.ts'
import type { ShopOptions } from '../options.ts'
import { createHttpProvider } from '../payment/http-provider.ts'
import { startTestProvider } from '../payment/start-test-provider.ts'
import { seedShop } from '../seed/seed.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { choosePort, PortTakenError } from './port.ts'
import type { WorkerOptions } from './worker.ts'

/** Password of the seeded shops' accounts, outside production. */
const DEMO_PASSWORD = 'harbour-demo'
/** Development and demonstration: all shoppers come from one address. */
const LOOPBACK_RATE_SCALE = 1_000

/** What the shop says on standard output when it is open. */
export interface ReadyLine {
  event: 'ready'
  url: string
  /** Null without `--control-port`. */
  controlUrl: string | null
  pid: number
  workerCount: number
  listingCount: number
  /** Address without password. */
  database: string
}

export function describeReady({ url, workerCount, listingCount, controlUrl }: ReadyLine): string {
  const control = controlUrl === null ? '' : `\nControl door: ${controlUrl}`
  return `Longshore is open: ${url} (${workerCount} workers, ${listingCount.toLocaleString('en')} listings). Ctrl-C closes it.${control}`
}

/** How the shop speaks to whoever started it. */
export interface Voice {
  ready: (line: ReadyLine) => void
  /** A sentence for a person: a port that was taken. */
  say: (line: string) => void
}

/** Something that was started, and has to be stopped in the opposite order. */
type Stop = () => Promise<void>

/**
 * Opens the shop: database, schema, seed, payment provider, workers, control door. Returns when it is open; from then on the
 * signals decide: SIGHUP restarts the workers one by one, SIGTERM and SIGINT end the process.
 * @throws what keeps it from opening; whatever was started before is stopped again
 */
export async function runPrimary(options: ShopOptions, voice: Voice, clock: Clock = systemClock): Promise<void> {
  const log = createLog({ level: options.logLevel, name: 'primary', clock })
  const stops: Stop[] = []
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse())
      await stop().catch((error) => log.error('stop', { why: messageOf(error) }))
  }
  endOnSignals(stopAll, log)
  try {
    await open(options, { voice, clock, log, stops })
  } catch (error) {
    await stopAll()
    throw error
  }
}

interface Tools {
  voice: Voice
  clock: Clock
  log: Log
  stops: Stop[]
}

async function open(options: ShopOptions, { voice, clock, log, stops }: Tools): Promise<void> {
  const port = await choosePort(options, voice.say)
  const database = await openShopDatabase(options, log)
  stops.push(() => database.stop())
  await migrate(database.sql, new URL('../../migrations/', import.meta.url))
  const { seed, listingCount, isProduction } = options
  await seedShop(database.sql, { seed, listingCount, password: isProduction ? null : DEMO_PASSWORD })

  const provider = await choosePayment(options, { clock, log, stops })
  const payment = createHttpProvider({ url: provider.url, clock })
  stops.push(async () => payment.close())
  const sweeper = startSweeper({ sql: database.sql, payment, clock, log })
  stops.push(() => sweeper.stop())

  const faults = createFaults(database.url(), (name, isOn) => fleet.broadcast({ shop: 'fault', name, isOn }), {
    clock,
    log,
  })
  const fleet: Fleet = createFleet({
    workerCount: options.workerCount,
    environmentOf: (slot) =>
      workerEnvironment(slot, options, { port, databaseUrl: database.url(), paymentUrl: provider.url }),
    clock,
    log,
    activeFaults: () => faults.active(),
    isRestarting: options.isRestarting,
  })
  stops.push(() => faults.stop())
  stops.push(() => fleet.stop())
  if (options.leak) await faults.switchOn(options.leak, Infinity)
  await fleet.start()
  process.on('SIGHUP', () => void fleet.restart())

  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`
  const status = (): ShopStatus => ({
    url,
    primaryPid: process.pid,
    workers: fleet.status(),
    databasePid: database.embedded?.pid ?? null,
    paymentPid: provider.pid,
    version: options.version,
  })
  const controlUrl = await openControlDoor(options, faults, status, stops)
  const { workerCount } = options
  voice.ready({
    event: 'ready',
    url,
    controlUrl,
    pid: process.pid,
    workerCount,
    listingCount,
    database: database.shown,
  })
}

function openShopDatabase(options: ShopOptions, log: Log): Promise<OpenDatabase> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  return openDatabase({
    url: options.databaseUrl ?? undefined,
    dataDir: join(options.dataDir, 'db'),
    name: 'shop',
    connection: { max: 3, applicationName: 'primary', statementTimeoutMs: Infinity },
    log: (line) => log.info('database', { line }),
  })
}

async function choosePayment(options: ShopOptions, { clock, log, stops }: Omit<Tools, 'voice'>) {
  if (options.paymentUrl !== null) return { url: options.paymentUrl, pid: null }
  const booksFile = join(options.dataDir, 'payments.jsonl')
  const provider = await startTestProvider({ booksFile, mischief: options.paymentMischief, clock, log })
  stops.push(() => provider.stop())
  return provider
}

/** The slow database is the primary's own doing; all other faults live in the workers. */
function createFaults(
  databaseUrl: string,
  tellWorkers: (name: FaultName, isOn: boolean) => void,
  { clock, log }: { clock: Clock; log: Log },
): FaultSwitchboard {
  let slowDatabase: ReturnType<typeof startSlowDatabase> | null = null
  return createFaultSwitchboard({
    clock,
    log,
    async apply(name, isOn) {
      if (name !== 'slow-database') return tellWorkers(name, isOn)
      await slowDatabase?.stop()
      slowDatabase = isOn ? startSlowDatabase({ databaseUrl, clock, log }) : null
    },
  })
}

function workerEnvironment(
  slot: number,
  options: ShopOptions,
  found: { port: number; databaseUrl: string; paymentUrl: string },
): Record<string, string> {
  const { host, version, logLevel, isProduction, isLeakRegistered, redisUrl } = options
  const rateScale = isProduction ? 1 : LOOPBACK_RATE_SCALE
  const given = { host, version, logLevel, isProduction, isLeakRegistered, redisUrl }
  const worker: WorkerOptions = { ...found, ...given, slot, rateScale }
  return {
    MARKETPLACE_WORKER: JSON.stringify(worker),
    PLIMSOLL_NAME: `web-${slot}`,
    ...(version === null ? {} : { PLIMSOLL_VERSION: version }),
  }
}

async function openControlDoor(
  { control }: ShopOptions,
  faults: FaultSwitchboard,
  status: () => ShopStatus,
  stops: Stop[],
): Promise<string | null> {
  if (!control) return null
  const door = createControlDoor({ token: control.token, faults, status })
  try {
    await once(door.listen(control.port, '127.0.0.1'), 'listening')
  } catch (error) {
    throw new PortTakenError('127.0.0.1', control.port, '--control-port', error)
  }
  stops.push(async () => void door.close())
  return `http://127.0.0.1:${(door.address() as AddressInfo).port}`
}

/** The first signal ends the shop in order, the second one at once. */
function endOnSignals(stopAll: Stop, log: Log): void {
  let isEnding = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isEnding) {
        for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL')
        process.exit(130)
      }
      isEnding = true
      log.info('ending', { signal })
      void stopAll().then(() => process.exit(0))
    })
  }
}
