// What a stranger does with each adapter, with the libraries as they were installed beside it. `load` is `import` or `require`.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fetch } from 'undici'

const MiB = 2 ** 20
const fresh = { 'cache-control': 'public, max-age=60' }

export async function use(load) {
  const get = async (name, key) => {
    const all = await load(name)
    return all[key] ?? all.default?.[key] ?? all.default ?? all
  }
  for (const [name, use] of Object.entries(uses)) {
    await use(get)
    process.stdout.write(`${name} `)
  }
}

const uses = {
  async lru(get) {
    for (const name of ['lru-cache', '@plimsoll/cache/lru']) {
      const LRUCache = await get(name, 'LRUCache')
      const left = []
      const cache = new LRUCache({ max: 2, dispose: (value, key, reason) => left.push([key, value, reason]) })
      cache.set('a', 1).set('b', 2)
      cache.get('a')
      cache.set('c', 3)
      assert.deepEqual([[...cache.keys()], left], [['c', 'a'], [['b', 2, 'evict']]])
    }
  },

  async keyv(get) {
    const Keyv = await get('keyv', 'Keyv')
    const createKeyvStore = await get('@plimsoll/cache/keyv', 'createKeyvStore')
    const cache = (await get('@plimsoll/cache', 'createCache'))({ maxBytes: MiB })
    const [users, pages] = ['users', 'pages'].map((namespace) => new Keyv({ store: createKeyvStore(cache), namespace }))
    await users.set('1', { name: 'Ann' }, 60_000)
    await pages.set('1', 'page')
    assert.deepEqual(await users.get('1'), { name: 'Ann' })
    await users.clear()
    assert.deepEqual([await users.get('1'), await pages.get('1')], [undefined, 'page'])
  },

  async 'cache-manager'(get) {
    const Keyv = await get('keyv-5', 'Keyv')
    const createKeyvStore = await get('@plimsoll/cache/keyv', 'createKeyvStore')
    const store = new Keyv({ store: createKeyvStore({ maxBytes: MiB }) })
    const manager = (await get('cache-manager', 'createCache'))({ stores: [store], ttl: 60_000 })
    let loads = 0
    for (let n = 0; n < 2; n++) assert.equal(await manager.wrap('a', async () => ++loads), 1)
    await manager.clear()
    assert.equal(await manager.wrap('a', async () => ++loads), 2)
  },

  async express(get) {
    const express = await get('express', 'default')
    const responseCache = await get('@plimsoll/cache/express', 'responseCache')
    const app = express()
    let count = 0
    app.use(responseCache({ maxBytes: MiB }))
    app.get('/', (_, response) => response.set(fresh).json({ count: ++count }))
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${server.address().port}/`
    for (let n = 0; n < 2; n++) assert.deepEqual(await (await fetch(url)).json(), { count: 1 })
    server.closeAllConnections()
    server.close()
  },

  async fastify(get) {
    const app = (await get('fastify', 'fastify'))()
    let count = 0
    await app.register(await get('@plimsoll/cache/fastify', 'responseCache'), { maxBytes: MiB })
    app.get('/', async (_, reply) => (reply.headers(fresh), { count: ++count }))
    for (let n = 0; n < 2; n++) assert.deepEqual((await app.inject('/')).json(), { count: 1 })
    app.responseCache.clear()
    await app.close()
  },

  async undici(get) {
    const [Agent, interceptors] = [await get('undici', 'Agent'), await get('undici', 'interceptors')]
    const store = (await get('@plimsoll/cache/undici', 'createUndiciStore'))({ maxBytes: MiB })
    let count = 0
    const server = createServer((_, response) => response.writeHead(200, fresh).end(`${++count}`)).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const dispatcher = new Agent().compose(interceptors.cache({ store }))
    const request = await get('undici', 'request')
    for (let n = 0; n < 2; n++) {
      const { body } = await request(`http://127.0.0.1:${server.address().port}/`, { dispatcher })
      assert.equal(await body.text(), '1')
    }
    await dispatcher.close()
    server.close()
  },

  async apollo(get) {
    const ApolloServer = await get('@apollo/server', 'ApolloServer')
    const cache = (await get('@plimsoll/cache/apollo', 'createApolloCache'))({ maxBytes: MiB })
    const resolvers = { Query: { hello: () => 'world' } }
    const server = new ApolloServer({ typeDefs: 'type Query { hello: String }', resolvers, cache })
    const query = '{ hello }'
    const sha256Hash = createHash('sha256').update(query).digest('hex')
    const extensions = { persistedQuery: { version: 1, sha256Hash } }
    await server.executeOperation({ query, extensions })
    const { body } = await server.executeOperation({ extensions })
    assert.equal(body.singleResult.data.hello, 'world')
    assert.equal(cache.cache.size, 1)
    await server.stop()
  },
}
