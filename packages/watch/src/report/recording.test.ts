import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Moment } from '../detect/detector.ts'
import { Recording } from './recording.ts'

const head = {
  node: 'v24',
  workingDirectory: '/srv',
  heapLimitBytes: 1,
  machineBytes: 2,
  memoryLimitBytes: null,
  descriptorLimit: null,
}

test('where it cannot be written, the recording ends, says so once and keeps nobody from anything', () => {
  const told: string[] = []
  const recording = new Recording(join(tmpdir(), 'plimsoll-absent-folder', 'x', 'run.jsonl'), head, (sentence) =>
    told.push(sentence),
  )
  recording.noteMoment({ atMs: 5 } as Moment, null)
  recording.noteMoment({ atMs: 6 } as Moment, null)
  expect(told).toHaveLength(1)
  expect(told[0]).toMatch(/^the recording ends: .*PLIMSOLL_RECORD/)
})

test('two processes that are given one file leave two recordings, each whole, and a third of the same number says that it leaves none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-recording-'))
  const file = join(folder, 'run.jsonl')
  const told: string[] = []
  const recordings = [1, 2, 3].map(() => new Recording(file, head, (sentence) => told.push(sentence)))
  for (const atMs of [5, 6])
    for (const [index, recording] of recordings.entries())
      recording.noteMoment({ atMs: 100 * index + atMs } as Moment, null)
  const timesIn = (path: string) =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as [string, { atMs?: number }])[1].atMs)
  expect(timesIn(file)).toEqual([undefined, 5, 6])
  expect(timesIn(`${file}.${process.pid}`)).toEqual([undefined, 105, 106])
  expect(told).toEqual([expect.stringMatching(/^the recording ends: .*run\.jsonl.*PLIMSOLL_RECORD/)])
  rmSync(folder, { recursive: true })
})

test('a recording holds what verdicts are made from, and describes a collection once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-recording-'))
  const file = join(folder, 'run.jsonl')
  const recording = new Recording(file, head, () => {})
  const pages = {
    id: 7,
    kind: 'map' as const,
    path: 'pages',
    script: 'file:///srv/a.js',
    bound: null,
    isReplaced: false,
    count: 10,
    hasLetGo: false,
    deadlineMs: null,
    entryBytes: 100.00049,
    entryExternalBytes: 0,
  }
  recording.noteMoment({ atMs: 5 } as Moment, null)
  for (const count of [10, 20]) {
    recording.note({ kind: 'census', report: { atMs: count, requestTotal: 1, holders: [{ ...pages, count }] } }, 0)
  }
  recording.note({ kind: 'trouble', where: 'x', message: 'y' }, 0)
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown[])
  rmSync(folder, { recursive: true })
  expect(lines.map(([kind]) => kind)).toEqual(['head', 'moment', 'holder', 'census', 'census'])
  expect(lines[4]).toEqual(['census', 20, 1, [[7, 20, false, 100, 0, null]]])
})
