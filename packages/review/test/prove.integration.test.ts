import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { proveFindings, reviewPaths } from '@plimsoll/review'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-prove-test-'))
  // As root, the code runs as nobody, who has to get in.
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A starved machine is slow, not wrong: what it cannot decide in time may be measured for long. */
const withinMs = 60_000
const timeout = 150_000

async function verdictOf(source: string): Promise<string | undefined> {
  writeFileSync(join(folder, 'a.cjs'), source)
  const { report } = reviewPaths({ paths: ['.'], folder })
  await proveFindings(report, { folder, withinMs })
  return report.findings[0]?.proof?.verdict
}

test(
  'a collection that grows is proven',
  async () => {
    const source = `const pages = new Map()
exports.page = function (url) {
  if (!pages.has(url)) pages.set(url, 'page of ' + url)
  return pages.get(url)
}
`
    expect(await verdictOf(source)).toBe('proven')
  },
  timeout,
)

test(
  'one that only looks as if it grew is refuted',
  async () => {
    const source = `const seen = {}
exports.count = function (url) {
  const key = url.slice(0, 1)
  seen[key] = (seen[key] ?? 0) + 1
}
`
    expect(await verdictOf(source)).toBe('refuted')
  },
  timeout,
)

test(
  'what cannot be loaded is told, and so is what ends its process',
  async () => {
    const source = `const pages = new Map()
exports.page = function (url) {
  if (!pages.has(url)) pages.set(url, 'page of ' + url)
}
`
    expect(await verdictOf(`require('not-installed')\n${source}`)).toBe('not drivable')
    expect(await verdictOf(`process.exit(3)\n${source}`)).toBe('not drivable')
  },
  timeout,
)

/** What running says of the only suspect in a file, and how many findings there are then. */
async function suspectIn(source: string): Promise<[string | undefined, number]> {
  writeFileSync(join(folder, 'a.cjs'), source)
  const { report } = reviewPaths({ paths: ['.'], folder, withSuspects: true })
  expect(report.findings).toEqual([])
  const [suspect] = report.suspects
  await proveFindings(report, { folder, withinMs })
  expect(report.suspects).toEqual([])
  return [suspect!.proof?.verdict, report.findings.length]
}

test(
  'what only running can tell becomes a finding when it is proven, and is not told otherwise',
  async () => {
    const keyed = (key: string): string => `const made = {}
exports.compile = function (name) {
  const type = ${key}
  made[type] = made[type] || { type }
  return made[type]
}
`
    expect(await suspectIn(keyed('name.trim()'))).toEqual(['proven', 1])
    expect(await suspectIn(keyed('name.length'))).toEqual(['refuted', 0])
  },
  timeout,
)
