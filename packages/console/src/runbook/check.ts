import type { CheckName, CheckVerdict } from '../api/contract.ts'
import type { IncidentRecord } from '../incident/incident.ts'
import type { ServiceFacts } from '../rule/facts.ts'

export interface CheckFinding {
  verdict: CheckVerdict
  sentence: string
  evidence: { label: string; value: string }[]
}

/**
 * One question of the runbook. Asked again with each review of an open incident; null while there is not enough to say
 * anything yet.
 */
export interface Check {
  name: CheckName
  title: string
  judge(facts: ServiceFacts, incident: IncidentRecord): CheckFinding | null
}
