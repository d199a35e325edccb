import { join } from 'node:path'
import { delay, SECOND_MS, type Clock } from '@plimsoll/core'
import {
  pickPort,
  startConsolePart,
  startInbox,
  startShopDatabase,
  writeConsoleConfig,
  type ConsolePart,
  type ConsoleSettings,
  type Inbox,
  type Message,
  type Warden,
} from '@plimsoll/demo'
import { ConsoleClient } from './console-client.ts'
import { readIncident, type IncidentReading } from './incident-reading.ts'

/** What a variant tells the console otherwise. */
export type LookoutSettings = Partial<Pick<ConsoleSettings, 'proof' | 'secondLevelAfter' | 'repeat' | 'act'>>

/** The console of an arm, with the inbox it writes to. */
export interface Lookout {
  part(): ConsolePart
  readonly inbox: Pick<Inbox, 'setDown'>
  /** It was killed and does not answer yet. */
  readonly isDown: boolean
  /** When it was killed. */
  readonly kills: readonly number[]
  read(faultAtMs: number): Promise<IncidentReading>
  /** The proof window is short here; a minute after the traffic the incident is resolved, or it is told that it was not. */
  untilResolved(faultAtMs: number): Promise<IncidentReading>
  deepestFloor(): Promise<number | null>
  /** What left, the oldest first. */
  messages(): Message[]
  /** As `kill -9` does, and as a supervisor does after it: the next one starts on the same store. */
  killAndRestart(): Promise<void>
}

/** Starts the console with its inbox and its knowledge of the shop's database. */
export async function startLookout(
  options: { root: string; dataDir: string; clock: Clock; settings?: LookoutSettings },
  warden: Warden,
  stops: (() => Promise<unknown>)[],
): Promise<Lookout> {
  const { clock, dataDir } = options
  const inbox = await startInbox(clock, () => {})
  stops.push(() => inbox.stop())
  const database = await startShopDatabase(join(dataDir, 'shop'))
  stops.push(() => database.stop())
  const configFile = join(dataDir, 'console.yaml')
  writeConsoleConfig(configFile, {
    service: 'marketplace',
    databaseUrl: database.url,
    smtpPort: inbox.smtpPort,
    pageUrl: inbox.pageUrl,
    links: [],
    proof: '15s',
    secondLevelAfter: '5m',
    ...options.settings,
  })
  const port = await pickPort()
  const start = (logName: string) =>
    startConsolePart({
      cwd: options.root,
      dataDir: join(dataDir, 'console'),
      configFile,
      logFile: join(dataDir, logName),
      port,
      onSpawn: (part) => warden.watch(part),
    })
  let part = await start('console.log')
  stops.push(() => part.stop())
  const client = new ConsoleClient(part)
  const kills: number[] = []
  let isDown = false
  const read = async (faultAtMs: number): Promise<IncidentReading> => {
    for (;;) {
      const [wasDown, killCount] = [isDown, kills.length]
      try {
        return readIncident(await client.incidents(), faultAtMs)
      } catch (error) {
        // One that was killed meanwhile could not answer; the next one will.
        if (!wasDown && !isDown && kills.length === killCount) throw error
        await delay(clock, SECOND_MS / 4)
      }
    }
  }
  return {
    part: () => part,
    inbox,
    kills,
    read,
    get isDown() {
      return isDown
    },
    async untilResolved(faultAtMs) {
      for (let tries = 0; tries < 60; tries++) {
        const reading = await read(faultAtMs)
        if (reading.isResolved || reading.incidents.length === 0) return reading
        await delay(clock, SECOND_MS)
      }
      return read(faultAtMs)
    },
    async deepestFloor() {
      const { services } = await client.overview()
      const hulls = services
        .flatMap(({ processes }) => processes)
        .filter(({ role, presence }) => role === 'worker' && presence === 'alive')
        .map(({ hull }) => (hull?.isFloor ? hull.depthBytes : 0))
      return hulls.length === 0 ? null : Math.max(...hulls)
    },
    messages: () => [...inbox.messages()].reverse(),
    async killAndRestart() {
      isDown = true
      kills.push(clock.nowMs())
      process.kill(part.pid, 'SIGKILL')
      await part.exited
      part = await start(`console-${kills.length}.log`)
      isDown = false
    },
  }
}
