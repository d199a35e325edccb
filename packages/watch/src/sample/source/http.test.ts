import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
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

test('the request answered last is held while others come, and let go where nobody asks any more', async () => {
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
