import type { PolicyName } from '../options.ts'
import { Lru } from './lru.ts'
import type { Policy, Weights } from './policy.ts'
import { WTinyLfu } from './w-tinylfu.ts'

export interface PolicyOptions {
  slots: Weights
  /** Whether to hit many light entries rather than few heavy ones. */
  isByDensity: boolean
}

const policies: Record<PolicyName, (options: PolicyOptions) => Policy> = {
  'w-tinylfu': (options) => new WTinyLfu(options),
  lru: () => new Lru(),
}

export function createPolicy(name: PolicyName, options: PolicyOptions): Policy {
  return policies[name](options)
}
