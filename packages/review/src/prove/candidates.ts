export type Callable = (...args: unknown[]) => unknown

/** A function that may come by the line that grows. */
export interface Candidate {
  name: string
  func: Callable
  self: unknown
  /** It is a class or a constructor, and the line is where it makes an instance. */
  isMaker: boolean
}

/** Of what a module exports, and of what stands in it, this much is looked at. */
const maxCandidates = 40
const maxDepth = 3

/**
 * The functions among what a module exports that hold an offset of its source, that the finding names, or that call such a one by its
 * name; and methods of exported classes and objects that do. Others may do anything and are left alone.
 */
export function findCandidates(
  roots: readonly unknown[],
  source: string,
  offset: number,
  callerName: string | null,
): Candidate[] {
  const found = new Map<unknown, Candidate>()
  const seen = new Set<unknown>()
  const placeOf = (func: Callable): number => source.indexOf(textOf(func))
  const holds = (func: Callable): boolean => {
    const at = placeOf(func)
    return at !== -1 && at <= offset && offset < at + textOf(func).length
  }
  const calls = (func: Callable): boolean =>
    callerName !== null &&
    callerName.length > 2 &&
    placeOf(func) !== -1 &&
    new RegExp(`(?<![\\w$])${callerName.replaceAll('$', '\\$')}\\s*\\(`).test(textOf(func))

  const consider = (name: string, value: unknown, self: unknown, depth: number): void => {
    if (typeof value !== 'function' || found.has(value)) return
    const func = value as Callable
    const isClass = /^class\b/.test(textOf(func))
    const isNamed = callerName !== null && (name === callerName || func.name === callerName)
    const isMaker = isClass || /^[A-Z]/.test(func.name || name)
    if (isMaker && (holds(func) || isNamed)) found.set(value, { name, func, self, isMaker: true })
    else if (!isClass && (isNamed || holds(func) || calls(func))) found.set(value, { name, func, self, isMaker: false })
    if (seen.has(value) || depth >= maxDepth) return
    seen.add(value)
    considerAll(func, func, depth + 1)
    const prototype = isMaker ? (func.prototype as object | null) : null
    if (!prototype || (isClass && !holds(func) && callerName === null)) return
    const instance = instantiate(func)
    if (instance) considerChain(instance, prototype, depth + 1)
  }
  const considerChain = (self: object, from: object, depth: number): void => {
    for (let at: object | null = from; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null)
      considerAll(self, at, depth)
  }
  const considerAll = (self: object, from: object, depth: number): void => {
    for (const name of Object.getOwnPropertyNames(from)) {
      if (/^(constructor|prototype|caller|callee|arguments)$/.test(name)) continue
      const value = Object.getOwnPropertyDescriptor(from, name)?.value as unknown
      consider(name, value, self, depth)
    }
  }
  for (const root of roots) {
    if (root === null || (typeof root !== 'object' && typeof root !== 'function')) continue
    consider(typeof root === 'function' && root.name ? root.name : 'default', root, undefined, 0)
    for (const name of Object.keys(root)) {
      const value = Object.getOwnPropertyDescriptor(root, name)
      const part: unknown = value?.get ? read(root, name) : value?.value
      consider(name, part, root, 0)
      if (typeof part === 'object' && part !== null) considerChain(part, part, 1)
    }
  }
  // Those that hold the line come by it more likely than those that only call one that does.
  const all = [...found.values()]
  return [...all.filter(({ func }) => holds(func)), ...all.filter(({ func }) => !holds(func))].slice(0, maxCandidates)
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

function instantiate(func: Callable): object | null {
  for (const args of [[], [{}], ['key'], [() => undefined]])
    try {
      return Reflect.construct(func, args) as object
    } catch {
      // It wants to be made otherwise: the next.
    }
  return null
}
