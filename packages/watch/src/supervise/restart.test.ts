import { expect, test } from 'vitest'
import { crashSignalOf, defaultRestartPolicy, describeCrash, exitCodeOf, judgeRestart } from './restart.ts'

const policy = { maxRestarts: 3, windowMs: 60_000, firstDelayMs: 1000, maxDelayMs: 3000 }

test('an end by signal has the code a shell would give it', () => {
  expect(exitCodeOf({ code: null, signal: 'SIGABRT' })).toBe(134)
  expect(exitCodeOf({ code: null, signal: 'SIGKILL' })).toBe(137)
  expect(exitCodeOf({ code: 3, signal: null })).toBe(3)
})

test('an abort, a kill and a fault are crashes, also when a shell in between made a code of them', () => {
  expect(crashSignalOf({ code: null, signal: 'SIGABRT' })).toBe('SIGABRT')
  expect(crashSignalOf({ code: 134, signal: null })).toBe('SIGABRT')
  expect(crashSignalOf({ code: 137, signal: null })).toBe('SIGKILL')
  expect(crashSignalOf({ code: null, signal: 'SIGSEGV' })).toBe('SIGSEGV')
})

test('a code of its own and a wish to end are no crashes', () => {
  expect(crashSignalOf({ code: 0, signal: null })).toBeNull()
  expect(crashSignalOf({ code: 1, signal: null })).toBeNull()
  expect(crashSignalOf({ code: null, signal: 'SIGTERM' })).toBeNull()
  expect(crashSignalOf({ code: 130, signal: null })).toBeNull()
})

test('each restart of a window waits twice as long, up to a ceiling, and then no more follow', () => {
  const crashesAtMs: number[] = []
  const decisions = [0, 1, 2, 3].map((index) => {
    crashesAtMs.push(index * 1000)
    return judgeRestart(crashesAtMs, index * 1000, policy)
  })
  expect(decisions).toEqual([
    { act: 'restart', delayMs: 1000, attempt: 1 },
    { act: 'restart', delayMs: 2000, attempt: 2 },
    { act: 'restart', delayMs: 3000, attempt: 3 },
    { act: 'give-up', crashCount: 4 },
  ])
})

test('a crash outside the window is forgiven', () => {
  expect(judgeRestart([0, 60_000, 120_000], 120_000, policy)).toEqual({ act: 'restart', delayMs: 1000, attempt: 1 })
})

test('without restarts the first crash passes through', () => {
  expect(judgeRestart([5], 5, { ...policy, maxRestarts: 0 })).toEqual({ act: 'give-up', crashCount: 1 })
})

test('says what crashed, how, after how long, and what follows', () => {
  const restart = { act: 'restart', delayMs: 4000, attempt: 3 } as const
  expect(describeCrash('node', 'SIGABRT', 280_000, restart, defaultRestartPolicy)).toBe(
    'node aborted (SIGABRT: how Node ends when its memory runs out, and how the watch ends what hangs) after 4 min 40 s. Restart 3 of 5 in 4 s.',
  )
  const giveUp = { act: 'give-up', crashCount: 6 } as const
  expect(describeCrash('node', 'SIGSEGV', 900, giveUp, defaultRestartPolicy)).toBe(
    'node crashed (SIGSEGV) after 900 ms: crash 6 within 10 min. It is not restarted again.',
  )
})
