import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

interface Bench {
  readRecording(path: string): { events?: unknown[][]; fault?: string }
}
const { readRecording } = (await import(new URL('../bench/leaks/recording.js', import.meta.url).href)) as Bench

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-leak-bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

function read(...lines: string[]) {
  const path = join(folder, 'run.jsonl')
  writeFileSync(path, lines.join('\n'))
  return readRecording(path)
}

test('a recording whose process was killed is read up to its last whole line', () => {
  expect(read('["head",{}]', '["moment",{"atMs":5}]', '["moment",{"at')).toEqual({
    events: [
      ['head', {}],
      ['moment', { atMs: 5 }],
    ],
  })
})

test('what two runs wrote into one file, and what lacks its beginning, is told with its path and not judged', () => {
  const mixed = read('["head",{}]', '["head",{}]', '["moment",{"atMs":5}]', '["moment",{"atMs":4}]')
  expect(mixed).toEqual({ fault: expect.stringMatching(/run\.jsonl was written by 2 runs/) as string })
  expect(read('["moment",{"atMs":5}]', '["head",{}]').fault).toMatch(/run\.jsonl lacks its beginning/)
  expect(read('').fault).toMatch(/lacks its beginning/)
})
