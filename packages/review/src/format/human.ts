import { wrap } from '@plimsoll/core'
import type { Report, ReviewFinding } from '../finding.ts'
import type { FormatOptions } from './format.ts'
import { describeDependency, factsOf, summaryOf } from './words.ts'

/** For people at a terminal: worst first, each with the code it speaks of, and the sum at the end where the eye stops. */
export function formatHuman(report: Report, options: FormatOptions): string {
  const paint = createPaint(options.isColoured)
  const blocks = report.findings.map((finding) => formatFinding(finding, options, paint))
  for (const dependency of report.dependencies)
    blocks.push(
      `${paint.high('●')} ${paint.bold(dependency.path)}\n  ${describeDependency(dependency)}\n  ${paint.dim(dependency.source)}\n`,
    )
  if (report.unread.length > 0) {
    const shown = report.unread.slice(0, 10).map(({ path, what }) => `  ${path}: ${what}\n`)
    const rest = report.unread.length - shown.length
    blocks.push(
      `${paint.dim('Not reviewed:')}\n${shown.join('')}${rest > 0 ? `  and ${rest} more (--format=json lists them)\n` : ''}`,
    )
  }
  for (const { path, line } of report.unreasoned)
    blocks.push(
      `${path}:${line} ignores without a reason, and so is not heard. Say why: plimsoll-ignore-next-line RULE -- reason\n`,
    )
  return `${blocks.join('\n')}${blocks.length > 0 ? '\n' : ''}${paint.bold(summaryOf(report))}\n`
}

function formatFinding(finding: ReviewFinding, options: FormatOptions, paint: Paint): string {
  const { path, place, sentence, rule, severity, dependency } = finding
  const mark = severity === 'high' ? paint.high('●') : paint.medium('○')
  const where = `${path}:${place.line}:${place.column}`
  const head = `${mark} ${paint.bold(where)}  ${paint.dim(dependency ? `${rule}, in ${dependency}` : rule)}`
  const facts = factsOf(finding).flatMap(([label, text]) => formatFact(label, text, options.width, paint))
  return [head, `  ${sentence}.`, ...frameOf(finding, options, paint), ...facts, ''].join('\n')
}

const labelWidth = 11

function formatFact(label: string, text: string, width: number, paint: Paint): string[] {
  return wrap(text, Math.max(30, width - labelWidth - 2)).map(
    (line, index) => `  ${paint.dim((index === 0 ? label : '').padEnd(labelWidth))}${line}`,
  )
}

/** The growth line with one on either side, and the columns that are meant underlined. */
function frameOf({ path, place }: ReviewFinding, options: FormatOptions, paint: Paint): string[] {
  const source = options.sourceOf(path)
  if (source === null) return []
  const lines = source.split('\n')
  const from = Math.max(1, place.line - 1)
  const to = Math.min(lines.length, place.line + 1)
  const numberWidth = String(to).length
  const room = Math.max(20, options.width - numberWidth - 6)
  const frame: string[] = []
  for (let line = from; line <= to; line++) {
    const text = (lines[line - 1] ?? '').replace(/\r$/, '').replaceAll('\t', '  ')
    if (line !== place.line && text.trim() === '') continue
    const isMeant = line === place.line
    const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text
    frame.push(
      `  ${paint.dim(`${isMeant ? '>' : ' '} ${String(line).padStart(numberWidth)} │`)} ${isMeant ? shown : paint.dim(shown)}`,
    )
    if (isMeant) {
      const before = (lines[line - 1] ?? '').slice(0, place.column - 1).replaceAll('\t', '  ').length
      const end = place.endLine === place.line ? before + place.endColumn - place.column : text.length
      const length = Math.min(end, room) - before
      if (length > 0)
        frame.push(
          `  ${paint.dim(`  ${' '.repeat(numberWidth)} │`)} ${' '.repeat(before)}${paint.high('~'.repeat(length))}`,
        )
    }
  }
  return frame
}

interface Paint {
  bold(text: string): string
  dim(text: string): string
  high(text: string): string
  medium(text: string): string
}

function createPaint(isColoured: boolean): Paint {
  const paint = (code: number) => (text: string) => (isColoured ? `\u001B[${code}m${text}\u001B[0m` : text)
  return { bold: paint(1), dim: paint(2), high: paint(31), medium: paint(33) }
}
