/** What begins a function, be it that its head stands in one line or ends in one; read once, whatever the line is. */
const functionHead =
  /^\s*\)[^;=]*\{\s*$|^\s*(?:(?:async|static|get|set|public|private|protected)\s+)*(?!(?:if|for|while|switch|catch|with)\b)[*\w$#]+\s*\([^;]*\)[^;={)]*\{/
const functionWord = /=>|\bfunction\b/
/** A head that is longer is minified code, which is told by its words. */
const MAX_HEAD_CHARS = 300

interface Line {
  from: number
  /** Where a word that begins a function stands in it; Infinity where none does. */
  wordAt: number
  /** Whether a line that encloses it begins a function. */
  isEnclosed: boolean
}

/** Which places of a source stand in functions, by how lines are indented: each that encloses a place is indented less than it. */
export class Outline {
  readonly #text: string
  readonly #lines: Line[] = []

  constructor(text: string) {
    this.#text = text
    const enclosing: { indent: number; isFunction: boolean }[] = []
    let from = 0
    for (const line of text.split('\n')) {
      const isBlank = line.trim() === ''
      const indent = line.length - line.trimStart().length
      const found = line.search(functionWord)
      const wordAt = found < 0 ? Infinity : found
      while (!isBlank && enclosing.length > 0 && enclosing.at(-1)!.indent >= indent) enclosing.pop()
      const isEnclosed = enclosing.at(-1)?.isFunction ?? false
      this.#lines.push({ from, wordAt, isEnclosed })
      if (!isBlank) enclosing.push({ indent, isFunction: isEnclosed || wordAt < Infinity || isHead(line) })
      from += line.length + 1
    }
  }

  isInFunction(offset: number): boolean {
    const { from, wordAt, isEnclosed } = this.#lineOf(offset)
    return isEnclosed || from + wordAt < offset || isHead(this.#text.slice(from, offset))
  }

  lineStart(offset: number): number {
    return this.#lineOf(offset).from
  }

  #lineOf(offset: number): Line {
    let low = 0
    let high = this.#lines.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#lines[middle]!.from <= offset) low = middle
      else high = middle
    }
    return this.#lines[low]!
  }
}

function isHead(line: string): boolean {
  return functionHead.test(line.slice(0, MAX_HEAD_CHARS))
}
