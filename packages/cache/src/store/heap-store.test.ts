import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeapStore } from './heap-store.ts'

const keys: readonly unknown[] = [...Array.from({ length: 40 }, (_, n) => `key ${n}`), ...Array(20).keys(), NaN, null]

const step = fc.oneof(
  { weight: 40, arbitrary: fc.record({ do: fc.constant('add' as const), key: fc.nat(keys.length - 1) }) },
  { weight: 30, arbitrary: fc.record({ do: fc.constant('remove' as const), key: fc.nat(keys.length - 1) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('startMoving' as const) }) },
  { weight: 15, arbitrary: fc.record({ do: fc.constant('move' as const), most: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('rebuild' as const, 'clear' as const) }) },
)

test('finds every key and no other, while those who stay move to a new Map', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const store = new HeapStore<unknown, number>({ isWeighing: true })
      store.resize(keys.length)
      const model = new Map<unknown, number>()
      let value = 0
      for (const step of steps) {
        if (step.do === 'add') {
          const key = keys[step.key]
          const slot = store.slotOf(key)
          if (slot !== undefined) store.remove(slot)
          store.add(key, ++value, 100, value % 2 === 0)
          model.set(key, value)
        } else if (step.do === 'remove') {
          const slot = store.slotOf(keys[step.key])
          expect(slot !== undefined).toBe(model.delete(keys[step.key]))
          if (slot !== undefined) store.remove(slot)
        } else if (step.do === 'startMoving') store.startMoving()
        else if (step.do === 'move') store.move(step.most)
        else if (step.do === 'rebuild') store.rebuildMap()
        else {
          store.clear()
          store.resize(keys.length)
          model.clear()
        }
        // Compared by hand: `expect` is a hundred times as slow.
        const lost = keys.filter((key) => {
          const slot = store.slotOf(key)
          return (slot === undefined ? undefined : store.values[slot]) !== model.get(key)
        })
        const walked = [...store.eachKey()]
        if (lost.length === 0 && walked.length === model.size && walked.every((key) => model.has(key))) continue
        throw new Error(`after ${JSON.stringify(step)}: wrong for ${String(lost)}, and walks ${String(walked)}`)
      }
      store.startMoving()
      while (!store.move(1)) expect(store.isMoving).toBe(true)
      expect([store.isMoving, store.mapBytes]).toEqual([false, store.table.bytes])
    }),
    { numRuns: 50 },
  )
})

test('charges an old Map, and the keys that only it still holds, until everybody has moved', () => {
  const store = new HeapStore<string, number>({ isWeighing: true })
  store.resize(100)
  for (let n = 0; n < 100; n++) store.add(`a key of some length ${n}`, n, 200, false)
  const before = store.mapBytes
  store.startMoving()
  for (let n = 0; n < 90; n++) store.remove(store.slotOf(`a key of some length ${n}`)!)
  expect(store.mapBytes).toBeGreaterThan(before + 90 * 40)
  while (!store.move(7)) expect(store.mapBytes).toBeGreaterThan(before)
  expect(store.mapBytes).toBeLessThan(before / 4)
})
