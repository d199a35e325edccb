import { expect, test } from 'vitest'
import { formatBytes, KiB, MiB, parseBytes } from './bytes.ts'

test('says bytes with the unit a person would use and one decimal at most', () => {
  expect([0, 500, 7.6 * KiB, 61 * MiB, 171.44 * MiB, -18 * MiB].map(formatBytes)).toEqual([
    '0 B',
    '500 B',
    '7.6 KB',
    '61 MB',
    '171 MB',
    '−18 MB',
  ])
})

test('reads sizes as people write them, and refuses what is none', () => {
  expect(['64MB', '1.5 GiB', '512k', '1024', '512Mi'].map(parseBytes)).toEqual([
    64 * MiB,
    1536 * MiB,
    512 * KiB,
    1024,
    512 * MiB,
  ])
  expect(['', 'many', '-1', '5 apples', '5i'].map(parseBytes)).toEqual([null, null, null, null, null])
})
