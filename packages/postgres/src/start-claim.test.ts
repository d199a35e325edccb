import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { systemClock } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { makeTempDir } from '../test/process.ts'
import { readProcess } from './process-info.ts'
import { withStartClaim } from './start-claim.ts'

const directory = makeTempDir()
const file = join(directory, 'start.claim')
afterEach(() => rmSync(file, { force: true }))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('lets one in at a time, and leaves nothing behind', async () => {
  let inside = 0
  let most = 0
  const visit = () =>
    withStartClaim(directory, { clock: systemClock, maxWaitMs: 5000 }, async () => {
      most = Math.max(most, ++inside)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
    })
  await Promise.all([visit(), visit(), visit(), visit()])
  expect(most).toBe(1)
  expect(readdirSync(directory)).toEqual([])
})

test('is given back when the act fails', async () => {
  const failing = withStartClaim(directory, { clock: systemClock, maxWaitMs: 1000 }, () =>
    Promise.reject(new Error('no')),
  )
  await expect(failing).rejects.toThrow('no')
  expect(readdirSync(directory)).toEqual([])
})

test('takes over the claim of a process that is gone, also when its pid was given away', async () => {
  writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: 'another life' }))
  expect(await withStartClaim(directory, { clock: systemClock, maxWaitMs: 1000 }, () => Promise.resolve('in'))).toBe(
    'in',
  )
  writeFileSync(file, 'half a cl')
  expect(await withStartClaim(directory, { clock: systemClock, maxWaitMs: 1000 }, () => Promise.resolve('in'))).toBe(
    'in',
  )
})

test('tells who holds it when that one lives and does not finish', async () => {
  const { pid, startedAt } = readProcess(process.pid)!
  writeFileSync(file, JSON.stringify({ pid, startedAt }))
  const clock = new ManualClock()
  const waiting = withStartClaim(directory, { clock, maxWaitMs: 5000 }, () => Promise.resolve('in'))
  const failure = expect(waiting).rejects.toMatchObject({ code: 'PLIMSOLL_POSTGRES_LOCK', pids: [pid] })
  await clock.advanceAsync(6000)
  await failure
})
