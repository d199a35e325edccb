import { runInThisContext } from 'node:vm'
import { ManualClock } from '@plimsoll/core/testing'
import { expect, test } from 'vitest'
import { catchFrame, chooseStart, type CaughtFrame, type FunctionStart } from './frame-catcher.ts'

interface Service {
  answer(url: string): number
  readonly hits: number[]
}

/** A service as frameworks are built: only an arrow is handed out, and its `this` leads to all the rest. */
function loadService(name: string): { service: Service; start: FunctionStart } {
  const script = `file:///srv/${name}.js`
  const lines = [
    '(() => {',
    '  const pages = new Map()',
    '  return new (class Service {',
    '    hits = []',
    '    answer = (url) => {',
    '      debugger',
    '      pages.set(url, {})',
    '      return this.hits.push(pages.size)',
    '    }',
    '  })()',
    '})()',
  ]
  const service = runInThisContext(lines.join('\n'), { filename: script }) as Service
  return { service, start: { script, line: 5, column: lines[4]!.indexOf('(url)') + 1 } }
}

const options = { guard: (act: () => void) => act, timeoutMs: 2000 }

test('tells what a function sees when it is called next, and the call goes on as it would', () => {
  const { service, start } = loadService('caught')
  const clock = new ManualClock()
  const frames: (CaughtFrame | null)[] = []
  catchFrame(start, { ...options, clock }, (frame) => frames.push(frame))
  expect(service.answer('/a')).toBe(1)
  expect(service.answer('/b')).toBe(2)
  clock.advance(1)
  const [frame] = frames
  expect(frames).toHaveLength(1)
  expect(frame!.self).toBe(service)
  const variables = frame!.scopes.map((scope) => scope.variables as { pages?: Map<string, object> })
  expect([...variables.find(({ pages }) => pages)!.pages!.keys()]).toEqual(['/a', '/b'])
  expect(Object.getOwnPropertySymbols(globalThis)).not.toContain(Symbol.for('plimsoll.frame'))
})

test('tells what a function is called with, though nobody closes over it', () => {
  const script = 'file:///srv/handler.js'
  const line =
    'async (context, { id }, next = () => {}) => { const path = [context.path, id]; await next(); return path }'
  const handler = runInThisContext(line, { filename: script }) as (context: object, more: object) => Promise<unknown>
  const simple = line.replace(', next = () => {}', '').replace('await next(); ', '')
  const other = runInThisContext(`\n${simple}`, { filename: `${script}2` }) as typeof handler
  const long = simple.replace('(context, { id })', '(\n  context,\n  { id },\n)')
  const wrapped = runInThisContext(long, { filename: `${script}3` }) as typeof handler
  const clock = new ManualClock()
  const frames: (CaughtFrame | null)[] = []
  const context = { path: '/a', app: {} }
  for (const [of, start] of [
    [handler, { script, line: 1, column: 1 }],
    [other, { script: `${script}2`, line: 2, column: 1 }],
    [wrapped, { script: `${script}3`, line: 1, column: 1 }],
  ] as const) {
    catchFrame(start, { ...options, clock }, (frame) => frames.push(frame))
    void of(context, { id: 1 })
    clock.advance(1)
  }
  // A list with parentheses of its own is left alone.
  expect(frames.map((frame) => frame!.parameters)).toEqual([{}, { context }, { context }])
  expect(frames[1]!.parameters['context']).toBe(context)
})

test('gives up on a function that is not called, and on one that is nowhere', () => {
  const { service, start } = loadService('idle')
  const clock = new ManualClock()
  const frames: (CaughtFrame | null)[] = []
  catchFrame(start, { ...options, clock }, (frame) => frames.push(frame))
  clock.advance(2001)
  expect(frames).toEqual([null])
  expect(service.answer('/late')).toBe(1)
  clock.advance(10_000)
  catchFrame({ ...start, script: 'file:///srv/nowhere.js' }, { ...options, clock }, (frame) => frames.push(frame))
  expect(frames).toEqual([null, null])
})

test('a function whose module was seen is looked into once, after those whose module was not', () => {
  const [handler, helper, library] = [3, 9, 20].map((line) => ({
    script: line < 10 ? 'app.js' : 'lib.js',
    line,
    column: 1,
  }))
  const starts = [handler!, helper!, library!]
  const hasReached = (script: string) => script === 'app.js'
  expect(chooseStart(starts, hasReached, [])).toBe(library)
  expect(chooseStart(starts, () => true, [])).toBe(handler)
  expect(chooseStart(starts, () => true, [{ ...handler! }])).toBe(helper)
  expect(chooseStart(starts, () => true, starts)).toBeNull()
  // One that is never called is not waited for again.
  expect(chooseStart(starts, hasReached, [library!])).toBe(handler)
})
