import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { LRUCache as Theirs } from 'lru-cache'
import { expect, test } from 'vitest'
import { LRUCache as Ours } from './lru.ts'

/** What people write, run on both: the answers must be the same. */
const usages: Record<string, (LRUCache: typeof Theirs) => unknown> = {
  'the usage that its page begins with': async (LRUCache) => {
    const disposed: unknown[] = []
    const cache = new LRUCache<string, object, { tenant: string }>({
      max: 500,
      maxSize: 5000,
      sizeCalculation: () => 1,
      dispose: (_value, key, reason) => void disposed.push([key, reason]),
      ttl: 1000 * 60 * 5,
      allowStale: false,
      updateAgeOnGet: false,
      updateAgeOnHas: false,
      fetchMethod: async (key, _stale, { context }) => ({ key, ...context }),
    })
    cache.set('key', { value: 1 })
    const key = {}
    const seen: unknown[] = [cache.get('key'), cache.get('absent'), cache.has('key'), cache.size, cache.calculatedSize]
    seen.push(await cache.fetch('fetched', { context: { tenant: 't' } }), cache.get('fetched'), key)
    cache.delete('key')
    cache.clear()
    return [...seen, disposed, cache.size, cache.calculatedSize]
  },
  'the one used longest ago goes first': (LRUCache) => {
    const evicted: unknown[] = []
    const cache = new LRUCache<string, number>({
      max: 3,
      dispose: (value, key, reason) => void evicted.push([value, key, reason]),
    })
    for (const [at, key] of ['a', 'b', 'c'].entries()) cache.set(key, at)
    cache.get('a')
    cache.peek('b')
    cache.set('d', 3)
    cache.set('e', 4)
    return [evicted, ['a', 'b', 'c', 'd', 'e'].map((key) => cache.get(key))]
  },
  'a replaced value is disposed of, the same value again is not': (LRUCache) => {
    const told: unknown[] = []
    const cache = new LRUCache<string, object>({
      max: 9,
      dispose: (value, key, reason) => void told.push([value, key, reason]),
    })
    const value = { n: 1 }
    cache.set('a', value).set('a', value).set('a', { n: 2 }).set('a', { n: 3 }, { noDisposeOnSet: true })
    cache.set('a', undefined)
    return told
  },
  'sizes: room is made, what is too large is not stored': (LRUCache) => {
    const cache = new LRUCache<string, string>({ maxSize: 10, sizeCalculation: (value) => value.length })
    cache.set('a', 'aaaa').set('b', 'bbbb').set('c', 'cccc')
    cache.set('huge', 'x'.repeat(11))
    cache.set('own', 'y', { size: 5 })
    return [cache.size, cache.calculatedSize, ['a', 'b', 'c', 'huge', 'own'].map((key) => cache.has(key))]
  },
  'maxEntrySize keeps large entries out': (LRUCache) => {
    const cache = new LRUCache<string, string>({
      maxSize: 100,
      maxEntrySize: 5,
      sizeCalculation: (value) => value.length,
    })
    cache.set('a', 'small').set('b', 'too large')
    return [cache.get('a'), cache.get('b')]
  },
  'one fetch for all who ask, and its error for all': async (LRUCache) => {
    let calls = 0
    const cache = new LRUCache<string, number>({
      max: 9,
      fetchMethod: async (key) => {
        calls++
        if (key === 'bad') throw new Error('no')
        return key.length
      },
    })
    const good = await Promise.all([cache.fetch('good'), cache.fetch('good')])
    const bad = await Promise.allSettled([cache.fetch('bad'), cache.fetch('bad')])
    const again = await cache.fetch('good', { forceRefresh: true })
    return [good, bad.map(({ status }) => status), again, calls]
  },
  'memo, find, forEach, dump and load': (LRUCache) => {
    const cache = new LRUCache<string, number>({ max: 9, memoMethod: (key) => key.length })
    const seen: unknown[] = [cache.memo('four'), cache.memo('four'), cache.find((value) => value === 4)]
    cache.forEach((value, key) => void seen.push([key, value]))
    const other = new LRUCache<string, number>({ max: 9 })
    other.load(cache.dump())
    return [...seen, other.get('four'), [...other.keys()], [...other.values()], [...other]]
  },
}

usages['whoever listens hears of what is added, replaced and set again, fetched values among them'] = async (
  LRUCache,
) => {
  const told: unknown[] = []
  const cache = new LRUCache<string, number>({
    max: 2,
    onInsert: (value, key, reason) => void told.push([value, key, reason]),
    fetchMethod: (key) => key.length,
    memoMethod: (key) => key.length,
  })
  cache.set('a', 1).set('a', 1).set('a', 2).set('b', 3).set('c', 4)
  cache.memo('memo')
  await cache.fetch('fetched')
  return told
}

usages['keys go by use, and so does what is dumped, after evictions too'] = (LRUCache) => {
  const cache = new LRUCache<string, number>({ max: 3 })
  for (const [at, key] of ['a', 'b', 'c', 'd', 'e'].entries()) cache.set(key, at)
  cache.get('c')
  cache.peek('d')
  const seen = [[...cache.keys()], cache.find(() => true)]
  cache.delete('d')
  cache.set('z', 9)
  return [...seen, [...cache.entries()], cache.dump().map(([key]) => key)]
}
usages['what is fetched is sized when it is kept, and only then'] = async (LRUCache) => {
  const cache = new LRUCache<string, string>({
    maxSize: 1000,
    maxEntrySize: 100,
    sizeCalculation: (value) => value.length,
    fetchMethod: (key) => new Promise((resolve) => setImmediate(resolve, 'x'.repeat(Number(key)))),
  })
  const seen: unknown[] = [(await cache.fetch('5000'))?.length, cache.calculatedSize, cache.has('5000')]
  seen.push((await cache.fetch('500'))?.length, cache.calculatedSize, cache.has('500'))
  const fetching = cache.fetch('50')
  cache.set('50', 'x'.repeat(10))
  await fetching.catch(() => {})
  seen.push(cache.calculatedSize, cache.get('50')?.length)
  seen.push((await cache.fetch('60'))?.length, cache.calculatedSize)
  cache.clear()
  return [...seen, cache.calculatedSize]
}
usages['from the one used longest ago, and that one first'] = (LRUCache) => {
  const told: unknown[] = []
  const cache = new LRUCache<string, number>({
    max: 3,
    dispose: (value, key, reason) => void told.push([value, key, reason]),
  })
  cache.set('a', 1).set('b', 2).set('c', 3)
  cache.get('a')
  cache.rforEach((value, key) => void told.push([key, value]))
  return [[...cache.rkeys()], [...cache.rvalues()], [...cache.rentries()], cache.pop(), told, cache.pop(), cache.size]
}
usages['what is left to live, and that it is kept in a dump and goes on while that lies about'] = (LRUCache) => {
  const cache = new LRUCache<string, number>({ max: 3, ttl: 100_000 })
  cache.set('a', 1).set('b', 2, { ttl: 0 }).set('c', 3, { ttl: 5000 })
  const dumped = cache.dump()
  const other = new LRUCache<string, number>({ max: 3 })
  for (const [key, entry] of dumped) if (key === 'a') entry.start! -= 60_000
  for (const [key, entry] of dumped) if (key === 'c') entry.start! -= 6000
  other.load(dumped)
  const aboutLeft = (from: typeof cache, key: string) => Math.round(from.getRemainingTTL(key) / 10_000) + 0
  const names = ['a', 'b', 'c', 'd']
  return [names.map((key) => aboutLeft(cache, key)), names.map((key) => aboutLeft(other, key)), other.has('c')]
}

usages['what lives for ever does so after dump and load, where others do not'] = (LRUCache) => {
  const cache = new LRUCache<string, number>({ max: 3, ttl: 1000 })
  cache.set('x', 1, { ttl: 0 })
  const other = new LRUCache<string, number>({ max: 3, ttl: 1000 })
  other.load(cache.dump())
  const timeless = new LRUCache<string, number>({ max: 3 })
  timeless.set('y', 1)
  const third = new LRUCache<string, number>({ max: 3, ttl: 10_000 })
  third.load(timeless.dump())
  return [other.getRemainingTTL('x'), third.getRemainingTTL('y') > 9000, 'ttl' in timeless.dump()[0]![1]]
}
usages['asking renews what an entry was given to live, not what the cache gives'] = async (LRUCache) => {
  const of = (ttl?: number) =>
    new LRUCache<string, number>({ max: 9, ttl, updateAgeOnGet: true, updateAgeOnHas: true, fetchMethod: () => 1 })
  const left: number[] = []
  for (const cache of [of(), of(100_000)]) {
    cache.set('own', 1, { ttl: 10_000 }).set('ever', 1, { ttl: 0 }).set('again', 1, { ttl: 10_000 }).set('again', 2)
    cache.set('gone', 1, { ttl: 10_000 }).delete('gone')
    cache.set('gone', 1)
    await cache.fetch('fetched', { ttl: 10_000 })
    for (const key of ['own', 'ever', 'again', 'gone', 'fetched']) {
      cache.get(key)
      cache.has(key)
      left.push(Math.round(cache.getRemainingTTL(key) / 10_000))
    }
  }
  return left
}
usages['what is deleted while one is popped is told as deleted'] = (LRUCache) => {
  const told: unknown[] = []
  const cache = new LRUCache<string, number>({
    max: 3,
    dispose: (_value, key, reason) => {
      told.push([key, reason])
      if (key === 'a') cache.delete('b')
    },
  })
  cache.set('a', 1).set('b', 2).set('c', 3)
  return [cache.pop(), told, [...cache.keys()]]
}
usages['what is too old is purged at once, and then nothing is'] = (LRUCache) => {
  const told: unknown[] = []
  const dispose = (_value: number, key: string, reason: string) => void told.push([key, reason])
  const cache = new LRUCache<string, number>({ max: 3, ttlResolution: 0, dispose })
  cache.set('short', 1, { ttl: 200 }).set('long', 2, { ttl: 100_000 }).set('ever', 3)
  const before = cache.purgeStale()
  const endMs = performance.now() + 220
  while (performance.now() < endMs) continue
  return [before, cache.size, cache.purgeStale(), cache.size, cache.purgeStale(), told]
}
usages['what is deleted while one goes through it backwards does not come'] = (LRUCache) => {
  const seen: unknown[] = []
  for (const pass of ['rkeys', 'rforEach']) {
    const cache = new LRUCache<string, number>({ max: 4 })
    cache.set('a', 1).set('b', 2).set('c', 3).set('d', 4)
    const look = (key: string) => {
      seen.push(key)
      if (key === 'a') cache.delete('b')
      if (key === 'c') cache.delete('c')
    }
    if (pass === 'rforEach') cache.rforEach((_value, key) => look(key))
    else for (const key of cache.rkeys()) look(key)
  }
  return seen
}

usages['who deletes, sets or clears a key that is fetched aborts the fetch, and hears that it was under way'] = async (
  LRUCache,
) => {
  const seen: unknown[] = []
  const acts: Record<string, (cache: InstanceType<typeof Theirs<string, number>>) => unknown> = {
    delete: (cache) => cache.delete('a'),
    set: (cache) => cache.set('a', 2) && cache.get('a'),
    'set to nothing': (cache) => cache.set('a', undefined) && cache.get('a'),
    clear: (cache) => cache.clear(),
    'another key': (cache) => cache.delete('b'),
    'set in silence': (cache) => cache.set('a', 3, { noDisposeOnSet: true }) && cache.get('a'),
  }
  for (const [name, act] of Object.entries(acts)) {
    let signal!: AbortSignal
    let land!: (value: number) => void
    const cache = new LRUCache<string, number>({
      max: 9,
      fetchMethod: (_key, _stale, options) => {
        signal = options.signal as AbortSignal
        return new Promise((resolve) => (land = resolve))
      },
    })
    const [first, second] = [cache.fetch('a'), cache.fetch('a')]
    const acted = act(cache)
    seen.push([name, acted, signal.aborted, (signal.reason as Error | undefined)?.message])
    land(1)
    const outcomes = await Promise.allSettled([first, second])
    for (const outcome of outcomes) {
      seen.push(outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as Error).message)
    }
    seen.push(cache.get('a'), Object.prototype.toString.call(cache))
  }
  return seen
}

test('the usage that lru-cache publishes runs unchanged', () => {
  const page = readFileSync(new URL('../../../../node_modules/lru-cache/README.md', import.meta.url), 'utf8')
  const [, usage] = /## Usage\s+```js\n([\s\S]*?)```/.exec(page)!
  // It shows three ways to import it, of which one is enough: ours.
  const source = usage!.replaceAll(/^(import|const \{ LRUCache \} =).*$/gm, '')
  expect(source).toContain('new LRUCache(options)')
  const told: unknown[] = []
  const free = (value: unknown) => void told.push(['freed', value])
  const log = (key: unknown, value: unknown) => void told.push(['inserted', key, value])
  const names = ['LRUCache', 'assert', 'freeFromMemoryOrWhatever', 'logInsertionOrWhatever']
  const run = (LRUCache: unknown) => {
    told.length = 0
    new Function(...names, source)(LRUCache, assert, free, log)
    return [...told]
  }
  const theirs = run(Theirs)
  expect(theirs.length).toBe(6)
  // In which order `clear` lets go is nobody's business.
  expect(new Set(run(Ours).map(String))).toEqual(new Set(theirs.map(String)))
})

for (const [name, use] of Object.entries(usages)) {
  test(`as lru-cache does: ${name}`, async () => {
    expect(await use(Ours as unknown as typeof Theirs)).toEqual(await use(Theirs))
  })
}

test('refuses by name what it does not do, and what has no bound', () => {
  expect(() => new Ours({ max: 5, allowStale: true } as never)).toThrow(/allowStale does not hold here/)
  expect(() => new Ours({ ttl: 1000 })).toThrow(/a ttl alone is no bound/)
  expect(() => new Ours({ max: 1, mx: 1 } as never)).toThrow(/mx is unknown/)
})

test('what is popped, and the first from behind, cost the same however many are here', () => {
  const timeOf = (count: number) => {
    const cache = new Ours<number, number>({ max: count })
    for (let n = 0; n < count; n++) cache.set(n, n)
    const startedMs = performance.now()
    for (let n = 0; n < 500; n++) {
      expect(cache.rkeys().next().value).toBe(n)
      expect(cache.pop()).toBe(n)
    }
    return performance.now() - startedMs
  }
  timeOf(1000)
  // Thirty-two times as many; copying them all took thirty times as long and more.
  expect(timeOf(32_000)).toBeLessThan(8 * timeOf(1000) + 20)
})

test('without sizes, maxSize is bytes: what entries truly cost', () => {
  const cache = new Ours<number, string>({ maxSize: 64 * 1024 })
  for (let n = 0; n < 1000; n++) cache.set(n, 'x'.repeat(500))
  expect(cache.size).toBeGreaterThan(20)
  expect(cache.size).toBeLessThan(128)
})
