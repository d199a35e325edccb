import { mkdirSync, utimesSync, writeFileSync, existsSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GcLock } from './gc-lock.ts'

const key = `test-${process.pid}`
const file = join(tmpdir(), `plimsoll-gc-${key}.lock`)

test('two workers of one primary never collect at once, and the file goes with the lock', () => {
  const [mine, theirs] = [new GcLock(key), new GcLock(key)]
  let hasRunInside = true
  expect(mine.tryRun(() => void (hasRunInside = theirs.tryRun(() => {})))).toBe(true)
  expect(hasRunInside).toBe(false)
  expect(theirs.tryRun(() => {})).toBe(true)
  expect(existsSync(file)).toBe(false)
})

test('a lock whose holder died is taken over', () => {
  mkdirSync(tmpdir(), { recursive: true })
  writeFileSync(file, '')
  utimesSync(file, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000))
  const lock = new GcLock(key)
  expect(lock.tryRun(() => {})).toBe(false)
  expect(lock.tryRun(() => {})).toBe(true)
  rmSync(file, { force: true })
})

test('a process without siblings asks nobody', () => {
  expect(new GcLock(null).tryRun(() => {})).toBe(true)
})
