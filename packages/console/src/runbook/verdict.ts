import type { CheckName, Conclusion } from '../api/contract.ts'
import type { CheckRecord } from '../incident/incident.ts'
import { RUSH, trafficFactor, type ServiceFacts } from '../rule/facts.ts'
import type { Check } from './check.ts'
import { culpritCheck } from './check/culprit.ts'
import { databaseCheck } from './check/database.ts'
import { deployCheck } from './check/deploy.ts'
import { describeLoad, leakOrLoadCheck } from './check/leak-or-load.ts'
import { workerOutlierCheck } from './check/worker-outlier.ts'

/** The runbook, in the order in which people asked on 10 May 2023. All are asked at once. */
export const runbook: readonly Check[] = [databaseCheck, workerOutlierCheck, leakOrLoadCheck, culpritCheck, deployCheck]

/** What the checks add up to. A leak explains a slow database's look, never the reverse: so it is asked first. */
export function conclude(checks: readonly CheckRecord[], facts: ServiceFacts): Conclusion {
  const verdictOf = (name: CheckName) => checks.find((check) => check.name === name && check.decidedAtMs !== null)
  const leak = verdictOf('leak-or-load')
  const database = verdictOf('database')
  if (leak?.verdict === 'guilty') return { kind: 'leak', sentence: leak.sentence }
  if (database?.verdict === 'guilty') return { kind: 'database', sentence: database.sentence }
  if (leak?.verdict === 'ok' && trafficFactor(facts) >= RUSH) return { kind: 'load', sentence: describeLoad(facts) }
  const deploy = verdictOf('deploy')
  if (deploy?.verdict === 'suspect' && leak?.verdict === 'ok' && database?.verdict === 'ok') {
    return { kind: 'deploy', sentence: `Neither leak nor database. ${deploy.sentence}` }
  }
  return { kind: 'undecided', sentence: 'The checks do not add up to a cause yet.' }
}
