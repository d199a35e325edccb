import { formatBytes } from '@plimsoll/core'
import type { LeakyDependency, Report, ReviewFinding } from '../finding.ts'

/** What is known of a finding besides its first sentence, as labelled lines. */
export function factsOf(finding: ReviewFinding): [label: string, text: string][] {
  const { why, key, caller, entryBytes, fix, declaration, otherLines, place, suggestions } = finding
  const facts: [string, string][] = [['why', why]]
  if (declaration.line !== place.line) facts.push(['declared', `line ${declaration.line}  ${declaration.code}`])
  if (otherLines.length > 0) facts.push(['also in', `line ${otherLines.slice(0, 5).join(', ')}`])
  if (key !== null) facts.push(['key', key])
  facts.push(['called by', caller])
  if (entryBytes !== null) facts.push(['each', `about ${formatBytes(entryBytes)}, and all that it refers to`])
  facts.push(['fix', fix])
  for (const { title } of suggestions) facts.push(['or', `${title} (a suggestion in your editor)`])
  return facts
}

/** The sentence that sums a report up. */
export function summaryOf(report: Report): string {
  const { findings, dependencies, fileCount, lineCount, knownCount, ignoredCount, fixedCount, leftOut } = report
  const high = findings.filter(({ severity }) => severity === 'high').length
  const rest = findings.length - high
  const found =
    findings.length + dependencies.length === 0
      ? 'Nothing that cannot let go'
      : [
          high > 0 ? `${high} of severity high` : '',
          rest > 0 ? `${rest} of severity medium` : '',
          dependencies.length > 0
            ? `${dependencies.length} known leaky ${dependencies.length === 1 ? 'version' : 'versions'}`
            : '',
        ]
          .filter((part) => part !== '')
          .join(', ')
  const besides = [
    fixedCount > 0 ? `${fixedCount} repaired` : '',
    knownCount > 0 ? `${knownCount} in the baseline` : '',
    ignoredCount > 0 ? `${ignoredCount} ignored with a reason` : '',
    leftOut.length > 0
      ? `left out, as git ignores it: ${leftOut.slice(0, 2).join(', ')}${leftOut.length > 2 ? ` and ${leftOut.length - 2} more` : ''}`
      : '',
  ].filter((part) => part !== '')
  const tail = besides.length > 0 ? ` (${besides.join(', ')})` : ''
  return `${found} in ${fileCount} ${fileCount === 1 ? 'file' : 'files'}, ${lineCount.toLocaleString('en-US')} lines${tail}.`
}

export function describeDependency({ name, version, fixedIn, what }: LeakyDependency): string {
  const remedy = fixedIn === null ? 'No version is fixed: replace it.' : `Fixed in ${fixedIn}.`
  return `${name}@${version} is known to leak. ${what} ${remedy}`
}

/** Where the page of a rule stands. */
export function pageOf(rule: string): string {
  return `https://www.npmjs.com/package/eslint-plugin-plimsoll#${rule}`
}
