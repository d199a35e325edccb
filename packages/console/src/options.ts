import { fileURLToPath } from 'node:url'
import { systemClock, systemRandom, type Clock, type Random } from '@plimsoll/core'
import type { OpenDatabase } from '@plimsoll/postgres'
import { parseConfig } from './config-file.ts'
import type { ConsoleConfig } from './config.ts'
import type { Channel } from './notify/channel.ts'

export interface ConsoleOptions {
  /** Folder of its own (created with mode 0700): embedded database, tokens, signing key. */
  dataDir: string
  /** Default 7700. When it is not given and taken, the next free one of the twenty after it is used and told. */
  port?: number
  /** Address to listen on. Default `127.0.0.1`: only this machine. */
  host?: string
  /** PostgreSQL 14 or newer. Default: an embedded one below `dataDir`. */
  databaseUrl?: string
  /** A database that is open already, and stays so: for who simulates crashes. Its schema is brought up to date. */
  database?: OpenDatabase
  /** What `parseConfig` or `parseConfigText` answered. Default: services as they report, nobody to call, nothing touched. */
  config?: ConsoleConfig
  /** Folder of the built web pages. Default: those of this package. */
  webDir?: string
  clock?: Clock
  random?: Random
  /** One line for whoever runs it. Default: nowhere. */
  log?: (line: string) => void
  /** Replaces the ways to reach people that the configuration asks for. */
  channels?: Partial<Record<Channel['name'], Channel>>
}

export interface ResolvedOptions {
  dataDir: string
  port: number
  isPortGiven: boolean
  host: string
  databaseUrl: string | null
  database: OpenDatabase | null
  config: ConsoleConfig
  webDir: string
  clock: Clock
  random: Random
  log: (line: string) => void
  channels: Partial<Record<Channel['name'], Channel>>
}

export function resolveOptions(options: ConsoleOptions): Readonly<ResolvedOptions> {
  return Object.freeze({
    dataDir: options.dataDir,
    port: options.port ?? 7700,
    isPortGiven: options.port !== undefined,
    host: options.host ?? '127.0.0.1',
    databaseUrl: options.databaseUrl ?? null,
    database: options.database ?? null,
    config: options.config ?? parseConfig({}),
    webDir: options.webDir ?? fileURLToPath(new URL('../web/dist', import.meta.url)),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    log: options.log ?? (() => {}),
    channels: options.channels ?? {},
  })
}
