import type { PolicyName } from '../options.ts'
import { Lru } from './lru.ts'
import type { Policy, Slots } from './policy.ts'
import { WTinyLfu } from './w-tinylfu.ts'

export interface PolicyOptions {
  slots: Slots
  /** Whether to hit many light entries rather than few heavy ones. */
  isByDensity: boolean
  /** Names keys in a way that nobody outside can foresee. */
  hashSeed: number
}

const policies: Record<PolicyName, (options: PolicyOptions) => Policy> = {
  'w-tinylfu': (options) => new WTinyLfu(options),
  lru: () => new Lru(),
}

export function createPolicy(name: PolicyName, options: PolicyOptions): Policy {
  return policies[name](options)
}
