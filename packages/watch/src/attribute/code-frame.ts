/** Some lines of a source around the one that matters. */
export interface CodeFrame {
  firstLine: number
  lines: readonly string[]
}

/** Of a longer line this much is shown: its beginning, or where in it something happens. */
const MAX_COLUMNS = 200
const COLUMNS_BEFORE = 60

/** The line with two before and one after it. `column` counts from 1. */
export function cutFrame(source: string, line: number, column = 1): CodeFrame {
  const firstLine = Math.max(1, line - 2)
  const lines = source.split('\n').slice(firstLine - 1, line + 1)
  return {
    firstLine,
    lines: lines.map((text, index) => cutLine(text.replaceAll('\t', '  '), firstLine + index === line ? column : 1)),
  }
}

function cutLine(text: string, column: number): string {
  if (text.length <= MAX_COLUMNS || column <= MAX_COLUMNS - COLUMNS_BEFORE) return text.slice(0, MAX_COLUMNS)
  const from = column - COLUMNS_BEFORE
  return `…${text.slice(from, from + MAX_COLUMNS - 1)}`
}
