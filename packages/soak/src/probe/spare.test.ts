import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { afterEach, expect, test, vi } from 'vitest'

import { Sparing } from './spare.ts'

const realKill = Object.getOwnPropertyDescriptor(process, 'kill')!.value as unknown
afterEach(() => void vi.useRealTimers())

test('a signal to a process that stands still because of us is held back, and others are not', async () => {
  const [worker, other] = [0, 0].map(() =>
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }),
  )
  const otherEnded = once(other!, 'exit')
  vi.useFakeTimers()
  const sparing = new Sparing()
  sparing.spare([worker!.pid!])
  expect(worker!.kill('SIGKILL')).toBe(true)
  expect(process.kill(worker!.pid!, 'SIGKILL')).toBe(true)
  expect(process.kill(worker!.pid!, 0)).toBe(true)
  expect(other!.kill('SIGKILL')).toBe(true)
  await otherEnded
  expect(worker!.exitCode ?? worker!.signalCode).toBeNull()

  sparing.release()
  vi.advanceTimersByTime(4999)
  expect(worker!.kill('SIGKILL')).toBe(true)
  // A second snapshot within the time goes on sparing.
  sparing.spare([worker!.pid!])
  vi.advanceTimersByTime(10_000)
  expect(worker!.kill('SIGKILL')).toBe(true)
  sparing.release()
  vi.advanceTimersByTime(5000)
  expect(Object.getOwnPropertyDescriptor(process, 'kill')!.value).toBe(realKill)
  const workerEnded = once(worker!, 'exit')
  expect(worker!.signalCode).toBeNull()
  worker!.kill('SIGKILL')
  expect(await workerEnded).toEqual([null, 'SIGKILL'])
})
