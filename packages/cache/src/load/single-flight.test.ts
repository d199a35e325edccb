import { ManualClock } from '@plimsoll/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCache } from '../cache.ts'
import { createSharedMemory, openSharedCache } from '../shared.ts'
import { resolveTierOptions } from '../tier/options.ts'
import { LinkedRedisTier } from '../tier/redis-tier.ts'

type Step =
  | { do: 'fetch'; key: number; isLeaving: boolean }
  | { do: 'succeed' | 'fail' | 'find nothing' | 'leave'; pick: number }
  | { do: 'set' | 'delete' | 'tag'; key: number }
  | { do: 'evict' }
  | { do: 'advance'; ms: number }

const key = fc.nat(3)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('fetch' as const), key, isLeaving: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('succeed' as const, 'fail' as const, 'find nothing' as const),
      pick: fc.nat(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('set' as const, 'delete' as const, 'tag' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('evict' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 600 }) }) },
)

/** A load as the model sees it: what it will come to, and who waits. */
interface Load {
  key: number
  settle: { resolve: (value: string | undefined) => void; reject: (error: Error) => void }
  abortSignal: AbortSignal
  waiters: Waiter[]
  /** How every waiter's promise must settle. */
  outcome: unknown
  isOvertaken: boolean
}

interface Waiter {
  outcome: Promise<PromiseSettledResult<unknown>>
  controller: AbortController | null
  /** Its own, when it left. */
  expected: unknown
}

const TIMEOUT_MS = 1000

async function walk(steps: readonly Step[]): Promise<void> {
  const clock = new ManualClock()
  const loads: Load[] = []
  const current = new Map<number, Load>()
  const kept = new Map<number, string>()
  const waiters: [Waiter, Load | null][] = []
  let lastLoad: Load | undefined
  let version = 0
  const cache = createCache<number, string>({
    maxEntries: 10,
    clock,
    loadTimeoutMs: TIMEOUT_MS,
    onRemoval: (key, _value, cause) => void (cause === 'eviction' && kept.delete(key)),
    load: (key, { abortSignal, entry }) => {
      entry.tags = [`tag ${key}`]
      return new Promise((resolve, reject) => {
        lastLoad = {
          key,
          settle: { resolve, reject },
          abortSignal,
          waiters: [],
          outcome: undefined,
          isOvertaken: false,
        }
        loads.push(lastLoad)
      })
    },
  })
  const end = (load: Load, outcome: unknown) => {
    load.outcome = outcome
    if (current.get(load.key) === load) current.delete(load.key)
  }
  const overtake = (key: number) => {
    const load = current.get(key)
    if (load) load.isOvertaken = true
    current.delete(key)
  }
  const running = (pick: number) => {
    const open = loads.filter(({ outcome }) => outcome === undefined)
    return open[pick % open.length]
  }
  const started: [number, Load][] = []

  for (const step of steps) {
    switch (step.do) {
      case 'fetch': {
        const controller = step.isLeaving ? new AbortController() : null
        const loadCount = loads.length
        const promise = cache.fetch(step.key, { abortSignal: controller?.signal })
        const [outcome] = [Promise.allSettled([promise]).then(([result]) => result!)]
        const waiter: Waiter = { outcome, controller, expected: undefined }
        if (kept.has(step.key)) {
          expect(loads).toHaveLength(loadCount)
          waiter.expected = { status: 'fulfilled', value: kept.get(step.key) }
          waiters.push([waiter, null])
          break
        }
        // One load at a time for a truth: a second starts only when the first is over or overtaken.
        expect(loads).toHaveLength(loadCount + (current.has(step.key) ? 0 : 1))
        if (!current.has(step.key)) {
          current.set(step.key, lastLoad!)
          started.push([clock.monotonicMs(), lastLoad!])
        }
        const load = current.get(step.key)!
        load.waiters.push(waiter)
        waiters.push([waiter, load])
        break
      }
      case 'succeed':
      case 'fail':
      case 'find nothing': {
        const load = running(step.pick)
        if (!load) break
        const value = step.do === 'succeed' ? `value ${version++}` : undefined
        const error = new Error(`failure ${version++}`)
        if (step.do === 'fail') load.settle.reject(error)
        else load.settle.resolve(value)
        if (value !== undefined && !load.isOvertaken) kept.set(load.key, value)
        end(load, step.do === 'fail' ? { status: 'rejected', reason: error } : { status: 'fulfilled', value })
        break
      }
      case 'leave': {
        const leaving = waiters.filter(
          ([waiter, load]) => waiter.controller && !waiter.expected && load?.outcome === undefined,
        )
        const [waiter, load] = leaving[step.pick % leaving.length] ?? []
        if (!waiter || !load) break
        const reason = new Error('left')
        waiter.expected = { status: 'rejected', reason }
        waiter.controller!.abort(reason)
        load.waiters = load.waiters.filter((other) => other !== waiter)
        expect(load.abortSignal.aborted).toBe(load.waiters.length === 0)
        if (load.waiters.length === 0) end(load, { status: 'rejected', reason })
        break
      }
      case 'set':
        overtake(step.key)
        kept.set(step.key, `set ${version}`)
        cache.set(step.key, `set ${version++}`)
        break
      case 'delete':
        overtake(step.key)
        kept.delete(step.key)
        cache.delete(step.key)
        break
      case 'tag': {
        // The load under way goes on, and is joined, but what it brings is too old to be kept.
        const load = current.get(step.key)
        if (load) load.isOvertaken = true
        if (cache.invalidateTag(`tag ${step.key}`) > 0) kept.delete(step.key)
        break
      }
      case 'evict':
        for (let filler = 1000; filler < 1030; filler++) cache.set(filler, 'x')
        break
      case 'advance': {
        clock.advance(step.ms)
        for (const [atMs, load] of started) {
          if (load.outcome !== undefined || atMs + TIMEOUT_MS > clock.monotonicMs()) continue
          end(load, {
            status: 'rejected',
            reason: expect.objectContaining({ code: 'PLIMSOLL_CACHE_LOAD_TIMEOUT' }) as unknown,
          })
          expect(load.abortSignal.aborted).toBe(true)
        }
      }
    }
    await clock.advanceAsync(0)
    for (const key of [0, 1, 2, 3]) expect(cache.peek(key)).toBe(kept.get(key))
  }
  for (const load of loads) {
    if (load.outcome !== undefined) continue
    load.settle.resolve('last')
    end(load, { status: 'fulfilled', value: 'last' })
  }
  for (const [waiter, load] of waiters) expect(await waiter.outcome).toEqual(waiter.expected ?? load!.outcome)
}

test('the last to leave an overtaken load leaves the newer one alone', async () => {
  await walk([
    { do: 'fetch', key: 0, isLeaving: true },
    { do: 'delete', key: 0 },
    { do: 'fetch', key: 0, isLeaving: false },
    { do: 'leave', pick: 0 },
    { do: 'succeed', pick: 0 },
  ])
})

test('gives one load’s outcome to all who wait for it, and keeps it unless a newer truth came, in any order of events', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), walk), { numRuns: 150 })
})

/** Time-outs under way that keep the process alive. */
class HoldingClock extends ManualClock {
  heldCount = 0

  override after(delayMs: number, act: () => void, { keepAlive = false } = {}) {
    const timer = super.after(delayMs, act)
    let isHeld = keepAlive
    if (isHeld) this.heldCount++
    const cancel = () => {
      if (isHeld) this.heldCount--
      isHeld = false
      timer.cancel()
    }
    return { cancel }
  }
}

const hung = () => new Promise<string>(() => {})

test('who joins a refresh behind a stale value is kept alive for, until they leave, and told when it is given up', async () => {
  const clock = new HoldingClock()
  const cache = createCache({ maxEntries: 10, clock, ttlMs: 100, staleMs: 500, loadTimeoutMs: 5000, load: hung })
  cache.set('k', 'old')
  clock.advance(200)
  expect(await cache.fetch('k')).toBe('old')
  clock.advance(1000)
  expect(clock.heldCount).toBe(0)
  const controller = new AbortController()
  const leaving = cache.fetch('k', { abortSignal: controller.signal })
  expect(clock.heldCount).toBe(1)
  controller.abort(new Error('left'))
  await expect(leaving).rejects.toThrow('left')
  expect(clock.heldCount).toBe(0)
  const staying = Promise.allSettled([cache.fetch('k')])
  expect(clock.heldCount).toBe(1)
  // Counted from the load's beginning, whoever came and went.
  clock.advance(3999)
  expect(clock.pendingCount).toBe(1)
  clock.advance(1)
  expect(await staying).toMatchObject([{ status: 'rejected', reason: { code: 'PLIMSOLL_CACHE_LOAD_TIMEOUT' } }])
  expect(clock.pendingCount).toBe(0)
})

const caches = {
  heap: (clock: HoldingClock) => createCache<string, string>({ maxEntries: 10, clock, load: hung }),
  'off-heap': (clock: HoldingClock) =>
    createCache<string, string>({ maxBytes: 1 << 20, store: 'off-heap', clock, load: hung }),
  shared: (clock: HoldingClock) =>
    openSharedCache<string, string>({ memory: createSharedMemory({ maxBytes: 2 << 20 }), clock, load: hung }),
  'a Redis that is away': (clock: HoldingClock) => {
    const redis = { isCluster: false, duplicate() {} } as never
    const away = { isReady: false, run: () => Promise.reject(new Error('away')), recycle() {}, close() {} }
    const tier = new LinkedRedisTier(resolveTierOptions({ redis, namespace: 'n', clock }), () => away)
    return tier.createCache<string>({ name: 'c', maxBytes: 1 << 20, load: hung })
  },
}
for (const [store, open] of Object.entries(caches)) {
  test(`${store}: a closed cache keeps no process alive for a load that hangs, an overtaken one included, and still gives it up`, async () => {
    const clock = new HoldingClock()
    const cache = open(clock)
    const waiting = Promise.allSettled([cache.fetch('a'), cache.fetch('b')])
    void cache.set('b', 'newer')
    expect(clock.heldCount).toBe(2)
    cache.close()
    expect(clock.heldCount).toBe(0)
    clock.advance(60_000)
    const reason = { code: 'PLIMSOLL_CACHE_LOAD_TIMEOUT' }
    expect(await waiting).toMatchObject([{ reason }, { reason }])
  })
}
