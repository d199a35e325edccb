/** How an object is laid out, as far as its prototype tells. */
export type Kind =
  | 'object'
  /** Its prototype holds data, and is nobody's class. */
  | 'heir'
  | 'array'
  | 'map'
  | 'set'
  | 'date'
  | 'regexp'
  | 'error'
  /** Whether V8 threw it, with the text that it could not read, cannot be seen. */
  | 'parser error'
  | 'boxed'
  | 'view'
  | 'buffer'
  /** Keeps what JavaScript cannot see. */
  | { refused: string }

const kindsByName = new Map<string, Kind>([
  ['Object', 'object'],
  ['Array', 'array'],
  ['Map', 'map'],
  ['Set', 'set'],
  ['Date', 'date'],
  ['RegExp', 'regexp'],
  ['ArrayBuffer', 'buffer'],
  ['SharedArrayBuffer', 'buffer'],
  ['DataView', 'view'],
  ['TypedArray', 'view'],
  ...['Number', 'String', 'Boolean', 'BigInt', 'Symbol'].map((name) => [name, 'boxed'] as const),
  ...['', 'Eval', 'Range', 'Reference', 'Syntax', 'Type', 'URI', 'Aggregate'].map(
    (name) => [`${name}Error`, 'error'] as const,
  ),
])

const numericArray = /^(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array$/

const kinds = new WeakMap<object, Kind>()

/** The kind of objects with this prototype; remembered, as reading a class's source is slow. */
export function kindOf(prototype: object | null): Kind {
  if (prototype === Object.prototype || prototype === null) return 'object'
  if (prototype === Array.prototype) return 'array'
  const known = kinds.get(prototype)
  if (known !== undefined) return known
  // Not remembered: there may be as many such prototypes as there are values.
  if (isDataOnly(prototype)) return 'heir'
  const kind = readKind(prototype)
  kinds.set(prototype, kind)
  return kind
}

/** All the way up to what plain objects inherit from: an instance of a class of the language stays one under a prototype of data. */
function isDataOnly(prototype: object): boolean {
  let step: object | null = prototype
  while (step !== null && step !== Object.prototype && holdsOnlyData(step))
    step = Object.getPrototypeOf(step) as object | null
  return step === null || step === Object.prototype
}

function holdsOnlyData(prototype: object): boolean {
  if (Object.hasOwn(prototype, 'constructor')) return false
  return Reflect.ownKeys(prototype).every((name) => {
    const { value, get, set } = Object.getOwnPropertyDescriptor(prototype, name)!
    return typeof value !== 'function' && !get && !set
  })
}

/**
 * Walks up to the first prototype that the language itself provides. Classes on the way are fine unless they keep private
 * `#` state, which nobody can look into; what the host provides (sockets, streams, Promises, iterators) is refused.
 */
function readKind(prototype: object): Kind {
  for (let step: object | null = prototype; step !== null; step = Object.getPrototypeOf(step) as object | null) {
    const constructor: unknown = Object.hasOwn(step, 'constructor')
      ? (step as { constructor: unknown }).constructor
      : null
    if (typeof constructor !== 'function') {
      const tag = Object.hasOwn(step, Symbol.toStringTag)
        ? String((step as Record<symbol, unknown>)[Symbol.toStringTag])
        : ''
      if (tag !== '') return { refused: `a ${tag}` }
      continue
    }
    const source = Function.prototype.toString.call(constructor)
    if (source.endsWith('{ [native code] }')) {
      // Those of a class that extends it were thrown by somebody else.
      if (step === prototype && constructor.name === 'SyntaxError') return 'parser error'
      return (
        kindsByName.get(constructor.name.replace(numericArray, 'TypedArray')) ?? {
          refused: `an instance of ${constructor.name || 'a host class'}`,
        }
      )
    }
    // Node's own Buffer is a class over Uint8Array and has nothing private; other classes of the host show themselves here, but for
    // DOMException on Node.js 20, which has its message under a name that nobody can reach.
    if (constructor === DOMException || /[^\w'"`#]#[\p{ID_Start}$_]/u.test(source)) {
      return { refused: `an instance of ${constructor.name || 'a class'}, which keeps private state` }
    }
  }
  return 'object'
}
