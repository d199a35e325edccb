import type { Clock } from '@plimsoll/core'
import type { Command, CommandKind, CommandResult, Identity, Severity, Signal, SignalAction } from '@plimsoll/core/wire'
import type { Guard } from './guard.ts'
import type { ResolvedWatchOptions } from './options.ts'

/** How a command ended. */
export interface CommandOutcome {
  status: 'done' | 'refused' | 'failed'
  sentence: string
  effect?: CommandResult['effect']
  replacement?: string | null
}

/** Tells the console that a command is under way: what happens now, and who takes over as soon as that is known. */
export type CommandProgress = (sentence: string, replacement?: string | null) => void

/** Carries a command out, on the main thread; may take minutes. What it throws becomes the outcome `failed`. */
export type CommandHandler = (command: Command, progress: CommandProgress) => Promise<CommandOutcome>

/** A signal of somebody who knows no memory: the rest is filled in. */
export type PlainSignal = Pick<Signal, 'kind' | 'severity' | 'verdict' | 'signature' | 'sentence'> &
  Partial<Pick<Signal, 'actions'>>

/** What the parts of the watch on the main thread share. */
export interface WatchContext {
  /** Frozen but for the role, see `becomePrimary`. */
  readonly identity: Identity
  readonly options: ResolvedWatchOptions
  readonly clock: Clock
  /** What a forked cluster worker gets on top of the app's own environment. Holds the token when it came by environment. */
  readonly workerEnvironment: Readonly<Record<string, string>>
  /** The process forks cluster workers, and can rotate them. */
  becomePrimary(): void
  /** One handler per kind; a later one takes the earlier one's place. */
  handle(kind: CommandKind, handler: CommandHandler): void
  /** Writes the ledger: what was done, or would have been, as a signal of kind `action`. */
  tellAction(action: { action: string; status: SignalAction['status']; sentence: string; severity?: Severity }): void
  tellSignal(signal: PlainSignal): void
  readonly guard: Guard
}
