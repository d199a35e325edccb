import type { Session } from 'node:inspector'

type Callable = (...args: unknown[]) => unknown

/** How a function can be called so that it comes by the line that grows. */
export interface Driver {
  /** Shown to people: `pageByUrl("key-1", "key-1")`. */
  shown: string
  call(): unknown
}

const trialCalls = 20
/** Share of the calls that must come by the line: fewer say nothing about it. */
const leastShare = 0.9

/** Lives as long as the process, as the signal of a whole service does. */
const { signal } = new AbortController()

/** Arguments no two calls share, from what functions take most often. */
const shapes: [shown: string, make: (key: string) => unknown[]][] = [
  ['("KEY")', (key) => [key]],
  ['("KEY", "KEY")', (key) => [key, key]],
  ['({ id: "KEY" }, {})', (key) => [{ id: key, key, name: key, url: `/${key}` }, {}]],
  ['(request to "/KEY", response)', (key) => [requestTo(`/${key}`), response(), () => undefined]],
  ['("KEY", () => "KEY")', (key) => [key, () => key]],
  ['(promise of "KEY", { signal })', (key) => [Promise.resolve(key), { signal, milliseconds: 1000 }]],
  ['(["KEY"], async () => …, { signal })', (key) => [[key], () => Promise.resolve(key), { signal }]],
  ['("KEY", { signal })', (key) => [key, { signal }]],
]
const factoryShape = '(() => …)("KEY")'

/**
 * Looks for a call that comes by an offset of a script in most of its calls. Tried are only exported functions that hold the offset or are
 * called as the finding says, and methods of exported classes that do: others may do anything.
 */
export async function findDriver(
  exported: Record<string, unknown>,
  source: string,
  offset: number,
  callerName: string | null,
  countAt: () => Promise<number>,
): Promise<Driver | null> {
  const holds = (func: Callable): boolean => {
    const at = source.indexOf(func.toString())
    return at !== -1 && at <= offset && offset < at + func.toString().length
  }
  for (const { name, func, self } of candidates(exported, callerName, holds))
    for (const driver of driversOf(name, func, self)) {
      const before = await countAt()
      let answered = 0
      for (let call = 0; call < trialCalls; call++) if (await settle(driver.call)) answered++
      const passed = (await countAt()) - before
      // V8 counts a block that was entered: a call that throws there may not have come by the line.
      if (Math.min(passed, answered) >= trialCalls * leastShare) return driver
    }
  return null
}

interface Candidate {
  name: string
  func: Callable
  self: unknown
}

function candidates(
  exported: Record<string, unknown>,
  callerName: string | null,
  holds: (func: Callable) => boolean,
): Candidate[] {
  const found = new Map<unknown, Candidate>()
  const consider = (name: string, value: unknown, self: unknown): void => {
    if (typeof value !== 'function' || found.has(value)) return
    const func = value as Callable
    const isClass = /^class\b/.test(func.toString())
    if (!isClass && (name === callerName || func.name === callerName || holds(func)))
      found.set(value, { name, func, self })
    const prototype = (isClass || /^[A-Z]/.test(name) ? func.prototype : null) as object | null
    if (!prototype || (isClass && !holds(func) && callerName === null)) return
    const instance = instantiate(func)
    if (instance) considerAll(instance, prototype)
  }
  const considerAll = (self: object, from: object): void => {
    for (const name of Object.getOwnPropertyNames(from)) {
      const value = Object.getOwnPropertyDescriptor(from, name)?.value as unknown
      if (name !== 'constructor') consider(name, value, self)
    }
  }
  // What a CommonJS module exports comes before the names that were read off it: its functions may look for each other there.
  const roots = [exported['module.exports'], exported['default'], exported]
  for (const root of roots) {
    if (root === null || (typeof root !== 'object' && typeof root !== 'function')) continue
    consider('default', root, undefined)
    for (const [name, value] of Object.entries(root)) {
      consider(name, value, root)
      if (typeof value === 'object' && value !== null) {
        considerAll(value, value)
        considerAll(value, Object.getPrototypeOf(value) as object)
      }
    }
  }
  return [...found.values()].slice(0, 20)
}

function instantiate(func: Callable): object | null {
  for (const args of [[], [{}]])
    try {
      return Reflect.construct(func, args) as object
    } catch {
      // It wants to be made otherwise: the next.
    }
  return null
}

/**
 * Long, so that what is kept for it outweighs the steps in which tables grow; and different from its first character on, for code that
 * looks at no more of it.
 */
const keyBytes = 400
let count = 0

function freshKey(): string {
  count++
  // 2654435761: Knuth's multiplicative hash, which scatters neighbours.
  const scattered = ((count * 2_654_435_761) % 2 ** 32).toString(36)
  return Buffer.alloc(keyBytes, `${scattered}-${count}-`).toString('latin1')
}

function driversOf(name: string, func: Callable, self: unknown): Driver[] {
  const drivers = shapes.map(([shown, make]) => ({
    shown: `${name}${shown.replaceAll('KEY', 'key')}`,
    call: () => func.apply(self, make(freshKey())),
  }))
  // A factory that wraps a function: what it answers is called.
  let wrapped: unknown
  const call = (): unknown => {
    wrapped ??= func.call(self, (key: unknown) => ({ key }))
    return (wrapped as Callable)(freshKey())
  }
  return [...drivers, { shown: `${name}${factoryShape.replaceAll('KEY', 'key')}`, call }]
}

/** Waits for an answer, but not for ever, and says whether there was one that is no error. */
export async function settle(call: () => unknown): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  try {
    const answer = call()
    if (typeof (answer as { then?: unknown } | null | undefined)?.then !== 'function') return true
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, 5)))
    await Promise.race([answer, patience])
    return true
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}

/** How often the innermost block around an offset ran, as V8 counts it. */
export function countRuns(session: Session, url: string, offset: number): Promise<number> {
  return new Promise((resolve, reject) =>
    session.post('Profiler.takePreciseCoverage', (error, result) => {
      if (error) return reject(error)
      const ranges = (result.result.find((script) => script.url === url)?.functions ?? [])
        .flatMap((func) => func.ranges)
        .filter(({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset)
        .sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))
      resolve(ranges[0]?.count ?? 0)
    }),
  )
}

function requestTo(url: string): object {
  const headers = { host: 'localhost', 'user-agent': url }
  const parts = { query: { q: url }, params: { id: url }, body: {}, ip: url, method: 'GET', path: url }
  return { url, originalUrl: url, headers, ...parts, get: () => undefined, on: () => undefined }
}

function response(): object {
  const self: Record<string, unknown> = { statusCode: 200, headersSent: false }
  for (const name of ['end', 'send', 'json', 'status', 'set', 'setHeader', 'write', 'writeHead', 'on', 'once', 'type'])
    self[name] = () => self
  return self
}
