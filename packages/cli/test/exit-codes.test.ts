import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 120_000 })

const bin = fileURLToPath(new URL('../bin/plimsoll.js', import.meta.url))
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-exit-codes-'))
  writeFileSync(join(folder, 'file'), '')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function plimsoll(args: readonly string[], environment: Record<string, string> = {}) {
  const env = { ...process.env, ...environment }
  return spawnSync(process.execPath, [bin, ...args], { cwd: folder, env, encoding: 'utf8' })
}

test('a soak that the system keeps from beginning proves nothing bad', () => {
  const { status, stderr } = plimsoll(['soak', 'node server.js', '--get', '/'], { TMPDIR: join(folder, 'none') })
  expect(stderr).toContain('ENOENT')
  expect(status).toBe(3)
})

test('a verdict is told, also when a file for it cannot be written', () => {
  const { status, stdout, stderr } = plimsoll(['soak', 'no-such-command', '--get', '/', '--json', 'file/result.json'])
  expect(stdout).toContain('INVALID')
  expect(stderr).toMatch(/plimsoll: .*file/)
  expect(status).toBe(3)
})

test('a path that is not there is no finding', () => {
  const { status, stderr } = plimsoll(['review', 'nowhere'])
  expect(stderr).toBe('plimsoll: Review: nowhere does not exist; give it files or folders.\n')
  expect(status).toBe(2)
})
