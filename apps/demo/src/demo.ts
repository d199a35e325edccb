import { join } from 'node:path'
import { systemClock, type Clock } from '@plimsoll/core'
import { scenarioUrl, type ShopVisitors } from '@plimsoll/marketplace/journey'
import { startTrafficProcess, type TrafficProcess } from '@plimsoll/soak/traffic'
import { writeConsoleConfig } from './console-config.ts'
import { BreakPanel, type World } from './faults.ts'
import { startInbox } from './inbox.ts'
import { markOf, removeRecord, writeRecord } from './leftovers.ts'
import type { DemoOptions } from './options.ts'
import { PartFailedError, type Part } from './part.ts'
import { findFreePorts } from './ports.ts'
import { createDemoPage } from './server.ts'
import { startShopDatabase } from './shop-database.ts'
import { startConsolePart, startShop, type ShopPart } from './shop-part.ts'

export interface Demo {
  readonly urls: { shop: string; console: string; demo: string }
  /** Sentences for a person, such as a port that had to be another one. */
  readonly notes: readonly string[]
  /** Resolves when a part died that must not: what and how. */
  readonly failed: Promise<string>
  stop(): Promise<void>
}

/** A heap of this size fills within minutes, so that a leak can be watched by a person with a cup of tea. */
const HEAP_LIMIT_MB = 128
/** Traffic must end by itself, and a demo is forgotten on more machines than it is stopped on. */
const MAX_TRAFFIC_MS = 12 * 3_600_000

/**
 * Starts the shop under watch, the console, the inbox, gentle shoppers and the page that breaks things.
 * @throws the signal's reason, or what failed, when `abortSignal` ends the start half-way; all that was started is ended then
 */
export async function startDemo(
  options: DemoOptions,
  dataDir: string,
  cwd: string,
  abortSignal: AbortSignal,
  clock: Clock = systemClock,
): Promise<Demo> {
  const stops: (() => Promise<unknown>)[] = []
  let stopped = Promise.resolve()
  // Asked twice, the second waits for the first, and ends what came up meanwhile.
  const stop = () => {
    stopped = stopped.then(async () => {
      for (const stopOne of stops.splice(0).reverse()) await stopOne()
      removeRecord(dataDir)
    })
    return stopped
  }
  // Ends what is on its way up too: whoever waits for it then hears that it ended.
  const abort = () => void stop()
  abortSignal.addEventListener('abort', abort, { once: true })
  try {
    return await start()
  } catch (error) {
    await stop()
    throw error
  } finally {
    abortSignal.removeEventListener('abort', abort)
  }

  async function start(): Promise<Demo> {
    const ports = await findFreePorts(options.ports)
    const notes = (['shop', 'console', 'demo'] as const)
      .filter((name) => ports[name] !== options.ports[name].port)
      .map((name) => `Port ${options.ports[name].port} is taken, so the ${name} is at ${ports[name]}.`)
    const children: (ReturnType<typeof markOf> & { what: string })[] = []
    const urls: Record<string, string> = {}
    const record = () => writeRecord(dataDir, { launcher: markOf(process.pid), children, urls })
    const own = (stopOne: () => Promise<unknown>) => {
      stops.push(stopOne)
      abortSignal.throwIfAborted()
    }
    const adopt = (part: Part) => {
      children.push({ ...markOf(part.pid), what: part.what })
      record()
      own(() => part.stop())
    }
    record()

    let tell = () => {}
    const inbox = await startInbox(clock, () => tell())
    own(() => inbox.stop())
    const shopDir = join(dataDir, 'shop')
    const database = await startShopDatabase(shopDir)
    own(() => database.stop())

    let traffic: TrafficControl | null = null
    let shop: ShopPart | null = null
    const panel = new BreakPanel(
      createWorld(
        () => shop!,
        () => traffic,
      ),
      clock,
      () => tell(),
    )
    const links = [{ label: 'Shop', url: `http://127.0.0.1:${ports.shop}/` }]
    const page = createDemoPage({ panel, links, messages: () => inbox.messages() })
    tell = page.tell
    const demoUrl = `http://127.0.0.1:${ports.demo}/?key=${page.key}`

    const configFile = join(dataDir, 'console.yaml')
    writeConsoleConfig(configFile, {
      service: 'marketplace',
      databaseUrl: database.url,
      smtpPort: inbox.smtpPort,
      pageUrl: inbox.pageUrl,
      links: [...links, { label: 'Break it', url: demoUrl }],
      proof: '2m',
      secondLevelAfter: '5m',
    })
    const logFile = (what: string) => join(dataDir, 'log', `${what}.log`)
    const console_ = await startConsolePart({
      cwd,
      dataDir: join(dataDir, 'console'),
      configFile,
      logFile: logFile('console'),
      port: ports.console,
      onSpawn: adopt,
    })
    shop = await startShop({
      cwd,
      dataDir: shopDir,
      logFile: logFile('shop'),
      port: ports.shop,
      watch: { consoleUrl: console_.url, tokenFile: console_.agentTokenFile, signalsFile: null },
      heapLimitMb: HEAP_LIMIT_MB,
      isHeard: true,
      flags: [],
      version: 'demo',
      onSpawn: adopt,
    })
    if (options.shoppersPerSec > 0) {
      traffic = startShoppers(shop.url, options.shoppersPerSec)
      own(() => traffic!.stop())
    }
    links.push({ label: 'Console', url: console_.url })
    await page.app.listen({ port: ports.demo, host: '127.0.0.1' })
    own(() => page.app.close())
    own(() => panel.stop())
    Object.assign(urls, { shop: shop.url, console: console_.signInUrl, demo: demoUrl })
    record()
    return {
      urls: { shop: shop.url, console: console_.signInUrl, demo: demoUrl },
      notes,
      failed: Promise.race(
        [console_, shop].map(
          async (part) => `The ${part.what} ended (${await part.exited}); ${logFile(part.what)} says why.`,
        ),
      ),
      stop,
    }
  }
}

interface TrafficControl {
  set(traffic: { factor: number; crawlers: boolean }): void
  stop(): Promise<unknown>
}

/** Shoppers come all the time; crawlers, in a process of their own, only while a fault sends them. */
function startShoppers(origin: string, sessionsPerSec: number): TrafficControl {
  const start = (ratePerSec: number, seed: number, parameters: ShopVisitors): TrafficProcess =>
    startTrafficProcess({ origin, seed, ratePerSec, durationMs: MAX_TRAFFIC_MS, scenario: scenarioUrl, parameters })
  const shoppers = start(sessionsPerSec, 1, {})
  let crawlers: TrafficProcess | null = null
  const end = (process: TrafficProcess | null) => process?.stop().catch(() => {})
  return {
    set(traffic) {
      shoppers.setRate(sessionsPerSec * traffic.factor)
      if (traffic.crawlers && !crawlers) crawlers = start(0, 2, { crawlerCount: 4, crawlerPauseMs: 60 })
      else if (!traffic.crawlers) {
        void end(crawlers)
        crawlers = null
      }
    },
    stop: () => Promise.all([end(shoppers), end(crawlers)]),
  }
}

function createWorld(shop: () => ShopPart, traffic: () => TrafficControl | null): World {
  return {
    async switchOn(fault, forMs) {
      await shop().control.switchOn(fault as Parameters<ShopPart['control']['switchOn']>[0], forMs)
    },
    async switchOff(fault) {
      await shop().control.switchOff(fault as Parameters<ShopPart['control']['switchOff']>[0])
    },
    setTraffic(wanted) {
      const shoppers = traffic()
      if (shoppers === null && (wanted.factor !== 1 || wanted.crawlers)) {
        throw new PartFailedError('shoppers', 'were told not to come (--shoppers 0), and this needs some.')
      }
      shoppers?.set(wanted)
    },
    async kill(which) {
      const status = await shop().control.status()
      const pid = which === 'database' ? status.databasePid : (status.workers[0]?.pid ?? null)
      if (pid === null) throw new PartFailedError('shop', `has no ${which} to kill just now; try again in a moment.`)
      process.kill(pid, 'SIGKILL')
      return `${which === 'database' ? 'The database' : 'A worker'}, process ${pid}, was killed.`
    },
  }
}
