import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import type { CpuSite, Frame, WaitSite } from '../probe/probe-protocol.ts'
import { findSlowCode, type Watched } from './slow-code.ts'
import { Sources } from './sources.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A build with one file, watched for 100 requests. */
function watched(text: string, gather: (frame: (line: number, name: string) => Frame) => Partial<Watched>): Watched {
  const folder = mkdtempSync(join(tmpdir(), 'slow-code-'))
  folders.push(folder)
  const script = join(folder, 'server.js')
  writeFileSync(script, text)
  const frame = (line: number, functionName: string): Frame => ({ script, line, column: 1, functionName })
  const sources = new Sources(folder)
  return { cpu: [], cpuRequestCount: 100, waits: [], waitRequestCount: 100, busyShare: 0.2, sources, ...gather(frame) }
}

const site = (own: Frame, selfMs: number, changes: Partial<CpuSite> = {}): CpuSite => ({
  own,
  ranLine: null,
  callee: null,
  leaf: own.functionName,
  selfMs,
  ...changes,
})

test('a function that computes more is named with the line that does, however far the lines have moved', () => {
  const base = watched('function a() {\n  one()\n}\nfunction b() {\n  two()\n}', (frame) => ({
    cpu: [site(frame(1, 'a'), 300, { ranLine: 2 }), site(frame(4, 'b'), 20, { ranLine: 5 })],
  }))
  const here = watched('// moved\nfunction a() {\n  one()\n}\nfunction b() {\n  two()\n  more()\n}', (frame) => ({
    cpu: [
      site(frame(2, 'a'), 310, { ranLine: 3 }),
      site(frame(5, 'b'), 20, { ranLine: 6 }),
      site(frame(5, 'b'), 200, { ranLine: 7 }),
    ],
  }))
  const [first, second] = findSlowCode(base, here)
  expect(first).toEqual({
    file: 'server.js',
    line: 7,
    code: 'more()',
    functionName: 'b',
    kind: 'cpu',
    baseMs: 0.2,
    hereMs: 2.2,
    share: 0.95,
    why: 'computes',
  })
  expect(second).toBeUndefined()
})

test('what a package or a built-in takes is told at the call, and a handler without a name is known by its text', () => {
  const text = "get('/x', (request) => {\n  const copy = clone(state)\n})"
  const base = watched(text, (frame) => ({ cpu: [site(frame(1, ''), 10)] }))
  const here = watched(`// moved\n\n${text}`, (frame) => ({
    cpu: [site(frame(3, ''), 10), site(frame(3, ''), 90, { callee: 'clone', leaf: 'baseClone' })],
  }))
  expect(findSlowCode(base, here)).toEqual([
    expect.objectContaining({
      line: 4,
      code: 'const copy = clone(state)',
      baseMs: 0.1,
      hereMs: 1,
      why: 'spends it in clone',
    }),
  ])
})

test('garbage is told as such', () => {
  const leaf = '(garbage collector)'
  const base = watched('function a() {}', (frame) => ({ cpu: [site(frame(1, 'a'), 10)] }))
  const here = watched('function a() {}', (frame) => ({
    cpu: [site(frame(1, 'a'), 20), site(frame(1, 'a'), 60, { callee: leaf, leaf })],
  }))
  expect(findSlowCode(base, here)[0]).toMatchObject({ kind: 'gc', why: 'makes garbage that has to be collected' })
})

test('of several that wait for each other, the innermost is named: more often, longer, or newly', () => {
  const text = 'async function handler() {\n  await load()\n}\nasync function load() {\n  await query()\n}'
  const wait = (stack: Frame[], waitMs: number, count: number): WaitSite => ({ stack, type: 'PROMISE', waitMs, count })
  const gather = (innerMs: number, count: number) =>
    watched(text, (frame) => ({
      waits: [
        wait([frame(2, 'handler')], innerMs + 5, 100),
        wait([frame(5, 'load'), frame(2, 'handler')], innerMs, count),
      ],
    }))
  const base = gather(200, 100)
  expect(findSlowCode(base, gather(2000, 2000))).toEqual([
    expect.objectContaining({
      line: 5,
      code: 'await query()',
      kind: 'wait',
      baseMs: 2,
      hereMs: 20,
      why: 'waits 20 times as often',
    }),
  ])
  expect(findSlowCode(base, gather(900, 100))[0]).toMatchObject({ line: 5, why: 'waits longer' })
  const without = watched(text, () => ({}))
  expect(findSlowCode(without, gather(900, 100))[0]).toMatchObject({ line: 5, why: 'waits, and did not' })
})

test('who waits for someone who computes is not the culprit', () => {
  const text = 'async function a() {\n  await b()\n}\nfunction b() {\n}'
  const base = watched(text, (frame) => ({ cpu: [site(frame(4, 'b'), 10)] }))
  const here = watched(text, (frame) => ({
    cpu: [site(frame(4, 'b'), 500)],
    waits: [{ stack: [frame(2, 'a')], type: 'PROMISE', waitMs: 600, count: 100 }],
  }))
  expect(findSlowCode(base, here).map(({ line, kind }) => [line, kind])).toEqual([[4, 'cpu']])
})

test('when the event loop has less time left, who computes is the culprit, however much longer others wait', () => {
  const text = 'async function a() {\n  await b()\n}\nfunction c() {\n}'
  const gather = (cpuMs: number, waitMs: number, busyShare: number) =>
    watched(text, (frame) => ({
      cpu: [site(frame(4, 'c'), cpuMs)],
      waits: [{ stack: [frame(2, 'a')], type: 'PROMISE', waitMs, count: 100 }],
      busyShare,
    }))
  expect(findSlowCode(gather(10, 400, 0.1), gather(500, 4000, 0.6))[0]).toMatchObject({ line: 4, kind: 'cpu' })
  expect(findSlowCode(gather(10, 400, 0.1), gather(30, 4000, 0.12))[0]).toMatchObject({ line: 2, kind: 'wait' })
})

test('builds alike have no culprit', () => {
  const gather = () => watched('function a() {}', (frame) => ({ cpu: [site(frame(1, 'a'), 10)] }))
  expect(findSlowCode(gather(), gather())).toEqual([])
})
