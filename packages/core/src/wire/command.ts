import { Reader } from '../reader.ts'
import { amount, instant } from './bounds.ts'
import { checkWireVersion, WIRE_VERSION } from './version.ts'

export const commandKinds = [
  'clear-cache',
  'shrink-cache',
  'rotate',
  'capture-profile',
  'capture-snapshot',
  'shed-load',
] as const
export type CommandKind = (typeof commandKinds)[number]

/**
 * What somebody wants done to an instance. Carried out by the instance itself, but a rotation by its controller, and only
 * as far as that side's own `act` allows; otherwise answered `refused`.
 */
export interface Command {
  version: typeof WIRE_VERSION
  /** Idempotency key: carried out once, however often it arrives. */
  id: string
  kind: CommandKind
  /** Instance it is about. */
  target: string
  /** Which cache, for `clear-cache` and `shrink-cache`. */
  cache: string | null
  /** How far, for `shrink-cache`. */
  toBytes: number | null
  /** After this it is answered `expired` and not carried out. */
  expiresAtMs: number
  /** For the ledger and the log: `INC-7: pageCache lets nothing go`. */
  reason: string
}

/** Commands' ids are not longer. */
const MAX_ID_LENGTH = 300

/**
 * The idempotency key of an action: the same for whoever orders it, so that a console and a process that helps itself never do
 * the same thing twice. `attempt` counts from 1 what was begun for the same leak on the same instance.
 */
export function commandId(action: {
  signature: string
  instance: string
  kind: CommandKind
  cache: string | null
  attempt: number
}): string {
  const { signature, instance, kind, cache, attempt } = action
  const id = `${signature}/${instance}/${kind}${cache === null ? '' : `/${cache}`}/${attempt}`
  return id.length <= MAX_ID_LENGTH ? id : `${id.slice(0, MAX_ID_LENGTH - 9)}~${hash(id)}`
}

/** FNV-1a, 32 bits: tells long names apart, guards nothing. */
function hash(text: string): string {
  let sum = 0x811c9dc5
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193) >>> 0
  return sum.toString(16).padStart(8, '0')
}

export interface CommandResult {
  version: typeof WIRE_VERSION
  /** The command's id. */
  id: string
  instance: string
  status: 'running' | 'done' | 'refused' | 'failed' | 'expired'
  sentence: string
  startedAtMs: number
  endedAtMs: number | null
  /** The measured effect on what the command was about: a cache's bytes, the floor. */
  effect: { beforeBytes: number; afterBytes: number } | null
  /** Who took over, after a rotation. */
  replacement: string | null
}

export function readCommand(reader: Reader): Command {
  reader.object()
  return {
    version: WIRE_VERSION,
    id: reader.at('id').string({ maxLength: 300 }),
    kind: reader.at('kind').oneOf(commandKinds),
    target: reader.at('target').string({ maxLength: 200 }),
    cache: reader.at('cache').stringOrNull({ maxLength: 200 }),
    toBytes: reader.at('toBytes').numberOrNull(amount),
    expiresAtMs: reader.at('expiresAtMs').number(instant),
    reason: reader.at('reason').string({ maxLength: 1000 }),
  }
}

/** @throws {@link WireVersionError} on another version, `InvalidOptionError` with every fault otherwise */
export function parseCommand(message: unknown): Command {
  checkWireVersion(message)
  const reader = new Reader(message)
  const command = readCommand(reader)
  reader.finish('Command')
  return command
}

export function readCommandResult(reader: Reader): CommandResult {
  reader.object()
  return {
    version: WIRE_VERSION,
    id: reader.at('id').string({ maxLength: 300 }),
    instance: reader.at('instance').string({ maxLength: 200 }),
    status: reader.at('status').oneOf(['running', 'done', 'refused', 'failed', 'expired']),
    sentence: reader.at('sentence').string({ maxLength: 2000 }),
    startedAtMs: reader.at('startedAtMs').number(instant),
    endedAtMs: reader.at('endedAtMs').numberOrNull(instant),
    effect: reader.at('effect').orNull((effect) => ({
      beforeBytes: effect.at('beforeBytes').number(amount),
      afterBytes: effect.at('afterBytes').number(amount),
    })),
    replacement: reader.at('replacement').stringOrNull({ maxLength: 200 }),
  }
}
