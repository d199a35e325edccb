import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
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

test('WebSockets are asked to close with the code of a restart, a few at a time', async () => {
  const server = createServer()
  const closed: [number, string][] = []
  const taken: Duplex[] = []
  server.on('upgrade', (_request, socket: Duplex) => {
    const close = (code: number, reason: string): void => {
      closed.push([code, reason])
      socket.end()
    }
    // What ws does with a socket it takes over.
    Object.assign(socket, { [Symbol('websocket')]: { close } })
    taken.push(socket.resume())
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  for (let index = 0; index < 8; index++) {
    const client = connect(port, '127.0.0.1')
    client.write('GET / HTTP/1.1\r\nhost: service\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
    await once(client, 'data')
    client.resume()
  }
  expect(taken).toHaveLength(8)
  const clock = new ManualClock()
  const drained = drainServers([server], { graceMs: 1000, limitMs: 10_000 }, clock)
  clock.advance(250)
  expect(closed).toEqual([
    [1012, 'service restart'],
    [1012, 'service restart'],
  ])
  clock.advance(750)
  expect(closed).toHaveLength(8)
  expect(await drained).toMatchObject({ cutCount: 0 })
})

test('a stream that goes on, and a socket whose protocol is not known, are cut at the limit and counted', async () => {
  const server = createServer((_request, response) => void response.write('data: first\n\n'))
  server.on('upgrade', (_request, socket: Duplex) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const stream = connect(port, '127.0.0.1')
  stream.write(request)
  await once(stream, 'data')
  const upgraded = connect(port, '127.0.0.1')
  upgraded.write('GET / HTTP/1.1\r\nhost: service\r\nconnection: upgrade\r\nupgrade: own\r\n\r\n')
  await once(upgraded, 'data')
  const clock = new ManualClock()
  const drained = drainServers([server], { graceMs: 1000, limitMs: 10_000 }, clock)
  const isCut = Promise.all([once(stream.resume(), 'close'), once(upgraded.resume(), 'close')])
  clock.advance(10_000)
  expect(await drained).toMatchObject({
    cutCount: 2,
    sentence: 'drained in 10 s, with 2 connections cut at the limit',
  })
  await isCut
})

/** No tick comes, as when one collection of garbage takes all the time. */
class StillClock extends ManualClock {
  override every() {
    return { cancel() {} }
  }
}

test('a loop that stood still until the limit answers what has arrived before anything is cut, and is not waited for twice', async () => {
  const { server, client } = await open()
  const clock = new StillClock()
  const drained = drainServers([server], { graceMs: 60_000, limitMs: 10_000 }, clock)
  client.write(request)
  clock.advance(10_000)
  const [answer] = (await once(client, 'data')) as [Buffer]
  expect(String(answer)).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*connection: close/i)
  expect(await drained).toMatchObject({ cutCount: 0 })

  const stuck = await open()
  const cut = drainServers([stuck.server], { graceMs: 60_000, limitMs: 10_000 }, clock)
  clock.advance(19_000)
  clock.advance(1000)
  expect(await cut).toMatchObject({ cutCount: 1 })
})
