import { createSocket, Socket } from 'node:dgram'
import { once, EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createNetServer, type AddressInfo, type Socket as NetSocket } from 'node:net'
import { Transform } from 'node:stream'
import { expect, test } from 'vitest'
import { findRoots } from './roots.ts'
import { openScopeReader } from './scope-reader.ts'
import { Walk, WalkMemory, walkLimits, type FoundCollection } from './walk.ts'

function walk(value: unknown, path = 'root'): FoundCollection[] {
  const found: FoundCollection[] = []
  const opened = openScopeReader()!
  // The test runner's own modules are reached as well: enough of them is enough.
  const limits = { maxNodes: 3000, maxFunctions: 200, maxDepth: 7 }
  const note = (each: FoundCollection) => found.push(each)
  runToEnd(new Walk([{ value, path }], opened.reader, () => false, note, new WalkMemory(), limits))
  opened.reader.release()
  opened.close()
  return found
}

function runToEnd(walk: Walk): number {
  let stepCount = 0
  for (const steps = walk.run(); !steps.next().done;) stepCount++
  return stepCount
}

function makeHandler() {
  const pages = new Map([['/', 'html']])
  const pending: string[] = []
  return { handler: (url: string) => (pages.set(url, 'html'), pending.push(url)), pages, pending }
}

class Registry {
  static readonly sessions = new Map()
  readonly #secret = new Set()
  readonly max = 100
  readonly entries = new Map()
  add(key: string): void {
    this.#secret.add(key)
    this.entries.set(key, 1)
    Registry.sessions.set(key, 1)
  }
}

test('finds the collections a function closes over, under their names', () => {
  const { handler, pages, pending } = makeHandler()
  const found = walk(handler)
  expect(found.find(({ collection }) => collection === pages)).toMatchObject({ path: 'pages', kind: 'map' })
  expect(found.find(({ collection }) => collection === pending)).toMatchObject({ path: 'pending', kind: 'array' })
  expect(found.find(({ collection }) => collection === pages)!.scriptId).not.toBeNull()
})

test('finds class statics and private fields, and the number beside them that is a bound', () => {
  const registry = new Registry()
  registry.add('a')
  const found = walk({ registry })
  const paths = found.map(({ path, kind, bound }) => [path, kind, bound])
  expect(paths).toContainEqual(['Registry.sessions', 'map', null])
  expect(paths).toContainEqual(['root.registry.entries', 'map', 100])
  expect(paths).toContainEqual(['root.registry.#secret', 'set', 100])
})

test('finds what is kept under a symbol, as many a library keeps its state', () => {
  const clients = [1]
  const pool = {
    [Symbol('clients')]: clients,
    get [Symbol('asked')]() {
      throw new Error('called')
    },
  }
  const found = walk({ pool })
  expect(found.find(({ collection }) => collection === clients)?.path).toBe('root.pool[Symbol(clients)]')
})

test('finds the listeners of a function that is an emitter, however many methods it has', () => {
  const methods = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`method${index}`, () => index]))
  const client = Object.assign(() => {}, EventEmitter.prototype, methods)
  client.on('query', () => {}).on('query', () => {})
  Object.assign(client, { connect: 1, close: 2, end: 3, raw: 4, ref: 5, batch: 6, schema: 7 })
  expect(walk({ client }).find(({ kind }) => kind === 'listeners')).toMatchObject({
    path: "root.client.on('query')",
    owner: client,
  })
})

test("finds an emitter's listeners, with the emitter as their owner", () => {
  const bus = new EventEmitter()
  bus.on('tick', () => {}).on('tick', () => {})
  expect(walk({ bus }).find(({ kind }) => kind === 'listeners')).toMatchObject({
    path: "root.bus.on('tick')",
    owner: bus,
  })
})

test('of a handle only the listeners are walked into, and what is known by a better path keeps it', () => {
  const [server, socket] = [new EventEmitter(), Object.assign(new EventEmitter(), { state: { rows: [1] } })]
  server.on('close', () => 1).on('close', () => 2)
  socket.on('data', () => 1).on('data', () => 2)
  const found: FoundCollection[] = []
  const roots = [
    { value: { server }, path: 'exports' },
    { value: server, path: 'server' },
    ...[server, socket].map((value) => ({ value, path: 'handle', isEmitter: true })),
  ]
  runToEnd(
    new Walk(
      roots,
      null,
      () => false,
      (each) => found.push(each),
    ),
  )
  const paths = found.map(({ path }) => path)
  expect(paths).toContain("server.on('close')")
  expect(paths).toContain("handle.on('data')")
  expect(found.find(({ path }) => path === "handle.on('data')")?.owner).toBe(socket)
  expect(paths.filter((path) => path.includes('rows') || path.startsWith("handle.on('close"))).toEqual([])
})

test('finds what a getter would answer, without calling it', () => {
  const routes = ['/']
  const app = {
    get router(): string[] {
      routes.push('called')
      return routes
    },
  }
  expect(walk({ app }).some(({ collection }) => collection === routes)).toBe(true)
  expect(routes).toEqual(['/'])
})

test('calls no getter, enters no proxy, ends on cycles and on giants', () => {
  const fail = (): never => {
    throw new Error('the host was called')
  }
  const odd: Record<string, unknown> = { proxy: new Proxy({}, { ownKeys: fail }) }
  odd['self'] = odd
  Object.defineProperty(odd, 'trap', { enumerable: true, get: fail })
  odd['giant'] = Array.from({ length: 100_000 }, () => [[]])
  const walk = new Walk(
    [{ value: odd, path: 'odd' }],
    null,
    () => false,
    () => {},
  )
  expect(runToEnd(walk)).toBeLessThan(200)
})

test('is over after so many objects, however many there are, and says so', () => {
  const wide = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`k${index}`, { inner: [index] }]))
  const look = (limits: typeof walkLimits) => {
    const found: FoundCollection[] = []
    const note = (each: FoundCollection) => found.push(each)
    const each = new Walk([{ value: wide, path: 'wide' }], null, () => false, note, new WalkMemory(), limits)
    runToEnd(each)
    return [found.filter(({ path }) => path.endsWith('inner')).length, each.isWhole]
  }
  expect(look({ maxNodes: 100, maxFunctions: 10, maxDepth: 7 })).toEqual([9, false])
  expect(look(walkLimits)).toEqual([90, true])
})

test('a walk that read as many functions as it may has not seen all', () => {
  const functions = Array.from({ length: 30 }, (_, index) => ({ [`f${index}`]: () => index }))
  const inOne = Object.assign({}, ...functions) as object
  const opened = openScopeReader()!
  const isWhole = [5, 100].map((maxFunctions) => {
    const limits = { maxNodes: 3000, maxFunctions, maxDepth: 1 }
    const roots = [{ value: inOne, path: 'all' }]
    const each = new Walk(
      roots,
      opened.reader,
      () => true,
      () => {},
      new WalkMemory(),
      limits,
    )
    runToEnd(each)
    return each.isWhole
  })
  opened.close()
  expect(isWhole).toEqual([false, true])
})

test('a second walk reads few functions again, and so gets further', () => {
  const { handler } = makeHandler()
  const memory = new WalkMemory()
  const walks = [0, 0].map(() => {
    const opened = openScopeReader()!
    const read: unknown[] = []
    const { reader } = opened
    const noting = new Proxy(reader, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return (...args: unknown[]): unknown => {
          if (name === 'readScopes' || name === 'readBound') read.push(args[0])
          return method.apply(target, args)
        }
      },
    })
    const limits = { maxNodes: 3000, maxFunctions: 200, maxDepth: 7 }
    runToEnd(
      new Walk(
        [{ value: handler, path: 'handler' }],
        noting,
        () => false,
        () => {},
        memory,
        limits,
      ),
    )
    opened.close()
    return new Set(read)
  })
  const [first, second] = walks as [Set<unknown>, Set<unknown>]
  const again = [...second].filter((of) => first.has(of))
  expect(first.size).toBe(200)
  expect(again.length).toBeLessThan(100)
  expect(second.size - again.length).toBeGreaterThan(50)
})

/** A router as Express makes one; what it hands on to stands in no scope of its own. */
function mount(layer: object): object {
  return Object.assign(function router() {}, { stack: [layer] })
}

test('what only a handler below two mounted routers closes over is reached, as Express nests them', () => {
  const { pending, app } = nest()
  const found: object[] = []
  const opened = openScopeReader()!
  const scripts = opened.reader.readScripts()
  // The test runner is no part of the program.
  const isForeign = (scriptId: string) => !/walk\.test/.test(scripts.get(scriptId) ?? '')
  const note = ({ collection }: FoundCollection) => found.push(collection)
  runToEnd(new Walk([{ value: app, path: 'server' }], opened.reader, isForeign, note, new WalkMemory(), walkLimits))
  opened.close()
  expect(found).toContain(pending)
})

function nest() {
  const { handler, pending } = makeHandler()
  const inner = mount({ route: { stack: [{ handle: handler }] } })
  return { pending, app: { _router: { stack: [{ handle: mount({ handle: inner }) }] } } }
}

test('a limit that a function beside a variable closes over is told with what is below that variable', () => {
  const makeReducer = (given: object) => {
    const settings = { filter: () => true, ...given }
    return (list: number[]) => [...list, 1].slice(settings.filter() ? -(settings as { limit?: number }).limit! : 0)
  }
  const makeStore = (given: object) => {
    const reducer = makeReducer(given)
    let state = { past: [1] }
    return { dispatch: () => (state = { past: reducer(state.past) }) }
  }
  const past = (given: object) => walk(makeStore(given)).find(({ path }) => path === 'state.past')
  expect(past({ limit: 4000 })).toMatchObject({ bound: null, boundBeside: 4000 })
  expect(past({})).toMatchObject({ bound: null, boundBeside: null })
})

test('what is bound to a listener, and known by a variable as well, is told by that', () => {
  const emitter = new EventEmitter()
  const rooms = { open: new Map([[1, 1]]) }
  function close(this: typeof rooms): void {
    this.open.clear()
  }
  emitter.on('close', close.bind(rooms))
  emitter.on('ask', () => rooms.open.size)
  const found = walk({ emitter })
  expect(found.find(({ collection }) => collection === rooms.open)?.path).toBe('rooms.open')
})

test('what a function was bound to is asked of the inspector once', () => {
  const opened = openScopeReader()!
  const asked: unknown[] = []
  const reader = Object.create(opened.reader, {
    readScopes: { value: () => null },
    readBound: { value: (of: () => void) => (asked.push(of), opened.reader.readBound(of)) },
  }) as typeof opened.reader
  const pages = new Map()
  const bound = function (this: object) {}.bind({ pages })
  const memory = new WalkMemory()
  for (let round = 0; round < 2; round++) {
    const found: FoundCollection[] = []
    runToEnd(new Walk([{ value: bound, path: 'root' }], reader, () => false, (each) => found.push(each), memory)) // prettier-ignore
    expect(found.some(({ collection }) => collection === pages)).toBe(true)
  }
  expect(asked).toEqual([bound])
  opened.close()
})

test('what a bound function was bound to is walked into, and the fields of a class that extends Map', () => {
  class Pages extends Map<string, string> {
    readonly #newest = new Map<string, string>()
    readonly #maxSize = 500
    override set(key: string, value: string): this {
      this.#newest.set(key, value)
      return this.#newest.size > this.#maxSize ? this : super.set(key, value)
    }
  }
  class Server {
    readonly pages = new Pages()
    handle(url: string): void {
      this.pages.set(url, 'html')
    }
  }
  const server = new Server()
  server.handle('/')
  const found = walk({ listener: server.handle.bind(server) })
  expect(found.find(({ path }) => path.endsWith('pages.#newest'))).toMatchObject({ kind: 'map', bound: 500 })
})

test("of the closures that a script not the host's makes for each connection, one is read by the inspector", () => {
  const connect = (socket: object) => function onConnectionData() { return [socket, 'as long as Node writes them'] } // prettier-ignore
  const makeHost = (socket: object) => function onHostsOwnData() { return [socket, 'whoever wrote it, it is the host'] } // prettier-ignore
  const sockets = Array.from({ length: 20 }, () => ({ foreign: connect({}), own: makeHost({}) }))
  const opened = openScopeReader()!
  const read: unknown[] = []
  const reader = {
    readScopes(of: (...args: never[]) => unknown) {
      read.push(of)
      // Both stand in this file, so the two are told apart by name.
      const scopes = opened.reader.readScopes(of)
      return scopes && { ...scopes, scriptId: of.name === 'onConnectionData' ? 'node' : scopes.scriptId }
    },
    readBound: () => [],
    readPrivateFields: () => [],
  } as unknown as typeof opened.reader
  const memory = new WalkMemory()
  for (const half of [sockets.slice(0, 10), sockets.slice(10)]) {
    const value = Object.fromEntries(half.map((socket, index) => [`socket${index}`, socket]))
    runToEnd(new Walk([{ value, path: 'root' }], reader, (scriptId) => scriptId === 'node', () => {}, memory)) // prettier-ignore
  }
  opened.close()
  const namesRead = read.map((of) => (of as { name: string }).name)
  expect(namesRead.filter((name) => name === 'onConnectionData')).toHaveLength(1)
  expect(namesRead.filter((name) => name === 'onHostsOwnData')).toHaveLength(20)
})

test('of the connections of a busy server some are walked into, however many it has', async () => {
  const server = createServer((request, response) => void response.end(request.url))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const readBound = async (connectionCount: number) => {
    const clients = Array.from({ length: connectionCount }, () => connect(port, '127.0.0.1'))
    for (const client of clients) {
      client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await once(client, 'data')
    }
    const opened = openScopeReader()!
    const names: string[] = []
    const reader = Object.create(opened.reader, {
      readScopes: { value: () => null },
      readBound: { value: (of: () => void) => (names.push(of.name), opened.reader.readBound(of)) },
    }) as typeof opened.reader
    const note = () => {}
    runToEnd(new Walk(findRoots([server]), reader, () => false, note))
    opened.close()
    for (const client of clients) client.destroy()
    return names.filter((name) => name === 'bound socketOnData')
  }
  try {
    expect(await readBound(20)).toHaveLength(4)
  } finally {
    server.close()
  }
})

test("a handle's getters are not asked", async () => {
  const peer = createSocket('udp4')
  Object.setPrototypeOf(
    peer,
    Object.create(Socket.prototype, {
      server: {
        get() {
          throw new Error('not joined yet')
        },
      },
    }) as object,
  )
  const [first, second] = [() => {}, () => {}]
  peer.on('message', first).on('message', second)
  await new Promise<void>((resolve) => peer.bind(0, '127.0.0.1', resolve))
  try {
    const found: FoundCollection[] = []
    runToEnd(new Walk(findRoots([]), null, () => false, (each) => found.push(each))) // prettier-ignore
    expect(found).toContainEqual(expect.objectContaining({ owner: peer, kind: 'listeners' }))
  } finally {
    peer.close()
  }
})

test("each connection that the host's own collection keeps is walked into", async () => {
  const clients = new Set<NetSocket>()
  const server = createNetServer((socket) => clients.add(Object.assign(socket, { history: [socket.remotePort] })))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const peers = Array.from({ length: 6 }, () => connect(port, '127.0.0.1'))
  try {
    while (clients.size < 6) await once(server, 'connection')
    const found: FoundCollection[] = []
    const roots = [...findRoots([]), { value: { clients }, path: 'exports' }]
    runToEnd(new Walk(roots, null, () => false, (each) => found.push(each))) // prettier-ignore
    expect(found.filter(({ path }) => path === 'exports.clients[].history')).toHaveLength(6)
  } finally {
    for (const peer of peers) peer.destroy()
    server.close()
  }
})

test('a stream with a server is no connection', () => {
  const server = {}
  const hubs = Array.from({ length: 6 }, () => Object.assign(new Transform(), { server, kept: new Map() }))
  const found: FoundCollection[] = []
  const roots = hubs.map((value) => ({ value, path: 'hub', isEmitter: false }))
  runToEnd(new Walk(roots, null, () => false, (each) => found.push(each))) // prettier-ignore
  expect(found.filter(({ path }) => path === 'hub.kept')).toHaveLength(6)
})

test('how large one message may be bounds no collection', () => {
  const paths = walk({ server: { options: { maxPayload: 100 }, clients: new Set() } })
  expect(paths.find(({ path }) => path.endsWith('clients'))?.bound).toBeNull()
})
