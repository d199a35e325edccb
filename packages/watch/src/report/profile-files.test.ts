import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ManualClock } from '@plimsoll/core/testing'
import { Profile } from 'pprof-format'
import { afterAll, expect, test } from 'vitest'
import { ProfileFiles } from './profile-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-profiles-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const heapOf = (size: number) => ({
  head: {
    id: 1,
    callFrame: { functionName: '(root)', url: '', lineNumber: -1 },
    children: [{ id: 2, callFrame: { functionName: 'render', url: 'file:///srv/a.js', lineNumber: 4 }, children: [] }],
  },
  samples: [{ size, nodeId: 2 }],
})
const bytesIn = (file: string) => Number(Profile.decode(gunzipSync(readFileSync(file))).sample[0]!.value[1])

test('the newest heap profile takes the place of the last, every half minute at most, for its owner alone', () => {
  const clock = new ManualClock()
  const files = new ProfileFiles({ folder: join(folder, 'heap'), name: 'web/1', clock, nowMs: () => 5 })
  const file = join(folder, 'heap', `heap-web_1-${process.pid}.pb.gz`)
  files.noteHeap(heapOf(100), 64)
  files.noteHeap(heapOf(200), 64)
  expect(bytesIn(file)).toBe(100)
  clock.advance(31_000)
  files.noteHeap(heapOf(300), 64)
  expect(bytesIn(file)).toBe(300)
  expect(readdirSync(join(folder, 'heap'))).toHaveLength(1)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('ten seconds of the processor are written on a command, one at a time', async () => {
  const clock = new ManualClock()
  const files = new ProfileFiles({ folder, name: 'web-1', clock, nowMs: () => 5 })
  const first = files.captureCpu()
  expect(await files.captureCpu()).toMatchObject({ status: 'refused' })
  let outcome: unknown = null
  void first.then((ended) => (outcome = ended))
  const later = async () => {
    await clock.advanceAsync(10_000)
    return outcome
  }
  await expect.poll(later).toMatchObject({ status: 'done' })
  const profile = Profile.decode(gunzipSync(readFileSync(join(folder, `cpu-web-1-${process.pid}.pb.gz`))))
  expect(profile.stringTable.strings).toContain('nanoseconds')
})
