export { createCache, type Cache, type FetchOptions } from './cache.ts'
export {
  type CacheOptions,
  type EntryOptions,
  type LoadContext,
  type Loader,
  type PolicyName,
  type Storable,
  type StoreName,
} from './options.ts'
export { type RemovalCause } from './removal.ts'
export { type CacheStats } from './stats.ts'
export {
  EntryTooLargeError,
  InvalidWeightError,
  LoadTimeoutError,
  ReentrantLoadError,
  UnweighableValueError,
} from './errors.ts'
export { type CodecName, UnstorableValueError } from './store/off-heap/value-bytes.ts'
export { UnstorableKeyError } from './store/off-heap/key-bytes.ts'
export {
  startGovernor,
  type GovernedMember,
  type Governor,
  type GovernorOptions,
  type GovernorReport,
} from './governor/governor.ts'
export { type AskObserver, type CurvePoint } from './governor/curve-sampler.ts'
export { type Held, type PressureSource } from './governor/pressure.ts'
