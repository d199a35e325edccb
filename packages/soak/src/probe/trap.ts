import { readStack } from './frame.ts'
import { countEntries, kindOf } from './holder.ts'
import type { HolderFacts, WriteSite } from './probe-protocol.ts'

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
 * that write are observed; of the objects on the `way` to it, outermost first, all: a class may write with a `#field` or by index, where
 * nothing can be observed, so it is seen from outside whose calls make the holder grow. Nothing of what is written is kept.
 */
export function placeTrap(holder: object | null, way: readonly object[] = []): Trap {
  const sites = new Map<string, WriteSite>()
  const restores: (() => void)[] = []
  let left = MAX_TRAPPED_CALLS
  const count = (): number => (holder ? countEntries(holder, kindOf(holder)) : 0)
  const observe = (object: object, name: string, isOfHolder: boolean): void => {
    const own = Object.getOwnPropertyDescriptor(object, name)
    const real = methodOf(object, name)
    if (!real || !Object.isExtensible(object) || (own && (isOfHolder || !own.configurable))) return
    let counted = 0
    const observing = function (this: unknown, ...args: unknown[]): unknown {
      const site = left-- > 0 ? noteStack(sites, observing, name, isOfHolder) : null
      const isConstructed = new.target !== undefined
      if (!site || counted++ >= MAX_COUNTED_CALLS || isOfHolder)
        return isConstructed ? Reflect.construct(real, args) : Reflect.apply(real, this, args)
      const before = count()
      try {
        return isConstructed ? Reflect.construct(real, args) : Reflect.apply(real, this, args)
      } finally {
        if (count() > before) site.grewCount++
      }
    }
    const isEnumerable = own?.enumerable ?? false
    if (
      !Reflect.defineProperty(object, name, {
        value: observing,
        configurable: true,
        writable: true,
        enumerable: isEnumerable,
      })
    )
      return
    restores.push(() => (own ? Reflect.defineProperty(object, name, own) : Reflect.deleteProperty(object, name)))
  }
  if (holder) for (const name of writers[kindOf(holder)]) observe(holder, name, true)
  const isWritten = restores.length > 0
  for (const object of way) {
    // The global object's are the language itself, which this too is written in.
    if (object === globalThis || (object === holder && isWritten)) continue
    for (const name of methodNames(object).slice(0, MAX_METHODS)) observe(object, name, false)
  }
  return {
    isPlaced: restores.length > 0,
    read: () => [...sites.values()].sort((left, right) => right.callCount - left.callCount),
    remove() {
      for (const restore of restores.splice(0)) restore()
    },
  }
}

/** Methods of an object and its classes, without calling a getter. */
function methodNames(object: object): string[] {
  const names = new Set<string>()
  for (let at: object | null = object; !builtIns.has(at); at = Object.getPrototypeOf(at) as object | null)
    for (const name of Object.getOwnPropertyNames(at)) if (name !== 'constructor') names.add(name)
  return [...names].filter((name) => methodOf(object, name) !== null)
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
