import { expect, test } from 'vitest'
import { readWorkerMessage } from './worker-messages.ts'

const heap = { kind: 'heap', threadId: 1, script: '/app/render.js', startBytes: 10, heapBytes: 20 }
const frame = { script: 'file:///app/page.js', line: 7, column: 3, functionName: 'keep' }
const written = { ...frame, written: { line: 3, column: 1 } }
const report = { atMs: 1, windowCount: 2, sites: [{ stack: [frame, written], bytesByBirth: [1, 1] }] }
const profile = { kind: 'profile', threadId: 1, report }

test('what a worker tells is taken', () => {
  for (const message of [heap, { ...heap, script: null }, profile]) expect(readWorkerMessage(message)).toBe(message)
})

test('whatever else is posted to the channel is not', () => {
  const withSite = (site: object) => ({ ...profile, report: { ...report, sites: [site] } })
  const withFrame = (changed: object) => withSite({ stack: [{ ...frame, ...changed }], bytesByBirth: [1] })
  for (const message of [
    null,
    'heap',
    { kind: 'sample', threadId: 1, isOn: true },
    { ...heap, threadId: 'one' },
    { ...heap, script: 7 },
    { ...heap, script: 'x'.repeat(5000) },
    { ...heap, startBytes: NaN },
    { ...heap, heapBytes: -1 },
    { ...profile, report: null },
    { ...profile, report: { ...report, windowCount: 1.5 } },
    { ...profile, report: { ...report, sites: 'many' } },
    { ...profile, report: { ...report, sites: Array(1000).fill(report.sites[0]) } },
    withSite({ stack: Array(1000).fill(frame), bytesByBirth: [1] }),
    withSite({ stack: [frame], bytesByBirth: ['1'] }),
    withFrame({ script: 'x'.repeat(5000) }),
    withFrame({ line: null }),
    withFrame({ functionName: {} }),
    withFrame({ written: 'there' }),
  ])
    expect(readWorkerMessage(message), JSON.stringify(message)?.slice(0, 80)).toBeNull()
})
