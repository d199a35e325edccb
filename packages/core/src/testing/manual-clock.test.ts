import { expect, test } from 'vitest'
import { ManualClock } from './manual-clock.ts'

test('fires what falls due in order, each at its own time, and again and again for a period', () => {
  const clock = new ManualClock(0)
  const fired: string[] = []
  clock.after(30, () => fired.push(`late ${clock.nowMs()}`))
  clock.every(20, () => fired.push(`tick ${clock.nowMs()}`))
  clock.after(10, () => clock.after(5, () => fired.push(`nested ${clock.nowMs()}`)))
  clock.advance(45)
  expect(fired).toEqual(['nested 15', 'tick 20', 'late 30', 'tick 40'])
  expect(clock.nowMs()).toBe(45)
})

test('a cancelled timer never fires', () => {
  const clock = new ManualClock()
  let count = 0
  const timer = clock.every(10, () => {
    count += 1
    if (count === 2) timer.cancel()
  })
  clock.advance(100)
  expect(count).toBe(2)
  expect(clock.pendingCount).toBe(0)
})

test('lets promises settle between timers', async () => {
  const clock = new ManualClock(0)
  const seen: number[] = []
  clock.after(10, () => void Promise.resolve().then(() => clock.after(10, () => seen.push(clock.nowMs()))))
  await clock.advanceAsync(30)
  expect(seen).toEqual([20])
})
