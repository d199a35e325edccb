import { formatBytes, formatDuration, MiB, SECOND_MS } from '@plimsoll/core'
import type { Batch } from '@plimsoll/core/wire'
import { afterEach, expect, test } from 'vitest'
import { dateTime, percent, thousands } from '../../src/words.ts'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

test('each fact of a postmortem is what happened, as the world outside the console saw it', async () => {
  story = await Story.begin(
    storyConfig({ escalation: { levels: [{ after: '0s', teams: ['on-call'] }], repeat: '1h' } }),
  )
  // What the world saw: each request that was served, each order that was carried out, each message that arrived.
  const served: { atMs: number; requestCount: number; errorCount: number }[] = []
  const post = story.post.bind(story)
  story.post = (body, token) => {
    for (const { http } of (body as Batch).samples)
      served.push({ atMs: story.clock.nowMs(), requestCount: http!.requestCount, errorCount: http!.errorCount })
    return post(body, token)
  }
  const rotations: { atMs: number; name: string; beforeBytes: number }[] = []
  const service = await story.withService()
  const obey = service.obey.bind(service)
  service.obey = (process, commands, nowMs) => {
    const targets = service.workers.filter(({ isRunning }) => isRunning)
    obey(process, commands, nowMs)
    for (const { identity, isRunning, floorBytes } of targets)
      if (!isRunning) rotations.push({ atMs: nowMs, name: identity.name, beforeBytes: floorBytes })
  }
  service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(() => story.hasOpened(), 120)
  const openedAtMs = story.clock.nowMs()
  service.change({ errorRatio: 1 / 80 })
  await story.advance(7)
  service.change({ errorRatio: 0 })
  await story.act('/api/v1/incidents/1/acknowledge', { by: 'duty' })
  const acknowledgedAtMs = story.clock.nowMs()
  await story.until(() => rotations.length > 0, 60)
  service.change({ leakBytesPerMin: 0 })
  await story.until(async () => (await story.incident()).mitigatedAtMs !== null, 10)
  const draft = await (await story.raw('/api/v1/incidents/1/postmortem.html')).text()
  expect(draft).toContain(`Since ${dateTime(openedAtMs)} UTC, and not over yet.`)
  await story.until(async () => !(await story.hasOpened()), 200)
  const resolvedAtMs = story.clock.nowMs()

  const incident = await story.incident()
  const markdown = incident.postmortem!
  // Readings of the very second of the opening, and those not yet looked at when it ended, may fall on either side.
  const requestsOf = (some: typeof served) => some.reduce((sum, one) => sum + one.requestCount, 0)
  const atLeast = requestsOf(served.filter(({ atMs }) => atMs > openedAtMs && atMs < resolvedAtMs - SECOND_MS))
  const atMost = requestsOf(served.filter(({ atMs }) => atMs >= openedAtMs && atMs <= resolvedAtMs))
  const errorCount = served.reduce((sum, one) => sum + one.errorCount, 0)
  const lastedMs = resolvedAtMs - openedAtMs
  expect(markdown).toContain(
    `From ${dateTime(openedAtMs)} to ${dateTime(resolvedAtMs)} UTC, ${formatDuration(lastedMs)}.`,
  )
  expect(errorCount).toBeGreaterThan(0)
  const requestCount = Number(/of ([\d,]+) requests failed/.exec(markdown)![1]!.replace(',', ''))
  expect([requestCount >= atLeast, requestCount <= atMost], `${atLeast} ${requestCount} ${atMost}`).toEqual([
    true,
    true,
  ])
  expect(markdown).toContain(
    `What users saw: ${thousands(errorCount)} of ${thousands(requestCount)} requests failed (${percent(errorCount / requestCount)}), none was slow. 1 of 3 processes affected.\n`,
  )
  expect(markdown).toContain(`Acknowledged by duty after ${formatDuration(acknowledgedAtMs - openedAtMs)}.`)
  // The leak was planted there, and the culprit is told with what the agent said of it.
  expect(markdown).toContain('pageCache (src/catalog/pages.ts:41) holds on to what it is given and never lets go.')
  expect(markdown).toContain('```js\npageCache.set(request.url, html)\n```')
  expect(markdown).toContain('It explains 99 % of the growth.')
  expect(markdown).toContain('Usual traffic before it: 120 requests a second.')
  const [rotation, ...more] = rotations
  expect(more).toEqual([])
  const afterBytes = service.worker('web-2').floorBytes
  const done = new RegExp(
    `^- ${dateTime(rotation!.atMs).slice(0, 10)} (.*) UTC, rotate on web-2, done: (.*) before, ${formatBytes(afterBytes)} after\\.$`,
    'm',
  ).exec(markdown)
  // It was asked for at most a look of the process before it was carried out, and measured then.
  const askedAtMs = Date.parse(`${dateTime(rotation!.atMs).slice(0, 10)}T${done![1]}Z`)
  expect(Math.abs(rotation!.atMs - askedAtMs)).toBeLessThanOrEqual(3 * SECOND_MS)
  const askedBytes = rotation!.beforeBytes - ((rotation!.atMs - askedAtMs) / 60_000) * 60 * MiB
  expect([formatBytes(askedBytes), formatBytes(rotation!.beforeBytes)]).toContain(done![2])
  expect(incident.mitigatedAtMs).toBeGreaterThanOrEqual(rotation!.atMs)
  expect(markdown).toContain(`Mitigated after ${formatDuration(incident.mitigatedAtMs! - openedAtMs)}.`)

  // Each message that arrived stands in the timeline at its second, and none that did not.
  const told = [...markdown.matchAll(/^\| (\S+ \S+) \| \w+ \((\w+)\) accepted for (\S+)\. \|$/gm)]
  expect(told.map(([, at, reason, to]) => `${at} ${reason} ${to}`).sort()).toEqual(
    story.sent.map(({ atMs, reason, to }) => `${dateTime(atMs)} ${reason} ${to}`).sort(),
  )
  const times = [...markdown.matchAll(/^\| (\d{4}-\S+ \S+) \|/gm)].map(([, at]) => at!)
  expect(times).toEqual(incident.timeline.map(({ atMs }) => dateTime(atMs)))
  expect(times).toEqual(times.toSorted())
  const tasks = [...markdown.split('## Corrective')[1]!.matchAll(/^\| (?!What|---)(.*?) \| (.*?) \|/gm)]
  expect(tasks.map(([, what, owner]) => [what!.slice(0, 34), owner])).toEqual([
    ['Give pageCache (src/catalog/pages.', 'catalog'],
    ['Add a soak test that asks web the ', 'catalog'],
    ['Register a clear handle for pageCa', 'catalog'],
  ])
})
