import { MiB, SECOND_MS } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'
import type { Incident, PlanView } from '../../src/api/contract.ts'
import { parseConfig } from '../../src/config-file.ts'
import { DeliveryError } from '../../src/notify/channel.ts'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

const playbooks = [
  { name: 'whatever it is', steps: ['Look at the incident.'] },
  {
    name: 'a leak',
    cause: 'leak',
    services: ['web'],
    remedies: ['rotate'],
    steps: ['Look at the last deploy.', 'Roll it back.'],
  },
]

test('a playbook says what the machine may do, and tells people their steps', async () => {
  story = await Story.begin(storyConfig({ playbooks }))
  const service = await story.withService({ cache: 'pages' })
  service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(() => service.carriedOut.length > 0, 150)
  // Without the playbook the registered cache would have been cleared first.
  expect(service.carriedOut.map(({ kind }) => kind)).toEqual(['rotate'])
  expect((await story.incident()).playbook).toEqual({
    name: 'a leak',
    steps: ['Look at the last deploy.', 'Roll it back.'],
  })
  expect(story.sentTo('on-call@example.org', 'page')[0]!.text).toContain(
    'Playbook “a leak”:\n  1. Look at the last deploy.\n  2. Roll it back.',
  )
  const { playbooks: planned } = await story.get<PlanView>('/api/v1/services/web/plan')
  expect(planned.map(({ name }) => name)).toEqual(['whatever it is', 'a leak'])
  expect(story.others()).toEqual(['catalog owner'])
})

test('a playbook that allows nothing leaves it to people', async () => {
  story = await Story.begin(storyConfig({ playbooks: [{ name: 'hands off', cause: 'leak', remedies: [] }] }))
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  await story.until(() => story.hasOpened(), 120)
  await story.advance(40, { postEverySeconds: 5 })
  expect(service.carriedOut).toEqual([])
  expect((await story.incident()).actions).toEqual([])
  expect(story.others()).toEqual(['board stakeholder', 'catalog owner', 'on-call page'])
})

test('stakeholders are told in the words of their template, and of the end in others', async () => {
  const stakeholders = {
    teams: ['board'],
    after: '30s',
    every: '30m',
    note: '{{key}} at {{time}}: {{service}} is {{ state }}. {{sentence}} Next at {{next}}.',
    closing: '{{service}} is well. {{next}}',
  }
  story = await Story.begin(storyConfig({ stakeholders }, { act: 'observe' }))
  await story.send('/api/v2/alerts', [
    {
      labels: { alertname: 'Down', service: 'web', severity: 'critical' },
      annotations: { summary: 'web does not answer {{url}}' },
    },
  ])
  await story.advance(31)
  const [note] = story.sentTo('board@example.org', 'stakeholder')
  expect(note!.text).toMatch(
    /^INC-1 at \d\d:\d\d:\d\d UTC: web is open\. Down: web does not answer \{\{url\}\} Next at \d\d:\d\d:\d\d UTC\.$/,
  )
  await story.act('/api/v1/incidents/1/resolve', { note: 'back' })
  await story.advance(2)
  expect(story.sentTo('board@example.org', 'resolved')[0]!.text).toBe('web is well. This is the last message.')
  expect(story.sentTo('on-call@example.org', 'resolved')[0]!.text).toContain('It is over')
  expect(story.others()).toEqual(['on-call page'])
})

test('a drill calls who would be called, says so, touches nothing and is no news to anybody else', async () => {
  story = await Story.begin(storyConfig({ statusPage: { title: 'Shop' } }))
  const service = await story.withService()
  story.refuse = ({ destination }) =>
    destination === 'on-call@example.org' ? new DeliveryError('550 no such user', { isFinal: true }) : null
  const begun = (await story.send('/api/v1/drills', { service: 'web', by: 'duty' })) as Incident
  expect((await story.raw('/api/v1/drills', { service: 'web' })).status).toBe(409)
  expect((await story.raw('/api/v1/drills', { service: 'none' })).status).toBe(404)
  await story.advance(3)
  // The first level has no way in, so the second is called at once; nobody acknowledges it.
  expect(story.sentTo('second@example.org', 'page')[0]!.text).toMatch(
    /^This is a drill of web, begun by duty\. Nothing is wrong\./,
  )
  await story.restartConsole()
  await story.advance(60, { postEverySeconds: 5 })
  const incident = await story.incident()
  expect([incident.id, incident.state, incident.sentence.startsWith('This is a drill')]).toEqual([
    begun.id,
    'open',
    true,
  ])
  expect(incident.notifications.find(({ to }) => to === 'on-call@example.org')).toMatchObject({
    status: 'dead',
    lastError: '550 no such user',
  })
  expect(await (await fetch(`${story.console.url}/status`)).text()).toContain('Everything works.')
  await story.act(`/api/v1/incidents/${begun.id}/resolve`, { by: 'duty' })
  await story.advance(5)
  expect(story.sentTo('board@example.org')).toEqual([])
  expect(service.carriedOut).toEqual([])
  expect((await story.incident()).resolvedAtMs! - begun.openedAtMs).toBeGreaterThanOrEqual(60 * SECOND_MS)
  expect(story.others()).toEqual(['hook:second page', 'hook:second resolved', 'second resolved'])
})

test('a template or a playbook that says nonsense stops the start', async () => {
  story = await Story.begin()
  const wrong = {
    ...storyConfig(),
    stakeholders: { teams: ['board'], note: 'It is {{colour}}.' },
    playbooks: [{ name: 'a', cause: 'weather', remedies: ['rotate', 'rotate'] }, { name: 'a' }],
  }
  expect.assertions(1)
  try {
    parseConfig(wrong)
  } catch (error) {
    const faults = (error as { faults: { where: string }[] }).faults.map(({ where }) => where)
    expect(faults).toEqual(
      expect.arrayContaining(['stakeholders.note', 'playbooks[0].cause', 'playbooks[0].remedies', 'playbooks']),
    )
  }
})
