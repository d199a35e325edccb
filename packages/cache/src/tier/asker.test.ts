import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { Asker, TierUnavailableError } from './asker.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import type { RedisLink } from './redis-link.ts'

const script = { source: '', sha: '' }

function setUp(run: () => Promise<unknown>, isReady = true) {
  const clock = new ManualClock()
  const link: RedisLink = { isReady, run, recycle() {}, close() {} }
  const asker = new Asker(link, { clock, timeoutMs: 100, maxInFlight: 3 })
  const breaker = new CircuitBreaker({ cooldownMs: 100, maxCooldownMs: 1000 })
  return { clock, asker, breaker, ask: () => asker.ask(breaker, script, [], []) }
}

test('gives up after the time-out to the millisecond, and what answers later is not heard', async () => {
  let answer!: (reply: unknown) => void
  const { clock, ask, asker } = setUp(() => new Promise((resolve) => (answer = resolve)))
  let outcome = 'waits'
  const asked = ask().catch(
    (error: unknown) => (outcome = error instanceof TierUnavailableError ? 'given up' : 'other'),
  )
  await clock.advanceAsync(99)
  expect(outcome).toBe('waits')
  await clock.advanceAsync(1)
  expect(outcome).toBe('given up')
  answer('late')
  await asked
  expect(asker).toMatchObject({ askCount: 1, timeoutCount: 1 })
  expect(clock.pendingCount).toBe(0)
})

test('asks no more after four failures in a row, but for the trial', async () => {
  let runs = 0
  const { asker, ask, breaker } = setUp(() => (runs++, Promise.reject(new Error('no'))))
  for (let n = 0; n < 10; n++) await expect(ask()).rejects.toThrow(TierUnavailableError)
  expect(runs).toBe(4)
  await expect(asker.ask(breaker, script, [], [], { isTrial: true })).rejects.toThrow(/no/)
  expect(runs).toBe(5)
})

test('refuses at once what is too much, and what cannot be sent', async () => {
  const { clock, ask } = setUp(() => new Promise(() => {}))
  const waiting = [ask(), ask(), ask()].map((asked) => asked.catch(() => 'given up'))
  await expect(ask()).rejects.toThrow(/too much is under way/)
  await clock.advanceAsync(100)
  expect(await Promise.all(waiting)).toEqual(['given up', 'given up', 'given up'])
  await expect(setUp(() => Promise.resolve(1), false).ask()).rejects.toThrow(/not connected/)
})

test('an answer that was asked for before the connection was lost is no answer', async () => {
  let answer!: (reply: unknown) => void
  const { ask, asker } = setUp(() => new Promise((resolve) => (answer = resolve)))
  const asked = ask()
  asker.lossCount++
  answer('from another server')
  await expect(asked).rejects.toThrow(/the connection was lost/)
})
