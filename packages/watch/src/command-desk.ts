import { messageOf } from '@plimsoll/core'
import type { Command, CommandKind } from '@plimsoll/core/wire'
import type { CommandHandler } from './context.ts'
import type { MainMessage } from './watchdog/messages.ts'

/** Who carries out which command on the main thread: one handler a kind, a later one takes the earlier one's place. */
export class CommandDesk {
  readonly #handlers = new Map<CommandKind, CommandHandler>()
  readonly #send: (message: MainMessage) => void

  constructor(send: (message: MainMessage) => void) {
    this.#send = send
  }

  handle(kind: CommandKind, handler: CommandHandler): void {
    this.#handlers.set(kind, handler)
  }

  has(kind: CommandKind): boolean {
    return this.#handlers.has(kind)
  }

  /** Never rejects: what a handler throws becomes the outcome `failed`, a kind without a handler `refused`. */
  async carryOut(command: Command): Promise<void> {
    const { id, kind } = command
    const handler = this.#handlers.get(kind)
    if (!handler) {
      this.#send({ kind: 'outcome', id, outcome: { status: 'refused', sentence: refusalOf(kind) } })
      return
    }
    try {
      const outcome = await handler(command, (sentence, replacement = null) =>
        this.#send({ kind: 'progress', id, sentence, replacement }),
      )
      this.#send({ kind: 'outcome', id, outcome })
    } catch (thrown) {
      this.#send({ kind: 'outcome', id, outcome: { status: 'failed', sentence: `It failed: ${messageOf(thrown)}.` } })
    }
  }
}

/** Why a process that has no handler for it does not carry out a command. */
export function refusalOf(kind: CommandKind): string {
  if (kind === 'rotate') return 'A plain single process is never doubled: it may not be made to run twice.'
  if (kind === 'capture-profile') return 'No folder for profiles is known: PLIMSOLL_PROFILES names one.'
  return `This build cannot do ${kind}.`
}
