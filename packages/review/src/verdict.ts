import type { Report } from './finding.ts'

/**
 * The exit code: 1 when a finding stands that is of severity `high` or proven, and not refuted, when an installed version is known to leak, or more of the rest stand than
 * `maxWarnings`; 0 otherwise. What the baseline knows and what is ignored for a reason has left the report already.
 */
export function judgeReport({ findings, dependencies }: Report, maxWarnings = Infinity): 0 | 1 {
  const standing = findings.filter(({ proof }) => proof?.verdict !== 'refuted')
  const graveCount = standing.filter(({ severity, proof }) => severity === 'high' || proof?.verdict === 'proven').length
  return graveCount > 0 || dependencies.length > 0 || standing.length - graveCount > maxWarnings ? 1 : 0
}
