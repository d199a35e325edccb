import { InvalidOptionError, type Fault } from './error.ts'

/**
 * Turns `unknown` into typed values and collects every fault on the way, each with the place where it stands, so that a
 * person mends a file or a request in one go. Reading never throws; `finish` does, once, with all faults.
 */
export class Reader {
  readonly faults: Fault[]
  readonly #value: unknown
  readonly #where: string
  readonly #maxFaultCount: number

  /** @param maxFaultCount a hostile body can be wrong in a million places; ten are enough to mend it. A file of one's own has no limit */
  constructor(value: unknown, where = '', faults: Fault[] = [], maxFaultCount = 10) {
    this.#value = value
    this.#where = where
    this.faults = faults
    this.#maxFaultCount = maxFaultCount
  }

  fault(what: string): void {
    if (this.faults.length < this.#maxFaultCount) this.faults.push({ where: this.#where, what })
  }

  get raw(): unknown {
    return this.#value
  }

  get isAbsent(): boolean {
    return this.#value === undefined || this.#value === null
  }

  at(key: string): Reader {
    const holder = this.#value
    const isRecord = typeof holder === 'object' && holder !== null && !Array.isArray(holder)
    const value = isRecord && Object.hasOwn(holder, key) ? (holder as Record<string, unknown>)[key] : undefined
    return this.#within(value, this.#where === '' ? key : `${this.#where}.${key}`)
  }

  object(): this {
    if (typeof this.#value !== 'object' || this.#value === null || Array.isArray(this.#value))
      this.fault('must be an object')
    return this
  }

  /** Faults every key that is not listed: a typing error in a configuration file must not pass in silence. */
  onlyKeys(known: readonly string[]): this {
    if (typeof this.#value === 'object' && this.#value !== null) {
      for (const key of Object.keys(this.#value)) {
        if (!known.includes(key)) this.at(key).fault(`is unknown (known: ${known.join(', ')})`)
      }
    }
    return this
  }

  string(options: { minLength?: number; maxLength?: number; fallback?: string } = {}): string {
    const { minLength = 0, maxLength = 4096, fallback } = options
    if (this.isAbsent && fallback !== undefined) return fallback
    if (typeof this.#value !== 'string') this.fault('must be a string')
    else if (this.#value.length > maxLength) this.fault(`must be at most ${maxLength} characters`)
    else if (this.#value.length < minLength) this.fault('must not be empty')
    else return storable(this.#value)
    return fallback ?? ''
  }

  stringOrNull(options: { minLength?: number; maxLength?: number } = {}): string | null {
    return this.isAbsent ? null : this.string(options)
  }

  number(options: { min?: number; max?: number; fallback?: number } = {}): number {
    const { min = -Infinity, max = Infinity, fallback } = options
    if (this.isAbsent && fallback !== undefined) return fallback
    if (typeof this.#value !== 'number' || !Number.isFinite(this.#value)) this.fault('must be a finite number')
    else if (this.#value < min || this.#value > max)
      this.fault(`must be between ${min} and ${max}, and is ${this.#value}`)
    else return this.#value
    return fallback ?? 0
  }

  numberOrNull(options: { min?: number; max?: number } = {}): number | null {
    return this.isAbsent ? null : this.number(options)
  }

  integer(options: { min?: number; max?: number; fallback?: number } = {}): number {
    const value = this.number(options)
    if (!Number.isInteger(value)) this.fault('must be a whole number')
    return value
  }

  boolean(options: { fallback?: boolean } = {}): boolean {
    if (this.isAbsent && options.fallback !== undefined) return options.fallback
    if (typeof this.#value !== 'boolean') this.fault('must be true or false')
    return this.#value === true
  }

  oneOf<T extends string>(choices: readonly T[], options: { fallback?: T } = {}): T {
    if (this.isAbsent && options.fallback !== undefined) return options.fallback
    if (!choices.includes(this.#value as T)) this.fault(`must be one of ${choices.join(', ')}`)
    return (choices.includes(this.#value as T) ? this.#value : (options.fallback ?? choices[0])) as T
  }

  list<T>(read: (item: Reader) => T, options: { maxLength?: number; isOptional?: boolean } = {}): T[] {
    const { maxLength = 10_000, isOptional = false } = options
    if (this.isAbsent && isOptional) return []
    if (!Array.isArray(this.#value)) {
      this.fault('must be a list')
      return []
    }
    if (this.#value.length > maxLength) {
      this.fault(`must have at most ${maxLength} items, and has ${this.#value.length}`)
      return []
    }
    return this.#value.map((item, index) => read(this.#within(item, `${this.#where}[${index}]`)))
  }

  orNull<T>(read: (present: Reader) => T): T | null {
    return this.isAbsent ? null : read(this)
  }

  record<T>(read: (item: Reader) => T, options: { maxKeys?: number } = {}): Record<string, T> {
    if (this.isAbsent) return {}
    this.object()
    const entries = typeof this.#value === 'object' && this.#value !== null ? Object.keys(this.#value) : []
    if (entries.length > (options.maxKeys ?? 1000)) this.fault(`must have at most ${options.maxKeys ?? 1000} keys`)
    else return Object.fromEntries(entries.map((key) => [storable(key), read(this.at(key))]))
    return {}
  }

  #within(value: unknown, where: string): Reader {
    return new Reader(value, where, this.faults, this.#maxFaultCount)
  }

  /** @throws {@link InvalidOptionError} with every fault met so far, when there is one */
  finish(subject: string): void {
    if (this.faults.length > 0) throw new InvalidOptionError(subject, this.faults)
  }
}

/** Halves of characters and NUL are no text: PostgreSQL refuses them, and what can't be stored can't be told to anybody. */
function storable(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, '\ufffd')
}
