import { readStack } from './frame.ts'
import { countEntries, kindOf } from './holder.ts'
import type { HolderFacts, WriteSite } from './probe-protocol.ts'
import { readValueNames } from './value-names.ts'

const MAX_TRAPPED_CALLS = 200
/** Counting what is in a large object takes time, so growth is looked at in so many calls of each method. */
const MAX_COUNTED_CALLS = 20
const MAX_METHODS = 80
const MAX_SITES = 50

export interface Trap {
  isPlaced: boolean
  read(): WriteSite[]
  remove(): void
}

type Method = (...args: unknown[]) => unknown
const writers: Record<HolderFacts['kind'], readonly string[]> = {
  map: ['set'],
  set: ['add'],
  array: ['push', 'unshift', 'splice'],
  emitter: ['on', 'addListener', 'once', 'prependListener', 'push', 'set', 'add'],
  object: [],
  other: [],
}

/** What every object of JavaScript has. */
const builtIns = new Set<object | null>([null, Object, Function, Array, Map, Set].map((own) => own && own.prototype))

/**
 * Puts observing methods before the real ones, on these objects alone: the stack tells who writes. Of a holder that is a collection those
 * that write are observed; of the objects on the `way` to it, outermost first, all of their classes: a class may write with a `#field` or
 * by index, where nothing can be observed, so it is seen from outside whose calls make the holder grow. Nothing of what is written is kept.
 *
 * The service must not notice. A function in a field of its own is left alone, since that is state it may set or compare; so are methods
 * that are handed on as values, in their class or in the service's sources (`valueNames`): a listener that was added while it was observed
 * could not be taken off afterwards.
 */
export function placeTrap(
  holder: object | null,
  way: readonly object[] = [],
  valueNames: ReadonlySet<string> = new Set(),
): Trap {
  const sites = new Map<string, WriteSite>()
  const restores: (() => void)[] = []
  let left = MAX_TRAPPED_CALLS
  const count = (): number => (holder ? countEntries(holder, kindOf(holder)) : 0)
  const observe = (object: object, name: string, isOfHolder: boolean): void => {
    const real = methodOf(object, name)
    if (!real || !Object.isExtensible(object) || Object.hasOwn(object, name)) return
    let counted = 0
    const observing = function (this: unknown, ...args: unknown[]): unknown {
      const site = left-- > 0 ? noteStack(sites, observing, name, isOfHolder) : null
      const callReal = (): unknown =>
        new.target
          ? Reflect.construct(real, args, new.target === observing ? real : new.target)
          : Reflect.apply(real, this, args)
      if (!site || counted++ >= MAX_COUNTED_CALLS || isOfHolder) return callReal()
      const before = count()
      try {
        return callReal()
      } finally {
        if (count() > before) site.grewCount++
      }
    }
    // What the real one made is an instance of this one too.
    observing.prototype = real.prototype
    const placed = { value: observing, configurable: true, writable: true, enumerable: false }
    if (!Reflect.defineProperty(object, name, placed)) return
    restores.push(() => {
      const now = Object.getOwnPropertyDescriptor(object, name)
      if (now?.value === observing) Reflect.deleteProperty(object, name)
      // The service has set a method of its own meanwhile: that stays, as it would be had nothing been in its place.
      else if (now?.writable) Reflect.defineProperty(object, name, { enumerable: true })
    })
  }
  if (holder) for (const name of writers[kindOf(holder)]) observe(holder, name, true)
  const isWritten = restores.length > 0
  for (const object of way) {
    // The global object's are the language itself, which this too is written in.
    if (object === globalThis || (object === holder && isWritten)) continue
    const ofClasses = readClassValueNames(object)
    const names = methodNames(object).filter((name) => !valueNames.has(name) && !ofClasses.has(name))
    for (const name of names.slice(0, MAX_METHODS)) observe(object, name, false)
  }
  return {
    isPlaced: restores.length > 0,
    read: () => [...sites.values()].sort((left, right) => right.callCount - left.callCount),
    remove() {
      for (const restore of restores.splice(0)) restore()
    },
  }
}

/** Its classes, the innermost first. */
function prototypesOf(object: object): object[] {
  const found: object[] = []
  let at = Object.getPrototypeOf(object) as object | null
  for (; at && !builtIns.has(at); at = Object.getPrototypeOf(at) as object | null) found.push(at)
  return found
}

/** Methods of an object's classes, without calling a getter. */
function methodNames(object: object): string[] {
  const names = new Set(prototypesOf(object).flatMap((at) => Object.getOwnPropertyNames(at)))
  names.delete('constructor')
  return [...names].filter((name) => !Object.hasOwn(object, name) && methodOf(object, name) !== null)
}

/** What the sources of its classes read as values: a file of theirs may not be at hand. */
function readClassValueNames(object: object): Set<string> {
  const sources = prototypesOf(object).map((at) => {
    const made: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value
    return typeof made === 'function' ? Function.prototype.toString.call(made) : ''
  })
  return readValueNames(sources.join('\n'))
}

/** The function of this name; null for getters, and for classes and functions that carry more than their code. */
function methodOf(object: object, name: string): Method | null {
  for (let at: object | null = object; at; at = Object.getPrototypeOf(at) as object | null) {
    const own = Object.getOwnPropertyDescriptor(at, name)
    if (!own) continue
    const value: unknown = own.value
    if (typeof value !== 'function' || Object.keys(value).length > 0) return null
    return /^class\b/.test(Function.prototype.toString.call(value)) ? null : (value as Method)
  }
  return null
}

function noteStack(
  sites: Map<string, WriteSite>,
  above: (...args: never[]) => unknown,
  method: string,
  isOfHolder: boolean,
): WriteSite | null {
  try {
    const stack = readStack(above)
    const key = [method, ...stack.map(({ script, line, column }) => `${script}:${line}:${column}`)].join(' ')
    const known = sites.get(key)
    if (known) known.callCount++
    else if (stack.length > 0 && sites.size < MAX_SITES)
      sites.set(key, { stack, callCount: 1, method, isOfHolder, grewCount: 0 })
    return sites.get(key) ?? null
  } catch {
    // The write itself is what counts.
    return null
  }
}
