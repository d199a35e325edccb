import type { Session } from 'node:inspector'

import { post, tryPost } from './inspector.ts'
import type { HolderFacts } from './probe-protocol.ts'

const exchangeKey = Symbol.for('plimsoll.soak.exchange')

/** From an id in a snapshot to the object itself; null when it is gone. */
export function takeObject(session: Session | null, objectId: string): object | null {
  return exchange(session, (desk) => {
    const { result } = post(session, 'HeapProfiler.getObjectByHeapObjectId', {
      objectId,
      objectGroup: 'plimsoll',
    }) as { result: { objectId?: string } }
    post(session, 'Runtime.callFunctionOn', {
      objectId: result.objectId,
      functionDeclaration: `function () { globalThis[Symbol.for('plimsoll.soak.exchange')].object = this }`,
      silent: true,
    })
    const { object } = desk
    return typeof object === 'object' || typeof object === 'function' ? object : null
  })
}

/** Those that are still there. */
export function takeObjects(session: Session | null, objectIds: readonly string[]): object[] {
  return objectIds.map((id) => takeObject(session, id)).filter((object) => object !== null)
}

/** From an object to its id in snapshots; null when it cannot be asked for. */
export function heapIdOf(session: Session | null, object: object): string | null {
  return exchange(session, (desk) => {
    desk.object = object
    const { result } = post(session, 'Runtime.evaluate', {
      expression: `globalThis[Symbol.for('plimsoll.soak.exchange')].object`,
      objectGroup: 'plimsoll',
      silent: true,
    }) as { result: { objectId?: string } }
    const { heapSnapshotObjectId } = post(session, 'HeapProfiler.getHeapObjectId', { objectId: result.objectId }) as {
      heapSnapshotObjectId: string
    }
    return heapSnapshotObjectId
  })
}

/** The inspector and this module have nothing in common but the global object: for one call, a desk stands there. */
function exchange<Result>(session: Session | null, call: (desk: { object: unknown }) => Result): Result | null {
  const desk: { object: unknown } = { object: null }
  Object.defineProperty(globalThis, exchangeKey, { value: desk, configurable: true, enumerable: false })
  try {
    return call(desk)
  } catch {
    return null
  } finally {
    tryPost(session, 'Runtime.releaseObjectGroup', { objectGroup: 'plimsoll' })
    Reflect.deleteProperty(globalThis, exchangeKey)
  }
}

const limitName =
  /^_?#?(?:max|maximum|limit|cap|capacity|bound|size|maxsize|maxentries|maxkeys|maxlength|maxitems|max_?\w*|\w*limit|\w*capacity)$/i

export function describe(holder: object, owner: object | null): HolderFacts {
  const kind = kindOf(holder)
  const limits = [holder, ...(owner ? [owner] : [])].flatMap((object) =>
    [...Object.keys(object).slice(0, 200), ...accessorNames(object)].flatMap((name) => {
      if (!limitName.test(name)) return []
      const value = readNumber(object, name)
      return value !== null && value > 0 && Number.isFinite(value) ? [{ name, value }] : []
    }),
  )
  return {
    kind,
    className: holder.constructor?.name ?? '',
    entryCount: countEntries(holder, kind),
    limits: limits.slice(0, 20),
  }
}

/** Getters of a class: what lru-cache and its like call `max`. */
function accessorNames(object: object): string[] {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (typeof prototype !== 'object' || prototype === null || prototype === Object.prototype) return []
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([, { get }]) => get !== undefined)
    .map(([name]) => name)
}

function readNumber(object: object, name: string): number | null {
  try {
    const value: unknown = (object as Record<string, unknown>)[name]
    return typeof value === 'number' ? value : null
  } catch {
    return null
  }
}

export function kindOf(value: object): HolderFacts['kind'] {
  if (value instanceof Map) return 'map'
  if (value instanceof Set) return 'set'
  if (Array.isArray(value)) return 'array'
  if (typeof (value as { emit?: unknown }).emit === 'function') return 'emitter'
  return typeof value === 'object' ? 'object' : 'other'
}

export function countEntries(value: object, kind: HolderFacts['kind']): number {
  if (kind === 'map') return (value as Map<unknown, unknown>).size
  if (kind === 'set') return (value as Set<unknown>).size
  if (kind === 'array') return (value as unknown[]).length
  return Object.keys(value).length
}
