import { MiB, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'
import { DeliveryError } from '../../src/notify/channel.ts'
import type { FakeService } from '../../src/testing/fake-service.ts'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

async function beginLeak(config = storyConfig({}, { act: 'observe' })): Promise<FakeService> {
  story = await Story.begin(config)
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 30 * MiB
  await story.until(() => story.sent.length > 0, 200)
  return service
}

test('the second level is called exactly when the first has not acknowledged in time, and again and again', async () => {
  await beginLeak()
  const { openedAtMs } = await story.incident()
  await story.advance(330, { postEverySeconds: 5 })
  const minutes = (to: string) => story.sentTo(to, 'page').map(({ atMs }) => (atMs - openedAtMs) / MINUTE_MS)
  expect(minutes('on-call@example.org')).toEqual([0])
  expect(minutes('second@example.org')).toEqual([1, 3, 5])
  expect(minutes('http://127.0.0.1:9/second')).toEqual([1, 3, 5])
  const { nextEscalation } = await story.incident()
  expect(nextEscalation).toEqual({ level: 2, atMs: openedAtMs + 7 * MINUTE_MS, teams: ['second'] })
  expect(story.others()).toEqual(['board stakeholder', 'catalog owner'])
})

test('an acknowledgement stops the calls, whoever repeats it', async () => {
  await beginLeak()
  await story.advance(20)
  const first = await story.act('/api/v1/incidents/1/acknowledge', { note: 'Looking into it' })
  const again = await story.act('/api/v1/incidents/1/acknowledge')
  expect(again).toMatchObject({ state: 'acknowledged', acknowledgedAtMs: first.acknowledgedAtMs, nextEscalation: null })
  expect(again.timeline.filter(({ kind }) => kind === 'acknowledge')).toHaveLength(1)
  await story.advance(90, { postEverySeconds: 5 })
  expect(story.sentTo('second@example.org')).toEqual([])
  expect(story.others()).toEqual(['board stakeholder', 'catalog owner'])
})

test('the link in the mail acknowledges by its button, not by being looked at', async () => {
  await beginLeak()
  const link = /Acknowledge: (\S+)/.exec(story.sentTo('on-call@example.org')[0]!.text)![1]!
  const page = await fetch(link)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('I have it')
  expect((await story.incident()).state).toBe('open')
  const forged = await fetch(link.replace('acknowledge/1', 'acknowledge/2'))
  // A person reads it, not a program.
  expect([forged.status, forged.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8'])
  expect(await forged.text()).toContain('This link is not one of ours')
  const pressed = await fetch(link, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: '',
  })
  expect([pressed.status, await pressed.text()]).toEqual([200, expect.stringContaining('You have it.') as string])
  expect((await story.incident()).state).toBe('acknowledged')
  expect(await (await fetch(link)).text()).toContain('has it already.')
})

test('a restart in the middle loses nothing and sends nothing twice', async () => {
  await beginLeak()
  await story.advance(20)
  const before = await story.incident()
  await story.restartConsole()
  await story.advance(20)
  const after = await story.incident()
  expect(after.id).toBe(before.id)
  expect(after.timeline.slice(0, before.timeline.length)).toEqual(before.timeline)
  expect(after.alerts.find(({ rule }) => rule === 'leak')!.clearedAtMs).toBeNull()
  await story.advance(60)
  const keys = story.sent.map(({ key, to }) => `${key} ${to}`)
  expect(new Set(keys).size).toBe(keys.length)
  expect(story.sentTo('on-call@example.org', 'page')).toHaveLength(1)
  const [second] = story.sentTo('second@example.org', 'page')
  expect(second!.atMs - before.openedAtMs).toBe(MINUTE_MS)
})

test('calls that were due while the console was down are made when it is back', async () => {
  await beginLeak()
  const { openedAtMs } = await story.incident()
  await story.console.stop()
  story.clock.advance(2 * MINUTE_MS)
  await story.startConsole()
  await story.advance(1)
  const [second] = story.sentTo('second@example.org', 'page')
  expect(second!.atMs - openedAtMs).toBeLessThan(3 * MINUTE_MS)
  expect(story.sentTo('second@example.org', 'page')).toHaveLength(1)
  expect(story.others()).toEqual(['board stakeholder', 'hook:second page'])
})

test('what waited while the console was down goes out when it starts, not at its first look', async () => {
  story = await Story.begin(storyConfig({}, { act: 'observe' }))
  story.refuse = () => new DeliveryError('451 try later', { isFinal: false })
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 30 * MiB
  await story.until(() => story.hasOpened(), 240)
  await story.console.stop()
  story.refuse = null
  story.clock.advance(2 * MINUTE_MS)
  await story.startConsole()
  await story.console.settled()
  expect(story.sentTo('on-call@example.org', 'page')).toHaveLength(1)
  expect(story.others()).toEqual(['board stakeholder', 'hook:second page', 'second page'])
})

test('a mail that is refused for now is sent again, with growing patience, and once', async () => {
  let refusals = 3
  story = await Story.begin(storyConfig({}, { act: 'observe' }))
  story.refuse = ({ destination }) =>
    destination === 'on-call@example.org' && refusals-- > 0
      ? new DeliveryError('451 try later', { isFinal: false })
      : null
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 30 * MiB
  await story.until(() => story.sentTo('on-call@example.org').length > 0, 240)
  const { notifications } = await story.incident()
  expect(notifications.find(({ to }) => to === 'on-call@example.org')).toMatchObject({
    status: 'sent',
    attemptCount: 4,
  })
  await story.advance(60)
  expect(story.sentTo('on-call@example.org', 'page')).toHaveLength(1)
  expect(story.others()).toEqual(['board stakeholder', 'catalog owner', 'hook:second page', 'second page'])
})

test('an address that is refused for good pages somebody else at once, and the postmortem says so', async () => {
  story = await Story.begin(storyConfig({}, { act: 'observe' }))
  story.refuse = ({ destination }) =>
    destination === 'on-call@example.org' ? new DeliveryError('550 no such mailbox', { isFinal: true }) : null
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 30 * MiB
  await story.until(() => story.sentTo('second@example.org').length > 0, 240)
  const { openedAtMs } = await story.incident()
  expect(story.sentTo('second@example.org')[0]!.atMs - openedAtMs).toBeLessThanOrEqual(2 * SECOND_MS)
  const { postmortem } = await story.act('/api/v1/incidents/1/resolve', { note: 'Rehearsal' })
  expect(postmortem).toContain('Mend the mail address on-call@example.org')
  expect(story.others()).toEqual(['board resolved', 'hook:second page', 'hook:second resolved', 'second resolved'])
})

test('a database that cuts every connection again and again loses nothing and sends nothing twice', async () => {
  story = await Story.begin(storyConfig({}, { act: 'safe' }))
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 30 * MiB
  for (let second = 0; second < 120; second++) {
    await story.database.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'plimsoll console'`
    await story.advance(1, { mayFail: true })
  }
  await story.advance(60)
  const incident = await story.incident()
  expect(incident.timeline.map(({ sequence }) => sequence)).toEqual(incident.timeline.map((_entry, index) => index + 1))
  expect(service.carriedOut).toHaveLength(new Set(service.carriedOut.map(({ id }) => id)).size)
  expect(incident.actions[0]).toMatchObject({ kind: 'rotate', status: 'done' })
  for (const [to, reason] of [
    ['on-call', 'page'],
    ['catalog', 'owner'],
    ['board', 'stakeholder'],
    ['second', 'page'],
  ] as const) {
    const keys = story.sentTo(`${to}@example.org`, reason).map(({ key }) => key)
    expect(keys.length, to).toBeGreaterThan(0)
    expect(new Set(keys).size, to).toBe(keys.length)
  }
  expect(story.others()).toEqual(['hook:second page'])
})
