/** Further down than this, a function that is called says little about the place that calls it. */
const MAX_CALLS = 2
/** Longer functions are read so far. */
const MAX_BODY_CHARS = 3000

/** The functions of a source, by what they do: `dropOldest()`, `trim()` and `gc()` evict when entries leave in them, whatever their names say. */
export class Functions {
  readonly #source: string
  /** By name, where its bodies begin. */
  readonly #bodies = new Map<string, number[]>()
  readonly #headAt = new Set<number>()

  constructor(source: string) {
    this.#source = source
    for (const { index, 0: head, 1: name } of source.matchAll(functionHead)) {
      if (keywords.has(name!)) continue
      this.#headAt.add(index)
      this.#bodies.set(name!, [...(this.#bodies.get(name!) ?? []), index + head.length])
    }
  }

  /** Whether what is looked for stands in the text from `from` to `to`, or in a function of the source that is called from there. */
  does(pattern: RegExp, from: number, to: number, depth = MAX_CALLS): boolean {
    const text = this.#source.slice(from, to)
    if (pattern.test(text)) return true
    if (depth === 0) return false
    return [...text.matchAll(ownCall)].some(({ index, 0: call, 1: name }) => {
      const at = from + index + call.indexOf(name!)
      const begin = this.#headAt.has(at) ? undefined : this.#nearest(name!, at)
      return begin !== undefined && this.does(pattern, begin, this.#endOf(begin), depth - 1)
    })
  }

  /** Where the function that does nothing but answer with what stands at `at` is called; none where something else stands there. */
  asked(at: number): number[] {
    const before = this.#source.slice(Math.max(0, at - MAX_ANSWER_CHARS), at)
    const name = answerHead.exec(before)?.[1]
    if (name === undefined || keywords.has(name)) return []
    // A getter is asked without being called.
    const calls = new RegExp(String.raw`(?<![\w$#])${name.replaceAll('$', String.raw`\$`)}(?![\w$])`, 'g')
    return [...this.#source.matchAll(calls)].map(({ index }) => index).filter((index) => !this.#headAt.has(index))
  }

  /** Classes of one file often call their methods alike: the one meant is seldom far away. */
  #nearest(name: string, at: number): number | undefined {
    const [nearest] = (this.#bodies.get(name) ?? []).toSorted(
      (left, right) => Math.abs(left - at) - Math.abs(right - at),
    )
    return nearest
  }

  /** Braces in strings are counted as well: seldom enough, and no body is longer than this. */
  #endOf(begin: number): number {
    const last = Math.min(this.#source.length, begin + MAX_BODY_CHARS)
    if (this.#source[begin - 1] !== '{') return Math.min(last, this.#source.indexOf('\n', begin) + 1 || last)
    for (let at = begin, depth = 1; at < last; at++) {
      if (this.#source[at] === '{') depth++
      else if (this.#source[at] === '}' && --depth === 0) return at
    }
    return last
  }
}

const MAX_ANSWER_CHARS = 120
/** `get isFull() { return` or `const isFull = () =>`, up to what is answered. */
const answerHead =
  /(?<![\w$#])([\w$#]+)\s*(?:=\s*)?\(\s*\)\s*(?::\s*\w+\s*)?(?:=>\s*(?:\{\s*return\s+)?|\{\s*return\s+)[^;{}\n]*$/
/** `evict(key) {`, `function trim() {`, `const gc = () =>`. */
const functionHead =
  /(?<![\w$#])([\w$#]+)\s*(?:[:=]\s*(?:async\s+)?(?:function\b\s*\*?\s*[\w$]*\s*)?)?\([^()]*\)\s*(?::[^{}();=]{1,40})?(?:=>\s*\{?|\{)/g
const keywords = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'return', 'await', 'function', 'typeof'])
/** Of the source's own functions: those of other objects are not known by their names. */
const ownCall = /(?:(?<![\w$.#])|\b(?:this|self|that|_this)\s*\.\s*)([\w$#]+)\s*\(/g
