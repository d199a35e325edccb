import { judgeDatabase } from '../database-facts.ts'
import type { Check } from '../check.ts'

export const databaseCheck: Check = {
  name: 'database',
  title: 'Is it the database?',
  judge(facts, incident) {
    const { database } = facts
    // A reading from before the incident proves nothing about it.
    if (database !== null && database.atMs < incident.openedAtMs) return null
    const judgement = judgeDatabase(facts)
    const known = incident.checks.find(({ name }) => name === 'database')
    if (judgement.isExcused && known?.verdict === 'ok') return null
    return judgement.verdict === 'unknown' && facts.policy.databaseUrl !== null ? null : judgement
  },
}
