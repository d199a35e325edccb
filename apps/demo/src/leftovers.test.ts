import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Reader } from '@plimsoll/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { end, endLeftovers, isAlive, markOf, readMark, readRecord, writeRecord } from './leftovers.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-demo-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

function startIdle() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  return { child, exited: once(child, 'exit') }
}

test('ends the children of a killed launcher, and forgets them', async () => {
  const { child, exited } = startIdle()
  const gone = { pid: 2 ** 22 + 1, startedAt: '1' }
  writeRecord(dataDir, { launcher: gone, children: [{ ...markOf(child.pid!), what: 'shop' }], urls: {} })
  expect(await endLeftovers(dataDir)).toEqual(['shop'])
  await exited
  expect(readRecord(dataDir)).toBeNull()
})

test('leaves a stranger alone that got the number of a dead child', async () => {
  const { child, exited } = startIdle()
  const stranger = { pid: child.pid!, startedAt: 'some other time' }
  writeRecord(dataDir, { launcher: stranger, children: [{ ...stranger, what: 'shop' }], urls: {} })
  expect(await endLeftovers(dataDir)).toEqual([])
  expect(isAlive(markOf(child.pid!))).toBe(true)
  await end(markOf(child.pid!))
  await exited
})

test('a record that was cut off in the middle is as good as none', () => {
  writeFileSync(join(dataDir, 'demo.json'), '{"launcher": {"pid": 12')
  expect(readRecord(dataDir)).toBeNull()
})

test('a number that means a group, or the first process of all, is nobody to be ended', async () => {
  for (const pid of [-1, 0, 1]) {
    expect(isAlive({ pid, startedAt: null })).toBe(false)
    await end({ pid, startedAt: null })
    const reader = new Reader({ pid, startedAt: null })
    readMark(reader)
    expect(() => reader.finish('part')).toThrow('pid')
  }
})

test('one that ended and was not yet fetched is dead', async () => {
  const { child, exited } = startIdle()
  const mark = markOf(child.pid!)
  expect(isAlive(mark)).toBe(true)
  child.kill('SIGKILL')
  await exited
  expect(isAlive({ ...mark, startedAt: 'zombie' })).toBe(false)
  await end(mark)
})
