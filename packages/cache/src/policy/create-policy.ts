import type { PolicyName } from '../options.ts'
import { Lru } from './lru.ts'
import type { Policy, Slots } from './policy.ts'
import { WTinyLfu } from './w-tinylfu.ts'

export interface PolicyOptions {
  slots: Slots
  /** Whether to hit many light entries rather than few heavy ones. */
  isByDensity: boolean
  /** Mixes what the slots know keys by, where that is not what chose the keys, and nobody outside may foresee it; null: need not. */
  hashSeed: number | null
}

const policies: Record<PolicyName, (options: PolicyOptions) => Policy> = {
  'w-tinylfu': (options) => new WTinyLfu(options),
  lru: () => new Lru(),
}

export function createPolicy(name: PolicyName, options: PolicyOptions): Policy {
  return policies[name](options)
}
