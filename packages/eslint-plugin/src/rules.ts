import type { Rule } from './finding.ts'
import { cacheNeedsBound, memoizeNeedsBound } from './rule/cache-needs-bound.ts'
import {
  noUnboundedCollection,
  noUnboundedField,
  noUnboundedList,
  noUnboundedMemoize,
  noUnprunedRegistry,
  preferWeakMap,
} from './rule/growth-rules.ts'
import { noAbortListenerLeft } from './rule/no-abort-listener-left.ts'
import { noEffectLeft } from './rule/no-effect-left.ts'
import { noEmptiedEntry } from './rule/no-emptied-entry.ts'
import { noEnterWith } from './rule/no-enter-with.ts'
import { noEntryLeftOnFailure } from './rule/no-entry-left-on-failure.ts'
import { noEntryWithoutEnd } from './rule/no-entry-without-end.ts'
import { noGrowingText } from './rule/no-growing-text.ts'
import { noHalfCleanup } from './rule/no-half-cleanup.ts'
import { noIntervalLeft } from './rule/no-interval-left.ts'
import { noListenerPerCall } from './rule/no-listener-per-call.ts'
import { noMarkLeft } from './rule/no-mark-left.ts'
import { noMethodWrappedAgain } from './rule/no-method-wrapped-again.ts'
import { noMissedRemoval } from './rule/no-missed-removal.ts'
import { noRecursivePromiseChain } from './rule/no-recursive-promise-chain.ts'
import { noRaceWithLongLivedPromise, noThenOnLongLivedPromise } from './rule/no-then-on-long-lived-promise.ts'
import { noRegistrationLeft } from './rule/no-registration-left.ts'
import { noStreamLeft } from './rule/no-stream-left.ts'
import { noTimerLeftInRace } from './rule/no-timer-left-in-race.ts'
import { noUnmatchedRemoval } from './rule/no-unmatched-removal.ts'
import { noWeakMapIndex } from './rule/no-weak-map-index.ts'
import { noClientPerRequest, noCompilePerRequest, noOpenMetricLabel, noSharedLoader } from './rule/per-request.ts'

/** Every rule, worst first: collections, what others call back, libraries. */
export const rules: readonly Rule[] = [
  noUnboundedCollection,
  noUnboundedField,
  noUnboundedList,
  noUnprunedRegistry,
  noUnboundedMemoize,
  preferWeakMap,
  noHalfCleanup,
  noMissedRemoval,
  noEntryLeftOnFailure,
  noEntryWithoutEnd,
  noEmptiedEntry,
  noGrowingText,
  noWeakMapIndex,
  noListenerPerCall,
  noAbortListenerLeft,
  noUnmatchedRemoval,
  noThenOnLongLivedPromise,
  noRaceWithLongLivedPromise,
  noRecursivePromiseChain,
  noIntervalLeft,
  noTimerLeftInRace,
  noStreamLeft,
  noRegistrationLeft,
  noEffectLeft,
  noMethodWrappedAgain,
  noMarkLeft,
  noEnterWith,
  cacheNeedsBound,
  memoizeNeedsBound,
  noClientPerRequest,
  noCompilePerRequest,
  noSharedLoader,
  noOpenMetricLabel,
]
