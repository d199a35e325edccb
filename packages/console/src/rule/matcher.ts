import { InvalidOptionError } from '@plimsoll/core'

export type Labels = Readonly<Record<string, string>>

/** As Alertmanager has it: `name="value"`, `!=`, `=~` and `!~`, the last two with an anchored expression. */
export interface Matcher {
  name: string
  value: string
  isRegex: boolean
  isEqual: boolean
}

const MAX_PATTERN_LENGTH = 1000

/** A label that is missing is empty. */
export function matches(matcher: Matcher, labels: Labels): boolean {
  const value = Object.hasOwn(labels, matcher.name) ? labels[matcher.name]! : ''
  const isSame = matcher.isRegex ? compile(matcher.value).test(value) : value === matcher.value
  return isSame === matcher.isEqual
}

export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matches(matcher, labels))
}

/** `alertname="Leak"` */
export function showMatcher({ name, value, isRegex, isEqual }: Matcher): string {
  return `${name}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}${JSON.stringify(value)}`
}

/** @throws {@link InvalidOptionError} when the expression is none, too long, or could take forever */
export function checkMatcher(matcher: Matcher): Matcher {
  if (matcher.name === '') throw fault('a matcher needs a label name')
  if (matcher.isRegex) compile(matcher.value)
  return matcher
}

/** One matcher, or several in braces: `a="b"`, `{a="b", c=~"d|e"}`. @throws {@link InvalidOptionError} */
export function parseMatchers(text: string): Matcher[] {
  const scanner = new Scanner(text)
  scanner.space()
  const hasBraces = scanner.take('{')
  const matchers: Matcher[] = []
  while (!scanner.isDone && !scanner.looksAt('}')) {
    matchers.push(scanner.matcher())
    if (!scanner.take(',')) break
  }
  if (hasBraces && !scanner.take('}')) throw fault(`${text.slice(0, 200)} lacks its closing brace`)
  if (!scanner.isDone) throw fault(`${text.slice(0, 200)} goes on where a comma or the end was expected`)
  return matchers.map(checkMatcher)
}

class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isDone(): boolean {
    return this.#at >= this.#text.length
  }

  space(): void {
    this.#at += /^\s*/.exec(this.#text.slice(this.#at))![0].length
  }

  looksAt(token: string): boolean {
    return this.#text.startsWith(token, this.#at)
  }

  take(token: string): boolean {
    if (!this.looksAt(token)) return false
    this.#at += token.length
    this.space()
    return true
  }

  matcher(): Matcher {
    const name = this.#word(/^[^\s"'`{}!=~,\\]+/)
    const operator = (['=~', '!~', '!=', '='] as const).find((candidate) => this.take(candidate))
    if (name === null || operator === undefined)
      throw fault(`${this.#text.slice(0, 200)} is no matcher such as alertname="Leak"`)
    const value = this.#word(/^[^\s"'`{}!=~,\\][^\s"`{},]*/) ?? ''
    return { name, value, isRegex: operator.endsWith('~'), isEqual: operator.startsWith('=') }
  }

  /** Quoted with escapes as in Go, or plain. */
  #word(plain: RegExp): string | null {
    const rest = this.#text.slice(this.#at)
    const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(rest)
    const found = quoted ?? plain.exec(rest)
    if (!found) return null
    this.#at += found[0].length
    this.space()
    return quoted ? unescape(quoted[1]!) : found[0]
  }
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' }

function unescape(text: string): string {
  return text.replaceAll(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gs, (whole, what: string) =>
    /^[ux]./.test(what) ? String.fromCodePoint(Number.parseInt(what.slice(1), 16)) : (escapes[what] ?? whole),
  )
}

const compiled = new Map<string, RegExp>()
const MAX_COMPILED = 500

/** Anchored at both ends. Leading flags such as `(?i)` are understood. */
function compile(pattern: string): RegExp {
  const known = compiled.get(pattern)
  if (known) return known
  if (pattern.length > MAX_PATTERN_LENGTH) throw fault(`an expression may have ${MAX_PATTERN_LENGTH} characters`)
  // Expressions elsewhere run in time that grows with the text; here a repetition in a repetition would not.
  if (/\([^()]*[*+}][^()]*\)\s*[*+{]/.test(pattern.replaceAll(/\\./g, '_')))
    throw fault(`the expression ${pattern.slice(0, 100)} repeats a repetition, which could take forever: write it flat`)
  const [, flags = '', rest = ''] = /^(?:\(\?([is]+)\))?(.*)$/s.exec(pattern) ?? []
  try {
    const expression = new RegExp(`^(?:${rest})$`, [...new Set(`${flags}s`)].join(''))
    if (compiled.size >= MAX_COMPILED) compiled.delete(compiled.keys().next().value!)
    compiled.set(pattern, expression)
    return expression
  } catch {
    throw fault(`${pattern.slice(0, 100)} is no valid expression`)
  }
}

function fault(what: string): InvalidOptionError {
  return new InvalidOptionError('Matcher', [{ where: '', what }])
}
