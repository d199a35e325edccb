import { expect, test } from 'vitest'
import { Oldest } from './oldest.ts'

const filled = () => new Map(Array.from({ length: 40 }, (_, index) => [`/p/${index}`, { index }]))

test('what only grows loses none of its oldest', () => {
  const pages = filled()
  const oldest = new Oldest()
  expect(oldest.hasLost(pages, 'map')).toBe(false)
  pages.set('/new', { index: 1 })
  pages.delete('/p/30')
  expect(oldest.hasLost(pages, 'map')).toBe(false)
})

test('what evicts its oldest has lost, once for each look', () => {
  const pages = filled()
  const oldest = new Oldest()
  oldest.hasLost(pages, 'map')
  pages.delete('/p/0')
  expect(oldest.hasLost(pages, 'map')).toBe(true)
  expect(oldest.hasLost(pages, 'map')).toBe(false)
})

test('a list that is shifted, a set that forgets and an object that loses a key have lost', () => {
  const list = Array.from({ length: 20 }, (_, index) => ({ index }))
  const set = new Set(list)
  const object: Record<string, number> = { 7: 1, a: 1, b: 2 }
  const looks = [new Oldest(), new Oldest(), new Oldest()] as const
  looks[0].hasLost(list, 'array')
  looks[1].hasLost(set, 'set')
  looks[2].hasLost(object, 'object')
  // A key that looks like a smaller number stands before the others, and none of them has gone.
  object['3'] = 1
  expect(looks[2].hasLost(object, 'object')).toBe(false)
  set.delete(list[0]!)
  list.shift()
  Reflect.deleteProperty(object, 'a')
  expect([looks[0].hasLost(list, 'array'), looks[1].hasLost(set, 'set'), looks[2].hasLost(object, 'object')]).toEqual([
    true,
    true,
    true,
  ])
})

test('a list whose newest come first loses none while it only grows, and one that drops its last does', () => {
  const recent = Array.from({ length: 40 }, (_, index) => ({ index }))
  const oldest = new Oldest()
  oldest.hasLost(recent, 'array')
  for (let index = 0; index < 10; index++) {
    recent.unshift({ index })
    expect(oldest.hasLost(recent, 'array')).toBe(false)
  }
  recent.unshift({ index: -1 })
  recent.pop()
  expect(oldest.hasLost(recent, 'array')).toBe(true)
  oldest.hasLost(recent, 'array')
  for (let index = 0; index < 5; index++) recent.unshift({ index })
  recent.length -= 3
  expect(oldest.hasLost(recent, 'array')).toBe(true)
})

test('an element that is too long to be remembered moves none of the others', () => {
  const lines = Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? 'x'.repeat(1000) : `line ${index}`))
  const oldest = new Oldest()
  oldest.hasLost(lines, 'array')
  lines.push('another')
  expect(oldest.hasLost(lines, 'array')).toBe(false)
})
