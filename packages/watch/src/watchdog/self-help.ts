import type { Clock } from '@plimsoll/core'
import {
  WIRE_VERSION,
  type CacheReport,
  type CommandResult,
  type Identity,
  type SignalAction,
} from '@plimsoll/core/wire'
import type { Act } from '../options.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Lookout } from './lookout.ts'
import type { WatchdogMessage } from './messages.ts'
import { decideRelief, type Relief } from './relief.ts'
import type { Turn } from './turn.ts'

/** An action that freed this share of the limit helped; less did not. */
const HELPING_SHARE = 0.05
/** An order of our own to the main thread is void after this. */
const ORDER_EXPIRES_MS = 30_000

export interface SelfHelpOptions {
  act: Act
  clock: Clock
  heapLimitBytes: number
  identity(): Identity
  /** Somebody starts it again when it ends. */
  canLeave(): boolean
  dispatcher: Pick<Dispatcher, 'lastHeardAtMs' | 'nextId' | 'order'>
  turn: Pick<Turn, 'take' | 'give'>
  ask(message: WatchdogMessage): void
  tell(action: string, status: SignalAction['status'], sentence: string): void
}

/** A sinking process that nobody commands helps itself, one action after the other, or writes down what it would have done. */
export class SelfHelp {
  readonly #options: SelfHelpOptions
  /** For the trouble at hand: names of caches, and `rotate`, `leave`, `none`. */
  readonly #tried = new Set<string>()
  #sinkingSinceMs: number | null = null
  #isUnderWay = false
  #helpedAtMs: number | null = null

  constructor(options: SelfHelpOptions) {
    this.#options = options
  }

  /** Done elsewhere already, for the same trouble. */
  noteTried(what: 'rotate' | 'leave'): void {
    this.#tried.add(what)
  }

  /** To be asked every second or so. */
  consider(gravest: Lookout['gravest'], caches: readonly CacheReport[], hasConsole: boolean): void {
    if (gravest?.verdict !== 'sinking') {
      this.#sinkingSinceMs = null
      if (!gravest) this.#tried.clear()
      return
    }
    const { act, clock, identity, canLeave, dispatcher, turn } = this.#options
    const nowMs = clock.nowMs()
    this.#sinkingSinceMs ??= nowMs
    if (this.#isUnderWay) return
    const { lastHeardAtMs } = dispatcher
    const relief = decideRelief({
      verdict: gravest.verdict,
      act,
      sinkingForMs: nowMs - this.#sinkingSinceMs,
      hasConsole,
      msSinceCommand: lastHeardAtMs === null ? null : nowMs - lastHeardAtMs,
      caches,
      limitBytes: gravest.finding.limitBytes ?? Infinity,
      tried: this.#tried,
      hasController: identity().controller !== null,
      canLeave: canLeave(),
      msSinceEffect: this.#helpedAtMs === null ? null : clock.monotonicMs() - this.#helpedAtMs,
    })
    if (!relief || (act === 'safe' && relief.kind === 'clear-cache' && !turn.take())) return
    this.#carryOut(relief, gravest.signature, nowMs)
  }

  /** How a command ended, ours or the console's. */
  noteResult({ effect }: CommandResult): void {
    const { turn, clock, heapLimitBytes } = this.#options
    this.#isUnderWay = false
    turn.give()
    const freedBytes = effect ? effect.beforeBytes - effect.afterBytes : 0
    if (freedBytes >= HELPING_SHARE * heapLimitBytes) this.#helpedAtMs = clock.monotonicMs()
  }

  #carryOut(relief: Relief, signature: string, nowMs: number): void {
    const { act, identity, dispatcher, ask, tell } = this.#options
    const { instance, name } = identity()
    this.#tried.add(relief.kind === 'clear-cache' ? relief.cache : relief.kind)
    if (relief.kind === 'none')
      return tell('none', 'refused', `${name}: nothing more can be done here, as ${relief.reason}.`)
    if (act !== 'safe') {
      const what = describeRelief(relief, name)
      return tell(what, 'would', `With act=safe the watch would now ${what}.`)
    }
    if (relief.kind === 'rotate') return ask({ kind: 'rotation-wanted', reason: signature })
    if (relief.kind === 'leave') return ask({ kind: 'leave', reason: `it is sinking (${signature})` })
    this.#isUnderWay = true
    dispatcher.order({
      version: WIRE_VERSION,
      id: dispatcher.nextId({ signature, instance, kind: 'clear-cache', cache: relief.cache }),
      kind: 'clear-cache',
      target: instance,
      cache: relief.cache,
      toBytes: null,
      expiresAtMs: nowMs + ORDER_EXPIRES_MS,
      reason: 'sinking, and nobody commands',
    })
  }
}

function describeRelief(relief: Exclude<Relief, { kind: 'none' }>, name: string): string {
  if (relief.kind === 'clear-cache') return `clear the cache ${relief.cache}`
  return relief.kind === 'rotate' ? `replace ${name}` : `drain ${name} and end it, for it to be started again`
}
