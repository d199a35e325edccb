import type { Clock, Timer } from '@plimsoll/core'
import type { CollectionKind } from './collection.ts'
import { readStack, type Frame } from './stack.ts'

/** A place that writes into the trapped collection, and how many of the observed calls came from there. */
export interface WriterSite {
  stack: Frame[]
  callCount: number
}

export interface TrapOptions {
  clock: Clock
  /** Calls observed before the trap takes itself away. Default 20. */
  maxCalls?: number
  /** Time after which it does so anyway. Default 10 s. */
  timeoutMs?: number
  guard(act: () => void): () => void
}

type Method = (...args: unknown[]) => unknown

/** How each kind of collection is written into. Writes by index cannot be observed. */
const writers: Record<CollectionKind, readonly string[]> = {
  map: ['set'],
  set: ['add'],
  array: ['push', 'unshift', 'splice'],
  listeners: ['on', 'addListener', 'once', 'prependListener'],
  object: [],
}

/**
 * Waits for the next writes into ONE collection and notes who writes: the exact line, where a profile knows only the function.
 * For that time the collection has its own `set` (or `add`, `push` …) that notes the stack and calls the real one. Nothing of
 * what is written is kept. `done` is called once, with what was seen; with nothing when the collection cannot be trapped.
 */
export function trapWriters(
  target: { collection: object; kind: CollectionKind; owner: object | null },
  options: TrapOptions,
  done: (sites: WriterSite[]) => void,
): void {
  const { clock, maxCalls = 20, timeoutMs = 10_000, guard } = options
  const object = target.kind === 'listeners' ? target.owner : target.collection
  const sites = new Map<string, WriterSite>()
  const placed: Placed[] = []
  let callCount = 0
  /** `once` calls `on`: the outer call alone says who writes, as the inner one comes from us. */
  let depth = 0
  let timer: Timer | null = null

  const finish = guard(() => {
    timer?.cancel()
    for (const trap of placed.splice(0)) takeBack(object!, trap)
    done([...sites.values()].sort((left, right) => right.callCount - left.callCount))
  })
  const note = (above: Method): void => {
    if (placed.length === 0) return
    const stack = readStack(above)
    // By the line that writes: the same line called from two places is one site, told with its first stack.
    const key = `${stack[0]?.script}:${stack[0]?.line}:${stack[0]?.column}`
    const known = sites.get(key)
    if (known) known.callCount++
    else if (stack.length > 0 && sites.size < 20) sites.set(key, { stack, callCount: 1 })
    if (++callCount >= maxCalls) finish()
  }

  for (const name of writers[target.kind]) {
    const enter = (above: Method): void => {
      if (++depth === 1) note(above)
    }
    const trap = object && place(object, name, enter, () => depth--)
    if (trap) placed.push(trap)
  }
  if (placed.length === 0) finish()
  else timer = clock.after(timeoutMs, finish)
}

/** An observing method, and the object's own one that it stands in for. */
interface Placed {
  name: string
  observing: Method
  own: PropertyDescriptor | undefined
}

/** Puts the observing method in front of the real one; answers null where the object does not allow it. */
function place(object: object, name: string, enter: (above: Method) => void, leave: () => void): Placed | null {
  const own = Object.getOwnPropertyDescriptor(object, name)
  // An object's own method is somebody's patch; a function has no other way to be an emitter.
  const isCopied = typeof object === 'function' && own?.configurable === true && own.writable === true
  const isAllowed = own ? isCopied : Object.isExtensible(object)
  const real: unknown = own ? own.value : (object as Record<string, unknown>)[name]
  if (!isAllowed || typeof real !== 'function') return null
  const observing: Method = function (this: unknown, ...args: unknown[]): unknown {
    // Whatever goes wrong in noting must not reach the host's write.
    try {
      enter(observing)
    } catch {
      // The write below is what counts.
    }
    try {
      return Reflect.apply(real, this, args)
    } finally {
      leave()
    }
  }
  const value = { value: observing, configurable: true, writable: true, enumerable: own?.enumerable ?? false }
  return Reflect.defineProperty(object, name, value) ? { name, observing, own } : null
}

/** Unless somebody has put another in its place meanwhile. */
function takeBack(object: object, { name, observing, own }: Placed): void {
  if (Object.getOwnPropertyDescriptor(object, name)?.value !== observing) return
  if (own) Reflect.defineProperty(object, name, own)
  else Reflect.deleteProperty(object, name)
}
