import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { createAnnouncer, RollCall } from './announcements.ts'
import type { WorkerMessage } from './messages.ts'

/** Whether the promise has settled by now. */
async function hasSettled(promise: Promise<void>): Promise<boolean> {
  let isSettled = false
  void promise.then(() => (isSettled = true))
  await new Promise((resolve) => setImmediate(resolve))
  return isSettled
}

test('an announcement is over when the primary says that all have heard it', async () => {
  const told: WorkerMessage[] = []
  const clock = new ManualClock()
  const { announce, acknowledge } = createAnnouncer(clock, (message) => told.push(message) > 0)
  const [first, second] = [announce(['listing:1']), announce(['listing:2'])]
  expect(told).toEqual([
    { shop: 'invalidate', tags: ['listing:1'], id: 1 },
    { shop: 'invalidate', tags: ['listing:2'], id: 2 },
  ])
  acknowledge(2)
  expect([await hasSettled(first), await hasSettled(second)]).toEqual([false, true])
  acknowledge(1)
  acknowledge(1)
  await first
  expect(clock.pendingCount).toBe(0)
})

test('an announcement waits a second at most, and not at all when there is nobody to tell', async () => {
  const clock = new ManualClock()
  const unheard = createAnnouncer(clock, () => true).announce(['catalogue'])
  clock.advance(999)
  expect(await hasSettled(unheard)).toBe(false)
  clock.advance(1)
  await unheard
  await createAnnouncer(clock, () => false).announce(['catalogue'])
})

test('a call is over when everybody has answered it or is gone, and nobody can answer for another', () => {
  const calls = new RollCall()
  const done: string[] = []
  const one = calls.open([1, 2], () => done.push('one'))
  const other = calls.open([2, 3], () => done.push('other'))
  calls.open([], () => done.push('nobody'))
  calls.answer(one, 1)
  calls.answer(one, 1)
  calls.answer(one, 3)
  calls.answer(99, 2)
  expect(done).toEqual(['nobody'])
  calls.leave(2)
  expect(done).toEqual(['nobody', 'one'])
  calls.answer(other, 3)
  expect(done).toEqual(['nobody', 'one', 'other'])
  expect(calls.openCount).toBe(0)
})
