import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseArray, serializeArray } from './array-text.ts'

const same = (text: string) => text
const awkward = fc.constantFrom('a', '"', '\\', ',', '{', '}', ' ', '\n', 'NULL', 'é', '🚢')

test('reads what the server writes', () => {
  expect(parseArray('{}', same)).toEqual([])
  expect(parseArray('{1,NULL,3}', Number)).toEqual([1, null, 3])
  expect(parseArray('{a,"NULL","b,\\"c\\"","{\\\\}",""}', same)).toEqual(['a', 'NULL', 'b,"c"', '{\\}', ''])
  expect(parseArray('{{1,2},{3,4}}', Number)).toEqual([
    [1, 2],
    [3, 4],
  ])
  expect(parseArray('[0:1]={7,8}', Number)).toEqual([7, 8])
})

test('whatever is written is read back', () => {
  const list = fc.array(fc.option(fc.string({ unit: awkward, maxLength: 8 }), { nil: null }), { maxLength: 5 })
  fc.assert(
    fc.property(fc.oneof(list, fc.array(list, { minLength: 1, maxLength: 3 })), (value) => {
      expect(parseArray(serializeArray(value, String), same)).toEqual(value)
    }),
  )
})

test('a torn text ends instead of looping', () => {
  expect(parseArray('{1,"2', same)).toEqual(['1', '2'])
  expect(parseArray('', same)).toEqual([])
})
