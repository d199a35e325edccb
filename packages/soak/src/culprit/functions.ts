import { escapeName } from './source-text.ts'

/** Further down than this, a function that is called says little about the place that calls it. */
const MAX_CALLS = 2
/** Longer functions are read so far, and longer branches not at all. */
const MAX_CHARS = 3000
const MAX_CONDITION_CHARS = 600
const MAX_HEAD_CHARS = 120
/** Where a function is asked in more places, so many of them tell as much. */
const MAX_ASKED = 20
/** Functions that stand in one another: from further in, nothing is looked up. */
const MAX_SCOPES = 8

/** Where something stands. */
export interface Place {
  from: number
  to: number
}

interface Body extends Place {
  name: string | null
  /** The index of the body it stands in; -1 where it stands in none. */
  parent: number
}

/** The functions of a source, by what they do: `dropOldest()`, `trim()` and `gc()` evict when entries leave in them, whatever their names say. */
export class Functions {
  /** The source without what strings and comments say: places are the same. */
  readonly code: string
  /** By where they begin. */
  readonly #bodies: Body[] = []
  readonly #byName = new Map<string, Body[]>()
  readonly #done = new Map<string, boolean>()
  readonly #asked = new Map<string, number[]>()
  readonly #declared = new Map<string, { body: Body | null; value: string }[]>()
  /** Sources beside it: what a class inherits may stand there. */
  #others: readonly Functions[] = []

  constructor(source: string) {
    this.code = blank(source)
    this.#read()
  }

  static readAll(sources: readonly string[]): Functions[] {
    const all = sources.map((source) => new Functions(source))
    for (const one of all) one.#others = all.filter((other) => other !== one)
    return all
  }

  /** Whether what is looked for stands there, or in a function of the source that is called from there. */
  does(pattern: RegExp, { from, to }: Place, depth = MAX_CALLS): boolean {
    const key = `${from} ${to} ${depth} ${pattern.source}`
    const known = this.#done.get(key)
    if (known !== undefined) return known
    const text = this.code.slice(from, to)
    const isDone =
      pattern.test(text) ||
      (depth > 0 &&
        [...text.matchAll(ownCall)].some(({ index, 0: call, 1: name }) => {
          const body = this.#nearest(name!, from + index + call.indexOf(name!))
          if (body) return this.does(pattern, firstPart(body), depth - 1)
          return this.#others.some((other) => {
            const inherited = other.#byName.get(name!)?.[0]
            return inherited !== undefined && other.does(pattern, firstPart(inherited), depth - 1)
          })
        }))
    this.#done.set(key, isDone)
    return isDone
  }

  /** What the variable `name` that is seen at `at` was given where it was declared: the beginning of it. */
  declared(name: string, at: number): string | null {
    let found = this.#declared.get(name)
    if (!found) {
      const declaration = new RegExp(
        String.raw`\b(?:const|let|var|static)\s+(?:[^;(){}\n]{0,100},\s*)?${escapeName(name)}\s*=(?![=>])\s*([^;,\n]{1,100})`,
        'g',
      )
      found = [...this.code.matchAll(declaration)].map(({ index, 0: text, 1: value }) => ({
        body: this.around(index + text.length - 1),
        value: value!,
      }))
      this.#declared.set(name, found)
    }
    if (found.length === 0) return null
    let scope = this.around(at)
    for (let depth = 0; scope !== null && depth < MAX_SCOPES; depth++) {
      const within = found.find(({ body }) => body === scope)
      if (within) return within.value
      scope = this.#bodies[scope.parent] ?? null
    }
    return found.find(({ body }) => body === null)?.value ?? null
  }

  /** Where the variable, or the function that does nothing but answer, with what stands at `at` is asked; nowhere where something else stands there. */
  asked(at: number): readonly number[] {
    const head = this.code.slice(Math.max(0, at - MAX_HEAD_CHARS), at)
    const name = (answerHead.exec(head) ?? variableHead.exec(head))?.[1]
    if (name === undefined || keywords.has(name)) return []
    let places = this.#asked.get(name)
    if (!places) {
      // A getter is asked without being called.
      const calls = new RegExp(String.raw`(?<![\w$#])${name.replaceAll('$', String.raw`\$`)}(?![\w$])`, 'g')
      places = [...this.code.matchAll(calls)].map(({ index }) => index).filter((index) => this.branch(index) !== null)
      this.#asked.set(name, (places = places.slice(0, MAX_ASKED)))
    }
    return places
  }

  /** The function that a place stands in; null outside of all. */
  around(at: number): Body | null {
    let index = countUpTo(this.#bodies, at) - 1
    while (index >= 0 && this.#bodies[index]!.to <= at) index = this.#bodies[index]!.parent
    return this.#bodies[index] ?? null
  }

  /** What is run only where the comparison at `at` holds: not its `else`, and nothing after it. */
  branch(at: number): (Place & { isLoop: boolean }) | null {
    const { code } = this
    const isNegated = (end: number) => negated.test(code.slice(Math.max(0, end - MAX_HEAD_CHARS), end))
    if (isNegated(at)) return null
    for (let index = at - 1, depth = 0; index >= 0 && index > at - MAX_CONDITION_CHARS; index--) {
      const char = code[index]
      if (depth === 0 && (char === '{' || char === '}')) break
      if (char === ')') depth++
      else if (char === '(' && depth > 0) depth--
      else if (char === '(') {
        const keyword = /\b(if|while|for)\s*$/.exec(code.slice(Math.max(0, index - 10), index))?.[1]
        if (isNegated(index)) return null
        if (keyword === undefined) continue
        const from = closing(code, index)
        const isLoop = keyword === 'while' || (keyword === 'for' && /^\(\s*;/.test(code.slice(index, index + 20)))
        return from === null ? null : { from, to: statementEnd(code, from), isLoop }
      }
    }
    const then = /^[\w$.#<>=*+()\- \t]{1,120}?\s*(?:&&|\?(?![.?]))/.exec(code.slice(at, at + 200))
    if (!then) return null
    const from = at + then[0].length
    return { from, to: statementEnd(code, from, /[,:]/), isLoop: false }
  }

  /** Together with the statement that follows. */
  andNext({ from, to }: Place): Place {
    const rest = /^[\s;]*/.exec(this.code.slice(to, to + MAX_HEAD_CHARS))![0].length
    return { from, to: statementEnd(this.code, to + rest) }
  }

  #read(): void {
    const { code } = this
    const open: { index: number; body: Body | null }[] = []
    const opened: number[] = []
    let enclosing = -1
    /** Where the parentheses that were closed last begin and end. */
    let [paren, parenEnd] = [-1, -1]
    for (const { index, 0: token } of code.matchAll(/[(){}]|=>/g)) {
      if (token === '(') opened.push(index)
      else if (token === ')') [paren, parenEnd] = [opened.pop() ?? -1, index + 1]
      else if (token === '}') {
        const body = open.pop()?.body
        if (!body) continue
        body.to = index
        enclosing = body.parent
      } else {
        const isArrow = token === '=>'
        const hasBlock = isArrow && /^\s*\{/.test(code.slice(index + 2, index + 40))
        if (hasBlock) continue
        const name = headName(code, index, paren, parenEnd, isArrow)
        if (name === undefined && isArrow) continue
        const from = index + token.length
        const to = isArrow ? statementEnd(code, from, /,/) : code.length
        const body = name === undefined ? null : { name, from, to, parent: enclosing }
        if (!isArrow) open.push({ index, body })
        if (!body) continue
        this.#bodies.push(body)
        if (!isArrow) enclosing = this.#bodies.length - 1
        if (!name) continue
        const namesakes = this.#byName.get(name)
        if (namesakes) namesakes.push(body)
        else this.#byName.set(name, [body])
      }
    }
  }

  /** Classes of one file often call their methods alike: the one meant is seldom far away. */
  #nearest(name: string, at: number): Body | undefined {
    const namesakes = this.#byName.get(name) ?? []
    const next = countUpTo(namesakes, at)
    const [before, after] = [namesakes[next - 1], namesakes[next]]
    return before && after ? (at - before.from < after.from - at ? before : after) : (before ?? after)
  }
}

/** `get isFull() { return` or `const isFull = () =>`, up to what is answered. */
const answerHead =
  /(?<![\w$#])([\w$#]+)\s*(?:=\s*)?\(\s*\)\s*(?::\s*\w+\s*)?(?:=>\s*(?:\{\s*return\s+)?|\{\s*return\s+)[^;{}\n]*$/
const variableHead = /\b(?:const|let|var)\s+([\w$]+)\s*=\s*[^;{}()\n]*$/
const keywords = new Set(['if', 'for', 'await', 'while', 'switch', 'catch', 'with'])
/** Of the source's own functions: those of other objects are not known by their names. */
const ownCall = /(?:(?<![\w$.#])|\b(?:this|self|that|_this)\s*\.\s*)([\w$#]+)\s*\(/g
/** `!(` or `!this.`, up to what is denied. */
const negated = /!\s*(?:[\w$#]+\s*\.\s*)*$/

function firstPart({ from, to }: Place): Place {
  return { from, to: Math.min(to, from + MAX_CHARS) }
}

/** Of bodies in their order, how many begin up to there. */
function countUpTo(bodies: readonly Body[], at: number): number {
  let low = 0
  let high = bodies.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (bodies[middle]!.from <= at) low = middle + 1
    else high = middle
  }
  return low
}

/** The name of the function whose body begins at `index`; null where it has none, undefined where no function begins. */
function headName(
  code: string,
  index: number,
  paren: number,
  parenEnd: number,
  isArrow: boolean,
): string | null | undefined {
  const before = code.slice(Math.max(0, index - MAX_HEAD_CHARS), index)
  const arrow = isArrow ? '' : /=>\s*$/.exec(before)?.[0]
  const end = index - (arrow?.length ?? 0)
  const isAfterParen =
    parenEnd >= 0 && /^\s*(?::[^{}();=]{1,60})?$/.test(code.slice(parenEnd, Math.max(parenEnd, end)).slice(0, 100))
  const parameter =
    isAfterParen || arrow === undefined
      ? undefined
      : /[\w$]+\s*$/.exec(code.slice(Math.max(0, end - MAX_HEAD_CHARS), end))?.[0]
  if (!isAfterParen && parameter === undefined) return undefined
  const begin = isAfterParen ? paren : end - parameter!.length
  const head = code.slice(Math.max(0, begin - MAX_HEAD_CHARS), begin)
  if (arrow !== undefined) return /([\w$#]+)\s*[=:]\s*(?:async\s*)?$/.exec(head)?.[1] ?? null
  const word = /([\w$#]+)\s*$/.exec(head)?.[1]
  if (word === undefined || keywords.has(word)) return undefined
  const assigned = /([\w$#]+)\s*[:=]\s*(?:async\s+)?function\b[\s*]*(?:[\w$]+\s*)?$/.exec(head)?.[1]
  return assigned ?? (word === 'function' ? null : word)
}

/** Behind the bracket that closes the one at `open`; null where it is too far away. */
function closing(code: string, open: number): number | null {
  const [begin, end] = code[open] === '{' ? ['{', '}'] : ['(', ')']
  for (let at = open, depth = 0; at < Math.min(code.length, open + MAX_CHARS); at++) {
    if (code[at] === begin) depth++
    else if (code[at] === end && --depth === 0) return at + 1
  }
  return null
}

/** Where the statement ends that begins there, or what is part of one and ends with `stop` as well. */
function statementEnd(code: string, from: number, stop = /;/): number {
  let at = from
  while (/\s/.test(code[at] ?? '')) at++
  if (code[at] === '{') return closing(code, at) ?? from
  const statement = code.slice(at, from + MAX_CHARS)
  let depth = 0
  for (const { index, 0: char } of statement.matchAll(/[()[\]{};,:\n]/g)) {
    const isEnd = depth === 0 && /[)\]};]/.test(char)
    if (
      isEnd ||
      (depth === 0 && (stop.test(char) || (char === '\n' && !/^\s*\./.test(statement.slice(index, index + 80)))))
    )
      return at + index
    if (/[([{]/.test(char)) depth++
    else if (/[)\]}]/.test(char) && --depth === 0 && char === '}') return at + index + 1
  }
  return depth === 0 ? at + statement.length : from
}

/** A source with blanks for what comments, strings and patterns say. */
function blank(source: string): string {
  const found = new RegExp(saying, 'g')
  let code = ''
  let at = 0
  for (let match = found.exec(source); match; match = found.exec(source)) {
    let end = found.lastIndex
    if (match[0] === '/*') {
      const close = source.indexOf('*/', end)
      if (close < 0) break
      found.lastIndex = end = close + 2
    }
    code += source.slice(at, match.index) + source.slice(match.index, end).replaceAll(/[^\n]/g, ' ')
    at = end
  }
  return code + source.slice(at)
}

/** What does not end is taken for one that ends with the line: else each would be looked for an end of. */
const saying =
  /\/\/[^\n]*|\/\*|'(?:\\.|[^'\\\n])*'?|"(?:\\.|[^"\\\n])*"?|`(?:\\[\s\S]|[^`\\])*`?|\/(?<=(?:[=(,:;!&|?{[\n]|\breturn)\s*\/)(?:\\.|\[(?:\\.|[^\]\\\n])*\]?|[^/\\\n[])+\/?/
