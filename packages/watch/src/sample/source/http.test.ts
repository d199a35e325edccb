import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, get, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createGuard } from '../../guard.ts'
import { HttpSource } from './http.ts'

const troubles: unknown[] = []
const source = new HttpSource(
  createGuard((where, thrown) => troubles.push([where, thrown])),
  () => performance.now(),
)
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(handler: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const fetchStatus = (port: number, path: string) =>
  new Promise<number>((resolve, reject) => {
    get({ port, path, host: '127.0.0.1' }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    }).on('error', reject)
  })

test('counts requests, failures and latency by route, and knows the server', async () => {
  const port = await serve((request, response) => {
    response.statusCode = request.url === '/broken' ? 500 : 200
    response.end('ok')
  })
  for (const path of ['/c/lamps', '/c/lamps', '/p/7', '/broken']) await fetchStatus(port, path)
  const { http, routes } = source.read()
  expect(http).toMatchObject({ requestCount: 4, errorCount: 1 })
  expect(http!.latencyMsP99).toBeGreaterThan(0)
  expect(routes.map(({ route, requestCount, errorCount }) => [route, requestCount, errorCount])).toEqual([
    ['GET /c/lamps', 2, 0],
    ['GET /p/:value', 1, 0],
    ['GET /broken', 1, 1],
  ])
  expect(source.servers()).toContain(servers[0])
  expect(source.read().http).toMatchObject({ requestCount: 0 })
  expect(troubles).toEqual([])
})

test('requests that hang have arrived, and are not counted again when they are answered', async () => {
  const waiting: (() => void)[] = []
  const port = await serve((_, response) => void waiting.push(() => response.end('ok')))
  source.read()
  const answers = [1, 2, 3].map(() => fetchStatus(port, '/c/lamps'))
  await expect.poll(() => waiting.length).toBe(3)
  expect(source.read().http).toMatchObject({ requestCount: 0, arrivedCount: 3 })
  for (const answer of waiting) answer()
  await Promise.all(answers)
  expect(source.read().http).toMatchObject({ requestCount: 3, arrivedCount: 0 })
})

test('an answer whose reader went away is counted as failed, though Node never says that it finished', async () => {
  const port = await serve((_, response) => void response.write('first half'))
  const before = source.totalCount
  await new Promise<void>((resolve) => {
    const request = get({ port, host: '127.0.0.1' }, (response) => response.once('data', () => request.destroy()))
    request.on('error', () => {})
    request.on('close', resolve)
  })
  await expect.poll(() => (source.read(), source.totalCount)).toBe(before + 1)
})

test('requests of one connection that is cut off while they wait for each other are over, each once', async () => {
  const waiting: ServerResponse[] = []
  const port = await serve((_, response) => void waiting.push(response))
  source.read()
  const before = source.totalCount
  const client = connect(port, '127.0.0.1')
  client.write('GET /c/lamps HTTP/1.1\r\nhost: shop\r\n\r\n'.repeat(3))
  await expect.poll(() => waiting.length).toBe(3)
  expect(source.read().http).toMatchObject({ requestCount: 0, arrivedCount: 3 })
  client.destroy()
  await expect.poll(() => (source.read(), source.totalCount)).toBe(before + 3)
  for (const response of waiting) response.end('too late')
  expect(source.read().http).toMatchObject({ requestCount: 0, arrivedCount: 0 })
})

test('a request that was answered is held while others come, and let go where nobody asks any more', async () => {
  const port = await serve((_, response) => void response.end('ok'))
  source.read()
  source.read()
  const before = source.openCount
  await fetchStatus(port, '/c/lamps')
  expect(source.openCount).toBe(before + 1)
  source.read()
  expect(source.openCount).toBe(before + 1)
  source.read()
  expect(source.openCount).toBe(before)
})

test('a server is known whose first request was under way before we listened', async () => {
  let answer = () => {}
  const port = await serve((request, response) => {
    if (request.url === '/early') answer = () => void response.end('ok')
    else response.end('ok')
    servers.at(-1)!.emit('asked')
  })
  const asked = once(servers.at(-1)!, 'asked')
  const early = fetchStatus(port, '/early')
  await asked
  const late = new HttpSource(
    createGuard(() => {}),
    () => performance.now(),
  )
  answer()
  await early
  await fetchStatus(port, '/c/lamps')
  expect(late.servers()).toEqual([servers.at(-1)])
  expect(late.read().http).toMatchObject({ requestCount: 1, arrivedCount: 1 })
  late.stop()
})

const start = diagnostics.channel('http.server.request.start')
const finish = diagnostics.channel('http.server.response.finish')
/** A request as Node tells of it. */
const message = (headers: Record<string, string> = {}) => ({
  request: { method: 'GET', url: '/a', headers, socket: { destroyed: false } },
  response: { statusCode: 200, destroyed: false },
  server: {},
})
const answer = (asked: ReturnType<typeof message>) => (start.publish(asked), finish.publish(asked))

test('one request is held, always the same, and none with a large body', () => {
  source.read()
  source.read()
  expect(source.openCount).toBe(0)
  answer(message({ 'content-length': '40000000' }))
  answer(message({ 'transfer-encoding': 'chunked' }))
  expect(source.openCount).toBe(0)
  const first = message({ 'content-length': '12' })
  answer(first)
  let laterReadCount = 0
  const later = message()
  Object.defineProperty(later.request, 'headers', { get: () => (laterReadCount++, {}) })
  answer(later)
  expect(source.openCount).toBe(1)
  expect(laterReadCount).toBe(0)
})

test('requests answered in any order are found among thousands under way, and an aborted one without its request', () => {
  const before = source.totalCount
  const all = Array.from({ length: 6000 }, () => message())
  for (const asked of all) start.publish(asked)
  expect(source.openCount).toBeLessThanOrEqual(5001)
  for (const asked of all.slice(1)) finish.publish(asked)
  expect(source.totalCount).toBe(before + 5999)
  Object.assign(all[0]!.response, { destroyed: true, req: null })
  expect(source.read().http!.requestCount).toBeGreaterThanOrEqual(4999)
  expect(source.totalCount).toBe(before + 6000)
})

test('what fails for each request is not called any more after a while', () => {
  let callCount = 0
  const broken = new HttpSource(
    createGuard(() => {}),
    () => {
      callCount++
      throw new Error('no clock')
    },
  )
  for (let index = 0; index < 50; index++) start.publish(message())
  broken.stop()
  expect(callCount).toBe(20)
})
