import { expect, test } from 'vitest'
import { kindOf, countOf, oldestValueOf, weighEntry } from './collection.ts'
import { weigh } from './weigh.ts'

test('kinds are told by what a thing is, not by what it calls itself', () => {
  class Named extends Map {}
  expect(kindOf(new Named())).toBe('map')
  expect(kindOf(new Set())).toBe('set')
  expect(kindOf([])).toBe('array')
  expect(kindOf({})).toBe('object')
  expect(kindOf(Object.create(null) as object)).toBe('object')
  expect(
    kindOf(
      new (class Page {
        title = ''
      })(),
    ),
  ).toBeNull()
  expect(kindOf(new Proxy([], {}))).toBeNull()
})

test('a collection whose own iterator and size lie is measured all the same', () => {
  class Liar extends Map<string, number> {
    override get size(): number {
      throw new Error('asked the host')
    }
    override [Symbol.iterator](): never {
      throw new Error('asked the host')
    }
  }
  const liar = new Liar()
  Map.prototype.set.call(liar, 'a', 1)
  expect(countOf(liar, 'map')).toBe(1)
  expect(oldestValueOf(liar, 'map')).toBe(1)
  expect(weighEntry(liar, 'map')).not.toBeNull()
})

test('an entry weighs what its strings weigh, and what all share is not counted for each', () => {
  const shared = { settings: 'x'.repeat(100_000) }
  const pages = new Map(Array.from({ length: 50 }, (_, index) => [`/p/${index}`, { html: 'h'.repeat(5000), shared }]))
  const weight = weighEntry(pages, 'map')!
  expect(weight.heapBytes).toBeGreaterThan(5000)
  expect(weight.heapBytes).toBeLessThan(5400)
  expect(weighEntry(new Map(), 'map')).toBeNull()
})

test('buffers weigh outside of the heap, a slice as much as the whole', () => {
  const big = Buffer.alloc(1_000_000)
  expect(weigh({ part: big.subarray(0, 10) }).externalBytes).toBe(1_000_000)
  expect(weigh([big, big.subarray(5)]).externalBytes).toBe(1_000_000)
})

test('weighing calls no getter and ends on a cycle', () => {
  const odd: Record<string, unknown> = {}
  odd['self'] = odd
  Object.defineProperty(odd, 'trap', {
    enumerable: true,
    get: () => {
      throw new Error('called')
    },
  })
  expect(weigh(odd).heapBytes).toBeGreaterThan(0)
})
