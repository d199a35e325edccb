import type { Report } from './finding.ts'

/**
 * The exit code: 1 when a finding of severity `high` stands, an installed version is known to leak, or more of the rest stand than
 * `maxWarnings`; 0 otherwise. What the baseline knows and what is ignored for a reason has left the report already.
 */
export function judgeReport({ findings, dependencies }: Report, maxWarnings = Infinity): 0 | 1 {
  const highCount = findings.filter(({ severity }) => severity === 'high').length
  return highCount > 0 || dependencies.length > 0 || findings.length - highCount > maxWarnings ? 1 : 0
}
