import { MINUTE_MS } from '@plimsoll/core'
import { expect, test, vi } from 'vitest'
import { liveThirteenHours } from '../../src/testing/index.ts'

// Some seconds of a processor, which a busy machine spreads over minutes.
vi.setConfig({ testTimeout: 300_000 })

test('the thirteen hours of 10 May 2023, as they would have gone', () => {
  const began = process.cpuUsage()
  const { releaseMs, deathMs, incidents, statesBeforeFix, calls, replacedCount, deepestRatio, postmortem } =
    liveThirteenHours()
  const [record, ...others] = incidents
  expect(others).toEqual([])
  const { openedAtMs, actions } = record!
  expect(deathMs - openedAtMs).toBeGreaterThan(10 * MINUTE_MS)
  expect(openedAtMs - releaseMs).toBeLessThanOrEqual(0.4 * (deathMs - releaseMs))
  expect(statesBeforeFix).toEqual(['acknowledged'])
  expect(record).toMatchObject({
    state: 'resolved',
    cause: 'leak',
    culprit: { file: 'src/catalog/pages.ts', line: 41 },
  })
  expect(record!.served.errorCount).toBe(0)
  expect(deepestRatio).toBeLessThan(0.95)
  expect(record!.mitigatedAtMs).not.toBeNull()
  // One after the other, none twice at once, and each only when it was near.
  expect(actions.length).toBe(replacedCount)
  for (const [index, { requestedAtMs }] of actions.slice(1).entries())
    expect(requestedAtMs).toBeGreaterThanOrEqual(actions[index]!.endedAtMs!)
  // To the second: level one at once, level two after a minute, then every two until somebody has it, and then nobody more.
  const pages = calls
    .filter(({ reason }) => reason === 'page')
    .map(({ team, atMs }) => [team, (atMs - openedAtMs) / MINUTE_MS])
  expect(pages).toEqual([['on-call', 0], ...Array.from({ length: 10 }, (_, at) => ['second', 1 + 2 * at])])
  expect(calls.filter(({ reason }) => reason === 'owner')).toMatchObject([{ team: 'catalog' }])
  const notes = calls
    .filter(({ reason }) => reason === 'stakeholder')
    .map(({ atMs }) => (atMs - openedAtMs) / MINUTE_MS)
  expect(notes.slice(0, 3)).toEqual([0.5, 30.5, 60.5])
  expect(postmortem.summary.join(' ')).toContain('0 requests failed')
  expect(postmortem.code).toContain('pageCache.set')
  process.stdout.write(
    `13.5 hours in ${(process.cpuUsage(began).user / 1e6).toFixed(1)} s of a processor: opened ${((openedAtMs - releaseMs) / MINUTE_MS).toFixed(1)} min after the release, ${((deathMs - openedAtMs) / MINUTE_MS).toFixed(0)} min before the first death, ${actions.length} replacements, deepest ${(100 * deepestRatio).toFixed(0)} %\n`,
  )
})
