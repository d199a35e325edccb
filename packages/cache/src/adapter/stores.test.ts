import type { Clock } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { createCache as createCacheManager } from 'cache-manager'
import { Keyv as Keyv5 } from 'keyv'
import { Keyv as Keyv6 } from 'keyv-6'
import { expect, test } from 'vitest'
import { createApolloCache } from './apollo.ts'
import { createCache } from '../cache.ts'
import { createKeyvStore, type KeyvStored } from './keyv.ts'
import { createNextCacheHandler } from './next.ts'

for (const [name, Keyv] of [['Keyv 5', Keyv5] as const, ['Keyv 6', Keyv6 as unknown as typeof Keyv5] as const]) {
  test(`${name}: keeps, expires, counts namespaces apart and clears only its own`, async () => {
    const clock = new ManualClock()
    const cache = createCache<string, KeyvStored>({ maxBytes: 1 << 20, clock })
    const store = createKeyvStore(cache)
    const users = new Keyv({ store: createKeyvStore(cache), namespace: 'users' })
    const pages = new Keyv({ store, namespace: 'pages' })
    const errors: unknown[] = []
    users.on('error', (error) => errors.push(error))
    await users.set('1', { name: 'Ann' })
    await pages.set('1', 'page', 60_000)
    expect(await users.get('1')).toEqual({ name: 'Ann' })
    expect(await pages.get<string>('1')).toBe('page')
    expect(await users.has('1')).toBe(true)
    expect(await users.get('2')).toBe(undefined)
    expect(await users.getMany(['1', '2'])).toEqual([{ name: 'Ann' }, undefined])
    const all: unknown[] = []
    for await (const entry of store.iterator('pages')) all.push(entry[0])
    expect(all).toEqual([expect.stringMatching(/^pages::?1$/)])
    await users.clear()
    expect(await users.get('1')).toBe(undefined)
    expect(await pages.get('1')).toBe('page')
    clock.advance(61_000)
    expect(cache.size).toBe(0)
    expect(await pages.delete('1')).toBe(false)
    expect(errors).toEqual([])
  })

  test(`${name}: deletes many at once, and answers of them as this Keyv does`, async () => {
    const keyv = new Keyv({ store: createKeyvStore({ maxBytes: 1 << 20 }) })
    await keyv.set('1', 'one')
    await keyv.set('2', 'two')
    await keyv.set('3', 'three')
    expect(await keyv.delete(['1', 'gone'])).toEqual(name === 'Keyv 5' ? false : [true, false])
    expect(await keyv.delete(['2', '3'])).toEqual(name === 'Keyv 5' ? true : [true, true])
    expect(await keyv.getMany(['1', '2', '3'])).toEqual([undefined, undefined, undefined])
  })

  test(`${name}: one store under two namespaces clears what was asked, and nothing of another store on its cache`, async () => {
    const cache = createCache<string, KeyvStored>({ maxBytes: 1 << 20 })
    const store = createKeyvStore(cache)
    const [users, pages] = ['users', 'pages'].map((namespace) => new Keyv({ store, namespace }))
    const other = new Keyv({ store: createKeyvStore(cache), namespace: 'other' })
    for (const keyv of [users!, pages!, other]) await keyv.set('1', 'one')
    await users!.clear()
    const left = await Promise.all([users!, pages!, other].map((keyv) => keyv.get('1')))
    // Keyv 5 does not say whose namespace is to go, so both do.
    expect(left).toEqual([undefined, name === 'Keyv 5' ? undefined : 'one', 'one'])
  })
}

test('Keyv 6: iterates over the keys of its namespace', async () => {
  const cache = createCache<string, KeyvStored>({ maxBytes: 1 << 20 })
  const [users, pages] = ['users', 'pages'].map((namespace) => {
    return new Keyv6({ store: createKeyvStore(cache), namespace })
  })
  await users!.set('1', 'Ann')
  await pages!.set('2', 'page')
  const seen: unknown[] = []
  for await (const entry of users!.iterator() as AsyncIterable<unknown>) seen.push(entry)
  expect(seen).toEqual([['1', 'Ann']])
})

test('Keyv: stays within its bound', async () => {
  const store = createKeyvStore({ maxBytes: 100_000 })
  const keyv = new Keyv5({ store })
  for (let n = 0; n < 500; n++) await keyv.set(`${n}`, 'x'.repeat(1000))
  expect(store.cache.bytes).toBeLessThanOrEqual(100_000)
  expect(await keyv.get('499')).toBe('x'.repeat(1000))
})

test('cache-manager: get, set, wrap, mset, mget, del and clear on a Keyv with our store', async () => {
  const manager = createCacheManager({
    stores: [new Keyv5({ store: createKeyvStore({ maxBytes: 1 << 20 }) })],
    ttl: 60_000,
  })
  let loads = 0
  const load = async () => ++loads
  expect(await manager.wrap('a', load)).toBe(1)
  expect(await manager.wrap('a', load)).toBe(1)
  await manager.mset<unknown>([
    { key: 'b', value: 2 },
    { key: 'c', value: { nested: [3] } },
  ])
  expect(await manager.mget(['a', 'b', 'c', 'd'])).toEqual([1, 2, { nested: [3] }, undefined])
  await manager.del('b')
  expect(await manager.get('b')).toBe(undefined)
  await manager.clear()
  expect(await manager.get('a')).toBe(undefined)
})

test('Apollo: times to live are seconds, and nothing is undefined', async () => {
  const clock = new ManualClock()
  const { cache, ...store } = createApolloCache({ maxBytes: 1 << 20, clock })
  await store.set('a', 'one', { ttl: 10 })
  await store.set('b', 'two', { ttl: null })
  await store.set('c', 'three')
  clock.advance(11_000)
  expect([await store.get('a'), await store.get('b'), await store.get('c')]).toEqual([undefined, 'two', 'three'])
  expect(await store.delete('b')).toBe(true)
  expect(cache.size).toBe(1)
})

test('Next.js: pages leave with their tags, fetched responses with the tags of who asks for them too', async () => {
  const clock = new ManualClock()
  const Handler = createNextCacheHandler({ maxBytes: 1 << 20, clock })
  const page = {
    kind: 'APP_PAGE',
    html: '<h1>',
    rscData: Buffer.from([1]),
    headers: { 'x-next-cache-tags': '_N_T_/p,products' },
    segmentData: new Map([['/', Buffer.from([2])]]),
  }
  const fetched = { kind: 'FETCH', data: { body: 'eyJ9', status: 200, headers: {} }, revalidate: 60 }
  // One for each request, as Next.js does.
  await new Handler({}).set('/p', page)
  await new Handler({}).set('fetched', fetched, { tags: ['prices'] })
  expect(await new Handler({}).get('/p')).toEqual({ value: page, lastModified: clock.nowMs() })
  expect((await new Handler({}).get('fetched', { tags: ['prices'], softTags: ['_N_T_/p'] }))?.value).toEqual(fetched)
  clock.advance(1)
  await new Handler({}).revalidateTag(['_N_T_/p'])
  expect(await new Handler({}).get('/p')).toBe(null)
  expect(await new Handler({}).get('fetched', { softTags: ['_N_T_/other'] })).not.toBe(null)
  expect(await new Handler({}).get('fetched', { softTags: ['_N_T_/p'] })).toBe(null)
  clock.advance(1)
  await new Handler({}).set('fetched', fetched, { tags: ['prices'] })
  expect(await new Handler({}).get('fetched', { softTags: ['_N_T_/p'] })).not.toBe(null)
  await new Handler({}).revalidateTag('prices')
  expect(await new Handler({}).get('fetched')).toBe(null)
  expect(Handler.cache.size).toBe(0)
})

test('Next.js: what no tag could find is not kept, and an invalidation that was forgotten is remembered for all', async () => {
  const clock = new ManualClock()
  const handler = new (createNextCacheHandler({ maxBytes: 1 << 20, clock }))()
  await handler.set('many', { kind: 'FETCH' }, { tags: Array.from({ length: 101 }, (_, n) => `${n}`) })
  expect(await handler.get('many')).toBe(null)
  await handler.set('old', { kind: 'FETCH' })
  clock.advance(1)
  for (let n = 0; n <= 10_000; n++) await handler.revalidateTag(`${n}`)
  expect(await handler.get('old', { softTags: ['never invalidated'] })).toBe(null)
  await handler.set('gone', { kind: 'FETCH' })
  await handler.set('gone', null)
  expect(await handler.get('gone')).toBe(null)
})

test('Next.js: a clock that is set back brings nothing back', async () => {
  const clock = new ManualClock()
  let backMs = 0
  const moved: Clock = {
    nowMs: () => clock.nowMs() - backMs,
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, act) => clock.after(delayMs, act),
    every: (periodMs, act) => clock.every(periodMs, act),
  }
  const handler = new (createNextCacheHandler({ maxBytes: 1 << 20, clock: moved }))()
  await handler.set('fetched', { kind: 'FETCH' })
  backMs = 60_000
  await handler.revalidateTag('_N_T_/p')
  expect(await handler.get('fetched', { softTags: ['_N_T_/p'] })).toBe(null)
})

test('Next.js: what is being made while one of its tags is invalidated is not kept', async () => {
  const Handler = createNextCacheHandler({ maxBytes: 1 << 20 })
  const page = { kind: 'APP_PAGE', headers: { 'x-next-cache-tags': '_N_T_/p,products' } }
  const fetched = { kind: 'FETCH', data: {} }
  const make = async (between: () => Promise<void>) => {
    const handler = new Handler({})
    await handler.get('/p')
    await handler.get('fetched', { tags: ['prices'], softTags: ['_N_T_/p'] })
    await between()
    await handler.set('fetched', fetched, { tags: ['prices'] })
    await handler.set('/p', page)
  }
  const isKept = async () => {
    const reader = new Handler({})
    return [(await reader.get('/p')) !== null, (await reader.get('fetched', { softTags: ['_N_T_/p'] })) !== null]
  }
  await make(() => new Handler({}).revalidateTag('products'))
  expect(await isKept()).toEqual([false, true])
  await make(() => new Handler({}).revalidateTag('prices'))
  expect(await isKept()).toEqual([true, false])
  await make(() => new Handler({}).revalidateTag('_N_T_/p'))
  expect(await isKept()).toEqual([false, false])
  await make(async () => {})
  expect(await isKept()).toEqual([true, true])
})

test('Next.js: a handler that lives for many requests keeps again what is made after an invalidation', async () => {
  const handler = new (createNextCacheHandler({ maxBytes: 1 << 20 }))()
  const fetched = { kind: 'FETCH', data: {} }
  for (let n = 0; n < 3; n++) {
    expect(await handler.get('fetched')).toBe(null)
    await handler.set('fetched', fetched, { tags: ['prices'] })
    expect(await handler.get('fetched')).not.toBe(null)
    await handler.revalidateTag('prices')
  }
  await handler.get('fetched')
  await handler.set('fetched', fetched, { tags: ['prices'] })
  await handler.revalidateTag('prices')
  // Asked to make it anew at once, it does not look.
  await handler.set('fetched', fetched, { tags: ['prices'] })
  expect(await handler.get('fetched')).not.toBe(null)
})
