/** A way to call a function: how it is shown to people, with KEY for what is new each time, and what makes the arguments. */
export interface Shape {
  shown: string
  make(key: string): unknown[]
}

/** Lives as long as the process, as the signal of a whole service does. */
const { signal } = new AbortController()

/**
 * Long, so that what is kept for it outweighs the steps in which tables grow; different from its first character on, for code that
 * looks at no more of it; and a name in nearly every language, for code that parses it.
 */
const keyLength = 400
let count = 0

export function freshKey(): string {
  count++
  // 2654435761: Knuth's multiplicative hash, which scatters neighbours. In letters only, 26 to each place.
  let scattered = ''
  for (let rest = (count * 2_654_435_761) % 2 ** 32; rest > 0; rest = Math.floor(rest / 26))
    scattered += String.fromCharCode(97 + (rest % 26))
  return Buffer.alloc(keyLength, `${scattered}_${count}_`).toString('latin1')
}

/** What a factory wraps: it may be called, awaited, called back or made with `new`. */
export function wrapped(...args: unknown[]): unknown {
  const last = args.at(-1)
  const answer = { key: args[0] }
  if (typeof last === 'function') (last as (error: null, answer: unknown) => void)(null, answer)
  return answer
}

const noop = (): undefined => undefined

function shape(shown: string, make: (key: string) => unknown[]): Shape {
  return { shown, make }
}

/** Arguments no two calls share, from what functions take most often to what they take seldom. */
export const shapes: readonly Shape[] = [
  shape('("KEY")', (key) => [key]),
  shape('("KEY", "KEY")', (key) => [key, key]),
  shape('({ id: "KEY" }, {})', (key) => [{ id: key, key, name: key, url: `/${key}` }, {}]),
  shape('(request to "/KEY", response)', (key) => [requestTo(`/${key}`), response(), noop]),
  shape('("KEY", () => "KEY")', (key) => [key, () => key]),
  shape('("KEY", { KEY }, callback)', (key) => [key, { key, cookie: {} }, noop]),
  shape('(() => …, "KEY")', (key) => [wrapped, key]),
  shape('({}, "KEY")', (key) => [{}, key]),
  // Texts of the languages that are parsed most often.
  shape('("/KEY", "/KEY")', (key) => [`/${key}`, `/${key}`]),
  shape('("$.KEY", {})', (key) => [`$.${key}`, {}]),
  shape('({}, "$.KEY")', (key) => [{}, `$.${key}`]),
  shape('({ path: "$.KEY", json: {} })', (key) => [{ path: `$.${key}`, json: { a: 1 } }]),
  shape('("{ KEY }")', (key) => [`{ ${key} }`]),
  shape('("fragment KEY on Thing { id }")', (key) => [`fragment ${key} on Thing { id }`]),
  shape('("{{KEY}}", {})', (key) => [`{{${key}}}`, {}]),
  shape('("{1,KEY}")', (key) => [`{1,${key}}`]),
  shape('({ id: "KEY", data: "{{ KEY }}" })', (key) => [{ id: key, data: `{{ ${key} }}` }]),
  shape('(N, N + 7)', () => [1_000_000 + ++count, 1_000_007 + count]),
  shape('("en", { KEY })', (key) => ['en', { [key]: 1 }]),
  // Work that a signal may end, which lives longer than the work.
  shape('(signal)', () => [signal]),
  shape('({ signal })', () => [{ signal }]),
  shape('("KEY", { signal })', (key) => [key, { signal }]),
  shape('(promise of "KEY", { signal })', (key) => [Promise.resolve(key), { signal, milliseconds: 1000 }]),
  shape('(promise of "KEY", 1000, …, { signal })', (key) => [Promise.resolve(key), 1000, undefined, { signal }]),
  shape('(async () => "KEY", { signal })', (key) => [() => Promise.resolve(key), { signal }]),
  shape('(["KEY"], async () => …, { signal })', (key) => [[key], () => Promise.resolve(key), { signal }]),
]

/** Whether the signal that lives as long as the process is among the arguments. */
export function handsInSignal({ make }: Shape): boolean {
  return make('').some((arg) => arg === signal || (arg as { signal?: unknown } | undefined)?.signal === signal)
}

/** Called once, and what they answer is called with each key. */
export const factoryShapes: readonly Shape[] = [
  shape('(() => …)("KEY")', (key) => [key]),
  shape('(() => …)("KEY", callback)', (key) => [key, noop]),
  shape('(() => …)("KEY", { KEY })', (key) => ['en', { [key]: 1 }]),
]

function requestTo(url: string): object {
  const headers = { host: 'localhost', 'user-agent': url }
  const parts = { query: { q: url }, params: { id: url }, body: {}, ip: url, method: 'GET', path: url }
  return { url, originalUrl: url, headers, ...parts, get: noop, on: noop }
}

function response(): object {
  const self: Record<string, unknown> = { statusCode: 200, headersSent: false }
  for (const name of ['end', 'send', 'json', 'status', 'set', 'setHeader', 'write', 'writeHead', 'on', 'once', 'type'])
    self[name] = () => self
  return self
}
