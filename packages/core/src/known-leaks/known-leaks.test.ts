import { expect, test } from 'vitest'
import { findKnownLeaks, knownLeaks } from './index.ts'

test('a leaking version is known, the fixed one and the ones before it leaked are not', () => {
  const debug = (version: string) => findKnownLeaks('debug', version).length
  expect(['2.6.9', '3.0.0', '4.1.1', '4.2.0', '4.3.0', '4.3.0-beta.1'].map(debug)).toEqual([0, 1, 1, 1, 0, 1])
})

test('lines of releases are fixed one by one', () => {
  const undici = (version: string) => findKnownLeaks('undici', version).map(({ fixedIn }) => fixedIn)
  expect(['5.28.4', '5.29.0', '6.21.1', '6.21.2', '7.4.0', '7.5.0'].map(undici)).toEqual([
    ['5.29.0'],
    [],
    ['6.21.2'],
    [],
    ['7.5.0'],
    [],
  ])
})

test('what was never fixed is known in every version', () => {
  expect(findKnownLeaks('inflight', '1.0.6')).toHaveLength(1)
})

test('what is no version says nothing', () => {
  expect(findKnownLeaks('inflight', 'github:somebody/inflight')).toEqual([])
})

test('every row names its source and versions that can be compared', () => {
  for (const { since, fixedIn, source, what } of knownLeaks) {
    expect(source).toMatch(/^https:\/\/\S+$/)
    expect(what).toMatch(/\.$/)
    for (const version of [since, fixedIn]) if (version) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  }
})
