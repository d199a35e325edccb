import { type JsonShape, shapeOf } from '../reader-shape.ts'
import { Reader } from '../reader.ts'
import { amount, instant } from './bounds.ts'
import { readCommand, readCommandResult, type Command, type CommandResult } from './command.ts'
import { readIdentity, type Identity } from './identity.ts'
import { readSample, type Sample } from './sample.ts'
import { readSignal, type Signal } from './signal.ts'
import { checkWireVersion, WIRE_VERSION } from './version.ts'

/** Path an agent posts its batches to, with `Authorization: Bearer <agent token>`. */
export const batchPath = '/api/v1/agent/batch'

/** A larger body is refused with 413 before it is read. */
export const MAX_BATCH_BYTES = 1024 * 1024

/** What an agent posts every few seconds. Idempotent by (instance, sequence): a repeated one is answered and not counted. */
export interface Batch {
  version: typeof WIRE_VERSION
  from: Identity
  /** Grows by one with every batch of an instance, from 1. Later ones may overtake it by 255 numbers at most. */
  sequence: number
  samples: Sample[]
  signals: Signal[]
  results: CommandResult[]
  /** The last batch of an instance says that it ends, so that its silence alarms nobody. Absent and null mean the same. */
  farewell?: Farewell | null
}

/** How an instance ended, as far as it knew. */
export interface Farewell {
  atMs: number
  /** As Node's `exit` event has it; null when it ends for a reason that has none. */
  exitCode: number | null
  /** Processes of the same service and host that ended with it and could not say so themselves. */
  pids: number[]
}

/** What the console answers: what it wants done. A command is repeated until a result other than `running` has arrived. */
export interface BatchReply {
  version: typeof WIRE_VERSION
  commands: Command[]
  /** A batch of that `sequence` arrived before, or 256 later ones did; its samples and signals were known. Absent means false. */
  isRepeated?: boolean
}

/** @throws {@link WireVersionError} on another version, `InvalidOptionError` with every fault otherwise */
export function parseBatch(message: unknown): Batch {
  checkWireVersion(message)
  const reader = new Reader(message)
  const batch = readBatch(reader)
  reader.finish('Batch')
  return batch
}

/** What {@link parseBatch} takes behind the version, and what it may be answered with, as JSON Schema. */
export const shapeOfBatch = (): JsonShape => withVersion(shapeOf(readBatch))
export const shapeOfBatchReply = (): JsonShape => withVersion(shapeOf(readBatchReply))

function withVersion(shape: JsonShape): JsonShape {
  const { properties, required = [], ...rest } = shape
  return {
    ...rest,
    properties: { version: { const: WIRE_VERSION }, ...properties },
    required: ['version', ...required],
  }
}

function readBatch(reader: Reader): Batch {
  return {
    version: WIRE_VERSION,
    from: readIdentity(reader.at('from')),
    sequence: reader.at('sequence').integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    samples: reader.at('samples').list(readSample, { maxLength: 100, isOptional: true }),
    signals: reader.at('signals').list(readSignal, { maxLength: 100, isOptional: true }),
    results: reader.at('results').list(readCommandResult, { maxLength: 100, isOptional: true }),
    farewell: reader.at('farewell').orNull((farewell) => ({
      atMs: farewell.at('atMs').number(instant),
      exitCode: farewell.at('exitCode').numberOrNull(),
      pids: farewell.at('pids').list((pid) => pid.integer(amount), { maxLength: 100, isOptional: true }),
    })),
  }
}

/** @throws {@link WireVersionError} on another version, `InvalidOptionError` with every fault otherwise */
export function parseBatchReply(message: unknown): BatchReply {
  checkWireVersion(message)
  const reader = new Reader(message)
  const reply = readBatchReply(reader)
  reader.finish('Batch reply')
  return reply
}

function readBatchReply(reader: Reader): BatchReply {
  return {
    version: WIRE_VERSION,
    commands: reader.at('commands').list(readCommand, { maxLength: 100 }),
    isRepeated: reader.at('isRepeated').boolean({ fallback: false }),
  }
}
