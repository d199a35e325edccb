import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { systemClock } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { afterEach, expect, test } from 'vitest'
import { drainServer } from './drain.ts'

let agent: Agent
afterEach(() => agent.destroy())

async function open(answerAfterMs = 0) {
  agent = new Agent({ keepAlive: true })
  const server = createServer((_request, response) => void setTimeout(() => response.end('ok'), answerAfterMs))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const ask = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent }, (response) => {
        response.resume()
        response.on('end', () => resolve(response))
      }).on('error', reject)
    })
  return { server, port, ask }
}

test('a kept connection is still served during the grace, and told to close', async () => {
  const { server, ask } = await open()
  expect((await ask()).headers.connection).toBe('keep-alive')
  const drained = drainServer(server, { graceMs: 5_000, clock: systemClock })
  expect((await ask()).headers.connection).toBe('close')
  // It was the last connection: nobody waits for the end of the grace.
  await drained
})

test('a request that is being answered is answered to its end', async () => {
  const { server, ask } = await open(300)
  const answer = ask()
  await once(server, 'request')
  await drainServer(server, { graceMs: 0, clock: systemClock })
  expect((await answer).statusCode).toBe(200)
})

test('takes no new connection, ends idle ones after the grace, and cuts at the limit who says nothing', async () => {
  const { server, port, ask } = await open()
  await ask()
  const halfRequest = connect(port, '127.0.0.1')
  halfRequest.on('error', () => {})
  halfRequest.write('GET / HTTP/1.1\r\n')
  await once(halfRequest, 'connect')
  await new Promise((resolve) => setTimeout(resolve, 20))
  const beganMs = performance.now()
  await drainServer(server, { graceMs: 50, limitMs: 400, clock: systemClock })
  expect(performance.now() - beganMs).toBeGreaterThan(300)
  await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
})

test('a request that arrives while the loop is busy is not mistaken for silence', async () => {
  const { server, port } = await open()
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  client.write('GET / HTTP/1.1\r\nhost: shop\r\n\r\n')
  await once(client, 'data')
  const clock = new ManualClock()
  const drained = drainServer(server, { graceMs: 1_000, clock })
  // Runs in the turn in which idle connections are to be ended, just before that.
  setImmediate(() => {
    const untilMs = performance.now() + 20
    while (performance.now() < untilMs);
    client.write('GET / HTTP/1.1\r\nhost: shop\r\n\r\n')
  })
  clock.advance(1_000)
  const [answer] = (await once(client, 'data')) as [Buffer]
  expect(String(answer)).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*connection: close/i)
  await drained
})
