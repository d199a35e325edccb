/**
 * A syntax error that V8 threw keeps all of the text that was parsed, under a name that nobody can reach: 101,000 bytes for 100,000
 * characters given to `JSON.parse`, on Node.js 20, 22 and 24. An equal one that was made by hand keeps nothing; one that was made here
 * stays who it is.
 */
export function ownedError(error: SyntaxError): SyntaxError {
  if (isOwnedError(error)) return error
  const copy = new SyntaxError(error.message)
  ownedErrors.add(copy)
  for (const name of Reflect.ownKeys(error)) {
    if (name === 'stack' || name === 'message') continue
    Object.defineProperty(copy, name, Object.getOwnPropertyDescriptor(error, name)!)
  }
  // Assigned, it takes the place of the one that V8 took down here.
  copy.stack = readStack(error) as string
  return copy
}

/** Whether {@link ownedError} made it. */
export function isOwnedError(error: object): boolean {
  return ownedErrors.has(error)
}

const ownedErrors = new WeakSet<object>()

/** Reading the stack writes it down, and lets the frames go with all that they hold. A host's way to write it may throw. */
export function readStack(error: Error): unknown {
  try {
    return error.stack
  } catch {
    return undefined
  }
}

/**
 * For how many names the hash table has room that the properties of an error may be, with what V8 adds when it makes fields a table.
 * `Error.captureStackTrace` makes them one, in a constructor or later, and so do many names; nothing in the language tells.
 */
export function errorTableRoom(error: Error, nameCount: number): number {
  const isThrownByV8 = thrownByV8.has(Object.getPrototypeOf(error) as object)
  return nameCount + HIDDEN_NAMES + (isThrownByV8 ? NAMES_OF_PLACE : 0) + 2
}

/** The frames of the stack; where V8 is new enough to have `Error.isError` the message, too (Node.js 24). */
const HIDDEN_NAMES = 'isError' in Error ? 2 : 1

/** Whether it is one that {@link ownedError} made, with so few names that V8 keeps them as fields. */
export function isFreshCopy(error: Error, nameCount: number): boolean {
  return nameCount <= MOST_FIELDS && isOwnedError(error)
}

/** Own names of an error that V8 kept as fields in measurements on Node.js 20, 22 and 24. */
const MOST_FIELDS = 12

/** Of errors that V8 itself throws: the script, and where in it that was. Of its syntax errors copies are kept. */
const NAMES_OF_PLACE = 3

const thrownByV8 = new Set<object>(
  [EvalError, RangeError, ReferenceError, TypeError, URIError].map(({ prototype }) => prototype),
)
