import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { Census } from './census.ts'

function censusOf(
  root: Record<string, unknown>,
  accountedFor: readonly object[] = [],
  others: object[] = [],
  clock = new ManualClock(),
) {
  const census = new Census({
    clock,
    nowMs: () => clock.nowMs(),
    requestTotal: () => 0,
    roots: () => [root, ...others].map((value) => ({ value, path: 'app' })),
    accountedFor: () => accountedFor,
    openReader: () => null,
    isOurs: () => false,
    guard: (act) => act,
  })
  const look = () => {
    let isDone = false
    census.walk(() => (isDone = true))
    for (let slice = 0; slice < 100 && !isDone; slice++) clock.advance(100)
    expect(isDone).toBe(true)
  }
  return { census, look, clock }
}

test('tells what grows, how much an entry keeps, and that it never let go', () => {
  const app = { pages: new Map<string, string>(), fixed: new Map([['a', 1]]) }
  const { census, look } = censusOf(app)
  look()
  for (let index = 0; index < 100; index++) app.pages.set(`/p/${index}`, 'h'.repeat(1000))
  const { holders } = census.measure()
  expect(holders).toHaveLength(1)
  expect(holders[0]).toMatchObject({ path: 'app.pages', kind: 'map', count: 100, hasLetGo: false })
  expect(holders[0]!.entryBytes).toBeGreaterThan(1000)
})

test('does not look into a cache that accounts for what it holds, but beside it', () => {
  const budgeted = { name: 'cards', slots: [] as string[] }
  const app = { cards: budgeted, pages: new Map<string, string>() }
  const { census, look } = censusOf(app, [budgeted])
  look()
  for (let index = 0; index < 100; index++) {
    budgeted.slots.push(`card ${index}`)
    app.pages.set(`/p/${index}`, 'html')
  }
  expect(census.measure().holders.map(({ path }) => path)).toEqual(['app.pages'])
})

test('notices that the oldest entry left, though the count only rises', () => {
  const app = { queue: Array.from({ length: 10 }, (_, index) => ({ index })) }
  const { census, look } = censusOf(app)
  look()
  for (let index = 0; index < 50; index++) app.queue.push({ index })
  app.queue.shift()
  expect(census.measure().holders[0]).toMatchObject({ count: 59, hasLetGo: true })
})

test('a list that is replaced by a longer one each time is one holder', () => {
  const app: { list: number[] } = { list: [] }
  const { census, look } = censusOf(app)
  look()
  const ids = new Set<number>()
  for (let round = 1; round <= 3; round++) {
    app.list = [...app.list, ...Array.from({ length: 20 }, (_, index) => index)]
    look()
    for (const { id } of census.measure().holders) ids.add(id)
  }
  expect(ids.size).toBe(1)
})

test("holds the host's collections weakly", () => {
  const app: { pages: Map<number, unknown> | null } = { pages: new Map() }
  const { census, look } = censusOf(app)
  look()
  for (let index = 0; index < 100; index++) app.pages!.set(index, {})
  const [holder] = census.measure().holders
  expect(census.find(holder!.id)).toMatchObject({ kind: 'map' })
  const reference = new WeakRef(app.pages!)
  app.pages = null
  return new Promise<void>((resolve) => {
    setTimeout(() => {
      globalThis.gc!()
      expect(reference.deref()).toBeUndefined()
      expect(census.find(holder!.id)).toBeNull()
      expect(census.measure().holders).toEqual([])
      resolve()
    }, 0)
  })
})

test('a collection that let go once, long ago, and keeps all since, keeps all', () => {
  const app = { queue: Array.from({ length: 10 }, (_, index) => ({ index })) }
  const { census, look, clock } = censusOf(app)
  look()
  app.queue.shift()
  const push = () => {
    for (let index = 0; index < 50; index++) app.queue.push({ index })
    return census.measure().holders[0]!.hasLetGo
  }
  expect(push()).toBe(true)
  clock.advance(50_000)
  expect(push()).toBe(true)
  clock.advance(20_000)
  expect(push()).toBe(false)
})

test('an entry that says when it should go is believed', () => {
  const app: { sessions: Map<string, object> } = { sessions: new Map() }
  const { census, look, clock } = censusOf(app)
  look()
  for (let index = 0; index < 50; index++) app.sessions.set(`s${index}`, { t: clock.nowMs() + 60_000, v: {} })
  expect(census.measure().holders[0]!.deadlineMs).toBe(clock.nowMs() + 60_000)
})

test('a list that each change makes anew is counted at each walk, and what is left out of it is seen', () => {
  const app: { state: { past: object[] } } = { state: { past: [] } }
  const { census, look } = censusOf(app)
  const change = (limit: number) => {
    for (let index = 0; index < 20; index++) {
      const { past } = app.state
      app.state = { past: [...past.slice(past.length >= limit ? 1 : 0), { index }] }
    }
    look()
    return census.measure().holders[0]
  }
  look()
  expect(change(100)).toMatchObject({ count: 20, isReplaced: true, hasLetGo: false })
  // Until the next walk nobody knows which list is the one of now.
  expect(census.measure().holders).toEqual([])
  expect(change(100)).toMatchObject({ count: 40, hasLetGo: false })
  expect(change(50)).toMatchObject({ count: 50, hasLetGo: true })
})

/** Time goes on whenever it is asked, so that a walk takes more than one slice. */
class TickingClock extends ManualClock {
  #ticks = 0
  override monotonicMs(): number {
    return super.monotonicMs() + ++this.#ticks
  }
}

test('what a walk missed is not forgotten in the middle of the next one', async () => {
  const wide = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`k${index}`, { inner: {} }]))
  const host = { list: Array.from({ length: 10 }, () => ({})) }
  const app: Record<string, unknown> = { wide, host }
  const { census, look, clock } = censusOf(app, [], [], new TickingClock())
  const change = async () => {
    host.list = [...host.list, ...Array.from({ length: 20 }, () => ({}))]
    await new Promise((resolve) => setTimeout(resolve, 0))
    globalThis.gc!()
  }
  look()
  await change()
  look()
  census.measure()
  await change()
  app['host'] = null
  look()
  census.measure()
  await change()
  app['host'] = host
  let isOver = false
  census.walk(() => (isOver = true))
  expect(isOver).toBe(false)
  census.measure()
  for (let slice = 0; slice < 200 && !isOver; slice++) clock.advance(100)
  expect(census.measure().holders).toMatchObject([{ path: 'app.host.list', count: 70 }])
})

test('a list that each change makes anew is counted below an element, too, and by the object whose field it is', () => {
  const events = new Map([
    ['request', { handlers: [] as object[] }],
    ['response', { handlers: [] as object[] }],
  ])
  const { census, look } = censusOf({ events })
  look()
  const counts = [20, 40].map((count) => {
    for (const [name, event] of events)
      for (let index = 0; index < (name === 'response' ? 20 : 1); index++) event.handlers = [...event.handlers, {}]
    look()
    const holders = census.measure().holders
    expect(holders.map(({ path, isReplaced }) => [path, isReplaced])).toEqual([['app.events[].handlers', true]])
    return [holders[0]!.count, count]
  })
  for (const [counted, count] of counts) expect(counted).toBe(count)
})

test('once it is known that each change makes a list anew, it is counted by the field that holds it, without a walk', () => {
  const event = { handlers: [] as object[] }
  const { census, look } = censusOf({ event })
  const add = (count: number) => {
    for (let index = 0; index < count; index++) event.handlers = [...event.handlers, {}]
    return census.measure().holders[0]
  }
  look()
  add(20)
  look()
  expect(add(0)).toMatchObject({ count: 20, isReplaced: true })
  expect(add(20)).toMatchObject({ count: 40, isReplaced: true, hasLetGo: false })
  look()
  expect(add(20)).toMatchObject({ count: 60, isReplaced: true, hasLetGo: false })
  expect(census.wantsWalks).toBe(false)
  event.handlers = event.handlers.slice(1)
  expect(add(10)).toMatchObject({ count: 69, hasLetGo: true })
})

test('variables of the same name in two instances of a factory are two holders', () => {
  const [first, second] = [{ pages: [] as number[] }, { pages: [] as number[] }]
  const { census, look } = censusOf(first, [], [second])
  look()
  look()
  for (let index = 0; index < 20; index++) first.pages.push(index)
  for (let index = 0; index < 30; index++) second.pages.push(index)
  expect(census.measure().holders.map(({ path, count }) => [path, count])).toEqual([
    ['app.pages', 30],
    ['app.pages', 20],
  ])
})

test('a number that rises with the count is no bound of it', () => {
  const app: { history: { past: number[]; limit: number } } = { history: { past: [], limit: 1 } }
  const { census, look } = censusOf(app)
  look()
  const bounds = [1, 2, 3].map(() => {
    const past = [...app.history.past, ...Array.from({ length: 20 }, (_, index) => index)]
    app.history = { past, limit: past.length + 1 }
    look()
    return census.measure().holders[0]!.bound
  })
  expect(bounds).toEqual([null, null, null])
})

test('roots that cannot be had, and a guard that has had enough, end no later walk', () => {
  const clock = new ManualClock()
  let calls = 0
  let isOff = false
  const census = new Census({
    clock,
    nowMs: () => clock.nowMs(),
    requestTotal: () => 0,
    roots: () => {
      if (++calls === 1) throw new Error('not joined yet')
      return []
    },
    openReader: () => null,
    isOurs: () => false,
    guard: (act) => () => void (isOff || act()),
  })
  expect(() => census.walk(() => {})).toThrow('not joined yet')
  expect(census.isWalking).toBe(false)
  isOff = true
  census.walk(() => {})
  expect(census.isWalking).toBe(false)
})

test('a walk ends after ten seconds, however little time the machine has for it', () => {
  const app = Array.from({ length: 2000 }, () => ({ list: [[{}]] }))
  const { census, clock } = censusOf({ app })
  // Each look at the clock takes longer than a slice.
  const monotonicMs = clock.monotonicMs.bind(clock)
  let starvedMs = 0
  clock.monotonicMs = () => monotonicMs() + (starvedMs += 20)
  let isDone = false
  census.walk(() => (isDone = true))
  for (let slice = 0; slice < 400 && !isDone; slice++) clock.advance(20)
  expect(isDone).toBe(true)
  expect(monotonicMs() + starvedMs).toBeLessThan(11_000 + monotonicMs())
})
