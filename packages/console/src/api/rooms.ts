import type { Clock } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import type { Fleet } from '../collect/fleet.ts'
import type { ConsoleConfig } from '../config.ts'
import type { Engine } from '../engine/engine.ts'
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
  access: Access
  live: Live
  webDir: string
  /** Address people and links use, without a slash at its end. */
  publicUrl: () => string
  facts: (service: string) => ServiceFacts
  serviceNames: () => string[]
  /** Something came in that should be judged at once. */
  onNews: (service: string) => void
  log: (line: string) => void
}
