import { expect, test } from 'vitest'
import { isKnownShape, learnShape } from './shape.ts'

/** As records of one schema have them: many begin and end alike. */
function namesOf(schema: number): string[] {
  return ['id', `${schema}-title`, `${schema}-price`, ...Array<string>(schema % 7).fill('more'), 'updatedAt']
}

let weighing = 0
const meet = (names: readonly PropertyKey[], key: unknown) => isKnownShape(names) || learnShape(names, key, weighing++)

test('a shape is known once it was met in two entries, and not for one that is weighed again', () => {
  const names = ['a', 'b', 'only here']
  expect([meet(names, 'user:1'), meet(names, 'user:1'), meet(names, 'user:1')]).toEqual([false, false, false])
  expect([meet(names, 'user:2'), meet(names, 'user:1')]).toEqual([true, true])
  expect(isKnownShape(['b', 'a', 'only here'])).toBe(false)
})

test('objects of one value share their shape, each time that it is weighed', () => {
  const names = ['a', 'b', 'only in one list']
  for (const time of [1e6, 2e6])
    expect([1, 2, 3].map(() => learnShape(names, 'list', time))).toEqual([false, true, true])
  expect(isKnownShape(names)).toBe(false)
})

test('symbols are told apart, whatever they are called', () => {
  const own = () => ['a', Symbol('page')]
  expect([meet(own(), 1), meet(own(), 2), meet(own(), 3)]).toEqual([false, false, false])
  const shared = () => ['a', Symbol.for('plimsoll test')]
  expect([meet(shared(), 1), meet(shared(), 2)]).toEqual([false, true])
})

test('entries are told apart by keys of any kind, and what is in none makes nothing known', () => {
  const keys = [{}, Symbol('key'), 7n, null, () => 1]
  keys.forEach((key, at) => {
    const names = ['a', 'b', `elsewhere ${at}`]
    expect([meet(names, undefined), meet(names, key), meet(names, key), meet(names, undefined)]).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(meet(names, {})).toBe(true)
  })
})

test('a hundred schemas in turn stay known', () => {
  for (const key of [1, 2, 3]) for (let schema = 0; schema < 100; schema++) meet(namesOf(schema), key)
  const lost = Array.from({ length: 100 }, (_, schema) => schema).filter((schema) => !meet(namesOf(schema), 4))
  expect(lost).toEqual([])
})

test('names that nobody else has are not kept, and drive no other out', () => {
  const names = ['id', 'kept']
  for (const key of [1, 2]) meet(names, key)
  for (let n = 0; n < 10_000; n++) meet([`${n}-a`, `${n}-b`], n)
  expect(isKnownShape(names)).toBe(true)
  // With so many V8 has no room left for further names that come first, so that those of one value share nothing.
  expect([1, 2].map(() => learnShape(['c', 'd'], 'late list', 1))).toEqual([false, false])
})
