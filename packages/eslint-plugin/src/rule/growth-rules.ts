import { growthRule } from './unbounded-growth.ts'

/** The container rules: one proof, sorted by what would repair it. */
export const noUnboundedCollection = growthRule(
  'no-unbounded-collection',
  'A Map, Set or object of the module takes an entry for every key that comes, and keeps all of them.',
  ({ container }) =>
    container === 'object'
      ? 'Make NAME a Map with a limit, or a bounded cache (createCache({ maxBytes }) of @plimsoll/cache, lru-cache with max).'
      : 'Give NAME a limit: a bounded cache (createCache({ maxBytes }) of @plimsoll/cache, lru-cache with max), or delete the oldest key when size passes one.',
)
export const noUnboundedField = growthRule(
  'no-unbounded-field',
  'A collection on an object that lives as long as the program takes an entry for every key that comes.',
  () => 'Give NAME a limit, or delete the entry when what it stands for ends; offer close() where the owner ends.',
)
export const noUnboundedList = growthRule(
  'no-unbounded-list',
  'A list that outlives its callers gets longer with every call.',
  ({ idleShrinks }) =>
    idleShrinks.length > 0
      ? 'Take each out of NAME when what it stands for is over (a Set does that at once), or keep the last N.'
      : 'Keep the last N: shift() when NAME is longer than a limit, or write into a ring.',
)
export const noUnprunedRegistry = growthRule(
  'no-unpruned-registry',
  'Every instance enters a list and none ever leaves it.',
  () => 'Take it out of NAME where it ends (close, destroy), or hold it by WeakRef.',
)
export const noUnboundedMemoize = growthRule(
  'no-unbounded-memoize',
  'A function remembers its result for every argument it ever saw.',
  () => 'Give the memo a limit, or remember the last call only; drop NAME with its owner.',
)
export const preferWeakMap = growthRule(
  'prefer-weak-map',
  'A Map whose keys are objects keeps every one of them alive.',
  () => 'Make NAME a WeakMap: an entry then goes with its key.',
)
