export { summarizeSnapshot, type Held, type Holder, type SnapshotSummary } from './snapshot-summary.ts'
export { diffSnapshots, type Grower, type SnapshotDiff } from './snapshot-diff.ts'
export { SnapshotFormatError } from './errors.ts'
