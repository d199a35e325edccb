/** Typed text as it comes in a form body: one field, or the same field several times. */
export type FormBody = Record<string, string | string[] | undefined>

/**
 * Reads a form's fields one by one and keeps what is wrong with each, so that the person mends all of it in one go, beside
 * the fields. Reading never throws; what was typed stays available for the form that goes back.
 */
export class Form {
  /** What to tell the person, by field. */
  readonly errors: Record<string, string> = {}
  readonly #body: FormBody

  constructor(body: unknown = {}) {
    this.#body = typeof body === 'object' && body !== null ? (body as FormBody) : {}
  }

  get isSound(): boolean {
    return Object.keys(this.errors).length === 0
  }

  fault(name: string, message: string): void {
    this.errors[name] ??= message
  }

  /** As it was typed: for showing it again. */
  typed(name: string): string {
    const value = Object.hasOwn(this.#body, name) ? this.#body[name] : undefined
    return (Array.isArray(value) ? value[0] : value) ?? ''
  }

  /** All values of a field that may be repeated, at most `maxCount`. */
  all(name: string, maxCount: number): string[] {
    const value = Object.hasOwn(this.#body, name) ? (this.#body[name] ?? []) : []
    return (Array.isArray(value) ? value : [value]).slice(0, maxCount)
  }

  /** A line of text, trimmed, without control characters (with line breaks when `isLong`). */
  text(name: string, limits: { minLength?: number; maxLength: number; ask: string; isLong?: boolean }): string {
    const { minLength = 1, maxLength, ask, isLong = false } = limits
    const text = cleanText(this.typed(name), isLong)
    if (text.length < minLength)
      this.fault(name, text === '' ? ask : `${ask} At least ${minLength} characters, please.`)
    else if (text.length > maxLength)
      this.fault(name, `At most ${maxLength} characters, please; this has ${text.length}.`)
    return text
  }

  /** A whole number within bounds. */
  integer(name: string, limits: { min: number; max: number }): number {
    const typed = this.typed(name).trim()
    const number = /^\d{1,9}$/.test(typed) ? Number(typed) : NaN
    if (number >= limits.min && number <= limits.max) return number
    this.fault(name, `A whole number from ${limits.min} to ${limits.max}, please.`)
    return limits.min
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const typed = this.typed(name)
    if (!choices.includes(typed as T)) this.fault(name, 'Please choose one of these.')
    return choices.includes(typed as T) ? (typed as T) : choices[0]!
  }
}

/** Typed text without what no field can hold: control characters; runs of blanks become one. */
export function cleanText(typed: string, isLong = false): string {
  const readable = typed.normalize('NFC')
  if (isLong)
    return readable
      .replaceAll('\r\n', '\n')
      .replaceAll(/[^\P{Cc}\n]/gu, '')
      .trim()
  return readable.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
}
