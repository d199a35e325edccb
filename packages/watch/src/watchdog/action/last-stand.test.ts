import { ManualClock } from '@plimsoll/core/testing'
import { GiB, MiB } from '@plimsoll/core'
import { expect, test } from 'vitest'
import { createSharedState, sharedState, waitUntilLetGo } from '../shared-state.ts'
import { judgeLastStand, LastStand, type MainSession, type StandView } from './last-stand.ts'

const view = (changes: Partial<StandView>): StandView => ({
  heapBytes: 90 * MiB,
  heapLimitBytes: 100 * MiB,
  isArmed: false,
  calmMs: 0,
  isInspected: false,
  room: { freeBytes: GiB, limitBytes: 2 * GiB, limitedBy: 'container' },
  ...changes,
})

test('it is armed late, and let go of when the heap was calm for a minute', () => {
  expect(judgeLastStand(view({ heapBytes: 80 * MiB }))).toBeNull()
  expect(judgeLastStand(view({}))).toEqual({ act: 'arm' })
  expect(judgeLastStand(view({ isArmed: true }))).toBeNull()
  expect(judgeLastStand(view({ isArmed: true, calmMs: 59_000 }))).toBeNull()
  expect(judgeLastStand(view({ isArmed: true, calmMs: 60_000 }))).toEqual({ act: 'disarm' })
})

test('without room, or beside a debugger, it is refused with the reason', () => {
  const room = { freeBytes: 20 * MiB, limitBytes: 128 * MiB, limitedBy: 'container' as const }
  expect(judgeLastStand(view({ room }))).toEqual({
    act: 'refuse',
    reason: '20 MB of the container’s 128 MB are free, and 50 MB would be needed to drain',
  })
  expect(judgeLastStand(view({ isInspected: true }))).toMatchObject({ reason: expect.stringContaining('debugger') })
})

/** The inspector of a main thread that answers at once. */
class FakeSession implements MainSession {
  readonly posted: string[] = []
  isConnected = false
  #paused = (_: { params: { reason?: string } }): void => {}
  connectToMainThread(): void {
    this.isConnected = true
  }
  post(method: string, _params?: object, callback?: (error: Error | null) => void): void {
    this.posted.push(method)
    callback?.(null)
  }
  on(_event: string, listener: (message: { params: { reason?: string } }) => void): void {
    this.#paused = listener
  }
  disconnect(): void {
    this.isConnected = false
  }
  pause(reason: string): void {
    this.#paused({ params: { reason } })
  }
}

function stand() {
  const session = new FakeSession()
  const state = new Int32Array(createSharedState())
  const story: string[] = []
  const clock = new ManualClock()
  const lastStand = new LastStand({
    clock,
    state,
    heapLimitBytes: 100 * MiB,
    readRoom: () => ({ freeBytes: GiB, limitBytes: 2 * GiB, limitedBy: 'host' }),
    onArmed: () => story.push('armed'),
    onLimit: (sentence) => story.push(sentence),
    onRefused: (reason) => story.push(reason),
    kill: () => story.push('killed'),
    openSession: () => session,
  })
  return { session, state, story, clock, lastStand }
}

test('armed, no pause but that for memory is taken, and no script is looked at', () => {
  const { session, lastStand, story } = stand()
  lastStand.consider(90 * MiB)
  expect(session.posted).toEqual(['Debugger.enable', 'Debugger.setBlackboxPatterns', 'Debugger.setSkipAllPauses'])
  expect(story).toEqual(['armed'])
})

test('the raised limit is told once, and from then on it is not let go of: that would restore the limit', () => {
  const { session, state, lastStand, story, clock } = stand()
  lastStand.consider(90 * MiB)
  Atomics.store(state, sharedState.hasStood, 1)
  lastStand.consider(120 * MiB)
  clock.advance(120_000)
  lastStand.consider(10 * MiB)
  expect(story).toEqual(['armed', 'stood at its heap limit of 100 MB; V8 allows it up to 400 MB to drain'])
  expect(session.isConnected).toBe(true)
})

test('a pause in code without a name is ended at once, and is the limit when V8 says so', () => {
  const { session, lastStand, story } = stand()
  lastStand.consider(90 * MiB)
  session.pause('other')
  expect(story).toEqual(['armed'])
  session.pause('OOM')
  expect(session.posted.filter((method) => method === 'Debugger.resume')).toHaveLength(2)
  expect(story[1]).toContain('stood at its heap limit')
})

test('a main thread that stays paused is killed after five seconds', () => {
  const { session, lastStand, story, clock } = stand()
  lastStand.consider(90 * MiB)
  session.post = () => {}
  session.pause('OOM')
  clock.advance(4900)
  expect(story).not.toContain('killed')
  clock.advance(200)
  expect(story).toContain('killed')
})

test('nothing is left attached at the end: whoever leaves waits until it is let go of', async () => {
  const { session, state, lastStand } = stand()
  lastStand.consider(90 * MiB)
  expect(Atomics.load(state, sharedState.isHeld)).toBe(1)
  Atomics.store(state, sharedState.isLeaving, 1)
  Atomics.notify(state, sharedState.isLeaving)
  while (Atomics.load(state, sharedState.isHeld) === 1) await new Promise((resolve) => setImmediate(resolve))
  expect(session.isConnected).toBe(false)
  const beganAtMs = performance.now()
  waitUntilLetGo(state)
  expect(performance.now() - beganAtMs).toBeLessThan(400)
})
