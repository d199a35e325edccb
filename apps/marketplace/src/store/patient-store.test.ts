import { ConnectionLostError } from '@plimsoll/postgres'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { makePatient } from './patient-store.ts'
import type { Store } from './store.ts'

/** A store of which only one read and one write exist; both fail as often as told. */
function createSubject(failureCount: number, error: Error) {
  const calls: string[] = []
  let failuresLeft = failureCount
  const act = (name: string) => async () => {
    calls.push(name)
    if (failuresLeft-- > 0) throw error
    return 1
  }
  const store = {
    listings: { find: act('read') },
    carts: { add: act('write') },
    accounts: {},
    sessions: {},
    orders: {},
    selling: {},
  } as unknown as Store
  const clock = new ManualClock()
  return { calls, clock, store: makePatient(store, clock) }
}

const away = new ConnectionLostError('shop')
const buyer = { accountId: null, sessionHash: Buffer.alloc(32) }

test('a read waits for a database that is away, and answers when it is back', async () => {
  const { calls, clock, store } = createSubject(3, away)
  const found = store.listings.find(1)
  await clock.advanceAsync(1_000)
  expect(await found).toBe(1)
  expect(calls).toEqual(['read', 'read', 'read', 'read'])
})

test('a read gives up after four seconds, and at once on any other failure', async () => {
  const { clock, store } = createSubject(Infinity, away)
  const lost = expect(store.listings.find(1)).rejects.toBe(away)
  await clock.advanceAsync(5_000)
  await lost
  const wrong = createSubject(1, new Error('syntax'))
  await expect(wrong.store.listings.find(1)).rejects.toThrow('syntax')
  expect(wrong.calls).toHaveLength(1)
})

test('a write is never done a second time', async () => {
  const { calls, store } = createSubject(1, away)
  await expect(store.carts.add(buyer, 1, 1)).rejects.toBe(away)
  expect(calls).toEqual(['write'])
})
