import type { Report } from '../finding.ts'
import { describeDependency, factsOf, summaryOf } from './words.ts'

/** For a pull request's comment or a wiki: the sum, a table to skim, then each finding folded. */
export function formatMarkdown(report: Report): string {
  const { findings, dependencies, unread, unreasoned } = report
  const parts = [`## plimsoll review\n\n${summaryOf(report)}\n`]
  if (findings.length > 0) {
    const rows = findings.map(
      ({ severity, path, place, sentence, rule }) =>
        `| ${severity} | \`${path}:${place.line}\` | ${cell(sentence)} | ${rule} |`,
    )
    parts.push(`| severity | where | what | rule |\n|---|---|---|---|\n${rows.join('\n')}\n`)
    for (const finding of findings) {
      const facts = factsOf(finding).map(([label, text]) => `- **${label}**: ${text.replaceAll('<', '&lt;')}`)
      const { path, place, sentence } = finding
      parts.push(
        `<details><summary>${path}:${place.line} ${sentence.replaceAll('<', '&lt;')}</summary>\n\n${fence(place.code)}\n\n${facts.join('\n')}\n\n</details>\n`,
      )
    }
  }
  if (dependencies.length > 0)
    parts.push(
      `### Known leaky versions\n\n${dependencies.map((dependency) => `- \`${dependency.path}\`: ${describeDependency(dependency)} [source](${dependency.source})`).join('\n')}\n`,
    )
  if (unread.length > 0)
    parts.push(`### Not reviewed\n\n${unread.map(({ path, what }) => `- \`${path}\`: ${what}`).join('\n')}\n`)
  if (unreasoned.length > 0)
    parts.push(
      `### Ignored without a reason, and so not heard\n\n${unreasoned.map(({ path, line }) => `- \`${path}:${line}\``).join('\n')}\n`,
    )
  return parts.join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function fence(code: string): string {
  const ticks = code.includes('```') ? '````' : '```'
  return `${ticks}js\n${code}\n${ticks}`
}
