import type { Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { replaceWorker, type Rotatable, type RotationLimits } from './rotation.ts'

const limits: RotationLimits = {
  listenLimitMs: 60_000,
  drainGraceMs: 1000,
  drainLimitMs: 3000,
  autopsyLimitMs: 0,
  pauseMs: 0,
}

/** A worker that only its test moves. */
function fakeWorker(pid: number, killed: number[]): Rotatable & { worker: EventEmitter; drainSentence: string | null } {
  const process = Object.assign(new EventEmitter(), { pid, kill: () => killed.push(pid), send: () => true })
  const worker = Object.assign(new EventEmitter(), { process, isDead: () => false, isConnected: () => true })
  return {
    worker: worker as unknown as Worker,
    instance: `web#${pid}`,
    name: 'web-1',
    addresses: new Set(['0.0.0.0:80']),
    drainSentence: null as string | null,
    isInAutopsy: false,
  }
}

function drainOne() {
  const killed: number[] = []
  const clock = new ManualClock()
  const [old, fresh] = [fakeWorker(1, killed), fakeWorker(2, killed)]
  const outcome = replaceWorker(
    old,
    () => fresh,
    limits,
    clock,
    () => {},
  )
  fresh.worker.emit('listening')
  return { killed, clock, old, outcome }
}

test('a worker whose loop stood still gets its second limit, and its second to close', async () => {
  const { killed, clock, old, outcome } = drainOne()
  await clock.advanceAsync(2 * limits.drainLimitMs + 1000)
  expect(killed).toEqual([])
  old.drainSentence = 'drained in 6 s'
  old.worker.emit('exit')
  expect((await outcome).sentence).toMatch(/PID 1 drained in 6 s\.$/)
})

test('one that is still there after that is killed', async () => {
  const { killed, clock, old, outcome } = drainOne()
  await clock.advanceAsync(2 * limits.drainLimitMs + 2000)
  expect(killed).toEqual([1])
  old.worker.emit('exit')
  expect((await outcome).sentence).toMatch(/PID 1 did not end by itself and was killed\.$/)
})
