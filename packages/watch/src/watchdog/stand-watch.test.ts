import { GiB, MiB } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { createSharedState, sharedState } from './shared-state.ts'
import { StandWatch } from './stand-watch.ts'

/** A process of 100 MB that says how full its heap is, and everything its watch told. */
function watchOf({ mayAct = true, freeBytes = GiB } = {}) {
  const clock = new ManualClock()
  const told: string[] = []
  const state = new Int32Array(createSharedState())
  const memory = { rssBytes: 0, heapBytes: 20 * MiB }
  const watch = new StandWatch({
    clock,
    state,
    heapLimitBytes: 100 * MiB,
    mayAct,
    memory,
    name: () => 'web-1',
    readRssBytes: () => 0,
    readRoom: () => ({ freeBytes, limitBytes: 2 * GiB, limitedBy: 'host' }),
    isInspected: () => false,
    guard: (look) => look(),
    tell: (status, sentence, { isQuiet }) => told.push(`${isQuiet ? 'quietly ' : ''}${status}: ${sentence}`),
    say: (sentence) => told.push(`terminal: ${sentence}`),
    replace: (reason) => told.push(`replace: ${reason}`),
    kill: () => told.push('killed'),
    openSession: () => ({
      connectToMainThread() {},
      post: (_method, _parameters, done) => done?.(null),
      on: () => {},
      disconnect() {},
    }),
  })
  watch.start()
  const fill = (heapMb: number, forMs: number): void => {
    watch.noteMemory({ rssBytes: 0, heapBytes: heapMb * MiB })
    clock.advance(forMs)
  }
  return { told, fill, state }
}

const armed = 'web-1: its heap may soon be full. As a precaution, the last stand is armed in 0 ms.'

test('a service that is nearly full for a moment as it starts has it armed, and the terminal says nothing', () => {
  const { told, fill, state } = watchOf()
  fill(90, 8000)
  fill(50, 60_000)
  expect(told).toEqual([`quietly started: ${armed}`])
  expect(Atomics.load(state, sharedState.isHeld)).toBe(1)
})

test('a heap that stays nearly full is told on the terminal, once', () => {
  const { told, fill } = watchOf()
  fill(90, 8000)
  fill(50, 5000)
  fill(90, 9000)
  expect(told).toHaveLength(1)
  fill(90, 60_000)
  expect(told).toEqual([`quietly started: ${armed}`, `terminal: ${armed}`])
})

test('where it may not act, the ledger has it at once, and the terminal when it lasts', () => {
  const { told, fill } = watchOf({ mayAct: false })
  fill(84, 60_000)
  expect(told).toEqual([])
  fill(90, 300)
  expect(told).toEqual([expect.stringMatching(/^quietly would: web-1: its heap is nearly full\. With act=safe/)])
  fill(90, 20_000)
  expect(told[1]).toMatch(/^terminal: web-1: its heap is nearly full/)
  expect(told).toHaveLength(2)
})

test('a refusal is told aloud, since the process is replaced for it', () => {
  const { told, fill } = watchOf({ freeBytes: 10 * MiB })
  fill(90, 1000)
  expect(told).toEqual([
    expect.stringMatching(/^refused: web-1: its heap is nearly full, and no last stand is made: 10 MB/),
    'replace: its heap is nearly full',
  ])
})
