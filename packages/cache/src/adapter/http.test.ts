import { once } from 'node:events'
import {
  createServer,
  request as send,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { Agent, interceptors, request as undiciRequest } from 'undici'
import { afterEach, expect, test } from 'vitest'
import { responseCache as expressCache } from './express.ts'
import { responseCache as fastifyCache } from './fastify.ts'
import { createUndiciStore } from './undici.ts'

/** What is used of Express, which brings no types. */
interface ExpressApp {
  use(handler: (request: ExpressRequest, response: ExpressResponse, next: () => void) => void): void
  get(path: string, handler: (request: ExpressRequest, response: ExpressResponse) => void): void
  listen(port: number, host: string): Server
}
type ExpressRequest = IncomingMessage & { originalUrl: string }
type ExpressResponse = ServerResponse & { set(...header: unknown[]): ExpressResponse; send(body: string): void }
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

type Handler = (path: string, headers: IncomingHttpHeaders) => { headers: Record<string, string>; body: string }
interface Site {
  port: number
  cache: { invalidateTag(tag: string): number; readonly size: number }
}

/** The same site on both frameworks: what it answers, and how often it was asked. */
const sites: Record<string, (handle: Handler) => Promise<Site>> = {
  async express(handle) {
    const app = express()
    const cache = expressCache({ maxBytes: 1 << 20, tags: (place) => [place.includes('/tagged') ? 'tagged' : 'plain'] })
    app.use(cache)
    app.use((request, response) => {
      const { headers, body } = handle(request.originalUrl, request.headers)
      response.set(headers).send(body)
    })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    ends.push(() => close(server))
    return { port: (server.address() as AddressInfo).port, cache: cache.cache }
  },
  async fastify(handle) {
    const app = fastify()
    await app.register(fastifyCache, {
      maxBytes: 1 << 20,
      tags: (place) => [place.includes('/tagged') ? 'tagged' : 'plain'],
    })
    app.get('/*', async (request, reply) => {
      const { headers, body } = handle(request.url, request.headers)
      return reply.headers(headers).type('text/html; charset=utf-8').send(body)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    ends.push(() => app.close())
    const { responseCache } = app as unknown as { responseCache: Site['cache'] }
    return { port: (app.server.address() as AddressInfo).port, cache: responseCache }
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
    expect(second.headers).toMatchObject({ 'x-cache': 'HIT', age: '0', 'content-type': first.headers['content-type'] })
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

  test(`${framework}: a tag lets go of what carries it`, async () => {
    let count = 0
    const { port, cache } = await open(() => ({ headers: { 'cache-control': 'max-age=60' }, body: `page ${++count}` }))
    await ask(port, '/tagged')
    await ask(port, '/other')
    expect(cache.invalidateTag('tagged')).toBe(1)
    expect([(await ask(port, '/tagged')).body, (await ask(port, '/other')).body]).toEqual(['page 3', 'page 2'])
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
