import { readFileSync } from 'node:fs'

import Ajv from 'ajv'
import { expect, test } from 'vitest'

import { invalid, knee, leak, slower } from '../../test/results.ts'
import { exitCodeOf, type SoakResult } from '../result.ts'
import { formatHtml } from './html.ts'
import { formatJunit } from './junit.ts'
import { formatMarkdown } from './markdown.ts'
import { formatSarif } from './sarif.ts'
import { formatText } from './text.ts'

test('the exit code: no verdict before proven bad before undecided before good', () => {
  expect(exitCodeOf(leak)).toBe(1)
  expect(exitCodeOf({ ...leak, verdict: 'invalid' })).toBe(3)
  expect(exitCodeOf({ verdict: 'not-sure', gates: leak.gates.slice(1) })).toBe(2)
  expect(exitCodeOf({ verdict: 'clean', gates: leak.gates.slice(1, 2) })).toBe(0)
})

test('JUnit has a case for each gate, escaped, and counts that agree', () => {
  const xml = formatJunit(leak)
  expect(xml).toContain('tests="3" failures="1" errors="0" skipped="1"')
  expect(xml.match(/<testcase /g)).toHaveLength(3)
  expect(xml).toContain('heap rises &lt;fast&gt; &amp; far')
  // eslint-disable-next-line no-control-regex -- that is the point
  expect(xml).not.toMatch(/[\u0000-\u0008]/)
  expect(formatJunit(invalid)).toContain('<error message="it hangs"/>')
})

test('SARIF points at the line, with a relative address', () => {
  const { version, runs } = JSON.parse(formatSarif(leak)) as {
    version: string
    runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[]
  }
  expect(version).toBe('2.1.0')
  expect(runs[0]!.tool.driver.rules.map(({ id }) => id)).toEqual(['retained'])
  expect(runs[0]!.results).toEqual([
    expect.objectContaining({
      ruleId: 'retained',
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'src/a%20%3Cb%3E%20&%20%22c%22.js' },
            region: { startLine: 8 },
          },
        },
      ],
    }),
  ])
})

test('the page is one file below 300 KB that loads nothing and lets no text become markup', () => {
  const html = formatHtml(leak)
  expect(html.length).toBeLessThan(300_000)
  expect(html).not.toMatch(/(?:src|href)=|@import|url\(/)
  expect(html).not.toContain('<script>')
  expect(html).toContain('&lt;script&gt;')
})

test('Markdown keeps its table whole, and the terminal tells verdict, line and share', () => {
  expect(formatMarkdown(leak)).toContain('## Soak: ❌ LEAK')
  const text = formatText(leak)
  expect(text).toContain('LEAK      every request leaves 224 B behind')
  expect(text).toContain('src/a <b> & "c".js:8')
  expect(text).toContain('91 % of the growth, 38,644 entries, lets nothing go')
  expect(text).toContain('NOT SURE  is not decided')
})

/** The published schema, in which nothing may stand that it does not name. */
function strictSchema(): object {
  const text = readFileSync(new URL('../../schema/result.schema.json', import.meta.url), 'utf8')
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'properties' in value && 'required' in value
      ? { ...value, additionalProperties: false }
      : value,
  ) as object
}

test('the knee is told with its rates, its medians and what gives out there', () => {
  expect(formatMarkdown({ ...leak, knee })).toContain('Knee: keeps up to 640 req/s; at 700')
  expect(formatHtml({ ...leak, knee })).toContain('<p>Keeps up to 640 req/s; at 700')
  expect(formatText({ ...leak, knee })).toContain(
    'keeps up to 640 req/s; at 700 latency leaves the straight line (p50 12 ms → 31 ms): its event loop has no time left, at work 97 % of the time',
  )
  const without = { ...knee, highPerSec: null, limitedBy: null, busyShare: null }
  expect(formatText({ ...leak, knee: { ...without, why: 'generator' } })).toContain(
    'the load generator gives out first',
  )
  expect(formatText({ ...leak, knee: { ...without, why: 'not-reached' } })).toContain('more was not asked of it')
})

test('the published schema holds for every kind of result, and names all that is in it', () => {
  const validate = new Ajv().compile(strictSchema())
  const clean: SoakResult = {
    ...leak,
    verdict: 'clean',
    culprits: [],
    latencyMs: null,
    timeToLimitMs: null,
    comparison: slower,
    knee,
    errors: { count: 2, share: 0.01, kinds: { 'timed-out': 2 } },
    byRoute: [
      {
        route: 'GET /',
        requestCount: 3,
        failureCount: 0,
        latencyMsP50: 1,
        latencyMsP99: 2,
        retainedBytesPerRequest: null,
      },
    ],
    nodeVersion: null,
    heapLimitBytes: null,
  }
  for (const result of [leak, clean, invalid]) {
    validate(JSON.parse(JSON.stringify(result)))
    expect(validate.errors).toBeNull()
  }
  expect(validate({ ...leak, verdict: 'fine' })).toBe(false)
  expect(validate({ ...leak, more: 1 })).toBe(false)
  expect(validate({ ...leak, gates: [{ name: 'retained' }] })).toBe(false)
})

test('a slowdown and its culprit stand in every report', () => {
  const gate = { name: 'slowdown', verdict: 'fail', sentence: 'slower than main', limit: '+10 %' } as const
  const result: SoakResult = { ...leak, verdict: 'clean', culprits: [], gates: [gate], comparison: slower }
  for (const format of [formatText, formatHtml, formatMarkdown, formatJunit, formatSarif]) {
    const report = format(result)
    expect(report).toMatch(/src\/render\.js(?::3|"[^]*"startLine": 3)/)
    expect(report).toContain('slower than main')
    expect(report).toMatch(/spends it in clone/)
  }
  expect(exitCodeOf(result)).toBe(1)
})

test("a package's line is told with the line of the service that leads there, which is the one a pull request holds", () => {
  const [first] = leak.culprits
  const culprits = [
    { ...first!, file: 'node_modules/store/index.js', line: 9, package: 'store', caller: 'src/app.js:31' },
  ]
  for (const format of [formatText, formatHtml, formatMarkdown])
    expect(format({ ...leak, culprits })).toContain('src/app.js:31')
  const sarif = formatSarif({ ...leak, culprits })
  expect(sarif).toMatch(/"uri": "src\/app\.js"[^]*"startLine": 31/)
  expect(sarif).toContain('node_modules/store/index.js:9')
})
