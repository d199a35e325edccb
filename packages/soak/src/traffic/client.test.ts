import { createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

import { systemClock } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'

import { createClient, type Connection, type Request } from './client.ts'
import { RequestFailedError } from './failure.ts'
import { parseTarget } from './loopback.ts'

const servers: Server[] = []
const sockets = new Set<Socket>()

afterEach(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** A server of bytes: `answer` is called with every request's text and the number of the connection it came on. */
async function serve(
  answer: (socket: Socket, request: string, connectionNumber: number) => void,
  limits: { requestTimeoutMs?: number } = {},
): Promise<Connection> {
  let connectionCount = 0
  const server = createServer((socket) => {
    const number = ++connectionCount
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => answer(socket, bytes.toString('latin1'), number))
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return connectTo((server.address() as { port: number }).port, limits)
}

function connectTo(port: number, limits: { requestTimeoutMs?: number; maxResponseBytes?: number } = {}): Connection {
  const target = parseTarget(`http://127.0.0.1:${port}`)
  return createClient({
    target,
    clock: systemClock,
    requestTimeoutMs: 10_000,
    maxResponseBytes: 1000,
    ...limits,
  }).open()
}

const get: Request = { method: 'GET', path: '/a?b=c', headers: 'cookie: x=1\r\n', body: null }
const ok = (body: string, headers = '') => `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`

async function failureOf(exchange: Promise<unknown>): Promise<string> {
  const error = await exchange.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RequestFailedError)
  return (error as RequestFailedError).kind
}

test('says what was asked, and keeps the connection', async () => {
  const connection = await serve((socket, request, number) => socket.write(ok(`${number}|${request}`)))
  const first = await connection.exchange(get)
  expect(first.body.toString()).toMatch(/^1\|GET \/a\?b=c HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\ncookie: x=1\r\n\r\n$/)
  const second = await connection.exchange({ method: 'POST', path: '/', headers: '', body: 'a=1&b=2' })
  expect(second.body.toString()).toMatch(/^1\|POST \/ HTTP\/1\.1\r\n.*content-length: 7\r\n\r\na=1&b=2$/s)
})

test('two connections do not mix their answers, though they share one read buffer', async () => {
  const one = await serve((socket, request) => {
    const answer = ok(request.repeat(5))
    socket.write(answer.slice(0, 50))
    setTimeout(() => socket.write(answer.slice(50)), 5)
  })
  const other = await serve((socket, request) => socket.write(ok(request.toUpperCase())))
  const [left, right] = await Promise.all([one.exchange(get), other.exchange({ ...get, path: '/other' })])
  expect(left.body.toString()).toContain('GET /a?b=c HTTP/1.1')
  expect(right.body.toString()).toContain('GET /OTHER HTTP/1.1')
})

test('after "connection: close", or a close between requests, the next request opens another connection', async () => {
  const connection = await serve((socket, _, number) => {
    if (number === 1) socket.write(ok('1', 'Connection: close\r\n'))
    else if (number === 2) socket.end(ok('2'))
    else socket.write(ok('3'))
  })
  expect((await connection.exchange(get)).body.toString()).toBe('1')
  expect((await connection.exchange(get)).body.toString()).toBe('2')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect((await connection.exchange(get)).body.toString()).toBe('3')
})

test('a close that arrived while this process was busy is not called a drop', async () => {
  const connection = await serve((socket, _, number) => {
    socket.write(ok(String(number)))
    if (number === 1) setTimeout(() => socket.end(), 10)
  })
  await connection.exchange(get)
  await new Promise((resolve) => setTimeout(resolve, 9))
  const next = new Promise((resolve) => setTimeout(() => resolve(connection.exchange(get)), 5)) as ReturnType<
    Connection['exchange']
  >
  const busyUntilMs = performance.now() + 40
  while (performance.now() < busyUntilMs);
  expect((await next).body.toString()).toBe('2')
})

test('gives a connection up before the announced keep-alive time is over', async () => {
  const connection = await serve((socket, _, number) => socket.write(ok(String(number), 'Keep-Alive: timeout=1\r\n')))
  await connection.exchange(get)
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect((await connection.exchange(get)).body.toString()).toBe('2')
})

test('nobody listens: refused', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  expect(await failureOf(connectTo(port).exchange(get))).toBe('refused')
})

test('the connection ends or resets before a byte of the answer: dropped, and no second try', async () => {
  let requestCount = 0
  const connection = await serve((socket) => {
    requestCount++
    if (requestCount === 1) socket.end()
    else if (requestCount === 2) socket.resetAndDestroy()
    else if (requestCount === 3) socket.write(ok('fine'))
    else socket.destroy()
  })
  expect(await failureOf(connection.exchange(get))).toBe('dropped')
  expect(await failureOf(connection.exchange(get))).toBe('dropped')
  expect((await connection.exchange(get)).body.toString()).toBe('fine')
  // The same on a connection that had been kept.
  expect(await failureOf(connection.exchange(get))).toBe('dropped')
  expect(requestCount).toBe(4)
})

test('it ends in the middle of the answer: cut off; without a length, the end is the end', async () => {
  const connection = await serve((socket, _, number) => {
    if (number === 1) socket.end(ok('half').slice(0, -2))
    else if (number === 2) socket.end('HTTP/1.1 200 OK\r\nTransfer-Enc')
    else socket.end('HTTP/1.1 200 OK\r\n\r\nto the end')
  })
  expect(await failureOf(connection.exchange(get))).toBe('cut-off')
  expect(await failureOf(connection.exchange(get))).toBe('cut-off')
  expect((await connection.exchange(get)).body.toString()).toBe('to the end')
})

test('no answer, or one that never ends: timed out, and the line is not used again', async () => {
  const connection = await serve(
    (socket, _, number) => {
      if (number === 2) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab')
      if (number === 3) socket.write(ok('fresh'))
    },
    { requestTimeoutMs: 300 },
  )
  expect(await failureOf(connection.exchange(get))).toBe('timed-out')
  expect(await failureOf(connection.exchange(get))).toBe('timed-out')
  expect((await connection.exchange(get)).body.toString()).toBe('fresh')
})

test('nonsense, and more than the cap: malformed', async () => {
  const connection = await serve((socket, _, number) =>
    socket.write(number === 1 ? 'nonsense\r\n\r\n' : ok('x'.repeat(1001))),
  )
  expect(await failureOf(connection.exchange(get))).toBe('malformed')
  expect(await failureOf(connection.exchange(get))).toBe('malformed')
})

test('bytes nobody asked for end the connection, not the next request', async () => {
  let peer: Socket
  const connection = await serve((socket, _, number) => {
    peer ??= socket
    socket.write(ok(String(number)))
  })
  await connection.exchange(get)
  await new Promise((resolve) => peer.write('HTTP/1.1 408 Request Timeout\r\n\r\n', resolve))
  // They lie in the kernel now; the second turn of the event loop has read them.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect((await connection.exchange(get)).body.toString()).toBe('2')
})

test('hanging up drops what is under way', async () => {
  const connection = await serve(() => connection.close())
  expect(await failureOf(connection.exchange(get))).toBe('dropped')
})
