import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createDelivery } from '../../../test/deliveries.ts'
import { DeliveryError } from '../channel.ts'
import { createWebhookChannel, signatureHeader, signBody } from './webhook.ts'

let peer: Server
afterEach(() => {
  peer.closeAllConnections()
  peer.close()
})

async function listen(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<string> {
  peer = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => answer(request, response, body))
  })
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(peer.address() as AddressInfo).port}/hook`
}

const channel = createWebhookChannel({
  secret: 'a secret',
  nowMs: () => 1_700_000_000_500,
  findSecret: (_channel, to) => to,
})
const deliver = (destination: string, abortSignal = new AbortController().signal) =>
  channel.deliver(createDelivery({ channel: 'webhook', destination }), abortSignal)

test('posts what happened, signed and with a key that tells repeats', async () => {
  let seen: { headers: IncomingMessage['headers']; body: string } | null = null
  const url = await listen((request, response, body) => {
    seen = { headers: request.headers, body }
    response.end('ok')
  })
  await deliver(url)
  const { headers, body } = seen!
  expect(headers[signatureHeader]).toBe(signBody('a secret', body, 1_700_000_000))
  expect(headers['idempotency-key']).toBe('inc:42/esc:0/team:web/mail:web@example.org')
  expect(JSON.parse(body)).toMatchObject({ version: 1, reason: 'page', incident: { key: 'INC-42', state: 'open' } })
})

test.each([
  [500, {}, { isFinal: false, retryAfterMs: null }],
  [503, { 'retry-after': '7' }, { isFinal: false, retryAfterMs: 7000 }],
  [429, { 'retry-after': 'soon' }, { isFinal: false, retryAfterMs: null }],
  [404, {}, { isFinal: true }],
  [302, { location: 'http://127.0.0.1:1/' }, { isFinal: true }],
] as const)('an answer of %i is judged by what it asks for', async (status, headers, expected) => {
  const url = await listen((_request, response) => response.writeHead(status, headers).end())
  await expect(deliver(url)).rejects.toMatchObject(expected)
})

test('a peer that hangs is given up when the call is', async () => {
  const url = await listen(() => {})
  const abort = new AbortController()
  const sending = deliver(url, abort.signal)
  setTimeout(() => abort.abort(new DeliveryError('No answer within 10 s.', { isFinal: false })), 20)
  await expect(sending).rejects.toThrow('No answer within 10 s.')
})

test('an answer without end is not read', async () => {
  let isCut = false
  const url = await listen((_request, response) => {
    response.writeHead(200)
    const writing = setInterval(() => response.write('x'.repeat(65_536)), 1)
    response.on('close', () => {
      isCut = true
      clearInterval(writing)
    })
  })
  await deliver(url)
  await expect.poll(() => isCut).toBe(true)
})

test('nobody at home is no reason to give up', async () => {
  const url = await listen(() => {})
  await new Promise((resolve) => peer.close(resolve))
  await expect(deliver(url)).rejects.toMatchObject({
    isFinal: false,
    message: expect.stringContaining('ECONNREFUSED') as string,
  })
})
