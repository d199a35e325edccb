import { expect, test } from 'vitest'

import { parsePathPattern } from './path-pattern.ts'

const all = (text: string): string[] => {
  const pattern = parsePathPattern(text)
  return Array.from({ length: pattern.count }, (_, number) => pattern.at(number))
}

test('a range runs through its numbers and begins anew', () => {
  expect(all('/x/{8..11}')).toEqual(['/x/8', '/x/9', '/x/10', '/x/11'])
  expect(parsePathPattern('/x/{1..50000}').at(50_000)).toBe('/x/1')
})

test('several places make every combination, the last one fastest', () => {
  expect(all('/{en,de}/p/{1..2}?q=a')).toEqual(['/en/p/1?q=a', '/en/p/2?q=a', '/de/p/1?q=a', '/de/p/2?q=a'])
})

test('a path without places is one path', () => {
  expect(all('/health')).toEqual(['/health'])
})

test.each([
  ['x/{1..5}', 'must begin with "/"'],
  ['/x/{5..1}', 'runs backwards'],
  ['/x/{1..5', 'a brace without its partner'],
  ['/x/{id}', 'must be {1..500} or {a,b}'],
  ['/a b', 'no blanks'],
  ['/{1..100000}/{1..100000}', 'more than'],
])('%s is refused: %s', (text, fault) => {
  expect(() => parsePathPattern(text)).toThrow(fault)
})
