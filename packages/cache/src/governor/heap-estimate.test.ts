import { MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { HeapEstimate } from './heap-estimate.ts'

/** Five collections a second apart, each after so much garbage; 200 MiB are live, 100 of them in caches. */
function settled(garbageMiB: number): HeapEstimate {
  const estimate = new HeapEstimate(10 * MiB)
  for (let second = 0; second < 5; second++) {
    estimate.look((200 + garbageMiB) * MiB, 100 * MiB)
    estimate.collected(200 * MiB, 1000 * second)
  }
  return estimate
}

test('what a full collection leaves is live, and the usual garbage after it is not', () => {
  const estimate = settled(40)
  estimate.look(280 * MiB, 100 * MiB)
  expect(estimate.liveBytes(280 * MiB, 4000 + 1000) / MiB).toBe(200)
})

test('what grows much faster than garbage ever did is live at once', () => {
  const estimate = settled(40)
  estimate.look(400 * MiB, 100 * MiB)
  // In a quarter of a second 40 MiB may be garbage: three times as much as usual, and the slack.
  expect(estimate.liveBytes(400 * MiB, 4000 + 250) / MiB).toBe(200 + 200 - 30 - 10)
})

test('what caches take or give back counts at once, and is no garbage of anybody else’s', () => {
  const estimate = settled(40)
  estimate.look(250 * MiB, 150 * MiB)
  expect(estimate.liveBytes(250 * MiB, 4100) / MiB).toBe(250)
  estimate.look(250 * MiB, 80 * MiB)
  expect(estimate.givenBytes / MiB).toBe(70)
  expect(estimate.liveBytes(250 * MiB, 4100) / MiB).toBe(180)
  estimate.collected(180 * MiB, 5000)
  expect(estimate.givenBytes).toBe(0)
  estimate.look(400 * MiB, 80 * MiB)
  expect(estimate.liveBytes(400 * MiB, 5250) / MiB).toBe(180 + 220 - 30 - 10)
})

test('one cycle that let go of very much does not make the next growth usual', () => {
  const estimate = settled(40)
  estimate.look(400 * MiB, 100 * MiB)
  estimate.collected(200 * MiB, 5000)
  estimate.look(400 * MiB, 100 * MiB)
  expect(estimate.liveBytes(400 * MiB, 5250) / MiB).toBe(360)
})

test('before two collections nothing is usual, and growth is nobody’s', () => {
  const estimate = new HeapEstimate(0)
  estimate.collected(100 * MiB, 0)
  estimate.look(300 * MiB, 0)
  expect(estimate.liveBytes(300 * MiB, 1000) / MiB).toBe(100)
})
