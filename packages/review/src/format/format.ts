import type { Report } from '../finding.ts'
import { formatGithub } from './github.ts'
import { formatHuman } from './human.ts'
import { formatMarkdown } from './markdown.ts'
import { formatSarif } from './sarif.ts'

export const formats = ['human', 'json', 'sarif', 'github', 'markdown'] as const
export type Format = (typeof formats)[number]

export interface FormatOptions {
  /** Our version, for formats that name the tool. */
  version: string
  isColoured: boolean
  /** Columns of the terminal. */
  width: number
  /** The source of a file, for code frames; `null` when it cannot be read any more. */
  sourceOf(path: string): string | null
}

export function formatReport(report: Report, format: Format, options: FormatOptions): string {
  switch (format) {
    case 'human':
      return formatHuman(report, options)
    case 'json':
      return `${JSON.stringify({ version: 1, ...report }, null, 2)}\n`
    case 'sarif':
      return formatSarif(report, options.version)
    case 'github':
      return formatGithub(report)
    case 'markdown':
      return formatMarkdown(report)
  }
}
