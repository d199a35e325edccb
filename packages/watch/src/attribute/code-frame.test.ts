import { expect, test } from 'vitest'
import { cutFrame } from './code-frame.ts'

test('two lines before and one after', () => {
  expect(cutFrame('a\nb\nc\nd\ne\nf', 4)).toEqual({ firstLine: 2, lines: ['b', 'c', 'd', 'e'] })
  expect(cutFrame('a\nb', 1)).toEqual({ firstLine: 1, lines: ['a', 'b'] })
})

test('of a line of thousands of columns, what stands around the place', () => {
  const [line] = cutFrame(`${'x;'.repeat(3000)}pages.set(id,page);${'y;'.repeat(3000)}`, 1, 6001).lines
  expect(line).toContain('pages.set(id,page)')
  expect(line!.length).toBeLessThanOrEqual(200)
})
