import type { Command, Identity } from '@plimsoll/core/wire'
import type { ProfileReport } from '../attribute/allocation-profile.ts'
import type { CensusReport } from '../attribute/census.ts'
import type { WriterSite } from '../attribute/writer-trap.ts'
import type { CommandOutcome, PlainSignal } from '../context.ts'
import type { ResolvedWatchOptions } from '../options.ts'
import type { Floor } from '../sample/floor-gauge.ts'
import type { Reading } from '../sample/sampler.ts'

/** What the watchdog thread is started with. */
export interface WatchdogData {
  identity: Identity
  options: ResolvedWatchOptions
  workingDirectory: string
  /** One 32-bit number that the main thread counts up while it lives. */
  heartbeat: SharedArrayBuffer
  /** One 32-bit number that turns 1 when the farewell was said, or there is nobody to say it to. */
  farewell: SharedArrayBuffer
  heapLimitBytes: number
  machineBytes: number
  /** A debugger may stop the main thread for as long as its user likes. */
  isDebugged: boolean
  isTerminal: boolean
  terminalColumns: number
}

/** From the main thread to the watchdog. */
export type MainMessage =
  | { kind: 'reading'; reading: Reading }
  | { kind: 'floor'; floor: Floor }
  | { kind: 'census'; report: CensusReport }
  | { kind: 'writers'; holderId: number; sites: WriterSite[] }
  | { kind: 'profile'; report: ProfileReport }
  | { kind: 'identity'; identity: Identity }
  | { kind: 'signal'; signal: PlainSignal }
  | { kind: 'progress'; id: string; sentence: string; replacement: string | null }
  | { kind: 'outcome'; id: string; outcome: CommandOutcome }
  | { kind: 'trouble'; where: string; message: string }
  | { kind: 'exit'; exitCode: number }

/** From the watchdog to the main thread. */
export type WatchdogMessage =
  | { kind: 'pace'; isSuspicious: boolean }
  | { kind: 'walk' }
  | { kind: 'trap'; holderId: number }
  | { kind: 'profile'; isOn: boolean }
  | { kind: 'command'; command: Command }
  | { kind: 'rotation-wanted'; reason: string }
