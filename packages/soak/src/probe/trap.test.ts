import { EventEmitter } from 'node:events'

import { expect, test } from 'vitest'

import { placeTrap } from './trap.ts'
import { readValueNames } from './value-names.ts'

class Ledger {
  readonly lines: string[] = []
  get first(): string {
    throw new Error('a getter is not called')
  }
  read(): number {
    return this.lines.length
  }
  note(line: string): void {
    this.lines[this.lines.length] = line
  }
}

test('a write without a method is seen from outside: whose calls let the holder grow', () => {
  const ledger = new Ledger()
  const trap = placeTrap(ledger.lines, [ledger, ledger.lines])
  ledger.read()
  ledger.note('one')
  ledger.note('two')
  const grew = trap.read().filter(({ grewCount }) => grewCount > 0)
  expect(grew.map(({ method }) => method)).toEqual(['note', 'note'])
  expect(grew[0]!.stack[0]!.script).toContain('trap.test.ts')
  expect(ledger.lines).toEqual(['one', 'two'])
})

test('a collection is watched itself, and who calls its writer is told with it', () => {
  class Store {
    readonly rows = new Map<string, number>()
    put(key: string): void {
      this.rows.set(key, 1)
    }
  }
  const store = new Store()
  const trap = placeTrap(store.rows, [store, store.rows])
  store.put('a')
  expect(trap.read().map(({ method, isOfHolder }) => [method, isOfHolder])).toEqual([
    ['put', false],
    ['set', true],
  ])
})

test('what was placed is taken away, and functions in fields of its own are left as they are', () => {
  class Lexer {
    readonly tokens: string[] = []
    state = function text(): void {}
    feed(): void {}
  }
  const lexer = new Lexer()
  const { state } = lexer
  const trap = placeTrap(null, [lexer])
  expect(lexer.state).toBe(state)
  const tag = function tag(): void {}
  lexer.state = tag
  trap.remove()
  expect(lexer.state).toBe(tag)
  expect(Object.getOwnPropertyNames(lexer).sort()).toEqual(['state', 'tokens'])
})

test('a method that the service set meanwhile stays', () => {
  const ledger = new Ledger()
  const trap = placeTrap(null, [ledger])
  const mine = (): number => 1
  ledger.read = mine
  trap.remove()
  expect(ledger.read).toBe(mine)
  expect(Object.keys(ledger).sort()).toEqual(['lines', 'read'])
})

test('a method that is handed on as a value is the same one before, under and after the trap', () => {
  class Hub {
    count = 0
    onMessage(): void {}
    onEnd(): void {}
    join(bus: EventEmitter): void {
      bus.on('end', this.onEnd)
    }
  }
  const [bus, hub] = [new EventEmitter(), new Hub()]
  const trap = placeTrap(null, [hub], readValueNames("bus.on('m', hub.onMessage)"))
  expect(trap.isPlaced).toBe(true)
  bus.on('m', hub.onMessage)
  hub.join(bus)
  trap.remove()
  bus.off('m', hub.onMessage).off('end', hub.onEnd)
  expect([bus.listenerCount('m'), bus.listenerCount('end')]).toEqual([0, 0])
})

test('what a class made before is an instance of it under the trap, and what is made then as well', () => {
  interface Item {
    readonly isItem: boolean
  }
  const Item = function (this: { isItem: boolean }): void {
    this.isItem = Object.is(new.target, Item)
  } as unknown as new () => Item
  const shop = Object.create({ Item }) as { Item: typeof Item }
  const old = new shop.Item()
  const trap = placeTrap(null, [shop])
  expect(shop.Item).not.toBe(Item)
  const item = new shop.Item()
  const { Item: Observed } = shop
  const special = new (class extends Observed {})()
  expect([old, item, special].map((one) => one instanceof shop.Item && one instanceof Item)).toEqual([true, true, true])
  expect([item, special].map(({ isItem }) => isItem)).toEqual([true, false])
  trap.remove()
})

test('names read as values are told from names that are called or set', () => {
  const source = `a.called(); b.optional?.(); c.handed; d.bound.bind(d); const { taken, also: x } = e; f['key']; g.set = 1; h.same === i`
  expect([...readValueNames(source)].sort()).toEqual(['also', 'bound', 'handed', 'key', 'same', 'taken', 'x'])
  expect(readValueNames('/**\n * As {@link Cache.set} does.\n */\n// not cache.get\nset(k) {}')).toEqual(new Set())
  expect(readValueNames('/** As {@link Cache.set} does. */\nset(k) {}')).toEqual(new Set())
  const beside = 'const files = `\n/*.js\n`\nconst set = cache.set\nconst more = `a/*/b`'
  expect(readValueNames(beside)).toContain('set')
  const beganMs = performance.now()
  readValueNames('/*\n'.repeat(40_000))
  expect(performance.now() - beganMs).toBeLessThan(1500)
})

test('the language itself is left alone', () => {
  const { Object: own, setTimeout: later } = globalThis
  const trap = placeTrap(new Map(), [globalThis])
  expect([globalThis.Object, globalThis.setTimeout]).toEqual([own, later])
  trap.remove()
})
