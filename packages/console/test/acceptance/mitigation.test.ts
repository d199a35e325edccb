import { MiB, SECOND_MS } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

test('a registered cache that matches the culprit is cleared, one worker after the other', async () => {
  story = await Story.begin()
  const service = await story.withService({ cache: 'pages' })
  service.change({ leakBytesPerMin: 60 * MiB })
  await story.until(
    async () => (await story.overview()).incidents.some(({ mitigatedAtMs }) => mitigatedAtMs !== null),
    150,
  )
  const incident = await story.incident()
  expect(incident.culprit!.cache).toBe('pages')
  expect(service.carriedOut[0]).toMatchObject({ kind: 'clear-cache', cache: 'pages' })
  expect(service.carriedOut.every(({ kind }) => kind === 'clear-cache')).toBe(true)
  const [first] = incident.actions
  expect(first).toMatchObject({ status: 'done', cache: 'pages' })
  expect(first!.effect!.afterBytes).toBeLessThan(first!.effect!.beforeBytes * 0.9)
  expect(incident.mitigatedAtMs! - incident.openedAtMs).toBeLessThanOrEqual(120 * SECOND_MS)
  expect(story.others()).toEqual(['board stakeholder', 'catalog owner', 'on-call page'])
})

test('a cache that says what it holds is shrunk before it is emptied, and the headline still says what leaks', async () => {
  story = await Story.begin()
  const service = await story.withService({ cache: 'pages', isCacheMeasured: true })
  // Fast enough that the cache holds most of the process by the time the culprit is named.
  service.worker('web-2').behaviour.leakBytesPerMin = 120 * MiB
  await story.until(() => service.carriedOut.length > 0, 150)
  expect(service.carriedOut[0]).toMatchObject({ kind: 'shrink-cache', cache: 'pages' })
  await story.until(async () => (await story.incident()).mitigatedAtMs !== null, 60)
  const incident = await story.incident()
  expect(incident.actions[0]).toMatchObject({ kind: 'shrink-cache', status: 'done' })
  expect(incident.sentence).toContain('pageCache (src/catalog/pages.ts:41)')
  expect(story.others()).toEqual(['catalog owner', 'on-call page'])
})

test('what was mitigated and leaks no more is still told with what leaked', async () => {
  story = await Story.begin()
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(() => service.carriedOut.length > 0, 150)
  service.change({ leakBytesPerMin: 0 })
  await story.advance(30)
  const { sentence, mitigatedAtMs } = await story.incident()
  expect(mitigatedAtMs).not.toBeNull()
  expect(sentence).toMatch(
    /^pageCache \(src\/catalog\/pages\.ts:41\) lets nothing go; it is held in check\. A new web-2 is afloat with /,
  )
  expect(story.others()).toEqual(['board stakeholder', 'catalog owner', 'on-call page'])
})

test('clearing that does not help is followed by a rotation within thirty seconds', async () => {
  story = await Story.begin()
  const service = await story.withService({ cache: 'pages', doesClearingHelp: false })
  service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(() => service.carriedOut.length === 2, 150)
  expect(service.carriedOut.map(({ kind }) => kind)).toEqual(['clear-cache', 'rotate'])
  const [cleared, rotated] = (await story.incident()).actions
  expect(cleared!.status).toBe('ineffective')
  expect(rotated!.requestedAtMs - cleared!.startedAtMs!).toBeLessThanOrEqual(30 * SECOND_MS)
  expect(story.others()).toEqual(['board stakeholder', 'catalog owner', 'on-call page'])
})

test('the last healthy process is not touched: people are called harder', async () => {
  story = await Story.begin()
  const service = await story.withService({}, 1)
  service.worker('web-1').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(async () => (await story.incidents()).some(({ actions }) => actions.length > 0), 120)
  await story.advance(5)
  const incident = await story.incident()
  expect(incident.actions).toMatchObject([{ kind: 'rotate', status: 'refused' }])
  expect(incident.actions[0]!.sentence).toContain('only 0 processes are well')
  expect(service.carriedOut).toEqual([])
  expect(story.sentTo('second@example.org', 'page')).toHaveLength(1)
  expect(story.others()).toEqual(['catalog owner', 'hook:second page', 'on-call page'])
})

test('where nothing may be done from the first moment, both levels are called with the opening', async () => {
  story = await Story.begin()
  const service = await story.withService({}, 1)
  service.worker('web-1').floorBytes = 200 * MiB
  service.worker('web-1').behaviour.leakBytesPerMin = 90 * MiB
  await story.until(() => story.hasOpened(), 10)
  const incident = await story.incident()
  expect(incident.actions).toMatchObject([{ kind: 'rotate', status: 'refused', requestedAtMs: incident.openedAtMs }])
  expect(story.sentTo('on-call@example.org', 'page')).toHaveLength(1)
  expect(story.sentTo('second@example.org', 'page')).toHaveLength(1)
  expect(story.others()).toEqual(['hook:second page'])
})

test('observe touches nothing and keeps a ledger', async () => {
  story = await Story.begin(storyConfig({}, { act: 'observe' }))
  const service = await story.withService({ cache: 'pages' })
  service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(async () => (await story.incidents()).some(({ actions }) => actions.length > 0), 90)
  await story.advance(60)
  const incident = await story.incident()
  expect(incident.actions).toMatchObject([{ kind: 'clear-cache', status: 'would', targetName: 'web-2' }])
  expect(incident.timeline.some(({ sentence }) => sentence.startsWith('Would clear the cache pages of web-2'))).toBe(
    true,
  )
  expect(service.carriedOut).toEqual([])
  expect(story.others()).toEqual([
    'board stakeholder',
    'catalog owner',
    'hook:second page',
    'on-call page',
    'second page',
  ])
})

test('ask waits for a person to approve', async () => {
  story = await Story.begin(storyConfig({}, { act: 'ask' }))
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 30 * MiB
  await story.until(async () => (await story.incidents()).some(({ actions }) => actions.length > 0), 120)
  await story.advance(20)
  const waiting = await story.incident()
  expect(waiting.actions).toMatchObject([{ kind: 'rotate', status: 'asked' }])
  expect(waiting.ask).toBe('Approve it, or leave it: replace web-2.')
  expect(service.carriedOut).toEqual([])
  await story.act(`/api/v1/incidents/1/actions/${encodeURIComponent(waiting.actions[0]!.id)}/approve`)
  await story.advance(10)
  expect(service.carriedOut).toMatchObject([{ kind: 'rotate' }])
  expect((await story.incident()).actions[0]!.status).toBe('done')
  expect(story.others()).toEqual(['board stakeholder', 'catalog owner', 'on-call page'])
})

test('an agent that refuses is believed, and people are called harder', async () => {
  story = await Story.begin()
  const service = await story.withService({ act: 'safe' })
  service.primary.behaviour.act = 'observe'
  service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(async () => (await story.incidents()).some(({ actions }) => actions[0]?.status === 'refused'), 120)
  const incident = await story.incident()
  expect(incident.actions[0]!.sentence).toContain('--act=observe')
  expect(story.sentTo('second@example.org', 'page')).toHaveLength(1)
  expect(story.others()).toEqual(['catalog owner', 'hook:second page', 'on-call page'])
})

test('three workers that sink together are all replaced in time, one after the other', async () => {
  story = await Story.begin()
  const service = await story.withService()
  service.change({ leakBytesPerMin: 120 * MiB })
  for (let second = 0; second < 180; second++) {
    await story.advance(1)
    for (const { floorBytes, identity } of service.processes) expect(floorBytes, identity.name).toBeLessThan(236 * MiB)
  }
  const { actions } = await story.incident()
  for (const [index, action] of actions.slice(1).entries()) {
    expect(action.requestedAtMs).toBeGreaterThanOrEqual(actions[index]!.endedAtMs!)
  }
  expect(new Set(actions.slice(0, 3).map(({ targetName }) => targetName)).size).toBe(3)
  expect(story.others()).toEqual([
    'board stakeholder',
    'catalog owner',
    'hook:second page',
    'on-call page',
    'second page',
  ])
})
