import { InvalidOptionError, messageOf } from '@plimsoll/core'
import { compileExpression, type Expression } from './expression.ts'

export type Labels = Readonly<Record<string, string>>

/** As Alertmanager has it: `name="value"`, `!=`, `=~` and `!~`, the last two with an anchored expression. */
export interface Matcher {
  name: string
  value: string
  isRegex: boolean
  isEqual: boolean
}

/** Each compiled once; it goes with its matcher. */
const expressions = new WeakMap<Matcher, Expression>()

const plainName = /^[^\s"'`{}!=~,\\]+/

/** A label that is missing is empty. One too long for an expression neither fits nor differs: what is in doubt is heard. */
export function matches(matcher: Matcher, labels: Labels): boolean {
  const value = Object.hasOwn(labels, matcher.name) ? labels[matcher.name]! : ''
  if (!matcher.isRegex) return (value === matcher.value) === matcher.isEqual
  const { regex, maxTextLength } = expressionOf(matcher)
  return value.length <= maxTextLength && regex.test(value) === matcher.isEqual
}

export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matches(matcher, labels))
}

/** `alertname="Leak"`, as {@link parseMatchers} reads it: a name that would not be read as it stands is quoted. */
export function showMatcher({ name, value, isRegex, isEqual }: Matcher): string {
  const shown = plainName.exec(name)?.[0] === name ? name : JSON.stringify(name)
  return `${shown}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}${JSON.stringify(value)}`
}

/** @throws {@link InvalidOptionError} when the expression is none, too long, or could take forever */
export function checkMatcher(matcher: Matcher): Matcher {
  if (matcher.name === '') throw fault('a matcher needs a label name')
  if (matcher.isRegex) expressionOf(matcher)
  return matcher
}

/** One matcher, or several in braces: `a="b"`, `{a="b", c=~"d|e"}`. @throws {@link InvalidOptionError} with all that are wrong */
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
  const faults = matchers.flatMap((matcher) => {
    try {
      checkMatcher(matcher)
      return []
    } catch (error) {
      return (error as InvalidOptionError).faults
    }
  })
  if (faults.length > 0) throw new InvalidOptionError('Matcher', faults)
  return matchers
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
    const name = this.#word(plainName)
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

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '"': '"', '\\': '\\' }

function unescape(text: string): string {
  return text.replaceAll(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gs, (whole, what: string) =>
    /^[ux]./.test(what) ? String.fromCodePoint(Number.parseInt(what.slice(1), 16)) : (escapes[what] ?? whole),
  )
}

function expressionOf(matcher: Matcher): Expression {
  let expression = expressions.get(matcher)
  if (!expression) {
    try {
      expression = compileExpression(matcher.value)
    } catch (error) {
      throw fault(messageOf(error))
    }
    expressions.set(matcher, expression)
  }
  return expression
}

function fault(what: string): InvalidOptionError {
  return new InvalidOptionError('Matcher', [{ where: '', what }])
}
