import fc from 'fast-check'
import { expect, test } from 'vitest'

import { MalformedResponseError, ResponseParser, ResponseTooLargeError, type Response } from './response-parser.ts'

interface Sent {
  bytes: Buffer
  body: Buffer
  status: number
  isUntilClose: boolean
}

const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/).map((name) => `x-${name}`)
const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)

/** An answer in any of the framings, with interim answers before it. */
const answers: fc.Arbitrary<Sent> = fc
  .record({
    status: fc.constantFrom(200, 201, 302, 404, 500, 503),
    headers: fc.uniqueArray(fc.tuple(token, value), { maxLength: 8, selector: ([name]) => name }),
    chunks: fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 5 }),
    framing: fc.constantFrom('length', 'chunked', 'close'),
    interim: fc.constantFrom('', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n'),
    extension: fc.constantFrom('', ';a=b', ' ; name="v"'),
    trailer: fc.constantFrom('', 'x-sum: 1\r\n'),
  })
  .map(({ status, headers, chunks, framing, interim, extension, trailer }) => {
    const body = Buffer.concat(chunks)
    const lines = headers.map(([name, text]) => `${name}: ${text}\r\n`).join('')
    const framed = {
      length: [`Content-Length: ${body.length}\r\n\r\n`, body],
      chunked: [
        'Transfer-Encoding: chunked\r\n\r\n',
        ...chunks.flatMap((chunk) => [`${chunk.length.toString(16)}${extension}\r\n`, chunk, '\r\n']),
        `0\r\n${trailer}\r\n`,
      ],
      close: ['\r\n', body],
    }[framing]!
    const parts = [interim, `HTTP/1.1 ${status} Whatever it is\r\n${lines}`, ...framed]
    return {
      bytes: Buffer.concat(parts.map((part) => Buffer.from(part as string))),
      body,
      status,
      isUntilClose: framing === 'close',
    }
  })

function feed(parser: ResponseParser, pieces: Iterable<Buffer>): Response | null {
  let response: Response | null = null
  for (const piece of pieces) {
    // The caller's buffer is used again for the next read.
    const lent = Buffer.from(piece)
    response = parser.push(lent) ?? response
    lent.fill(0)
  }
  return response
}

function* pieces(bytes: Buffer, cuts: number[]): Generator<Buffer> {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  for (const [index, from] of at.entries()) if (at[index + 1] !== undefined) yield bytes.subarray(from, at[index + 1])
}

test('reads the same answer however its bytes are split', () => {
  fc.assert(
    fc.property(answers, fc.array(fc.nat(2000), { maxLength: 12 }), ({ bytes, body, status, isUntilClose }, cuts) => {
      const parser = new ResponseParser('GET', 10_000)
      const response = feed(parser, pieces(bytes, cuts)) ?? parser.end()
      expect(response?.status).toBe(status)
      expect(response?.body.equals(body)).toBe(true)
      expect(response?.isReusable).toBe(!isUntilClose)
    }),
    { numRuns: 500 },
  )
})

test('split into single bytes, it is still the same answer', () => {
  fc.assert(
    fc.property(answers, ({ bytes, body }) => {
      const parser = new ResponseParser('GET', 10_000)
      const response =
        feed(
          parser,
          [...bytes].map((byte) => Buffer.from([byte])),
        ) ?? parser.end()
      expect(response?.body.equals(body)).toBe(true)
    }),
  )
})

test('a part of an answer is no answer, and says whether it has begun', () => {
  fc.assert(
    fc.property(answers, fc.nat(), ({ bytes, isUntilClose }, cut) => {
      fc.pre(!isUntilClose)
      const parser = new ResponseParser('GET', 10_000)
      expect(parser.hasStarted).toBe(false)
      expect(parser.push(bytes.subarray(0, cut % bytes.length))).toBe(null)
      expect(parser.end()).toBe(null)
    }),
  )
})

test('never throws anything but its own two errors, whatever comes', () => {
  const scraps = fc.constantFrom(
    'HTTP/1.1 200 OK\r\n',
    'transfer-encoding: chunked\r\n',
    'content-length: 5\r\n',
    '\r\n',
    '5\r\n',
    'abcde',
    ':',
    '\n',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(scraps, fc.string()), { maxLength: 20 }), (parts) => {
      const parser = new ResponseParser('GET', 1000)
      try {
        for (const part of parts) parser.push(Buffer.from(part))
      } catch (error) {
        expect(error instanceof MalformedResponseError || error instanceof ResponseTooLargeError).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

const parse = (text: string, method = 'GET', maxBodyBytes = 1000) =>
  new ResponseParser(method, maxBodyBytes).push(Buffer.from(text))

test('HEAD, 204 and 304 have no body, whatever their headers say', () => {
  expect(parse('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n', 'HEAD')?.body.length).toBe(0)
  expect(parse('HTTP/1.1 204 No Content\r\n\r\n')?.isReusable).toBe(true)
  expect(parse('HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n')?.status).toBe(304)
})

test('a connection is kept unless one side says otherwise', () => {
  const empty = 'Content-Length: 0\r\n\r\n'
  expect(parse(`HTTP/1.1 200 OK\r\n${empty}`)?.isReusable).toBe(true)
  expect(parse(`HTTP/1.1 200 OK\r\nConnection: Close\r\n${empty}`)?.isReusable).toBe(false)
  expect(parse(`HTTP/1.0 200 OK\r\n${empty}`)?.isReusable).toBe(false)
  expect(parse(`HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${empty}`)?.isReusable).toBe(true)
  expect(parse('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')?.isReusable).toBe(
    false,
  )
})

test('headers are found by lower-case name, repeated ones are joined, cookies stay apart', () => {
  const response = parse(
    'HTTP/1.1 200\r\nVary: a\r\nVARY:b \r\nSet-Cookie: x=1, y\r\nset-cookie: z=2\r\nContent-Length: 0\r\n\r\n',
  )
  expect(response?.headers.get('vary')).toBe('a, b')
  expect(response?.setCookies).toEqual(['x=1, y', 'z=2'])
})

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['a switched protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['a header without a name', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
  ['a folded header', 'HTTP/1.1 200 OK\r\na: b\r\n c: d\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ['a chunk longer than its size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'],
  ['more than was asked for', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab'],
])('%s is malformed', (_, text) => {
  expect(() => parse(text)).toThrow(MalformedResponseError)
})

test.each([
  ['a length', `HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n`],
  ['chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n200\r\n${'x'.repeat(512)}\r\n200\r\n`],
  ['bytes until close', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1001)}`],
  ['a head', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(70_000)}`],
])('%s beyond the cap is not held', (_, text) => {
  expect(() => parse(text)).toThrow(ResponseTooLargeError)
})
