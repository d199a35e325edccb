import type { Report } from '../finding.ts'
import { describeDependency, summaryOf } from './words.ts'

/** Workflow commands, which become annotations at the lines of a pull request. */
export function formatGithub(report: Report): string {
  const lines = report.findings.map(({ severity, path, place, rule, sentence, why, fix }) => {
    const kind = severity === 'high' ? 'error' : 'warning'
    const properties = `file=${property(path)},line=${place.line},endLine=${place.endLine},col=${place.column},title=${property(`plimsoll/${rule}`)}`
    return `::${kind} ${properties}::${data(`${sentence}. ${why} ${fix}`)}`
  })
  for (const dependency of report.dependencies)
    lines.push(
      `::error file=${property(`${dependency.path}/package.json`)},title=plimsoll/known-leak::${data(describeDependency(dependency))}`,
    )
  for (const { path, what } of report.unread)
    lines.push(`::notice file=${property(path)}::${data(`Not reviewed: ${what}`)}`)
  for (const { path, line } of report.unreasoned)
    lines.push(`::warning file=${property(path)},line=${line}::An ignore comment without a reason is not heard`)
  return `${[...lines, summaryOf(report)].join('\n')}\n`
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
