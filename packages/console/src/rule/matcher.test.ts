import { InvalidOptionError } from '@plimsoll/core'
import { describe, expect, test } from 'vitest'
import { checkMatcher, matches, parseMatchers, showMatcher, type Matcher } from './matcher.ts'

const regex = (value: string, isEqual = true): Matcher => ({ name: 'n', value, isRegex: true, isEqual })
const fits = (pattern: string, text: string) => matches(checkMatcher(regex(pattern)), { n: text })

describe('an expression', () => {
  const endless = [
    '((a+))+b',
    '(a|aa)+b',
    '(a|a)*b',
    '(?:(?:x*)y?)*b',
    '(.|a)+b',
    '(a+)+',
    '(a?b?)*c',
    '((a|b)c)*',
    '([*)]a|b)*',
    '(\\)a*)*',
    '(?=(a+))*b',
    '(a|a){17,}',
    '(a*){30}',
    '(?i)(a|a)*b',
  ]
  test.each(endless)('%s, which repeats a choice, is refused in words that help', (pattern) => {
    expect(() => parseMatchers(`n=~${JSON.stringify(pattern)}`)).toThrow(InvalidOptionError)
    expect(() => checkMatcher(regex(pattern))).toThrow(/write it flat, such as/)
  })

  const many = [
    'a?'.repeat(30) + 'a'.repeat(30),
    '(a|a)'.repeat(30) + 'b',
    '.*'.repeat(8) + 'b',
    'a*'.repeat(20) + 'b',
    '(.*a){12}b',
    'a{0,1000}'.repeat(8) + 'b',
  ]
  test.each(many)('%s, which is flat but can be tried in too many ways, is refused', (pattern) => {
    expect(() => checkMatcher(regex(pattern))).toThrow(/too many ways: use fewer/)
  })

  test.each([
    ['(a|b)', 'b'],
    ['.*', 'anything\nat all'],
    ['(prod|staging)-(eu|us)-.*', 'prod-us-7'],
    ['.*foo.*bar.*', 'a foo, a bar, more'],
    ['web(-(eu|us))?', 'web-eu'],
    ['(.*\\.)?example\\.org', 'www.example.org'],
    ['([0-9]{1,3}\\.){3}[0-9]{1,3}(:[0-9]+)?', '10.0.0.12:9100'],
    ['(?i)shop|search', 'SEARCH'],
    ['(abc)+', 'abcabc'],
    ['[(a|b)*]+', '(*)|'],
    ['web-[0-9]+|shop-.*|(?:a|b)c?', 'web-12'],
    ['\\(a\\|b\\)*', '(a|b)))'],
  ])('%s fits %s', (pattern, text) => {
    expect(fits(pattern, text)).toBe(true)
    expect(fits(pattern, 'none of it')).toBe(pattern === '.*')
  })

  test('stays between its anchors', () => {
    expect(() => checkMatcher(regex('a)|(b'))).toThrow('a)|(b is no valid expression')
    expect(fits('a|b', 'xb')).toBe(false)
  })

  test('never takes long over a label, however they are made for each other', () => {
    const worst = [
      '.*a.*b',
      'a*a*a*b',
      '.*aaaaaaaa.*aaaaaaaaaaab',
      '(a|a)(a|a)(a|a)(a|a)a*b',
      '(a?){8}a*b',
      'a{0,16}a{0,16}b',
    ]
    const startedAtMs = performance.now()
    for (const pattern of worst)
      for (const length of [22, 28, 64, 100, 180, 300, 500, 1000, 1024])
        expect(fits(pattern, 'a'.repeat(length) + '!')).toBe(false)
    // Less than a second in truth; the patterns that are refused above take longer than anybody waits.
    expect(performance.now() - startedAtMs).toBeLessThan(60_000)
  })

  test('neither fits nor differs from a label that is too long for it', () => {
    const long = { n: 'a'.repeat(1025) }
    expect(matches(regex('a[a-z]*'), { n: 'a'.repeat(1024) })).toBe(true)
    expect(matches(regex('a[a-z]*'), long)).toBe(false)
    expect(matches(regex('b', false), long)).toBe(false)
  })
})

test('what is shown of a matcher is read as the same matcher, whatever stands in name and value', () => {
  const words = [
    'plain',
    'my label',
    'a=b',
    "it's",
    'a,b',
    '{x}',
    'say "x"',
    'back\\slash',
    '`',
    '!',
    '~',
    'ä.b/c-d:e',
    '1',
  ]
  for (const name of words)
    for (const value of [...words, '', 'a\bb', 'a\fb', '\n\r\t\v\0', '\u2028', '😀', '\ud800'])
      for (const [isRegex, isEqual] of [
        [false, true],
        [false, false],
      ] as const) {
        const matcher = { name, value, isRegex, isEqual }
        expect(parseMatchers(showMatcher(matcher))).toEqual([matcher])
        expect(parseMatchers(`{${showMatcher(matcher)}, b="c"}`)[0]).toEqual(matcher)
      }
  expect(showMatcher({ name: 'alertname', value: 'Leak', isRegex: true, isEqual: false })).toBe('alertname!~"Leak"')
})
