import { MiB, SECOND_MS } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'
import { Story } from '../story.ts'

let story: Story
afterEach(() => story.end())

test('a leak is one incident: database acquitted, culprit named, owner called, worker replaced, written up', async () => {
  story = await Story.begin()
  const service = await story.withService({ cache: null })
  service.worker('web-2').behaviour.leakBytesPerMin = 90 * MiB

  await story.until(async () => (await story.incidents()).length > 0, 60)
  const opened = await story.incident()
  expect(opened).toMatchObject({ key: 'INC-1', cause: 'leak', state: 'open', severity: 'critical', verdict: 'leaking' })
  expect(opened.sentence).toContain('web-2')
  expect(story.sentTo('on-call@example.org', 'page')[0]!.atMs - opened.openedAtMs).toBeLessThanOrEqual(2 * SECOND_MS)

  await story.advance(90)
  const incident = await story.incident()
  const check = (name: string) => incident.checks.find((one) => one.name === name)!
  expect(check('leak-or-load').verdict).toBe('guilty')
  expect(check('leak-or-load').decidedAtMs! - incident.openedAtMs).toBeLessThanOrEqual(20 * SECOND_MS)
  expect(check('database').verdict).toBe('ok')
  expect(check('database').decidedAtMs! - incident.openedAtMs).toBeLessThanOrEqual(10 * SECOND_MS)
  expect(incident.culprit).toMatchObject({
    file: 'src/catalog/pages.ts',
    line: 41,
    variable: 'pageCache',
    team: 'catalog',
  })
  expect(incident.culprit!.namedAtMs - incident.openedAtMs).toBeLessThanOrEqual(60 * SECOND_MS)
  const [owner] = story.sentTo('catalog@example.org', 'owner')
  expect(owner!.atMs - incident.culprit!.namedAtMs).toBeLessThanOrEqual(5 * SECOND_MS)
  expect(owner!.text).toContain('pageCache.set(request.url, html)')

  expect(service.carriedOut.map(({ kind, target }) => `${kind} ${target.split('#')[0]}`)).toEqual(['rotate web-2'])
  expect(incident.actions).toMatchObject([{ kind: 'rotate', targetName: 'web-2', status: 'done' }])
  expect(incident.mitigatedAtMs! - incident.openedAtMs).toBeLessThanOrEqual(120 * SECOND_MS)
  expect(story.sentTo('board@example.org', 'stakeholder')).toHaveLength(1)
  console.log(
    incident.timeline.map((e) => `${(e.atMs - incident.openedAtMs) / 1000} ${e.kind} ${e.sentence}`).join('\n'),
  )
})
