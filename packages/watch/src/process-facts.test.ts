import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { readProcessFacts } from './process-facts.ts'

const folders: string[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function factsIn(packageText: string | null): ReturnType<typeof readProcessFacts> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-facts-'))
  folders.push(folder)
  if (packageText !== null) writeFileSync(join(folder, 'package.json'), packageText)
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
  return { ...readProcessFacts(), workingDirectory: '' }
}

test('a process is known by its package, its id and its start', () => {
  const facts = factsIn('{"name":"shop","version":"1.2.3"}')
  expect(facts).toMatchObject({ packageName: 'shop', packageVersion: '1.2.3', pid: process.pid, clusterWorkerId: null })
  expect(Math.abs(Date.now() - process.uptime() * 1000 - facts.startedAtMs)).toBeLessThan(1000)
})

test('no package, one that is no JSON, and names that are no text are no reason to fail', () => {
  const nameless = { packageName: null, packageVersion: null }
  expect(factsIn(null)).toMatchObject(nameless)
  expect(factsIn('{"name":')).toMatchObject(nameless)
  expect(factsIn('null')).toMatchObject(nameless)
  expect(factsIn('{"name":["shop"],"version":2}')).toMatchObject(nameless)
})
