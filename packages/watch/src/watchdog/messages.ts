import type { Command, Identity } from '@plimsoll/core/wire'
import type { ProfileReport } from '../attribute/allocation-profile.ts'
import type { CensusReport } from '../attribute/census.ts'
import type { FunctionStart } from '../attribute/frame-catcher.ts'
import type { WriterSite } from '../attribute/writer-trap.ts'
import type { CommandOutcome, PlainSignal } from '../context.ts'
import type { ResolvedWatchOptions } from '../options.ts'
import type { MemoryVerdict } from '../report/metrics.ts'
import type { Floor } from '../sample/floor-gauge.ts'
import type { Reading } from '../sample/sampler.ts'

/** What the watchdog thread is started with. */
export interface WatchdogData {
  identity: Identity
  options: ResolvedWatchOptions
  workingDirectory: string
  /** See `sharedState`. */
  state: SharedArrayBuffer
  /** One 32-bit number that turns 1 when the farewell was said, or there is nobody to say it to. */
  farewell: SharedArrayBuffer
  heapLimitBytes: number
  /** Of the main thread, as the watchdog starts. */
  startMemory: { rssBytes: number; heapBytes: number }
  /** Loopback port for metrics, or null. */
  metricsPort: number | null
  machineBytes: number
  /** A debugger may stop the main thread for as long as its user likes. */
  isDebugged: boolean
  /** Listens, and is started again by somebody when it ends: it may be replaced by leaving. */
  canLeave: boolean
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
  | { kind: 'pace'; isSuspicious: boolean; isUnexplained: boolean }
  | { kind: 'trap'; holderId: number }
  /** `isThorough`: at a cost that only a leak is worth. */
  | { kind: 'profile'; isOn: boolean; isThorough: boolean }
  /** Functions under which something stays: look from them, where nothing else leads into their scripts. */
  | { kind: 'reach'; starts: FunctionStart[] }
  | { kind: 'command'; command: Command }
  | { kind: 'rotation-wanted'; reason: string }
  /** Whenever one changes. */
  | { kind: 'standing'; verdicts: MemoryVerdict[] }
  /** Drain and end, for another one to start. */
  | { kind: 'leave'; reason: string }
