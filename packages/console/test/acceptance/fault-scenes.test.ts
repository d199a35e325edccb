import { MiB, SECOND_MS } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'
import { DeliveryError } from '../../src/notify/channel.ts'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

const teamsOf = (sent: readonly { to: string }[]) => [...new Set(sent.map(({ to }) => to.split('@')[0]))].sort()

test('a console that is restarted while a worker drains goes on with that replacement, and begins no second one', async () => {
  story = await Story.begin()
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  // The primary has the command and does not come to tell: it is busy, and the console is gone when it would.
  const { primary } = service
  const obey = service.obey.bind(service)
  service.obey = (process, commands, nowMs) => {
    if (process !== primary) obey(process, commands, nowMs)
  }
  await story.until(
    async () => (await story.incidents()).some(({ actions }) => actions[0]?.status === 'requested'),
    120,
  )
  await story.restartConsole()
  await story.advance(4)
  const [asked] = (await story.incident()).actions
  expect([asked!.kind, asked!.status]).toEqual(['rotate', 'requested'])
  service.obey = obey
  await story.until(async () => (await story.incident()).actions[0]!.status === 'done', 40)
  await story.restartConsole()
  await story.advance(10)
  expect(service.carriedOut.map(({ kind, target }) => `${kind} ${target.split('#')[0]}`)).toEqual(['rotate web-2'])
  const incident = await story.incident()
  expect(incident.actions).toHaveLength(1)
  expect(incident.mitigatedAtMs).not.toBeNull()
  expect(story.others()).toEqual(['catalog owner', 'on-call page'])
})

test('with every channel down nothing is given up: the worker is replaced, the page says what did not leave, and all of it leaves later', async () => {
  story = await Story.begin()
  const service = await story.withService()
  story.refuse = () => new DeliveryError('connection refused', { isFinal: false })
  service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(() => service.carriedOut.length > 0, 150)
  await story.advance(70, { postEverySeconds: 5 })
  const during = await story.incident()
  expect(during.mitigatedAtMs).not.toBeNull()
  expect(story.sent).toEqual([])
  const waiting = during.notifications.filter(({ status }) => status === 'pending')
  expect(teamsOf(waiting)).toEqual(expect.arrayContaining(['catalog', 'on-call', 'second']))
  expect(waiting.every(({ lastError, nextAttemptAtMs }) => lastError === 'connection refused' && nextAttemptAtMs)).toBe(
    true,
  )
  story.refuse = null
  await story.until(() => waiting.every(({ to }) => story.sent.some((sent) => sent.to === to)), 400)
  const keys = story.sent.map(({ to, key }) => `${to} ${key}`)
  expect(new Set(keys).size).toBe(keys.length)
})

test('all workers leak and one cannot be replaced: the others are, people are told of the one', async () => {
  story = await Story.begin()
  const service = await story.withService()
  const stuck = service.worker('web-3').identity.instance
  const obey = service.obey.bind(service)
  service.obey = (process, commands, nowMs) =>
    obey(
      process,
      commands.filter(({ target }) => target !== stuck),
      nowMs,
    )
  service.change({ leakBytesPerMin: 60 * MiB })
  await story.until(async () => (await story.incidents()).some(({ actions }) => actions.length > 0), 120)
  await story.until(async () => {
    const { actions } = await story.incident()
    return actions.some(({ target, status }) => target === stuck && status === 'expired')
  }, 240)
  const { actions, timeline } = await story.incident()
  const never = actions.filter(({ status }) => status === 'requested' || status === 'running')
  expect(never.length).toBeLessThanOrEqual(1)
  expect(timeline.some(({ sentence }) => sentence.startsWith('web-3 could not be helped: No answer came'))).toBe(true)
  expect(new Set(service.carriedOut.map(({ target }) => target.split('#')[0]))).toEqual(new Set(['web-1', 'web-2']))
  for (const [index, action] of actions.slice(1).entries())
    expect(action.requestedAtMs).toBeGreaterThanOrEqual(actions[index]!.endedAtMs ?? 0)
  expect(story.sentTo('second@example.org', 'page').length).toBeGreaterThan(0)
  expect(story.others()).toEqual(['board stakeholder', 'catalog owner', 'hook:second page', 'on-call page'])
})

test('the store hangs while a worker sinks: nothing is asked for twice when it answers again', async () => {
  story = await Story.begin(storyConfig())
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(() => story.hasOpened(), 120)
  const { sql } = story.database
  const cut = async () =>
    void (await sql`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`)
  for (let second = 0; second < 12; second++) {
    await cut()
    await story.advance(1, { mayFail: true })
  }
  await story.until(async () => (await story.incident()).mitigatedAtMs !== null, 90)
  const { actions, openedAtMs, mitigatedAtMs } = await story.incident()
  const done = actions.filter(({ status }) => status === 'done')
  expect(new Set(done.map(({ target }) => target)).size).toBe(done.length)
  expect(service.carriedOut.length).toBe(new Set(service.carriedOut.map(({ id }) => id)).size)
  expect(mitigatedAtMs! - openedAtMs).toBeLessThanOrEqual(120 * SECOND_MS)
  expect(story.others()).toEqual(['catalog owner', 'on-call page'])
})
