/** Some lines of a source around the one that matters. */
export interface CodeFrame {
  firstLine: number
  lines: readonly string[]
}

/** The line with two before and one after it. */
export function cutFrame(source: string, line: number): CodeFrame {
  const firstLine = Math.max(1, line - 2)
  const lines = source.split('\n').slice(firstLine - 1, line + 1)
  return { firstLine, lines: lines.map((text) => text.replaceAll('\t', '  ').slice(0, 200)) }
}
