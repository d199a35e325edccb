import { MiB } from '@plimsoll/core'
import { parseBatchReply, type Batch } from '@plimsoll/core/wire'
import { afterEach, expect, test } from 'vitest'
import { FakeService } from '../../src/testing/fake-service.ts'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

test('an agent with a token of its own service writes only that: no reading, no answer, no finding of another one', async () => {
  story = await Story.begin(storyConfig({ stakeholders: undefined }))
  const service = await story.withService()
  const made = (await story.send('/api/v1/tokens', { name: 'far', scope: 'agent', service: 'far' })) as {
    token: string
  }
  const stranger = new FakeService('far', { nowMs: story.clock.nowMs(), workerCount: 1 }).workers[0]!
  const say = async (change: Partial<Batch>) => {
    const batch = stranger.batch(story.clock.nowMs())
    const response = await story.post({ ...batch, ...change, from: { ...batch.from, ...change.from } }, made.token)
    return { status: response.status, answer: (await response.json()) as { message?: string } }
  }
  expect((await say({})).status).toBe(200)
  const metrics = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`${story.console.url}/metrics`, { headers })).text()
  }
  expect(await metrics(story.agentToken)).toMatch(/service="web"[^]*service="web"/)
  expect(await metrics(made.token)).toMatch(/service="far"/)
  expect(await metrics(made.token)).not.toMatch(/service="web"/)
  const other = await say({ from: { ...stranger.identity, service: 'web' } })
  expect([other.status, other.answer.message]).toEqual([
    403,
    'This token is good for the service "far" only, and the batch is of "web".',
  ])

  // A worker of the other service shall be replaced, and its primary has not heard of it yet.
  service.worker('web-2').behaviour.leakBytesPerMin = 400 * MiB
  let claim: Batch['signals'][number] | undefined
  const post = story.post.bind(story)
  story.post = (body, token) => {
    claim ??= (body as Batch).signals[0]
    return post(body, token)
  }
  const obey = service.obey.bind(service)
  let asked = ''
  service.obey = (process, commands, nowMs) => {
    asked ||= commands[0]?.id ?? ''
    if (asked === '') obey(process, commands, nowMs)
  }
  await story.until(() => asked !== '', 60)
  const overheard = await say({ from: { ...stranger.identity, instance: service.primary.identity.instance } })
  expect(parseBatchReply(overheard.answer).commands).toEqual([])
  const result = {
    version: 1 as const,
    id: asked,
    instance: stranger.identity.instance,
    status: 'done' as const,
    sentence: 'Of course.',
    startedAtMs: 0,
    endedAtMs: 0,
    effect: null,
    replacement: null,
  }
  expect((await say({ results: [result] })).status).toBe(200)
  await story.console.settled()
  const incident = await story.incident()
  expect(incident.actions).toMatchObject([{ targetName: 'web-2', status: 'requested' }])
  expect(JSON.stringify(incident)).not.toContain('Of course.')

  // A finding that says that it is of the other one is taken as one of its sender.
  expect((await say({ signals: [{ ...claim!, sequence: 9000, instance: stranger.identity.instance }] })).status).toBe(
    200,
  )
  await story.advance(2)
  expect((await story.incidents()).map(({ service: of }) => of).sort()).toEqual(['far', 'web'])
  expect(story.others()).toEqual(['on-call page', 'on-call page'])
})

test('an agent that invents names is slowed down; who is known goes on, another token comes in, and nobody is called', async () => {
  story = await Story.begin(storyConfig({ stakeholders: undefined }))
  const service = await story.withService({}, 1)
  const { token } = (await story.send('/api/v1/tokens', { name: 'far', scope: 'agent', service: 'far' })) as {
    token: string
  }
  const batch = service.primary.batch(story.clock.nowMs())
  const invent = (number: number) =>
    story.post({ ...batch, from: { ...batch.from, service: `invented ${number}`, instance: `invented#${number}` } })
  const answers: Response[] = []
  for (let number = 0; number < 1600; number += 50)
    answers.push(...(await Promise.all(Array.from({ length: 50 }, (_, more) => invent(number + more)))))
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused).toHaveLength(100)
  expect(refused[0]!.headers.get('retry-after')).toBe('1')
  await story.postAll()
  const stranger = new FakeService('far', { nowMs: story.clock.nowMs(), workerCount: 1 }).workers[0]!
  expect((await story.post(stranger.batch(story.clock.nowMs()), token)).status).toBe(200)
  await story.advance(70)
  expect(await story.incidents()).toEqual([])
  expect((await story.overview()).services.map(({ name }) => name)).toEqual(['web'])
  expect((await invent(1600)).status).toBe(200)
})
