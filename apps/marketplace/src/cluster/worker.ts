import { messageOf, MINUTE_MS, systemClock, systemRandom, type Clock } from '@plimsoll/core'
import { connect } from '@plimsoll/postgres'
import { createApp } from '../app.ts'
import { createCatalogue } from '../cache/catalogue.ts'
import { createPageCache } from '../cache/page-cache.ts'
import { ownCaches } from '../cache/shop-caches.ts'
import { createCheckout } from '../checkout/checkout.ts'
import type { ShopContext } from '../context.ts'
import { switchFault } from '../fault/worker-faults.ts'
import { createLog, type LogLevel } from '../log.ts'
import { createHttpProvider } from '../payment/http-provider.ts'
import { createRateLimit } from '../rate-limit.ts'
import { makePatient } from '../store/patient-store.ts'
import { createStore } from '../store/store.ts'
import { createVisits } from '../visit.ts'
import { createAnnouncer } from './announcements.ts'
import { drainServer } from './drain.ts'
import { asPrimaryMessage, HEARTBEAT_MS, type WorkerMessage } from './messages.ts'

/** What a worker needs to know; comes from its primary as JSON in its environment. */
export interface WorkerOptions {
  slot: number
  host: string
  port: number
  databaseUrl: string
  /** Null: each worker's caches are its own. */
  redisUrl: string | null
  paymentUrl: string
  version: string | null
  logLevel: LogLevel
  isProduction: boolean
  /** Multiplies the rate limits. */
  rateScale: number
  isLeakRegistered: boolean
}

/** The server pays about 3 MB for each. */
const CONNECTIONS_A_WORKER = 5
/** After the last connection, for what a shutdown still has to close. */
const CLOSE_TIMEOUT_MS = 2_000
/** The primary was killed: nobody hands us connections any more, and who is being served may finish. */
const ORPHAN_LIMIT_MS = 1_500

/** A web worker's life: from its options to the exit of the process. */
export async function runWorker(options: WorkerOptions, clock: Clock = systemClock): Promise<void> {
  const name = process.env['PLIMSOLL_NAME'] ?? `web-${options.slot}`
  const log = createLog({ level: options.logLevel, name, clock })
  // Told by the primary; Ctrl-C reaches every process of the terminal, and the primary alone decides.
  process.on('SIGINT', () => {})
  const sql = connect(options.databaseUrl, {
    max: CONNECTIONS_A_WORKER,
    statementTimeoutMs: 10_000,
    applicationName: name,
  })
  const payment = createHttpProvider({ url: options.paymentUrl, clock })
  const announcer = createAnnouncer(clock, tell)
  // Loaded only where it is used: a shop without Redis costs what it cost.
  const sharing = options.redisUrl === null ? null : await import('../cache/shared-caches.ts')
  const shopCaches = sharing?.startSharedCaches(options.redisUrl!, { clock, log }) ?? ownCaches
  const { context, pages, invalidate, setReady } = createContext()
  const app = createApp(context)
  const pulse = clock.every(HEARTBEAT_MS, () => tell({ shop: 'heartbeat' }))
  let draining: Promise<void> | null = null

  process.on('message', (raw) => {
    const message = asPrimaryMessage(raw)
    if (message?.shop === 'invalidate') {
      void invalidate(message.tags)
      if (message.id !== undefined) tell({ shop: 'heard', id: message.id })
    }
    if (message?.shop === 'invalidated') announcer.acknowledge(message.id)
    if (message?.shop === 'fault') switchFault({ server: app.server, pages }, message.name, message.isOn)
    if (message?.shop === 'drain') drain(message.graceMs)
    if (message?.shop === 'leave') void leave()
  })
  process.on(
    'SIGTERM',
    () => void Promise.resolve(draining ?? drainServer(app.server, { graceMs: 0, clock })).then(leave),
  )
  process.on('disconnect', () => {
    clock.after(ORPHAN_LIMIT_MS, () => process.exit(1), { keepAlive: true })
    drain(0)
  })

  try {
    if (options.isLeakRegistered) await import('../leak/register-pages.ts')
    await app.listen({ host: options.host, port: options.port })
  } catch (error) {
    tell({ shop: 'failed', message: messageOf(error) })
    log.error('worker cannot start', { why: messageOf(error) })
    return void process.exit(1)
  }
  setReady(true)
  tell({ shop: 'ready', slot: options.slot })

  function drain(graceMs: number): void {
    if (draining) return
    setReady(false)
    draining = drainServer(app.server, { graceMs, clock })
    void draining.then(async () => {
      if (!tell({ shop: 'drained' })) await leave()
    })
  }

  async function leave(): Promise<void> {
    clock.after(CLOSE_TIMEOUT_MS, () => process.exit(0), { keepAlive: true })
    pulse.cancel()
    payment.close()
    await shopCaches.stop()
    await sql.end({ timeout: 1 }).catch(() => {})
    process.exit(0)
  }

  function createContext() {
    const store = makePatient(createStore(sql), clock)
    const catalogue = createCatalogue(store.listings, clock, shopCaches)
    const pages = createPageCache({ clock, caches: shopCaches })
    let isReady = false
    const visits = createVisits({
      sessions: store.sessions,
      clock,
      isSecure: options.isProduction,
      onSessionChange: (tag) => announce([tag]),
    })
    const caches = [catalogue, pages, visits]
    const invalidate = (tags: readonly string[]) => {
      return Promise.all(tags.flatMap((tag) => caches.map((cache) => cache.invalidateTag(tag))))
    }
    const announce = async (tags: string[]) => {
      const told = invalidate(tags)
      await announcer.announce(tags)
      await told
    }
    const context: ShopContext = {
      store: { ...store, selling: announceListings(store.selling, announce) },
      catalogue,
      pages,
      visits,
      checkout: createCheckout({
        sql,
        payment,
        clock,
        log,
        // A buyer does not wait until the last page says how many are left: the order itself counts the stock.
        onStockChange(ids) {
          const tags = ids.map((id) => `listing:${id}`)
          void invalidate(tags)
          tell({ shop: 'invalidate', tags })
        },
        holdMs: 15 * MINUTE_MS,
      }),
      rateLimit: createRateLimit(clock, options.rateScale),
      workerName: name,
      version: options.version,
      isReady: () => isReady,
      isProduction: options.isProduction,
      clock,
      random: systemRandom,
      log,
    }
    return { context, pages, invalidate, setReady: (next: boolean) => (isReady = next) }
  }
}

/** A seller's change is seen at once, whichever worker is asked next: on the listing's own page and in every list. */
function announceListings(
  selling: ShopContext['store']['selling'],
  announce: (tags: string[]) => Promise<void>,
): ShopContext['store']['selling'] {
  return {
    ...selling,
    async createListing(shopId, draft) {
      const id = await selling.createListing(shopId, draft)
      // A visitor may have asked for this number before it existed.
      await announce(['catalogue', `listing:${id}`])
      return id
    },
    async updateListing(shopId, id, draft, shownStock) {
      const saved = await selling.updateListing(shopId, id, draft, shownStock)
      if (saved === 'saved') await announce(['catalogue', `listing:${id}`])
      return saved
    },
  }
}

/** False when there is no primary any more. */
function tell(message: WorkerMessage): boolean {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
  return process.connected
}
