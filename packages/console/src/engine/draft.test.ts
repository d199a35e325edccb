import { expect, test } from 'vitest'
import { copyPlain } from './draft.ts'

test('a copy shares nothing with what it was made of', () => {
  const first = { text: 'a', list: [{ deep: [1, null] }], none: null, missing: undefined, at: { ms: 1 } }
  const second = copyPlain(first)
  expect(second).toStrictEqual(first)
  second.list[0]!.deep.push(2)
  second.at.ms = 2
  expect(first).toStrictEqual({ text: 'a', list: [{ deep: [1, null] }], none: null, missing: undefined, at: { ms: 1 } })
})
