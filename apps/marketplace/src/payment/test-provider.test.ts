import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSeededRandom, systemClock, type Fault } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openBooks } from './books.ts'
import { createHttpProvider } from './http-provider.ts'
import { calm, parseMischief, type Mischief } from './mischief.ts'
import { createTestProvider } from './test-provider.ts'

const charge = { key: 'k1', amountCents: 1250, token: 'card-ok' }
const stops: (() => void)[] = []
let folder: string

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'books-'))))
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  rmSync(folder, { recursive: true })
})

async function open(mischief: Partial<Mischief> = {}, file: string | null = null) {
  const books = openBooks(file)
  const settings = { books, mischief: { ...calm, ...mischief }, random: createSeededRandom(1), clock: systemClock }
  const server = createTestProvider(settings).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clock = new ManualClock()
  const provider = createHttpProvider({ url, clock })
  stops.push(() => {
    provider.close()
    server.closeAllConnections()
    server.close()
    books.close()
  })
  return { provider, books, url, clock }
}

test('charges a key once, however often it is asked', async () => {
  const { provider, books } = await open()
  const first = await provider.authorise(charge)
  expect(first).toMatchObject({ status: 'authorised' })
  expect(await provider.authorise(charge)).toEqual(first)
  expect([...books.all()]).toHaveLength(1)
  expect(await provider.authorise({ ...charge, amountCents: 1 })).toMatchObject({ status: 'declined' })
})

test('declines what it should, and never charges a voided key', async () => {
  const { provider } = await open()
  expect(await provider.authorise({ ...charge, token: 'card-declined' })).toMatchObject({ status: 'declined' })
  await provider.void('k2')
  expect(await provider.authorise({ ...charge, key: 'k2' })).toMatchObject({ status: 'declined' })
})

test('charges and says nothing; the same key hears the charge later', async () => {
  const { provider, books, clock } = await open({ timeoutShare: 1 })
  const unsettled = expect(provider.authorise(charge)).rejects.toThrow(
    /did not settle .*3000 ms.*Ask again with the same key/,
  )
  await expect.poll(() => books.find('k1')).toMatchObject({ status: 'authorised' })
  clock.advance(3000)
  await unsettled
})

test('answers twice: refuses the first answer after it has charged', async () => {
  const { provider, books } = await open({ repeatShare: 0.5 })
  const answers = await Promise.allSettled(Array.from({ length: 10 }, () => provider.authorise(charge)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['fulfilled', 'rejected']))
  expect([...books.all()]).toHaveLength(1)
})

test('remembers whom it charged after it was killed, a torn last line apart', async () => {
  const file = join(folder, 'books.jsonl')
  const first = await open({}, file)
  await first.provider.authorise(charge)
  first.books.write({ ...charge, key: 'k2', status: 'declined', reference: 'r', reason: null })
  const { appendFileSync } = await import('node:fs')
  appendFileSync(file, '{"key":"k3","amo')
  const second = await open({}, file)
  expect([...second.books.all()].map(({ key, status }) => [key, status])).toEqual([
    ['k1', 'authorised'],
    ['k2', 'declined'],
  ])
})

test('an address where nobody listens, and nonsense, are unsettled, not answers', async () => {
  const provider = createHttpProvider({ url: 'http://127.0.0.1:1' })
  await expect(provider.authorise(charge)).rejects.toThrow(/did not settle/)
  const { url } = await open()
  expect((await fetch(`${url}/authorise`, { method: 'POST', body: '{"key":5}' })).status).toBe(400)
  expect((await fetch(`${url}/void`, { method: 'POST', body: 'x'.repeat(10_000) })).status).toBe(400)
  expect((await fetch(`${url}/nothing`)).status).toBe(404)
})

test('mischief is parsed with every fault told', () => {
  const faults: Fault[] = []
  expect(parseMischief('delay=200,timeout=0.1', 'M', faults)).toEqual({ ...calm, delayMs: 200, timeoutShare: 0.1 })
  expect(faults).toEqual([])
  parseMischief('sleep=1,decline=2,repeat', 'M', faults)
  expect(faults.map(({ what }) => what)).toEqual([
    'knows no "sleep" (known: delay, timeout, decline, repeat)',
    'needs decline= between 0 and 1',
    'needs repeat= between 0 and 1',
  ])
})
