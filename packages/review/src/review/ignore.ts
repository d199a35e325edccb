/** Comments that take findings out: `// plimsoll-ignore-next-line rule -- reason`, `// plimsoll-ignore-line -- reason`. */
export interface Ignores {
  covers(line: number, rule: string): boolean
  /** Lines of comments without a reason. They ignore nothing: in a year nobody knows why they are there. */
  unreasonedLines: number[]
}

const comment =
  /(?:\/\/|\/\*)\s*(plimsoll-ignore-next-line|plimsoll-ignore-line|plimsoll-ignore-file|eslint-disable-next-line|eslint-disable-line)\b([^\n]*)/

export function readIgnores(lines: readonly string[]): Ignores {
  const byLine = new Map<number, string[]>()
  const everywhere: string[] = []
  const unreasonedLines: number[] = []
  for (const [index, text] of lines.entries()) {
    if (!text.includes('plimsoll')) continue
    const match = comment.exec(text)
    if (!match) continue
    const [, kind, tail] = match
    const [names, reason] = splitReason(tail!.replace(/\*\/.*$/, ''))
    const rules = names
      .split(/[\s,]+/)
      .filter((word) => word !== '')
      .map((word) => word.replace(/^plimsoll\//, ''))
    if (kind!.startsWith('eslint') && !/plimsoll\//.test(names)) continue
    if (reason === '') {
      unreasonedLines.push(index + 1)
      continue
    }
    if (kind === 'plimsoll-ignore-file') everywhere.push(...(rules.length > 0 ? rules : ['*']))
    else {
      const line = kind!.endsWith('next-line') ? index + 2 : index + 1
      byLine.set(line, rules.length > 0 ? rules : ['*'])
    }
  }
  return {
    covers: (line, rule) => [...everywhere, ...(byLine.get(line) ?? [])].some((name) => name === '*' || name === rule),
    unreasonedLines,
  }
}

function splitReason(tail: string): [names: string, reason: string] {
  const at = tail.indexOf('--')
  return at === -1 ? [tail, ''] : [tail.slice(0, at), tail.slice(at + 2).trim()]
}
