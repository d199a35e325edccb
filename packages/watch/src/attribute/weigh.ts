import { types } from 'node:util'
import { firstOf, mapEntries, mapSize, setSize, setValues } from './built-in.ts'

/** Objects looked at for one value; what lies beyond is not counted, so a weight is a lower bound. */
const MAX_NODES = 200

export interface Weight {
  heapBytes: number
  /** Buffers, which V8 counts but does not hold. */
  externalBytes: number
}

/**
 * Roughly how many bytes of heap a value keeps: strings by their length, objects by their slots. Closures count as
 * themselves only, since what they close over cannot be seen. Follows data properties, never a getter or a proxy.
 * What is in `seen` costs nothing, so that several entries of a collection do not each pay for what they share.
 */
export function weigh(value: unknown, seen = new Set<unknown>()): Weight {
  const queue: unknown[] = [value]
  const weight = { heapBytes: 0, externalBytes: 0 }
  for (let index = 0; index < queue.length && index < MAX_NODES; index++) {
    const item = queue[index]
    const buffer = bufferOf(item)
    if (buffer && !seen.has(buffer)) {
      seen.add(buffer)
      weight.externalBytes += buffer.byteLength
    }
    weight.heapBytes += weighShallow(item, seen, queue)
  }
  return weight
}

/** A slice of a buffer keeps all of it. */
function bufferOf(value: unknown): ArrayBufferLike | null {
  if (ArrayBuffer.isView(value)) return value.buffer
  return types.isAnyArrayBuffer(value) ? value : null
}

function weighShallow(value: unknown, seen: Set<unknown>, queue: unknown[]): number {
  if (typeof value === 'string') return 16 + value.length
  if (typeof value === 'bigint') return 24
  if (typeof value === 'function') return mark(value, seen) ? 64 : 0
  if (typeof value !== 'object' || value === null || !mark(value, seen)) return 0
  if (types.isProxy(value)) return 32
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return 120
  if (Array.isArray(value)) {
    for (let index = 0; index < Math.min(50, value.length); index++) {
      queue.push(Object.getOwnPropertyDescriptor(value, index)?.value)
    }
    return 32 + 8 * value.length
  }
  if (types.isMap(value)) {
    for (const [key, item] of firstOf(mapEntries(value), 20)) queue.push(key, item)
    return 120 + 40 * mapSize(value)
  }
  if (types.isSet(value)) {
    queue.push(...firstOf(setValues(value), 40))
    return 120 + 28 * setSize(value)
  }
  return weighProperties(value, queue)
}

function weighProperties(value: object, queue: unknown[]): number {
  const keys = [...Object.keys(value), ...Object.getOwnPropertySymbols(value)]
  for (const key of keys.slice(0, 50)) queue.push(Object.getOwnPropertyDescriptor(value, key)?.value)
  return 24 + 8 * keys.length + (types.isPromise(value) ? 40 : 0)
}

function mark(value: object, seen: Set<unknown>): boolean {
  if (seen.has(value)) return false
  seen.add(value)
  return true
}
