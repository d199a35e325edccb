import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { drainServers } from './drain.ts'

const request = 'GET / HTTP/1.1\r\nhost: service\r\n\r\n'

/** A server with one kept connection that has been answered once. */
async function open() {
  const server = createServer((_request, response) => response.end('ok'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(client, 'connect')
  client.write(request)
  await once(client, 'data')
  return { server, client }
}

test('who says nothing for the grace is closed while idle', async () => {
  const { server, client } = await open()
  const clock = new ManualClock()
  const drained = drainServers([server], { graceMs: 1000, limitMs: 10_000 }, clock)
  clock.advance(1000)
  await once(client.resume(), 'end')
  expect(await drained).toMatchObject({ cutCount: 0 })
})

test('a request that arrives while the loop is busy is not mistaken for silence', async () => {
  const { server, client } = await open()
  const clock = new ManualClock()
  const drained = drainServers([server], { graceMs: 1000, limitMs: 10_000 }, clock)
  // Runs in the turn in which idle connections are to be closed, just before that.
  setImmediate(() => {
    const untilMs = performance.now() + 20
    while (performance.now() < untilMs);
    client.write(request)
  })
  clock.advance(1000)
  const [answer] = (await once(client, 'data')) as [Buffer]
  expect(String(answer)).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*connection: close/i)
  expect(await drained).toMatchObject({ cutCount: 0 })
})
