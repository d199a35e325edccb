import type { ActPolicy } from '../api/contract.ts'
import { isHealthy, type ProcessFacts, type ServiceFacts } from '../rule/facts.ts'
import { count } from '../words.ts'
import type { Proposal } from './remedies.ts'

export type Permission =
  { verdict: 'act' } | { verdict: 'ask' } | { verdict: 'would' } | { verdict: 'refuse'; sentence: string }

const permissions: Record<ActPolicy, Permission> = {
  safe: { verdict: 'act' },
  ask: { verdict: 'ask' },
  observe: { verdict: 'would' },
}

/** Whether an action may be done now. The last word before anything touches a service. */
export function judgeGuard(proposal: Proposal, target: ProcessFacts, facts: ServiceFacts, act: ActPolicy): Permission {
  const { minHealthyProcesses } = facts.policy
  const healthy = facts.processes.filter((process) => process !== target && isHealthy(process))
  if (healthy.length < minHealthyProcesses) {
    return {
      verdict: 'refuse',
      sentence: `${target.identity.name} is not touched: besides it only ${count(healthy.length, 'process is', 'processes are')} well, and ${minHealthyProcesses} must be.`,
    }
  }
  if (proposal.kind === 'rotate' && target.identity.controller === null) {
    return {
      verdict: 'refuse',
      sentence: `${target.identity.name} is not replaced: it is a plain single process, which is never doubled. Restart it by hand at a good moment, or run it with several workers.`,
    }
  }
  return permissions[act]
}
