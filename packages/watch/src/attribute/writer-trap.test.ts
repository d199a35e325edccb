import { EventEmitter } from 'node:events'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { trapWriters, type WriterSite } from './writer-trap.ts'

const guard = (act: () => void) => act

function trap(
  collection: object,
  kind: Parameters<typeof trapWriters>[0]['kind'],
  owner: object | null = null,
  maxCalls = 3,
) {
  const clock = new ManualClock()
  const seen: WriterSite[][] = []
  trapWriters({ collection, kind, owner }, { clock, maxCalls, timeoutMs: 5000, guard }, (sites) => seen.push(sites))
  return { clock, seen }
}

test('names the exact line that writes, writes all the same, and leaves nothing behind', () => {
  const pages = new Map<number, string>()
  const { seen } = trap(pages, 'map')
  for (let index = 0; index < 5; index++) {
    expect(pages.set(index, 'html')).toBe(pages)
  }
  expect(pages.size).toBe(5)
  expect(Object.hasOwn(pages, 'set')).toBe(false)
  expect(seen).toHaveLength(1)
  expect(seen[0]![0]).toMatchObject({ callCount: 3 })
  expect(seen[0]![0]!.stack[0]!.script).toContain('writer-trap.test.ts')
})

test('tells the busiest writer first', () => {
  const log: number[] = []
  const { seen } = trap(log, 'array', null, 4)
  const rare = () => log.push(0)
  const often = () => log.push(1)
  often()
  rare()
  often()
  often()
  expect(seen[0]!.map(({ callCount }) => callCount)).toEqual([3, 1])
  expect(seen[0]![0]!.stack[0]!.functionName).toContain('often')
})

test('a listener per request is caught at the emitter', () => {
  const bus = new EventEmitter()
  bus.on('tick', () => {}).on('tick', () => {})
  const listeners = (bus as unknown as { _events: { tick: object } })._events.tick
  const { seen } = trap(listeners, 'listeners', bus)
  for (let index = 0; index < 3; index++) bus.on('tick', () => index)
  expect(seen[0]![0]!.stack[0]!.script).toContain('writer-trap.test.ts')
  expect(Object.hasOwn(bus, 'on')).toBe(false)
  expect(bus.listenerCount('tick')).toBe(5)
})

test('a function that is an emitter by copied methods gets them back as they were', () => {
  const app = Object.assign(() => {}, EventEmitter.prototype)
  const before = Object.getOwnPropertyDescriptor(app, 'on')
  app.on('mount', () => {}).on('mount', () => {})
  const listeners = (app as unknown as { _events: { mount: object } })._events.mount
  const { seen } = trap(listeners, 'listeners', app)
  for (let index = 0; index < 3; index++) app.on('mount', () => index)
  expect(seen[0]![0]!.stack[0]!.script).toContain('writer-trap.test.ts')
  expect(Object.getOwnPropertyDescriptor(app, 'on')).toEqual(before)
  expect(app.listenerCount('mount')).toBe(5)
})

test('what the host put in the place of ours meanwhile stays', () => {
  const app = Object.assign(() => {}, EventEmitter.prototype)
  const { clock } = trap([], 'listeners', app)
  const patch = (): typeof app => app
  app.on = patch as never
  clock.advance(5000)
  expect(app.on).toBe(patch)
})

test('a method that calls another one of the same collection is one write, and never ours', () => {
  const bus = new EventEmitter()
  bus.on('tick', () => {}).on('tick', () => {})
  const listeners = (bus as unknown as { _events: { tick: object } })._events.tick
  const { seen } = trap(listeners, 'listeners', bus)
  for (let index = 0; index < 3; index++) bus.once('tick', () => index)
  expect(seen).toHaveLength(1)
  expect(seen[0]!).toMatchObject([{ callCount: 3 }])
  for (const { script } of seen[0]![0]!.stack) expect(script).not.toMatch(/writer-trap\.(?:ts|js)$/)
})

test('takes itself away when nobody writes', () => {
  const pages = new Map()
  const { clock, seen } = trap(pages, 'map')
  clock.advance(5000)
  expect(seen).toEqual([[]])
  expect(Object.hasOwn(pages, 'set')).toBe(false)
})

test('leaves alone what must not be changed', () => {
  expect(trap(Object.freeze([]), 'array').seen).toEqual([[]])
  expect(trap({}, 'object').seen).toEqual([[]])
  const own = Object.assign(new Map(), { set: () => {} })
  expect(trap(own, 'map').seen).toEqual([[]])
})

test("what the host's own method throws reaches the host", () => {
  class Strict extends Map {
    override set(): never {
      throw new Error('read only')
    }
  }
  const strict = new Strict()
  trap(strict, 'map')
  expect(() => strict.set()).toThrow('read only')
})

test("the host's own way of preparing stacks is put back", () => {
  const settings = Error as { prepareStackTrace?: unknown; stackTraceLimit: number }
  const before = settings.prepareStackTrace
  const own = () => 'mine'
  settings.prepareStackTrace = own
  const pages = new Map()
  trap(pages, 'map')
  pages.set(1, 1)
  const after = settings.prepareStackTrace
  settings.prepareStackTrace = before
  expect(after).toBe(own)
})
