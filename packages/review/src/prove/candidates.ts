export type Callable = (...args: unknown[]) => unknown

/** A function that may come by the line that grows. */
export interface Candidate {
  name: string
  func: Callable
  self: unknown
  /** Makes another one of `self`; `null` where there is but one, as long as the module is there. */
  makeSelf: (() => unknown) | null
  /** It is a class or a constructor, and the line is where it makes an instance. */
  isMaker: boolean
}

/** Of what a module exports, and of what stands in it, this much is looked at. */
const maxCandidates = 40
const maxDepth = 3

/**
 * The functions among what a module exports that hold an offset of its source, that have one of the names by which it is come by, or
 * that call such a one by its name; and methods of exported classes and objects that do. Others may do anything and are left alone.
 */
export function findCandidates(
  roots: readonly unknown[],
  source: string,
  offset: number,
  callerNames: readonly string[],
): Candidate[] {
  const found = new Map<unknown, Candidate>()
  const seen = new Set<unknown>()
  const placeOf = (func: Callable): number => source.indexOf(textOf(func))
  const called = callOf(callerNames)
  const holds = (func: Callable): boolean => {
    const at = placeOf(func)
    return at !== -1 && at <= offset && offset < at + textOf(func).length
  }
  const calls = (func: Callable): boolean => called !== null && placeOf(func) !== -1 && called.test(textOf(func))

  const consider = (
    name: string,
    value: unknown,
    self: unknown,
    makeSelf: Candidate['makeSelf'],
    depth: number,
  ): void => {
    if (typeof value !== 'function' || found.has(value)) return
    const func = value as Callable
    const isClass = /^class\b/.test(textOf(func))
    const isNamed = callerNames.includes(name) || callerNames.includes(func.name)
    const isMaker = isClass || /^[A-Z]/.test(func.name || name)
    if (isMaker && (holds(func) || isNamed)) found.set(value, { name, func, self, makeSelf, isMaker: true })
    else if (!isClass && (isNamed || holds(func) || calls(func)))
      found.set(value, { name, func, self, makeSelf, isMaker: false })
    if (seen.has(value) || depth >= maxDepth) return
    seen.add(value)
    considerAll(func, func, null, depth + 1)
    const prototype = isMaker ? (func.prototype as object | null) : null
    if (!prototype || (isClass && !holds(func) && callerNames.length === 0)) return
    const made = instantiate(func)
    if (made) considerChain(made.instance, prototype, made.again, depth + 1)
  }
  const considerChain = (self: object, from: object, makeSelf: Candidate['makeSelf'], depth: number): void => {
    for (let at: object | null = from; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null)
      considerAll(self, at, makeSelf, depth)
  }
  const considerAll = (self: object, from: object, makeSelf: Candidate['makeSelf'], depth: number): void => {
    for (const name of Object.getOwnPropertyNames(from)) {
      if (/^(constructor|prototype|caller|callee|arguments)$/.test(name)) continue
      const value = Object.getOwnPropertyDescriptor(from, name)?.value as unknown
      consider(name, value, self, makeSelf, depth)
    }
  }
  for (const root of roots) {
    if (root === null || (typeof root !== 'object' && typeof root !== 'function')) continue
    consider(typeof root === 'function' && root.name ? root.name : 'default', root, undefined, null, 0)
    for (const name of Object.keys(root)) {
      const value = Object.getOwnPropertyDescriptor(root, name)
      const part: unknown = value?.get ? read(root, name) : value?.value
      consider(name, part, root, null, 0)
      if (typeof part === 'object' && part !== null) considerChain(part, part, null, 1)
    }
  }
  // Those that hold the line come by it more likely than those that only call one that does, the sooner the fewer steps away.
  const distance = ({ name, func }: Candidate): number => {
    if (holds(func)) return -1
    const at = callerNames.findIndex((caller) => caller === name || caller === func.name)
    return at === -1 ? callerNames.length : at
  }
  return [...found.values()].sort((a, b) => distance(a) - distance(b)).slice(0, maxCandidates)
}

/** A call of any of these by its name; names of one or two letters are everywhere in what was minified. */
function callOf(names: readonly string[]): RegExp | null {
  const words = names.filter(({ length }) => length > 2).map((name) => name.replaceAll('$', '\\$'))
  return words.length === 0 ? null : new RegExp(`(?<![\\w$])(?:${words.join('|')})\\s*\\(`)
}

/** A module's names may be getters, and those of a namespace throw before they are set. */
function read(root: object, name: string): unknown {
  try {
    return (root as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}

function textOf(func: Callable): string {
  return Function.prototype.toString.call(func)
}

/** An instance, by the first arguments that it does not throw at, and how to make others. */
function instantiate(func: Callable): { instance: object; again: () => unknown } | null {
  for (const args of [[], [{}], ['key'], [() => undefined]])
    try {
      const again = (): object => Reflect.construct(func, args) as object
      return { instance: again(), again }
    } catch {
      // It wants to be made otherwise: the next.
    }
  return null
}
