import type { PolicyName } from '../options.ts';
import type { Policy, Slots } from './policy.ts';
export interface PolicyOptions {
    slots: Slots;
    /** Whether to hit many light entries rather than few heavy ones. */
    isByDensity: boolean;
    /** Mixes what the slots know keys by, where that is not what chose the keys, and nobody outside may foresee it; null: need not. */
    hashSeed: number | null;
}
export declare function createPolicy(name: PolicyName, options: PolicyOptions): Policy;
