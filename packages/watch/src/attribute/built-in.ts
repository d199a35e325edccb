/** V8's own methods, taken before the host could put others in their place: a subclass's iterator may have effects. */
export const mapEntries = bind<Iterable<[unknown, unknown]>>(Map.prototype.entries)
export const mapKeys = bind<Iterable<unknown>>(Map.prototype.keys)
export const setValues = bind<Iterable<unknown>>(Set.prototype.values)
export const mapSize = bind<number>(getterOf(Map.prototype, 'size'))
export const setSize = bind<number>(getterOf(Set.prototype, 'size'))
export const mapHas = bindWith(Map.prototype.has)
export const setHas = bindWith(Set.prototype.has)
export const sourceOf = bind<string>(Function.prototype.toString)

/** The first items of something iterable. */
export function firstOf<T>(items: Iterable<T>, count: number): T[] {
  const first: T[] = []
  for (const item of items) {
    if (first.length >= count) break
    first.push(item)
  }
  return first
}

function bind<R>(method: (...args: never[]) => unknown): (self: object) => R {
  return Function.prototype.call.bind(method) as (self: object) => R
}

function bindWith(method: (value: never) => boolean): (self: object, value: unknown) => boolean {
  return Function.prototype.call.bind(method) as (self: object, value: unknown) => boolean
}

function getterOf(prototype: object, name: string): () => unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get!
}
