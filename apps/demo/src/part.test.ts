import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PartFailedError, startPart } from './part.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-part-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function start(script: string) {
  const logFile = join(folder, 'log', 'part.log')
  return {
    logFile,
    part: startPart('shop', [process.execPath, '-e', script], { cwd: folder, env: process.env, logFile }),
  }
}

test('waits for what a part says, however late one asks, and ends it when told', async () => {
  const { part, logFile } = start("console.log('ready at 4711'); setInterval(() => {}, 1000)")
  expect((await part.says(/ready at (\d+)/))[1]).toBe('4711')
  expect((await part.says(/ready/))[0]).toBe('ready')
  await part.stop()
  expect(await part.exited).toBe('SIGTERM')
  expect(readFileSync(logFile, 'utf8')).toBe('ready at 4711\n')
})

test('quotes the last words of a part that never got up', async () => {
  const { part } = start("console.error('no database here'); process.exit(3)")
  const failed = part.says(/ready/)
  await expect(failed).rejects.toThrow(PartFailedError)
  await expect(failed).rejects.toThrow(/The shop ended \(exit code 3\) before it was ready.*no database here/s)
})

test('insists when a part does not want to end', async () => {
  const { part } = start("process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)")
  await part.says(/up/)
  await part.stop(50)
  expect(await part.exited).toBe('SIGKILL')
})
