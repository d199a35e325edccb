import { expect, test } from 'vitest'

import { placeTrap } from './trap.ts'

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
  const store = { rows: new Map<string, number>(), put: (key: string) => void store.rows.set(key, 1) }
  const trap = placeTrap(store.rows, [store, store.rows])
  store.put('a')
  expect(trap.read().map(({ method, isOfHolder }) => [method, isOfHolder])).toEqual([
    ['put', false],
    ['set', true],
  ])
})

test('what was placed is taken away, own methods as they were', () => {
  const own = { add(): void {} }
  const { add } = own
  const ledger = new Ledger()
  const trap = placeTrap(null, [own, ledger])
  expect(own.add).not.toBe(add)
  expect(Object.keys(own)).toEqual(['add'])
  trap.remove()
  expect(own.add).toBe(add)
  expect(Object.getOwnPropertyNames(ledger)).toEqual(['lines'])
})

test('the language itself is left alone', () => {
  const { Object: own, setTimeout: later } = globalThis
  const trap = placeTrap(new Map(), [globalThis])
  expect([globalThis.Object, globalThis.setTimeout]).toEqual([own, later])
  trap.remove()
})
