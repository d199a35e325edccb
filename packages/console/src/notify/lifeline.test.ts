import { SECOND_MS } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import type { Sql } from '@plimsoll/postgres'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Receiver } from '../../test/receivers.ts'
import { parseConfig } from '../config-file.ts'
import { Lifeline } from './lifeline.ts'

let clock: ManualClock
let deadman: Receiver
let calls: { to: string; afterMs: number; subject: string }[]
let store: 'answers' | 'refuses' | 'hangs'
/** Those that wait for a store that hangs. */
let waiting: (() => void)[]
let lifeline: Lifeline
let startMs: number

beforeEach(async () => {
  clock = new ManualClock()
  startMs = clock.nowMs()
  deadman = await new Receiver().start()
  calls = []
  waiting = []
  store = 'answers'
  const ask = () => {
    if (store === 'answers') return Promise.resolve([])
    if (store === 'refuses') return Promise.reject(new Error('connect ECONNREFUSED'))
    return new Promise<void>((resolve) => waiting.push(resolve))
  }
  lifeline = new Lifeline({
    sql: ask as unknown as Sql,
    clock,
    config: parseConfig({
      teams: [
        { name: 'web', contacts: [{ mail: 'web@example.org' }, { mail: 'deaf@example.org' }] },
        { name: 'second', contacts: [{ mail: 'second@example.org' }] },
      ],
      escalation: {
        levels: [
          { after: '0s', teams: ['web'] },
          { after: '5m', teams: ['second'] },
        ],
      },
      smtp: { url: 'smtp://127.0.0.1:9', from: 'plimsoll@example.org' },
      deadman: { url: `${deadman.url}/alive`, every: '60s' },
    }),
    channels: {
      mail: {
        name: 'mail',
        deliver({ destination, message }) {
          if (destination.startsWith('deaf')) return Promise.reject(new Error('no such mailbox'))
          calls.push({ to: destination, afterMs: clock.nowMs() - startMs, subject: message.subject })
          return Promise.resolve(null)
        },
      },
    },
    publicUrl: () => 'http://127.0.0.1:7700',
    log: () => {},
  })
})
afterEach(() => deadman.stop())

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    clock.advance(SECOND_MS)
    // A tick that waits for a store that hangs does not hold the next one up.
    const tick = lifeline.tick()
    if (store === 'hangs') await Promise.race([tick, new Promise((resolve) => setImmediate(resolve))])
    else await tick
  }
}

test.each(['refuses', 'hangs'] as const)(
  'a store that %s is told to the first level within thirty seconds, once, past the store',
  async (manner) => {
    await pass(20)
    expect(calls).toEqual([])
    store = manner
    await pass(120)
    expect(calls).toEqual([
      { to: 'web@example.org', afterMs: expect.any(Number) as number, subject: '[CONSOLE] the store does not answer' },
    ])
    expect(calls[0]!.afterMs - 20 * SECOND_MS).toBeLessThanOrEqual(30 * SECOND_MS)
    expect(lifeline.isStoreDead).toBe(true)
  },
)

test('a store that was away for a moment is no news, and one that dies again is told again', async () => {
  store = 'refuses'
  await pass(10)
  store = 'answers'
  await pass(30)
  expect(calls).toEqual([])
  store = 'hangs'
  await pass(40)
  expect(calls).toHaveLength(1)
  store = 'answers'
  for (const answer of waiting.splice(0)) answer()
  await pass(10)
  expect(lifeline.isStoreDead).toBe(false)
  store = 'refuses'
  await pass(40)
  expect(calls).toHaveLength(2)
})

test('whoever watches the console hears that it lives as long as its store answers, and silence from then on', async () => {
  await pass(125)
  expect(deadman.received.map(({ path }) => path)).toEqual(['/alive', '/alive', '/alive'])
  store = 'refuses'
  await pass(300)
  // One that fell due before the store counted as dead.
  expect(deadman.received.length).toBeLessThanOrEqual(4)
  store = 'answers'
  const before = deadman.received.length
  await pass(10)
  expect(deadman.received.length).toBe(before + 1)
})
