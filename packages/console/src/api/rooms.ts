import type { Clock } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import type { AlertBook } from '../collect/alert-book.ts'
import type { Fleet } from '../collect/fleet.ts'
import type { SampleJournal } from '../collect/journal.ts'
import type { Heartbeats } from '../collect/heartbeats.ts'
import type { ConsoleConfig } from '../config.ts'
import type { Engine } from '../engine/engine.ts'
import type { SilenceBook } from '../engine/silence-book.ts'
import type { ServiceFacts } from '../rule/facts.ts'
import type { Access } from './access.ts'
import type { Live } from './live.ts'

/** What the routes may enter. */
export interface Rooms {
  sql: Sql
  clock: Clock
  config: ConsoleConfig
  engine: Engine
  fleet: Fleet
  alerts: AlertBook
  journal: SampleJournal
  /** The public page as it was rendered last; null when there shall be none. */
  statusPage: () => string | null
  silences: SilenceBook
  heartbeats: Heartbeats
  access: Access
  live: Live
  webDir: string
  startedAtMs: number
  /** Address people and links use, without a slash at its end. */
  publicUrl: () => string
  facts: (service: string) => ServiceFacts
  serviceNames: () => string[]
  /** Makes a change of what is stored, and reads all of it again. */
  takeUp: (change: () => Promise<void>) => Promise<void>
  /** Something came in that should be judged at once; resolves when that is stored. */
  onNews: (service: string) => Promise<void>
  log: (line: string) => void
}
