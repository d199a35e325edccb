import { Reader } from './reader.ts'

/** JSON Schema, as far as a {@link Reader} knows it. */
export interface JsonShape {
  type?: string | string[]
  properties?: Record<string, JsonShape>
  required?: string[]
  items?: JsonShape
  [limit: string]: unknown
}

/**
 * The shape of what a reading function takes, found out by letting it read: whoever documents a format can't say anything else
 * than what is read. What a function sees in the raw value is not in it.
 */
export function shapeOf(read: (reader: Reader) => unknown): JsonShape {
  const reader = new ShapeReader()
  read(reader)
  return reader.shape()
}

class ShapeReader extends Reader {
  readonly #parts = new Map<string, ShapeReader>()
  #own: JsonShape = {}
  #mayBeAbsent = false

  constructor() {
    super(undefined)
  }

  /** Absent and null are the same; so is an object none of whose parts is needed, unless somebody insists on it. */
  get #isOptional(): boolean {
    const parts = [...this.#parts.values()]
    return this.#mayBeAbsent || (this.#own.type === undefined && parts.every((part) => part.#isOptional))
  }

  shape(): JsonShape {
    const parts = [...this.#parts]
    const required = parts.filter(([, part]) => !part.#isOptional).map(([key]) => key)
    const type = (this.#own.type as string | undefined) ?? 'object'
    return {
      ...this.#own,
      type: this.#isOptional ? [type, 'null'] : type,
      ...(parts.length > 0 ? { properties: Object.fromEntries(parts.map(([key, part]) => [key, part.shape()])) } : {}),
      ...(required.length > 0 ? { required } : {}),
    }
  }

  #is(own: JsonShape, mayBeAbsent = false): void {
    this.#own = { ...this.#own, ...own }
    this.#mayBeAbsent ||= mayBeAbsent
  }

  override at(key: string): Reader {
    const part = this.#parts.get(key) ?? new ShapeReader()
    this.#parts.set(key, part)
    return part
  }

  override object(): this {
    this.#is({ type: 'object' })
    return this
  }

  override string(options: { minLength?: number; maxLength?: number; fallback?: string } = {}): string {
    const { minLength, maxLength = 4096, fallback } = options
    this.#is({ type: 'string', ...(minLength ? { minLength } : {}), maxLength }, fallback !== undefined)
    return ''
  }

  override stringOrNull(options: { minLength?: number; maxLength?: number } = {}): string | null {
    this.#is({}, true)
    return this.string(options)
  }

  override number(options: { min?: number; max?: number; fallback?: number } = {}): number {
    const { min, max, fallback } = options
    const bounds = { ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) }
    this.#is({ type: 'number', ...bounds }, fallback !== undefined)
    return 0
  }

  override numberOrNull(options: { min?: number; max?: number } = {}): number | null {
    this.#is({}, true)
    return this.number(options)
  }

  override integer(options: { min?: number; max?: number; fallback?: number } = {}): number {
    this.number(options)
    this.#is({ type: 'integer' })
    return 0
  }

  override boolean(options: { fallback?: boolean } = {}): boolean {
    this.#is({ type: 'boolean' }, options.fallback !== undefined)
    return false
  }

  override oneOf<T extends string>(choices: readonly T[], options: { fallback?: T } = {}): T {
    this.#is({ type: 'string', enum: choices }, options.fallback !== undefined)
    return choices[0]!
  }

  override list<T>(read: (item: Reader) => T, options: { maxLength?: number; isOptional?: boolean } = {}): T[] {
    const { maxLength = 10_000, isOptional = false } = options
    this.#is({ type: 'array', maxItems: maxLength, items: shapeOf(read) }, isOptional)
    return []
  }

  override orNull<T>(read: (present: Reader) => T): T | null {
    this.#is({}, true)
    return read(this)
  }

  override record<T>(read: (item: Reader) => T, options: { maxKeys?: number } = {}): Record<string, T> {
    this.#is({ type: 'object', maxProperties: options.maxKeys ?? 1000, additionalProperties: shapeOf(read) }, true)
    return {}
  }
}
