import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../bin/plimsoll.js', import.meta.url))
let folder: string

const program = `
const { writeHeapSnapshot } = require('node:v8')
const pageCache = new Map()
const serve = (i) => pageCache.set('/p/' + i, { html: ('<p>' + i).repeat(20) })
for (let i = 0; i < 100; i++) serve(i)
setTimeout(() => {
  writeHeapSnapshot('young.heapsnapshot')
  for (let i = 100; i < 4000; i++) serve(i)
  setTimeout(() => writeHeapSnapshot('old.heapsnapshot'), 20)
}, 20)
`

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-cli-snapshot-'))
  writeFileSync(join(folder, 'app.cjs'), program)
  spawnSync(process.execPath, ['app.cjs'], { cwd: folder })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function plimsoll(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [bin, ...args], { cwd: folder, encoding: 'utf8' })
}

test('snapshot tells what holds most, by the name in the source', () => {
  const { status, stdout } = plimsoll('snapshot', 'old.heapsnapshot')
  expect(status).toBe(0)
  expect(stdout).toMatch(/pageCache in .*app\.cjs {2}Map\n\s+holds 4,000 Object \{html\}/)
  expect(stdout).toMatch(/What it is made of/)
})

test('diff tells what holds more than before', () => {
  const { status, stdout } = plimsoll('diff', 'young.heapsnapshot', 'old.heapsnapshot')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^It grew by .* MB/)
  expect(stdout).toMatch(/pageCache in .*app\.cjs {2}Map\n\s+gathered \+3,900 Object \{html\}/)
  expect(stdout).not.toContain('\u001B')
})

test('the wrong way round, diff asks whether that was meant', () => {
  expect(plimsoll('diff', 'old.heapsnapshot', 'young.heapsnapshot').stdout).toMatch(/Is the older one named first\?/)
})

test('--json is for programs', () => {
  const { growers } = JSON.parse(plimsoll('diff', '--json', 'young.heapsnapshot', 'old.heapsnapshot').stdout) as {
    growers: { variable: string; grownBytes: number }[]
  }
  expect(growers[0]!.variable).toMatch(/^pageCache in /)
  expect(growers[0]!.grownBytes).toBeGreaterThan(300_000)
})

test.each([
  [['snapshot'], 2, /Too little is said/],
  [['diff', 'old.heapsnapshot'], 2, /Too little is said/],
  [['snapshot', 'app.cjs'], 1, /no heap snapshot/],
  [['snapshot', 'missing'], 1, /cannot be read/],
])('%j ends with %i and says what is wrong', (args, code, message) => {
  const { status, stderr } = plimsoll(...args)
  expect(status).toBe(code)
  expect(stderr).toMatch(message)
  expect(stderr).not.toContain('--verbose')
})
