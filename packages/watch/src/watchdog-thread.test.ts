import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test, vi } from 'vitest'
import { createGuard } from './guard.ts'
import { WatchdogThread } from './watchdog-thread.ts'

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-thread-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
// Sends back what it is sent, and dies of an exit.
writeFileSync(
  join(folder, 'watchdog.js'),
  `const { parentPort } = require('node:worker_threads')
  parentPort.on('message', (message) => {
    if (message.kind === 'exit') throw new Error('out of memory')
    parentPort.postMessage(message)
  })`,
)
vi.mock('./own-folder.ts', () => ({
  get ownFolder() {
    return `${pathToFileURL(folder).href}/`
  },
}))

const trouble = (where: string) => ({ kind: 'trouble', where, message: '' }) as const

test('what was said before the thread began comes first, and its death is told to people, who cannot harm the host', async () => {
  const said: string[] = []
  const failures: string[] = []
  const thread = new WatchdogThread((sentence) => {
    said.push(sentence)
    throw new Error('the terminal is gone')
  })
  thread.send(trouble('early'))
  thread.send(trouble('soon after'))
  expect(thread.isRunning).toBe(false)
  const data = {} as Parameters<typeof thread.start>[0]
  expect(
    thread.start(
      data,
      createGuard((where) => void failures.push(where)),
    ),
  ).toBe(true)
  thread.send(trouble('late'))
  const heard: unknown[] = []
  thread.listen((message) => void heard.push(message))
  await vi.waitFor(() => expect(heard).toEqual(['early', 'soon after', 'late'].map(trouble)), 5000)
  thread.send({ kind: 'exit', exitCode: 1 })
  await vi.waitFor(() => expect(failures).toEqual(['watchdog']), 5000)
  expect(said).toEqual(['the watchdog thread ended: out of memory. The service goes on unwatched.'])
  expect(thread.isRunning).toBe(false)
  thread.send(trouble('to nobody'))
})
