import { MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import type { HolderSeries, View } from '../detect/detector.ts'
import { isUnexplained } from './suspicion.ts'

const atMs = (index: number): number => index * 10_000

/** Floors that rise by 2 MiB each, and a collection that takes in so many entries of 1 KiB meanwhile. */
function viewOf(stepBytes: number, entriesPerStep: number): View {
  const indexes = [0, 1, 2, 3, 4, 5]
  const holder: HolderSeries = {
    id: 1,
    kind: 'map',
    path: 'pages',
    script: null,
    points: indexes.map((index) => ({ atMs: atMs(index), count: index * entriesPerStep, requestTotal: 0 })),
    hasLetGo: false,
    removal: 'unknown',
    bound: null,
    entryBytes: 1024,
    entryExternalBytes: 0,
  }
  return {
    nowMs: atMs(5),
    floors: indexes.map((index) => ({
      atMs: atMs(index),
      heapBytes: 20 * MiB + index * stepBytes,
      externalBytes: MiB,
      budgetedBytes: 0,
      requestTotal: 0,
      isProvoked: true,
    })),
    moments: [],
    holders: [holder],
    retaining: [],
    heapLimitBytes: 500 * MiB,
    cgroupLimitBytes: null,
    memoryLimitBytes: null,
  }
}

test('memory that grows by far more than the known collections took in is unexplained', () => {
  expect(isUnexplained(viewOf(2 * MiB, 0))).toBe(true)
  expect(isUnexplained(viewOf(2 * MiB, 500))).toBe(true)
  expect(isUnexplained(viewOf(2 * MiB, 1900))).toBe(false)
})

test('where no floor rises there is nothing to explain, however many entries there are', () => {
  expect(isUnexplained(viewOf(0, 1900))).toBe(false)
})
