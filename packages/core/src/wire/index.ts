export { WIRE_VERSION, WireVersionError, checkWireVersion } from './version.ts'
export { cacheOpenedChannel, cacheClosedChannel, sqlQueryChannel } from './channels.ts'
export { type Identity } from './identity.ts'
export { removalCauses, type CacheHandle, type CacheReport, type RemovalCause, type SqlQuery } from './cache-report.ts'
export { type Sample } from './sample.ts'
export {
  parseSignal,
  signalKinds,
  verdicts,
  severities,
  type Culprit,
  type GrowingMemory,
  type Severity,
  type Signal,
  type SignalAction,
  type SignalKind,
  type Verdict,
} from './signal.ts'
export { parseCommand, commandId, commandKinds, type Command, type CommandKind, type CommandResult } from './command.ts'
export {
  parseBatch,
  parseBatchReply,
  shapeOfBatch,
  shapeOfBatchReply,
  batchPath,
  MAX_BATCH_BYTES,
  type Batch,
  type BatchReply,
  type Farewell,
} from './batch.ts'
