import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isAlive, markOf } from './leftovers.ts'

// A real database starts in each: generous, for machines that are busy otherwise.
vi.setConfig({ testTimeout: 150_000 })

let dataDir: string
beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'plimsoll-warden-')), 'arm')
})
afterEach(() => rmSync(dirname(dataDir), { recursive: true, force: true }))

// A process needs what was built. It starts a database and a part, and ends the warden when it is told to.
const starter = `
  import { startWarden } from '@plimsoll/demo'
  import { startEmbedded } from '@plimsoll/postgres'
  import { spawn } from 'node:child_process'
  import { chmodSync, mkdirSync } from 'node:fs'
  import { dirname } from 'node:path'
  const dataDir = process.argv[1]
  mkdirSync(dataDir)
  chmodSync(dirname(dataDir), 0o755)
  const warden = startWarden(dataDir)
  const part = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  warden.watch({ pid: 0 })
  const short = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
  await new Promise((resolve) => short.once('exit', resolve))
  warden.watch({ pid: short.pid })
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

const soon = { timeout: 60_000 }

test('whoever is killed leaves neither part nor database nor folder', async () => {
  const { child, marks } = await start()
  expect(marks.map(isAlive)).toEqual([true, true])
  child.kill('SIGKILL')
  await expect.poll(() => marks.map(isAlive), soon).toEqual([false, false])
  await expect.poll(() => existsSync(dirname(dataDir)), soon).toBe(false)
})

test('what makes no sense to it costs no other part its end, and is said', async () => {
  const part = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  const mark = markOf(part.pid!)
  mkdirSync(dataDir)
  const warden = spawn(process.execPath, [join(import.meta.dirname, '../dist/warden-main.js'), dataDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let said = ''
  warden.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  warden.stdin.end(`{"pid": 0, "startedAt": null}\n${JSON.stringify(mark)}\n{"pid": 12`)
  const [code] = (await once(warden, 'close')) as [number]
  expect(code).toBe(1)
  expect(said.split('\n').map((line) => line.split(' on ')[0])).toEqual([
    'Something may still run',
    'Something may still run',
    '',
  ])
  expect(isAlive(mark)).toBe(false)
  expect(existsSync(dataDir)).toBe(true)
})

test('whoever stops it finds all ended, and the folder still there', async () => {
  const { child, lines, marks } = await start()
  child.stdin.write('stop')
  const [said] = (await once(lines, 'line')) as [string]
  expect(said).toBe('stopped')
  expect(marks.map(isAlive)).toEqual([false, false])
  expect(existsSync(join(dataDir, 'shop/db'))).toBe(true)
})
