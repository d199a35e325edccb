import { messageOf, MINUTE_MS, type Clock } from '@plimsoll/core'
import { WIRE_VERSION, type Identity, type Signal, type SignalAction } from '@plimsoll/core/wire'
import type { CodeFrame } from '../attribute/code-frame.ts'
import type { PlainSignal } from '../context.ts'
import type { Finding } from '../detect/detector.ts'
import { appendSignal } from '../report/signals-file.ts'
import { writeToStderr } from '../report/stderr.ts'
import { renderSignal, type TerminalStyle } from '../report/terminal.ts'
import type { SignalDraft } from './lookout.ts'

/** Different troubles that are told. */
const MAX_TROUBLES = 50
/** A warning that comes again sooner is kept from the terminal: a starved machine makes one every few seconds, and they push the leak away. */
const WARN_AGAIN_MS = 10 * MINUTE_MS
/** What a process under pressure says again and again. Each crash is another one. */
const repeating = new Set<Signal['kind']>(['event-loop-stall', 'gc-thrash', 'cgroup-pressure'])
/** Different causes kept apart; there are a handful. */
const MAX_CAUSES = 50

export interface LedgerOptions {
  clock: Clock
  identity(): Identity
  /** Gets each signal as a line of JSON; null for none. */
  signalsFile: string | null
  /** To the console; null without one. */
  reporter(): { addSignal(signal: Signal): void } | null
  style: TerminalStyle
  /** Writes to the terminal; for tests. */
  write?(text: string): void
}

/** How an action is told: quietly is to the signals file and the console, where a precaution is of interest, and not to the terminal. */
export interface Telling {
  isQuiet?: boolean
}

/** All that the watchdog says goes through here: to the console, the signals file and the terminal, each signal with its number. */
export class Ledger {
  readonly #options: LedgerOptions
  readonly #write: (text: string) => void
  readonly #troubles = new Set<string>()
  /** Of each cause, when it was last on the terminal, and how often it was kept from it since. */
  readonly #warned = new Map<string, { atMs: number; omittedCount: number }>()
  #sequence = 0

  constructor(options: LedgerOptions) {
    this.#options = options
    this.#write = options.write ?? writeToStderr
  }

  /** What was done, would have been done, or was refused. */
  tellAction(action: string, status: SignalAction['status'], sentence: string, telling: Telling = {}): void {
    const done = { action: action.slice(0, 100), status, atMs: this.#options.clock.nowMs(), sentence }
    const signature = `action:${action}`.slice(0, 200)
    this.tell({ kind: 'action', severity: 'info', verdict: 'afloat', signature, sentence, actions: [done] }, telling)
  }

  /** A signal that is about no growth of memory. */
  tell({ actions = [], ...signal }: PlainSignal, telling: Telling = {}): void {
    const draft: SignalDraft = {
      atMs: this.#options.clock.nowMs(),
      memory: null,
      slope: null,
      timeToLimitMs: null,
      series: [],
      culprit: null,
      candidates: [],
      actions,
      ...signal,
    }
    this.emit(draft, null, null, telling)
  }

  emit(draft: SignalDraft, finding: Finding | null, frame: CodeFrame | null, { isQuiet = false }: Telling = {}): void {
    const { identity, signalsFile, reporter, style } = this.#options
    const { service, instance, startedAtMs } = identity()
    const signal: Signal = {
      version: WIRE_VERSION,
      service,
      instance,
      sequence: ++this.#sequence,
      sinceStartMs: Math.round(draft.atMs - startedAtMs),
      ...draft,
    }
    reporter()?.addSignal(signal)
    if (signalsFile !== null) this.guarded('signals file', () => appendSignal(signalsFile, signal))
    if (!isQuiet && !this.#isRepeated(signal)) this.#write(renderSignal(signal, frame, levelOf(finding), style))
  }

  #isRepeated({ kind, severity, sentence }: Signal): boolean {
    if (severity !== 'warning' || !repeating.has(kind)) return false
    const nowMs = this.#options.clock.monotonicMs()
    // The cause stands behind the colon, with figures that are others each time.
    const cause = `${kind} ${sentence.slice(sentence.indexOf(': ') + 1).replace(/[\d.]+/g, '')}`
    const warned = this.#warned.get(cause)
    if (warned && nowMs - warned.atMs < WARN_AGAIN_MS) {
      warned.omittedCount++
      return true
    }
    if (warned?.omittedCount) this.say(`${warned.omittedCount} more like the next one were left out since the last.`)
    if (warned || this.#warned.size < MAX_CAUSES) this.#warned.set(cause, { atMs: nowMs, omittedCount: 0 })
    return false
  }

  /** One line of our own on the terminal. */
  say(sentence: string): void {
    this.#write(`plimsoll: ${sentence}\n`)
  }

  /** Whatever fails in the watchdog is told once and swallowed. */
  guarded(where: string, act: () => void): void {
    try {
      act()
    } catch (thrown) {
      this.tellTrouble(where, messageOf(thrown))
    }
  }

  tellTrouble(where: string, message: string): void {
    if (this.#troubles.has(where) || this.#troubles.size > MAX_TROUBLES) return
    this.#troubles.add(where)
    this.say(`${where} failed: ${message}. It is left out where it goes on failing; the service is not affected.`)
  }
}

function levelOf(finding: Finding | null): { label: string; currentBytes: number; limitBytes: number } | null {
  if (finding === null || finding.limitBytes === null || finding.slope?.unit === 'countPerMin') return null
  const { memory, currentBytes, limitBytes } = finding
  return { label: `${memory ?? 'heap'} after GC`, currentBytes, limitBytes }
}
