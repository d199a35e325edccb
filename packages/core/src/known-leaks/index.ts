export { knownLeaks, type KnownLeak } from './table.ts'
export { findKnownLeaks } from './find-known-leaks.ts'
