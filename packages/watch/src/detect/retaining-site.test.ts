import { expect, test } from 'vitest'
import type { Frame } from '../attribute/stack.ts'
import { findRetainingSites } from './retaining-site.ts'

const at = (functionName: string, line: number): Frame => ({ script: '/srv/app.js', line, column: 1, functionName })
const [render, handler, server] = [at('render', 3), at('handler', 20), at('server', 90)] as const
const names = (sites: Parameters<typeof findRetainingSites>[0]) =>
  findRetainingSites(sites).map(({ frame }) => frame.functionName)

test('a function whose allocations of every window stay is told before one that turns over', () => {
  const keeping = { stack: [handler], bytesByBirth: [50, 60, 55, 50, 900] }
  const turning = { stack: [server], bytesByBirth: [0, 0, 0, 400, 900] }
  expect(names([turning, keeping])).toEqual(['handler'])
})

test('what helpers allocate is added to who called them, and the innermost that explains it all is told first', () => {
  const sites = [
    { stack: [render, handler, server], bytesByBirth: [50, 50, 50, 50, 50] },
    { stack: [handler, server], bytesByBirth: [40, 40, 40, 40, 40] },
  ]
  expect(names(sites)[0]).toBe('handler')
})

test('a function that was compiled into its caller is put back', () => {
  const sites = [
    { stack: [render, handler, server], bytesByBirth: [50, 0, 0, 0, 0] },
    { stack: [handler, server], bytesByBirth: [200, 0, 0, 0, 0] },
    { stack: [render, server], bytesByBirth: [0, 90, 90, 90, 90] },
  ]
  expect(names(sites)[0]).toBe('handler')
})

test('nothing is told of the last window alone, nor of nothing', () => {
  expect(names([{ stack: [handler], bytesByBirth: [900] }])).toEqual([])
  expect(names([])).toEqual([])
})

test('a little that anybody leaves behind in each window makes no function retain that turns over', () => {
  const sites = [
    { stack: [render, handler], bytesByBirth: [0, 0, 0, 4000, 4000, 900] },
    { stack: [handler], bytesByBirth: [60, 60, 60, 60, 60, 60] },
  ]
  expect(names(sites)).not.toContain('handler')
})

test("with a package's function goes the host's own that led into it", () => {
  const create = { ...at('create', 7), script: '/srv/node_modules/dom/lib/create.js' }
  const sites = [{ stack: [create, handler, server], bytesByBirth: [50, 50, 50, 50, 50] }]
  const [first] = findRetainingSites(sites)
  expect(first).toMatchObject({ frame: create, ledBy: { frame: handler, callee: 'create' } })
})
