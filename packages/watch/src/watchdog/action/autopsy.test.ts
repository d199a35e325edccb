import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GiB, MiB } from '@plimsoll/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { performAutopsy, refusalOfAutopsy, type AutopsyOptions } from './autopsy.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-autopsy-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const options = (changes: Partial<AutopsyOptions> = {}): AutopsyOptions => ({
  folder,
  name: 'web-2',
  heapBytes: 100 * MiB,
  room: { freeBytes: 4 * GiB, limitBytes: 8 * GiB, limitedBy: 'container' },
  nowMs: Date.UTC(2026, 0, 2),
  write: (file) => writeFileSync(file, ''),
  read: () => {},
  ...changes,
})

test('a snapshot is written and handed to a reader', () => {
  const read: string[][] = []
  const sentence = performAutopsy(options({ read: (...files) => read.push(files) }))
  expect(readdirSync(folder)).toEqual(['web-2-2026-01-02T00-00-00-000Z.heapsnapshot'])
  expect(read).toEqual([[join(folder, readdirSync(folder)[0]!), join(folder, 'web-2-2026-01-02T00-00-00-000Z.json')]])
  expect(sentence).toMatch(/is being read into .*\.json$/)
})

test.each([
  [
    'memory',
    options({ room: { freeBytes: 500 * MiB, limitBytes: GiB, limitedBy: 'container' } }),
    9 * GiB,
    null,
    /no memory/,
  ],
  ['disk', options(), 200 * MiB, null, /no room for it/],
  ['need, after one of late', options(), 9 * GiB, Date.UTC(2026, 0, 2) - 60_000, /last ten minutes/],
  ['time', options({ heapBytes: 3 * GiB }), 90 * GiB, null, /too long/],
])('without %s there is none, and the reason is told', (_, given, freeDiskBytes, newestAtMs, reason) => {
  expect(refusalOfAutopsy({ ...given, folder: '/evidence' }, freeDiskBytes, newestAtMs)).toMatch(reason)
})

test('a folder that cannot be made is a sentence and no crash', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(performAutopsy(options({ folder: join(folder, 'file', 'x') }))).toMatch(/^no autopsy: .*ENOTDIR/)
})

test('a disk that fills up while it is written is a sentence and no crash, and the part that was written goes', () => {
  const write = (file: string): void => {
    writeFileSync(file, 'part of a snapshot')
    throw new Error('ENOSPC: no space left on device')
  }
  expect(performAutopsy(options({ write }))).toMatch(/^no autopsy: ENOSPC/)
  expect(readdirSync(folder)).toEqual([])
})
