import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { boundEvidence, openEvidenceFolder } from './evidence.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-evidence-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the folder is its owner’s alone, also when it was there before', () => {
  const fresh = join(folder, 'a', 'b')
  const open = join(folder, 'open')
  mkdirSync(open, { mode: 0o777 })
  for (const path of [fresh, open]) {
    openEvidenceFolder(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
  }
})

test('a folder of somebody else’s, or their link to one of ours, is refused and left as it is', () => {
  const ours = join(folder, 'ours')
  mkdirSync(ours, { mode: 0o755 })
  symlinkSync(ours, join(folder, 'link'))
  const stranger = process.getuid!() + 1
  for (const path of [ours, join(folder, 'link')]) {
    expect(() => openEvidenceFolder(path, stranger)).toThrow(/belongs to somebody else.*--evidence/)
  }
  expect(statSync(ours).mode & 0o777).toBe(0o755)
})

function fill(count: number, bytes: number): void {
  for (let index = 0; index < count; index++) {
    const path = join(folder, `${index}.json`)
    writeFileSync(path, 'x'.repeat(bytes))
    utimesSync(path, 1000 + index, 1000 + index)
  }
}

test('the oldest go when there are too many', () => {
  fill(5, 10)
  boundEvidence(folder, Date.now(), { maxFiles: 2, maxBytes: 1000 })
  expect(readdirSync(folder).sort()).toEqual(['3.json', '4.json'])
})

test('the oldest go when they take too much', () => {
  fill(5, 400)
  boundEvidence(folder, Date.now(), { maxFiles: 50, maxBytes: 1000 })
  expect(readdirSync(folder).sort()).toEqual(['3.json', '4.json'])
})

test('a snapshot that was forgotten goes, one that is being read stays', () => {
  for (const name of ['old.heapsnapshot', 'new.heapsnapshot']) writeFileSync(join(folder, name), '')
  utimesSync(join(folder, 'old.heapsnapshot'), 1000, 1000)
  boundEvidence(folder, Date.now())
  expect(readdirSync(folder)).toEqual(['new.heapsnapshot'])
})
