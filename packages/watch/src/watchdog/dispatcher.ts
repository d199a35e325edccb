import { commandId, WIRE_VERSION, type Command, type CommandResult } from '@plimsoll/core/wire'
import type { CommandOutcome } from '../context.ts'
import type { Act } from '../options.ts'

/** Commands remembered, so that a repeated one is answered and not carried out again. */
const MAX_REMEMBERED = 200
/** A main thread that has not even begun to answer by then does not live. */
const SILENCE_MS = 30_000

export interface DispatcherOptions {
  act: Act
  instance: string
  nowMs(): number
  /** Hands a command to the main thread. */
  carryOut(command: Command): void
  answer(result: CommandResult): void
  /** For the ledger: how a command ended, or that `act` did not allow it. */
  tell(command: Command, result: CommandResult): void
}

interface Remembered {
  command: Command
  result: CommandResult
  heardAtMs: number
}

/** Takes commands in: each once, only in time, only as far as `act` allows, and answers for a main thread that does not. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #remembered = new Map<string, Remembered>()
  #lastHeardAtMs: number | null = null

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** When a command last arrived; null before the first. */
  get lastHeardAtMs(): number | null {
    return this.#lastHeardAtMs
  }

  /** The key of an action: of the attempt that is under way, else of the next one, whoever made those before. */
  nextId(action: Omit<Parameters<typeof commandId>[0], 'attempt'>): string {
    for (let attempt = 1; ; attempt++) {
      const id = commandId({ ...action, attempt })
      const known = this.#remembered.get(id)
      if (!known || known.result.status === 'running') return id
    }
  }

  /** Takes a command of the console's. */
  take(command: Command): void {
    this.#lastHeardAtMs = this.#options.nowMs()
    this.order(command)
  }

  /** Takes a command of the console's or of the watchdog's own. */
  order(command: Command): void {
    const nowMs = this.#options.nowMs()
    const known = this.#remembered.get(command.id)
    if (known) {
      this.#options.answer(known.result)
      return
    }
    const remembered: Remembered = {
      command,
      result: this.#result(command.id, 'running', 'Begun.', nowMs),
      heardAtMs: nowMs,
    }
    this.#remembered.set(command.id, remembered)
    if (this.#remembered.size > MAX_REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value!)
    const refusal = refusalOf(command, this.#options.act, nowMs)
    if (refusal) {
      this.#end(remembered, { status: refusal.status, sentence: refusal.sentence })
      return
    }
    this.#options.answer(remembered.result)
    this.#options.carryOut(command)
  }

  noteProgress(id: string, sentence: string, replacement: string | null): void {
    const remembered = this.#remembered.get(id)
    if (remembered?.result.status !== 'running') return
    remembered.heardAtMs = this.#options.nowMs()
    remembered.result = { ...remembered.result, sentence, replacement }
    this.#options.answer(remembered.result)
  }

  noteOutcome(id: string, outcome: CommandOutcome): void {
    const remembered = this.#remembered.get(id)
    if (remembered?.result.status === 'running') this.#end(remembered, outcome)
  }

  /** Fails what a silent main thread never took up. `aliveAtMs` is its latest sign of life. */
  tick(aliveAtMs: number): void {
    const nowMs = this.#options.nowMs()
    if (nowMs - aliveAtMs < SILENCE_MS) return
    for (const remembered of this.#remembered.values()) {
      if (remembered.result.status === 'running' && nowMs - remembered.heardAtMs > SILENCE_MS) {
        this.#end(remembered, {
          status: 'failed',
          sentence: `The main thread has not answered for ${SILENCE_MS / 1000} s.`,
        })
      }
    }
  }

  #end(remembered: Remembered, outcome: Omit<CommandOutcome, 'status'> & { status: CommandResult['status'] }): void {
    const { status, sentence, effect = null, replacement = remembered.result.replacement } = outcome
    remembered.result = {
      ...remembered.result,
      status,
      sentence,
      effect,
      replacement,
      endedAtMs: this.#options.nowMs(),
    }
    this.#options.answer(remembered.result)
    this.#options.tell(remembered.command, remembered.result)
  }

  #result(id: string, status: CommandResult['status'], sentence: string, nowMs: number): CommandResult {
    return {
      version: WIRE_VERSION,
      id,
      instance: this.#options.instance,
      status,
      sentence,
      startedAtMs: nowMs,
      endedAtMs: null,
      effect: null,
      replacement: null,
    }
  }
}

function refusalOf(
  command: Command,
  act: Act,
  nowMs: number,
): { status: 'refused' | 'expired'; sentence: string } | null {
  if (nowMs > command.expiresAtMs)
    return { status: 'expired', sentence: 'It came after its time and was not carried out.' }
  if (act === 'observe') {
    return {
      status: 'refused',
      sentence: `This process only observes (act=observe); it would have done: ${describeCommand(command)}.`,
    }
  }
  return null
}

export function describeCommand({ kind, cache, target, toBytes }: Command): string {
  if (kind === 'clear-cache') return `clear the cache ${cache ?? '?'}`
  if (kind === 'shrink-cache') return `shrink the cache ${cache ?? '?'} to ${toBytes ?? 0} bytes`
  return `${kind} ${target}`
}
