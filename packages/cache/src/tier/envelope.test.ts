import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { EncodingError, encodeTags, Envelope, parseStoredEntry, type CodecName } from './envelope.ts'

const values: Record<CodecName, unknown[]> = {
  v8: [null, 0, 'text', new Date(1), new Map([[1, new Set(['a'])]]), 10n, Buffer.from('raw'), { nested: [undefined] }],
  json: [null, 0, 'text', { nested: [1, { deep: true }] }],
  string: ['', 'text', 'ü'.repeat(5000)],
  bytes: [Buffer.alloc(0), Buffer.from([0, 1, 255]), Buffer.alloc(5000, 'x')],
}

for (const [codec, list] of Object.entries(values)) {
  test(`${codec}: values come back as they were`, async () => {
    const envelope = new Envelope(codec as CodecName, 1024)
    for (const value of list) expect(await envelope.unfold(await envelope.fold(value))).toEqual(value)
  })
}

test('compresses what is long enough, unless that saves less than an eighth', async () => {
  const envelope = new Envelope('bytes', 1000)
  const noise = Buffer.from(
    Array.from({ length: 2000 }, (_, at) => (Math.imul(at ^ (at << 13), 2654435761) >>> 11) ^ at),
  )
  expect((await envelope.fold(Buffer.alloc(2000, 'ab'))).byteLength).toBeLessThan(100)
  expect((await envelope.fold(Buffer.alloc(999, 'ab'))).byteLength).toBe(1000)
  expect((await envelope.fold(noise)).byteLength).toBe(2001)
})

test('what cannot be read is not there: another codec, a cut, an unknown mark, too much in a small reply', async () => {
  const envelope = new Envelope('v8', 10, 100_000)
  const folded = await envelope.fold('x'.repeat(1000))
  const bomb = Buffer.concat([Buffer.of(1), deflateRawSync(Buffer.alloc(100_001))])
  for (const bytes of [Buffer.alloc(0), Buffer.from('{}'), folded.subarray(0, 8), Buffer.of(9, 1, 2), bomb]) {
    expect(await envelope.unfold(bytes)).toBe(undefined)
  }
})

test('says what to do about a value that the codec cannot write', async () => {
  await expect(new Envelope('v8', 10).fold(() => {})).rejects.toThrow(EncodingError)
  await expect(new Envelope('json', 10).fold(10n)).rejects.toThrow(/Cache plain data, or give another codec/)
  await expect(new Envelope({ encode: () => 'text' as never, decode: String }, 10).fold('')).rejects.toThrow(/no bytes/)
})

test('an entry carries its tags, whatever they are called', () => {
  const tags = ['a\nb', '"', '']
  const stored = Buffer.concat([Buffer.from(`12\n${encodeTags(tags)}\n`), Buffer.from([0, 10, 10])])
  expect(parseStoredEntry(stored)).toEqual({ tags, folded: Buffer.from([0, 10, 10]) })
  expect(parseStoredEntry(Buffer.from('12\n\nx'))).toEqual({ tags: [], folded: Buffer.from('x') })
  for (const text of ['', '12', '12\nx', '12\n{\nx']) expect(parseStoredEntry(Buffer.from(text))).toBe(null)
})
