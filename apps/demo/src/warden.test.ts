import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isAlive, markOf, type ProcessMark } from './leftovers.ts'

// A real database starts in each: generous, for machines that are busy otherwise.
vi.setConfig({ testTimeout: 120_000 })

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-warden-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

// A process needs what was built. It starts a database and a part, and ends the warden when it is told to.
const starter = `
  import { startWarden } from '@plimsoll/demo'
  import { startEmbedded } from '@plimsoll/postgres'
  import { spawn } from 'node:child_process'
  import { chmodSync } from 'node:fs'
  const dataDir = process.argv[1]
  chmodSync(dataDir, 0o755)
  const warden = startWarden(dataDir)
  const part = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  warden.watch({ pid: part.pid })
  const database = await startEmbedded({ dataDir: dataDir + '/shop/db', isOwner: false, settings: { fsync: 'off' } })
  console.log([part.pid, database.pid].join(' '))
  process.stdin.once('data', async () => {
    await warden.stop()
    console.log('stopped')
    process.exit()
  })`

async function start() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', starter, dataDir], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const [line] = (await once(lines, 'line')) as [string]
  return { child, lines, marks: line.split(' ').map((pid) => markOf(Number(pid))) }
}

async function gone(mark: ProcessMark): Promise<void> {
  while (isAlive(mark)) await sleep(20)
}

test('whoever is killed leaves neither part nor database nor folder', async () => {
  const { child, marks } = await start()
  expect(marks.map(isAlive)).toEqual([true, true])
  child.kill('SIGKILL')
  await Promise.all(marks.map(gone))
  while (existsSync(dataDir)) await sleep(20)
})

test('whoever stops it finds all ended, and the folder still there', async () => {
  const { child, lines, marks } = await start()
  child.stdin.write('stop')
  const [said] = (await once(lines, 'line')) as [string]
  expect(said).toBe('stopped')
  expect(marks.map(isAlive)).toEqual([false, false])
  expect(existsSync(join(dataDir, 'shop/db'))).toBe(true)
})
