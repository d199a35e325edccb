import { MiB, SECOND_MS } from '@plimsoll/core'
import { openTestDatabase } from '@plimsoll/postgres/testing'
import { afterEach, expect, test } from 'vitest'
import { healthy } from '../../src/testing/fake-service.ts'
import { Story, storyConfig, WEB } from '../story.ts'

let story: Story
afterEach(() => story.end())

test('a slow database is blamed, and nothing is cleared or replaced', async () => {
  story = await Story.begin()
  const service = await story.withService({ cache: 'pages' })
  service.change({ sqlRunMsP50: 400, latencyMsP50: 900, latencyMsP99: 2600 })
  await story.until(async () => (await story.incidents()).some(({ conclusion }) => conclusion.kind === 'database'), 45)
  await story.advance(60)
  const incident = await story.incident()
  expect(incident.cause).toBe('database')
  expect(incident.checks.find(({ name }) => name === 'database')).toMatchObject({ verdict: 'guilty' })
  expect(incident.conclusion.sentence).toContain('statements of web-1, web-2 and web-3 run')
  expect(incident.checks.find(({ name }) => name === 'leak-or-load')!.verdict).toBe('ok')
  expect(incident.actions).toEqual([])
  expect(service.carriedOut).toEqual([])
  expect(story.others()).toEqual(['board stakeholder', 'hook:second page', 'on-call page', 'second page'])
})

test('a database that answers its probe is acquitted within ten seconds, whatever a starved worker measures', async () => {
  const shop = await openTestDatabase()
  try {
    story = await Story.begin(storyConfig({}, { database: shop.url() }))
    const service = await story.withService()
    const starved = service.worker('web-2')
    starved.floorBytes = 185 * MiB
    Object.assign(starved.behaviour, { sqlRunMsP50: 300, sqlWaitMsP99: 1200 })
    await story.advance(30)
    starved.behaviour.leakBytesPerMin = 40 * MiB
    await story.until(() => story.hasOpened(), 45)
    await story.advance(10)
    const { checks, openedAtMs } = await story.incident()
    const database = checks.find(({ name }) => name === 'database')!
    expect(database.verdict).toBe('ok')
    expect(database.decidedAtMs! - openedAtMs).toBeLessThanOrEqual(10 * SECOND_MS)
    expect(database.sentence).toContain('web-2 waits 1.2 s for a connection because it is itself slow')
  } finally {
    await shop.stop()
  }
  expect(story.others()).toEqual(['catalog owner', 'on-call page'])
})

test('a database that is gone is blamed', async () => {
  const shop = await openTestDatabase()
  story = await Story.begin(storyConfig({}, { database: shop.url() }))
  const service = await story.withService({ cache: 'pages' })
  await shop.stop()
  await story.until(() => story.hasOpened(), 60)
  const incident = await story.incident()
  expect(incident).toMatchObject({ cause: 'database', severity: 'critical' })
  expect(incident.sentence).toContain('does not answer')
  expect(service.carriedOut).toEqual([])
  expect(story.others()).toEqual(['on-call page'])
})

test('a leak and a slow database at once are two incidents, each with its own conclusion', async () => {
  story = await Story.begin(storyConfig({}, { act: 'observe' }))
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 30 * MiB
  await story.until(() => story.hasOpened(), 90)
  service.change({ sqlRunMsP50: 400 })
  await story.advance(45)
  const incidents = await story.incidents()
  expect(incidents.map(({ cause, conclusion }) => `${cause} ${conclusion.kind}`)).toEqual([
    'database database',
    'leak leak',
  ])
  expect(incidents[0]!.culprit).toBeNull()
  expect(story.others()).toEqual([
    'board stakeholder',
    'board stakeholder',
    'catalog owner',
    'on-call page',
    'on-call page',
  ])
})

test('sessions that wait for each other are told as what they are', async () => {
  const shop = await openTestDatabase({ connection: { max: 6 } })
  story = await Story.begin(storyConfig({}, { database: shop.url() }))
  await story.withService()
  await shop.sql`create table stock (id integer primary key, pieces integer)`
  await shop.sql`insert into stock values (1, 1)`
  let release = () => {}
  const holding = shop.sql.begin(async (sql) => {
    await sql`update stock set pieces = 0 where id = 1`
    await new Promise<void>((resolve) => (release = resolve))
  })
  const waiting = Promise.all(Array.from({ length: 4 }, async () => shop.sql`update stock set pieces = 2 where id = 1`))
  try {
    await story.until(() => story.hasOpened(), 60)
    expect((await story.incident()).sentence).toContain('4 sessions wait for locks')
  } finally {
    release()
    await holding
    await waiting
    await shop.stop()
  }
  expect(story.others()).toEqual(['on-call page'])
})

test('traffic times five is load, not a leak: nothing is flushed', async () => {
  story = await Story.begin()
  const service = await story.withService({ cache: 'pages' })
  service.change({ requestsPerSec: 200, latencyMsP50: 120, latencyMsP99: 1400 })
  await story.until(async () => (await story.incidents()).some(({ conclusion }) => conclusion.kind === 'load'), 60)
  await story.advance(30)
  const incident = await story.incident()
  expect(incident.conclusion.sentence).toMatch(/^Load, not a leak: traffic is [45]\.\d times the usual/)
  expect(incident.actions).toEqual([])
  service.change({ requestsPerSec: 40, latencyMsP50: 6, latencyMsP99: 38 })
  await story.until(async () => !(await story.hasOpened()), 200)
  expect((await story.incident()).conclusion.kind).toBe('load')
  // The second level, each two minutes by both of its contacts, and what everybody was told at the end.
  const second = ['hook:second', 'second'].flatMap((to) => [
    ...Array.from({ length: 2 }, () => `${to} page`),
    `${to} resolved`,
  ])
  const others = ['board resolved', 'board stakeholder', 'on-call page', 'on-call resolved']
  expect(story.others()).toEqual([...others, ...second].sort())
})

test('a rush that lasts does not become the usual while its incident is young: slow statements under it still prove nothing', async () => {
  story = await Story.begin(storyConfig({ stakeholders: undefined, escalation: undefined }))
  const service = await story.withService()
  service.change({ requestsPerSec: 200, latencyMsP50: 120, latencyMsP99: 1400 })
  await story.advance(30)
  service.change({ latencyMsP50: 900, latencyMsP99: 2400, sqlRunMsP50: 400 })
  // Longer than it takes to be most of the last quarter of an hour.
  await story.advance(600, { postEverySeconds: 5 })
  const incidents = await story.incidents()
  expect(incidents.map(({ conclusion }) => conclusion.kind)).toEqual(['load'])
  expect(incidents[0]!.checks.find(({ name }) => name === 'database')!.verdict).not.toBe('guilty')
})

test.each([
  ['in its first seconds', 30],
  ['after it', 45],
] as const)(
  'statements that are slow from the first instant of a rush do not convict the database, %s',
  async (_when, rushSec) => {
    story = await Story.begin(storyConfig({ stakeholders: undefined, escalation: undefined }))
    const service = await story.withService()
    service.change({ requestsPerSec: 160, latencyMsP50: 600, latencyMsP99: 1800, sqlRunMsP50: 300 })
    await story.advance(30)
    service.change(rushSec > 30 ? healthy : {})
    await story.advance(rushSec - 30)
    const incidents = await story.incidents()
    expect(incidents.map(({ cause }) => cause)).toEqual(['latency'])
    expect(incidents[0]!.timeline.filter(({ sentence }) => /^Is it the database\? Yes/.test(sentence))).toEqual([])
  },
)

test('five healthy minutes with ups and downs open nothing', async () => {
  story = await Story.begin()
  const service = await story.withService()
  for (let minute = 0; minute < 5; minute++) {
    service.change({ requestsPerSec: 40 + 30 * Math.sin(minute), latencyMsP99: 40 + 20 * Math.cos(minute) })
    await story.advance(60, { postEverySeconds: 5 })
  }
  expect(await story.incidents()).toEqual([])
  expect(story.sent).toEqual([])
  const { services, verdict } = await story.overview()
  expect(verdict).toBe('afloat')
  expect(services.map(({ name }) => name)).toEqual([WEB])
})
