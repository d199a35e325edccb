import { expect, test } from 'vitest'
import { describeAbsent } from './absent.ts'
import { readDescriptorCount, readDescriptorLimit } from './descriptors.ts'

test('where there is no /proc, one sentence says what is not followed, and nothing is read', () => {
  const nothing = () => null
  expect(describeAbsent(nothing)).toMatch(/^this system has no \/proc: .*PLIMSOLL_MEMORY_LIMIT/)
  expect(readDescriptorLimit(nothing)).toBeNull()
  expect(
    readDescriptorCount(() => {
      throw new Error('ENOENT')
    }),
  ).toBeNull()
})

test('where there is one, nothing is said', () => {
  expect(describeAbsent((path) => (path === '/proc/self/status' ? 'Name:\tnode' : null))).toBeNull()
})
