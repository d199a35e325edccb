import { readStack } from './frame.ts'
import { kindOf } from './holder.ts'
import type { HolderFacts, WriteSite } from './probe-protocol.ts'

const MAX_TRAPPED_CALLS = 200

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

/** Puts an observing method before the real one, on this one object: the stack tells who writes. Nothing of what is written is kept. */
export function placeTrap(object: object | null): Trap {
  const sites = new Map<string, WriteSite>()
  const placed: string[] = []
  let left = MAX_TRAPPED_CALLS
  for (const name of object ? writers[kindOf(object)] : []) {
    const real = (object as Record<string, unknown>)[name]
    if (typeof real !== 'function' || !Object.isExtensible(object) || Object.hasOwn(object!, name)) continue
    const observing: Method = function (this: unknown, ...args: unknown[]): unknown {
      if (left-- > 0) noteStack(sites, observing)
      return Reflect.apply(real, this, args)
    }
    if (Reflect.defineProperty(object!, name, { value: observing, configurable: true, writable: true }))
      placed.push(name)
  }
  return {
    isPlaced: placed.length > 0,
    read: () => [...sites.values()].sort((left, right) => right.callCount - left.callCount),
    remove() {
      for (const name of placed.splice(0)) Reflect.deleteProperty(object!, name)
    },
  }
}

function noteStack(sites: Map<string, WriteSite>, above: Method): void {
  try {
    const stack = readStack(above)
    const key = stack.map(({ script, line, column }) => `${script}:${line}:${column}`).join(' ')
    const known = sites.get(key)
    if (known) known.callCount++
    else if (stack.length > 0 && sites.size < 50) sites.set(key, { stack, callCount: 1 })
  } catch {
    // The write itself is what counts.
  }
}
