import { once } from 'node:events'
import {
  createServer,
  request as send,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { connect as connectHttp2, constants as http2Constants, createServer as createHttp2Server } from 'node:http2'
import { createRequire } from 'node:module'
import { connect, type AddressInfo } from 'node:net'
import fastify from 'fastify'
import { Agent, interceptors, request as undiciRequest } from 'undici'
import { afterEach, expect, test } from 'vitest'
import { responseCache as expressCache } from './express.ts'
import { responseCache as fastifyCache } from './fastify.ts'
import { ResponseCache } from './response-cache.ts'
import { createUndiciStore } from './undici.ts'

/** What is used of Express, which brings no types. */
interface ExpressApp {
  use(handler: (request: ExpressRequest, response: ExpressResponse, next: () => void) => void): void
  get(path: string, handler: (request: ExpressRequest, response: ExpressResponse) => void): void
  listen(port: number, host: string): Server
}
type ExpressRequest = IncomingMessage & { originalUrl: string }
type ExpressResponse = ServerResponse & {
  status(code: number): ExpressResponse
  set(...header: unknown[]): ExpressResponse
  send(body: string): void
}
const express = createRequire(import.meta.url)('express') as () => ExpressApp

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = send({ host: '127.0.0.1', port, path, headers, method, agent: false }, async (response) => {
      let body = ''
      for await (const chunk of response) body += String(chunk)
      resolve({ status: response.statusCode!, headers: response.headers, body })
    })
    request.on('error', reject).end()
  })
}

type Page = { status?: number; headers: Record<string, string>; body: string }
type Handler = (path: string, headers: IncomingHttpHeaders) => Page | Promise<Page>
interface Site {
  server: Server
  port: number
  cache: { invalidateTag(tag: string): number; clear(): void; readonly size: number }
}

const tagsOf = (place: string) => [/^127\.0\.0\.1:\d+\/tagged/.test(place) ? 'tagged' : 'plain']

/** The same site on both frameworks: what it answers, and how often it was asked. */
const sites: Record<string, (handle: Handler, options?: { ttlMs: number }) => Promise<Site>> = {
  async express(handle, options) {
    const app = express()
    const cache = expressCache({ ...options, maxBytes: 1 << 20, tags: tagsOf })
    app.use(cache)
    app.use(async (request, response) => {
      const { status = 200, headers, body } = await handle(request.originalUrl, request.headers)
      response.status(status).set(headers).send(body)
    })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    ends.push(() => close(server))
    return { server, port: (server.address() as AddressInfo).port, cache: cache.cache }
  },
  async fastify(handle, options) {
    const app = fastify()
    await app.register(fastifyCache, { ...options, maxBytes: 1 << 20, tags: tagsOf })
    app.all('/*', async (request, reply) => {
      const { status = 200, headers, body } = await handle(request.url, request.headers)
      return reply.code(status).headers(headers).type('text/html; charset=utf-8').send(body)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    ends.push(() => app.close())
    return { server: app.server, port: (app.server.address() as AddressInfo).port, cache: app.responseCache }
  },
}

function close(server: Server): Promise<unknown> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
}

for (const [framework, open] of Object.entries(sites)) {
  test(`${framework}: answers from the cache what may be kept, with its age, and 304 to who has it`, async () => {
    let count = 0
    const { port } = await open(() => ({ headers: { 'cache-control': 'max-age=60' }, body: `page ${++count} ü` }))
    const first = await ask(port, '/a?x=1')
    const second = await ask(port, '/a?x=1')
    expect(second).toMatchObject({ status: 200, body: 'page 1 ü' })
    expect(second.headers).toMatchObject({
      'x-cache': 'HIT',
      age: expect.stringMatching(/^\d+$/),
      'content-type': first.headers['content-type'],
    })
    const unchanged = await ask(port, '/a?x=1', { 'if-none-match': second.headers.etag! })
    expect(unchanged).toMatchObject({ status: 304, body: '' })
    const head = await ask(port, '/a?x=1', {}, 'HEAD')
    expect(head).toMatchObject({ status: 200, body: '' })
    expect(head.headers['content-length']).toBe('9')
    expect((await ask(port, '/a?x=2')).body).toBe('page 2 ü')
    expect((await ask(port, '/a?x=1', { 'cache-control': 'no-cache' })).body).toBe('page 3 ü')
    expect((await ask(port, '/a?x=1')).body).toBe('page 3 ü')
  })

  test(`${framework}: what varies is kept for each kind of visitor`, async () => {
    let count = 0
    const { port } = await open((_, headers) => ({
      headers: { 'cache-control': 'max-age=60', vary: 'Accept-Language' },
      body: `${String(headers['accept-language'])} ${++count}`,
    }))
    for (let n = 0; n < 2; n++) {
      expect((await ask(port, '/', { 'accept-language': 'de' })).body).toBe('de 1')
      expect((await ask(port, '/', { 'accept-language': 'en' })).body).toBe('en 2')
    }
  })

  test(`${framework}: an authorised answer is never kept and never given to another, nor one for cookies or with one`, async () => {
    let count = 0
    const { port, cache } = await open((path, headers) => ({
      headers: { 'cache-control': 'public, max-age=60', ...(path === '/login' && { 'set-cookie': 'session=1' }) },
      body: `${String(headers.authorization)} ${++count}`,
    }))
    expect((await ask(port, '/me', { authorization: 'Ann' })).body).toBe('Ann 1')
    expect((await ask(port, '/me', { authorization: 'Bob' })).body).toBe('Bob 2')
    expect(cache.size).toBe(0)
    expect((await ask(port, '/me')).body).toBe('undefined 3')
    expect((await ask(port, '/me', { authorization: 'Ann' })).body).toBe('Ann 4')
    await ask(port, '/login')
    expect(cache.size).toBe(1)
  })

  test(`${framework}: what was written to is asked for anew, in all its variants`, async () => {
    let count = 0
    let status = 200
    const { port } = await open((_, headers) => ({
      status,
      headers: { 'cache-control': 'max-age=60', vary: 'Accept-Language' },
      body: `${String(headers['accept-language'])} ${++count}`,
    }))
    const read = async (language: string) => (await ask(port, '/p', { 'accept-language': language })).body
    expect([await read('de'), await read('en'), await read('en')]).toEqual(['de 1', 'en 2', 'en 2'])
    status = 500
    await ask(port, '/p', {}, 'POST')
    status = 200
    expect(await read('en')).toBe('en 2')
    await ask(port, '/p', {}, 'DELETE')
    // What has gone does not come back with the first that is kept again.
    expect([await read('de'), await read('en'), await read('de')]).toEqual(['de 5', 'en 6', 'de 5'])
  })

  test(`${framework}: variants by one header are none by another`, async () => {
    let count = 0
    let vary = 'Accept-Language'
    const { port } = await open(() => ({ headers: { 'cache-control': 'max-age=60', vary }, body: `${++count}` }))
    const read = async (headers: Record<string, string>) => (await ask(port, '/p', headers)).body
    expect(await read({ 'accept-language': 'x' })).toBe('1')
    vary = 'X-Kind'
    expect(await read({ 'x-kind': 'y', 'accept-language': 'z' })).toBe('2')
    expect(await read({ 'x-kind': 'x', 'accept-language': 'z' })).toBe('3')
  })

  test(`${framework}: no error and nothing missing is kept for the time of those that say nothing`, async () => {
    let count = 0
    const answers: Record<string, { status: number; headers: Record<string, string> }> = {
      '/page': { status: 200, headers: {} },
      '/missing': { status: 404, headers: {} },
      '/moved': { status: 301, headers: { location: '/page' } },
      '/old': { status: 200, headers: { expires: 'Thu, 01 Jan 1970 00:00:00 GMT' } },
      '/broken': { status: 500, headers: { 'cache-control': 'max-age=60' } },
      '/busy': { status: 503, headers: { 'cache-control': 'public, s-maxage=60' } },
      '/gone': { status: 410, headers: { 'cache-control': 'max-age=60' } },
    }
    const { port } = await open((path) => ({ ...answers[path]!, body: `${++count}` }), { ttlMs: 60_000 })
    const kept: string[] = []
    for (const path of Object.keys(answers)) {
      await ask(port, path)
      if ((await ask(port, path)).headers['x-cache'] === 'HIT') kept.push(path)
    }
    expect(kept).toEqual(['/page', '/gone'])
  })

  test(`${framework}: a range and a request with a body are the application's, and 304 follows the date too`, async () => {
    let count = 0
    const { port } = await open(() => ({
      headers: {
        'cache-control': 'max-age=60, stale-while-revalidate=600',
        'last-modified': new Date(5000).toUTCString(),
      },
      body: `page ${++count}`,
    }))
    await ask(port, '/p')
    expect((await ask(port, '/p', { range: 'bytes=0-1' })).headers['x-cache']).toBe(undefined)
    expect((await ask(port, '/p', { 'transfer-encoding': 'chunked' })).headers['x-cache']).toBe(undefined)
    expect((await ask(port, '/p')).body).toBe('page 1')
    const since = async (ms: number, more = {}) =>
      (await ask(port, '/p', { 'if-modified-since': new Date(ms).toUTCString(), ...more })).status
    expect([await since(5000), await since(4000), await since(5000, { 'if-none-match': '"other"' })]).toEqual([
      304, 200, 200,
    ])
  })

  test(`${framework}: a tag lets go of what carries it`, async () => {
    let count = 0
    const { port, cache } = await open(() => ({ headers: { 'cache-control': 'max-age=60' }, body: `page ${++count}` }))
    await ask(port, '/tagged')
    await ask(port, '/other')
    expect(cache.invalidateTag('tagged')).toBe(1)
    expect([(await ask(port, '/tagged')).body, (await ask(port, '/other')).body]).toEqual(['page 3', 'page 2'])
  })

  const acts: [string, (site: Site) => unknown, string[]][] = [
    ['is written to', ({ port }) => ask(port, '/tagged', { 'x-write': 'yes' }, 'POST'), ['new', 'old']],
    ['is invalidated by its tag', ({ cache }) => cache.invalidateTag('tagged'), ['new', 'old']],
    ['is cleared with all others', ({ cache }) => cache.clear(), ['new', 'new']],
  ]
  for (const [happens, act, expected] of acts) {
    test(`${framework}: a page that ${happens} while it is made is not kept as it was, and others are`, async () => {
      let truth = 'old'
      const making: (() => void)[] = []
      const site = await open(async (_, headers) => {
        const body = truth
        if (!headers['x-write'] && truth === 'old') await new Promise<void>((resolve) => making.push(resolve))
        return { headers: { 'cache-control': 'max-age=60' }, body }
      })
      const asked = [ask(site.port, '/tagged'), ask(site.port, '/other')]
      await expect.poll(() => making.length).toBe(2)
      await act(site)
      truth = 'new'
      for (const finish of making) finish()
      for (const answer of asked) expect((await answer).body).toBe('old')
      expect([(await ask(site.port, '/tagged')).body, (await ask(site.port, '/other')).body]).toEqual(expected)
      expect((await ask(site.port, '/tagged')).headers['x-cache']).toBe('HIT')
    })
  }

  test(`${framework}: what is written to after its visitor has left is asked for anew then`, async () => {
    let truth = 'old'
    let write: (() => void) | undefined
    const { server, port } = await open(async (_, headers) => {
      if (headers['x-write']) {
        await new Promise<void>((resolve) => (write = resolve))
        truth = 'new'
      }
      return { headers: { 'cache-control': 'max-age=60' }, body: truth }
    })
    const leaver = send({
      host: '127.0.0.1',
      port,
      path: '/p',
      method: 'POST',
      headers: { 'x-write': 'yes' },
      agent: false,
    })
    leaver.on('error', () => {}).end()
    await expect.poll(() => write).toBeDefined()
    leaver.destroy()
    const connectionCount = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
    await expect.poll(connectionCount).toBe(0)
    await ask(port, '/p')
    expect(await ask(port, '/p')).toMatchObject({ body: 'old', headers: { 'x-cache': 'HIT' } })
    write!()
    await expect.poll(async () => (await ask(port, '/p')).body).toBe('new')
  })
}

test('express: a long body passes through whole and is not kept; one written in parts is kept whole', async () => {
  const app = express()
  const cache = expressCache({ maxBytes: 1 << 20, maxBodyBytes: 1000 })
  app.use(cache)
  app.get('/parts', (_, response) => {
    response.set('cache-control', 'max-age=60')
    response.write('one ')
    response.write(Buffer.from('two '))
    response.end('746872656520', 'hex')
  })
  app.get('/long', (_, response) => void response.set('cache-control', 'max-age=60').send('x'.repeat(5000)))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => close(server))
  const { port } = server.address() as AddressInfo
  for (let n = 0; n < 2; n++) expect((await ask(port, '/parts')).body).toBe('one two three ')
  expect((await ask(port, '/long')).body.length).toBe(5000)
  expect(cache.cache.size).toBe(1)
})

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

/** What others do with `on-headers`: changes the head at the last moment. */
const lateHeader =
  (name: string, value: string): Middleware =>
  (_, response, next) => {
    const { writeHead } = response
    response.writeHead = function (this: ServerResponse, ...args: unknown[]) {
      response.setHeader(name, value)
      return Reflect.apply(writeHead, this, args) as ServerResponse
    } as typeof writeHead
    next()
  }

/** Without Express, and so without a header that was set before. */
async function serve(...middlewares: Middleware[]): Promise<number> {
  const server = createServer((request, response) => {
    const run = (at: number): void => middlewares[at]!(request, response, () => run(at + 1))
    run(0)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => close(server))
  return (server.address() as AddressInfo).port
}

test('express: heads that go to writeHead count, as an object and as a list', async () => {
  const cache = expressCache({ maxBytes: 1 << 20, ttlMs: 60_000 })
  const heads: Record<string, string[] | Record<string, string>> = {
    '/private': { 'Cache-Control': 'private' },
    '/login': ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'],
    '/page': { 'Cache-Control': 'max-age=60', 'Content-Type': 'text/x-own' },
  }
  const port = await serve(cache, (request, response) => void response.writeHead(200, heads[request.url!]).end('body'))
  for (const path of Object.keys(heads)) await ask(port, path)
  expect(cache.cache.size).toBe(1)
  expect((await ask(port, '/page')).headers).toMatchObject({ 'x-cache': 'HIT', 'content-type': 'text/x-own' })
})

test('express: a session that sets its cookie at the last moment, before or behind the cache, keeps its response', async () => {
  const session = lateHeader('set-cookie', 'session=1')
  const page: Middleware = (_, response) => void response.setHeader('cache-control', 'max-age=60').end('for Ann')
  for (const order of ['before', 'behind']) {
    const cache = expressCache({ maxBytes: 1 << 20 })
    const port = await serve(...(order === 'before' ? [session, cache, page] : [cache, session, page]))
    await ask(port, '/')
    expect([order, cache.cache.size]).toEqual([order, 0])
  }
})

test('express: what is compressed in front of the cache is kept as it was before', async () => {
  const cache = expressCache({ maxBytes: 1 << 20 })
  const port = await serve(lateHeader('content-encoding', 'own'), cache, (_, response) => {
    response.setHeader('cache-control', 'max-age=60')
    response.write('plain ')
    response.end('text')
  })
  await ask(port, '/')
  const kept = [...cache.cache.entries()].map(([, value]) => value as { headers: object; body: Buffer })
  expect(String(kept[0]!.body)).toBe('plain text')
  expect(kept[0]!.headers).not.toHaveProperty('content-encoding')
})

test('what announced another length than it had is not kept', async () => {
  const responses = new ResponseCache({ maxBytes: 1 << 20, ttlMs: 60_000 })
  const request = { method: 'GET', headers: {} }
  responses.keep(
    'http://h/short',
    request,
    { status: 200, headers: { 'content-length': '10' } },
    Buffer.from('half'),
    0,
  )
  expect(responses.cache.size).toBe(0)
  responses.keep('http://h/whole', request, { status: 200, headers: { 'content-length': 4 } }, Buffer.from('half'), 0)
  expect(responses.cache.size).toBe(1)
})

test('express: what an application left off because its visitor had left is not kept', async () => {
  const cache = expressCache({ maxBytes: 1 << 20, ttlMs: 60_000 })
  let hasEnded: (() => void) | undefined
  const ended = new Promise<void>((resolve) => (hasEnded = resolve))
  const port = await serve(cache, (_, response) => {
    response.write('half of it')
    response.once('close', () => {
      response.end()
      hasEnded!()
    })
  })
  const leaver = connect(port, '127.0.0.1')
  leaver.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
  await once(leaver, 'data')
  leaver.destroy()
  await ended
  expect(cache.cache.size).toBe(0)
})

test('express: over HTTP/2 a body is kept once, and each host has its own', async () => {
  const cache = expressCache({ maxBytes: 1 << 20, ttlMs: 60_000 })
  const server = createHttp2Server((request, response) => {
    cache(request as never, response as never, () => {
      response.end(`of ${String(request.headers[':authority'])}`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  ends.push(() => (session.destroy(), server.close()))
  const read = async (authority: string) => {
    const stream = session.request({ ':path': '/', ':authority': authority })
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    let body = ''
    for await (const chunk of stream) body += String(chunk)
    return [body, headers['x-cache']]
  }
  expect([await read('one'), await read('two'), await read('one')]).toEqual([
    ['of one', undefined],
    ['of two', undefined],
    ['of one', 'HIT'],
  ])
})

test('express: what an HTTP/2 visitor cancelled half way is not kept', async () => {
  const cache = expressCache({ maxBytes: 1 << 20, ttlMs: 60_000 })
  let hasEnded: (() => void) | undefined
  const ended = new Promise<void>((resolve) => (hasEnded = resolve))
  const server = createHttp2Server((request, response) => {
    cache(request as never, response as never, () => {
      response.write('half of it')
      request.once('aborted', () => {
        response.end()
        hasEnded!()
      })
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  ends.push(() => (session.destroy(), server.close()))
  const stream = session.request({ ':path': '/' })
  await once(stream, 'data')
  stream.close(http2Constants.NGHTTP2_CANCEL)
  await ended
  expect(cache.cache.size).toBe(0)
})

test('express: over HTTP/2 a request with a body, which nothing announces, is not answered for others', async () => {
  const cache = expressCache({ maxBytes: 1 << 20, ttlMs: 60_000 })
  const server = createHttp2Server((request, response) => {
    cache(request as never, response as never, async () => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      response.end(`got ${body}`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  ends.push(() => (session.destroy(), server.close()))
  const read = async (sent?: string) => {
    const stream = session.request({ ':path': '/' }, { endStream: sent === undefined })
    if (sent !== undefined) stream.end(sent)
    let body = ''
    for await (const chunk of stream) body += String(chunk)
    return body
  }
  expect([await read('poison'), await read(), await read('more')]).toEqual(['got poison', 'got ', 'got more'])
})

test('express: a host that ends as a path begins does not give its page to that path', async () => {
  const cache = expressCache({ maxBytes: 1 << 20, ttlMs: 60_000 })
  const port = await serve(cache, (request, response) => void response.end(`page of ${request.url}`))
  expect((await ask(port, '/', { host: 'shop.example/account' })).body).toBe('page of /')
  expect((await ask(port, '/account/', { host: 'shop.example' })).body).toBe('page of /account/')
})

test('express: what was asked for by TLS is not what was asked for without', async () => {
  const cache = expressCache({ maxBytes: 1 << 20, ttlMs: 60_000 })
  let protocol = 'http'
  const port = await serve(
    (request, _, next) => (Object.assign(request, { protocol }), next()),
    cache,
    (_, response) => void response.end(protocol),
  )
  expect((await ask(port, '/')).body).toBe('http')
  protocol = 'https'
  expect((await ask(port, '/')).body).toBe('https')
})

test('fastify: a plugin behind the cache that sets a cookie keeps its response', async () => {
  const app = fastify()
  await app.register(fastifyCache, { maxBytes: 1 << 20 })
  app.addHook('onSend', async (request, reply) => void (request.url === '/me' && reply.header('set-cookie', 'a=1')))
  app.get('/*', async (_, reply) => reply.header('cache-control', 'max-age=60').send('for Ann'))
  await app.inject('/me')
  await app.inject('/all')
  expect(app.responseCache.size).toBe(1)
  await app.close()
})

test('undici: its interceptor keeps responses here, apart by what they vary on, and within the bound', async () => {
  let count = 0
  const server = createServer((request, response) => {
    response.setHeader('cache-control', 'public, max-age=60')
    response.setHeader('vary', 'accept-language')
    response.end(
      `${String(request.headers['accept-language'])} ${++count} ${request.url === '/long' ? 'x'.repeat(2000) : ''}`,
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => close(server))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const store = createUndiciStore({ maxBytes: 1 << 20, maxBodyBytes: 1000 })
  const dispatcher = new Agent().compose(interceptors.cache({ store }))
  ends.push(() => dispatcher.close())
  const get = async (path: string, language: string) => {
    const { body } = await undiciRequest(origin + path, { dispatcher, headers: { 'accept-language': language } })
    return body.text()
  }
  for (let n = 0; n < 2; n++) {
    expect(await get('/', 'de')).toBe('de 1 ')
    expect(await get('/', 'en')).toBe('en 2 ')
  }
  expect((await get('/long', 'de')).length).toBeGreaterThan(2000)
  expect((await get('/long', 'de')).startsWith('de 4')).toBe(true)
  expect(store.cache.size).toBe(1)
  store.delete({ origin, path: '/', method: 'GET' })
  expect(await get('/', 'de')).toBe('de 5 ')
})

test('undici: a response under way when its URL is written to, deleted or cleared is not kept', async () => {
  let count = 0
  const going: ServerResponse[] = []
  const server = createServer((request, response) => {
    response.setHeader('cache-control', 'public, max-age=60')
    if (request.method === 'POST' || request.url === '/now') return void response.end(`${++count}`)
    going.push(response)
    server.emit('asked')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => close(server))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const store = createUndiciStore({ maxBytes: 1 << 20 })
  const dispatcher = new Agent().compose(interceptors.cache({ store }))
  ends.push(() => dispatcher.close())
  const ask = async (path: string, method: 'GET' | 'POST' = 'GET') => {
    return (await undiciRequest(origin + path, { dispatcher, method })).body.text()
  }
  const changes = {
    nothing: () => {},
    'another URL': () => ask('/other', 'POST'),
    'a write to it': () => ask('/', 'POST'),
    'its deletion': () => store.delete({ origin, path: '/', method: 'GET' }),
    clear: () => store.cache.clear(),
  }
  for (const isHeadSent of [false, true]) {
    for (const [name, change] of Object.entries(changes)) {
      store.cache.clear()
      const asked = once(server, 'asked')
      const answer = ask('/')
      await asked
      const response = going.pop()!
      // Behind whatever is answered next, the head is here.
      if (isHeadSent) response.write('from before')
      if (isHeadSent) await ask('/now')
      await change()
      response.end()
      await answer
      const isKept = store.get({ origin, path: '/', method: 'GET' }) !== undefined
      expect(isKept, `${name}, head ${isHeadSent ? 'here' : 'to come'}`).toBe(['nothing', 'another URL'].includes(name))
    }
  }
})

test('undici: a response fetched anew, since what is kept turned out to be no longer there, is kept', async () => {
  let count = 0
  const server = createServer((request, response) => {
    response.setHeader('cache-control', 'public, max-age=60')
    // Not modified, it says, and names another than it was asked about: undici deletes what it has, and asks without condition.
    if (request.headers['if-none-match'] !== undefined) return void response.writeHead(304, { etag: '"other"' }).end()
    response.writeHead(200, { etag: `"${++count}"` }).end(`${count}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => close(server))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const dispatcher = new Agent().compose(interceptors.cache({ store: createUndiciStore({ maxBytes: 1 << 20 }) }))
  ends.push(() => dispatcher.close())
  const get = async (headers = {}) => (await undiciRequest(origin, { dispatcher, headers })).body.text()
  expect(await get()).toBe('1')
  expect(await get({ 'cache-control': 'no-cache' })).toBe('2')
  expect(await get()).toBe('2')
})
