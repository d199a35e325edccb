import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const bench = new URL('../../../../bench/tier/', import.meta.url)

interface Judge {
  judge(
    history: { reads: object[]; writes: object[]; latest: Map<string, number> },
    boundMs: number,
  ): { violations: { kind: string }[]; longestStaleMs: number }
}

test('the judge sees what is too old, what one has changed oneself, and what nobody wrote', async () => {
  const { judge } = (await import(/* @vite-ignore */ new URL('judge.js', bench).href)) as Judge
  const latest = new Map([['a', 2]])
  const writes = [
    { worker: 0, key: 'a', version: 1, deliveredMs: 10, returnedMs: 10 },
    { worker: 0, key: 'a', version: 2, deliveredMs: 100, returnedMs: 90 },
  ]
  const kindsOf = (read: { worker: number; version: number; startMs: number }) =>
    judge({ reads: [{ key: 'a', endMs: read.startMs, ...read }], writes, latest }, 50).violations.map(
      ({ kind }) => kind,
    )
  expect(kindsOf({ worker: 1, version: 1, startMs: 150 })).toEqual([])
  expect(kindsOf({ worker: 1, version: 1, startMs: 151 })).toEqual(['stale'])
  expect(kindsOf({ worker: 0, version: 1, startMs: 91 })).toEqual(['own change not seen'])
  expect(kindsOf({ worker: 1, version: 3, startMs: 151 })).toEqual(['never written'])
  expect(kindsOf({ worker: 1, version: 2, startMs: 500 })).toEqual([])
})

// The long form is 100,000 operations: node bench/tier/consistency.js
test('two processes and random faults: nothing is served staler than the bound', { timeout: 110_000 }, () => {
  const args = [fileURLToPath(new URL('consistency.js', bench)), '--operations', '20000', '--seed', '6', '--json']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 100_000 })
  expect(stderr).toBe('')
  const result = JSON.parse(stdout) as {
    violations: number
    firstViolations: unknown[]
    delivered: number
    reads: number
  }
  expect(result.firstViolations).toEqual([])
  expect(result.delivered).toBeGreaterThan(0)
  expect(result.reads).toBeGreaterThan(1000)
  expect(status).toBe(0)
})
