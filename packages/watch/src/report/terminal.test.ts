import type { Signal } from '@plimsoll/core/wire'
import { expect, test } from 'vitest'
import { renderSignal } from './terminal.ts'

const leak: Signal = {
  version: 1,
  service: 'shop',
  instance: 'web-2#1-abcd',
  sequence: 1,
  atMs: 1,
  sinceStartMs: 1,
  kind: 'memory-growth',
  severity: 'warning',
  verdict: 'leaking',
  memory: 'heap',
  signature: 's',
  slope: { estimate: 18e6, low: 17e6, high: 19e6, unit: 'bytesPerMin' },
  timeToLimitMs: [250_000, 320_000],
  series: [],
  culprit: {
    file: 'src/pages.js',
    line: 41,
    column: 3,
    variable: 'pageCache',
    package: null,
    version: null,
    confidence: 0.9,
    knownLeak: null,
    fixedIn: null,
    share: 0.99,
    entryCount: 100,
    code: 'pageCache.set(url, html)',
  },
  candidates: [],
  sentence:
    'web-2 is leaking: pageCache (src/pages.js:41) keeps 7.6 KB of every request. At 412 requests/s the limit of 256 MB is 4 min 10 s to 5 min 20 s away.',
  actions: [],
}
const frame = {
  firstLine: 39,
  lines: ['function page(url) {', '  const html = render(url)', '  pageCache.set(url, html)', '  return html'],
}
const level = { label: 'heap after GC', currentBytes: 171 * 2 ** 20, limitBytes: 256 * 2 ** 20 }

test('a leak is one block: sentence, gauge, line, what to do', () => {
  const block = renderSignal(leak, frame, level, { isColoured: false, columns: 80 })
  expect(block).toMatchInlineSnapshot(`
    "
     ● web-2 is leaking: pageCache (src/pages.js:41) keeps 7.6 KB of every request.
       At 412 requests/s the limit of 256 MB is 4 min 10 s to 5 min 20 s away.

       heap after GC  ▐███████████████████████████░░░░░░░░░░░░░▌  171 MB of 256 MB

       src/pages.js:41:3
         39 │ function page(url) {
         40 │   const html = render(url)
       ▸ 41 │   pageCache.set(url, html)
         42 │   return html

     To do: let pageCache forget: give it a bound in bytes or entries and an
            eviction, or take entries out when they are done with.

    "
  `)
})

test('colour only where it was asked for, and a narrow terminal is respected', () => {
  const plain = renderSignal(leak, frame, level, { isColoured: false, columns: 60 })
  expect(plain).not.toContain('\u001b')
  expect(renderSignal(leak, frame, level, { isColoured: true, columns: 60 })).toContain('\u001b[38;5;208m')
  const sentences = plain.split('\n').filter((line) => !line.includes('▐'))
  expect(Math.max(...sentences.map((line) => line.length))).toBeLessThanOrEqual(62)
})

test('everything else is one line', () => {
  const text = renderSignal({ ...leak, verdict: 'recovered', sentence: 'web-2 has recovered.' }, null, null, {
    isColoured: false,
    columns: 80,
  })
  expect(text).toBe('plimsoll: web-2 has recovered.\n')
})

test('what to do depends on who it is', () => {
  const advice = (variable: string | null, owner: string | null) =>
    renderSignal({ ...leak, culprit: { ...leak.culprit!, variable, package: owner } }, frame, level, {
      isColoured: false,
      columns: 200,
    })
  expect(advice("bus.on('tick')", null)).toContain('add this listener once')
  expect(advice('cache', 'leaky')).toContain('look for a newer leaky')
  expect(advice('cache', 'leaky')).toContain('cache is where it holds on.')
  expect(advice(null, 'leaky')).toContain(
    'look for a newer leaky, and at the code of yours that calls it; what is made there stays.',
  )
  expect(advice(null, null)).toContain('find out who keeps what is made there')
  const unknown = renderSignal({ ...leak, culprit: null }, null, level, { isColoured: false, columns: 200 })
  expect(unknown).toContain('not known yet')
})

test('a function among the others is told as one that makes what stays', () => {
  const candidates = [{ ...leak.culprit!, variable: null }, leak.culprit!]
  const block = renderSignal({ ...leak, candidates }, frame, level, { isColoured: false, columns: 200 })
  expect(block).toContain('Also growing: what src/pages.js:41 makes · pageCache (src/pages.js:41)\n')
})
