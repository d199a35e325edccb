import { MiB, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import { afterEach, expect, test } from 'vitest'
import type { AuditLog, DeliveryLog, Incident } from '../../src/api/contract.ts'
import { DeliveryError } from '../../src/notify/channel.ts'
import { Story, storyConfig } from '../story.ts'

let story: Story
afterEach(() => story.end())

const begin = async (change: Record<string, unknown> = {}, service: Record<string, unknown> = {}) =>
  (story = await Story.begin(storyConfig({ stakeholders: undefined, ...change }, service)))

interface Said {
  name?: string
  service?: string
  severity?: string
  endsAt?: number
  labels?: Record<string, string>
}

const said = ({ name = 'Down', service = 'far', severity = 'critical', endsAt, labels = {} }: Said = {}) => ({
  labels: { alertname: name, service, severity, ...labels },
  annotations: { summary: `${name} of ${service}` },
  ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }),
})
const fire = async (...alerts: Said[]) => {
  await story.send('/api/v2/alerts', alerts.map(said))
  await story.console.settled()
}
const clear = (alert: Said = {}) => fire({ ...alert, endsAt: story.clock.nowMs() })
const silence = (matchers: Record<string, string>, forMs: number, comment = 'known') =>
  story.send('/api/v2/silences', {
    matchers: Object.entries(matchers).map(([name, value]) => ({ name, value, isRegex: false })),
    startsAt: new Date(story.clock.nowMs()),
    endsAt: new Date(story.clock.nowMs() + forMs),
    createdBy: 'duty',
    comment,
  }) as Promise<{ silenceID: string }>
/** Everything that left, in order: any message that is not listed fails. */
const messages = () =>
  story.sent.map(
    ({ to, reason }) => `${to.replace(/@.*|^.*\//, (part) => (part.startsWith('@') ? '' : 'hook:'))} ${reason}`,
  )
const pages = (to: string) => story.sentTo(to, 'page').length

test('an alert of somebody else pages, and its end is told once it has lasted', async () => {
  await begin()
  await fire({})
  await story.advance(2)
  expect(messages()).toEqual(['on-call page'])
  await clear()
  await story.advance(30)
  expect((await story.incident()).state).toBe('open')
  await story.advance(40)
  expect((await story.incident()).state).toBe('resolved')
  expect(messages().filter((message) => message.startsWith('on-call'))).toEqual(['on-call page', 'on-call resolved'])
})

test('every open incident is seen at a glance with its service, the gravest and newest first', async () => {
  await begin()
  for (const [service, severity] of [
    ['cellar', 'warning'],
    ['attic', 'critical'],
    ['roof', 'critical'],
  ] as const) {
    await fire({ service, severity })
    await story.advance(2)
  }
  const { incidents, sentence } = await story.overview()
  expect(incidents.map(({ service }) => service)).toEqual(['roof', 'attic', 'cellar'])
  expect(sentence).toBe(incidents[0]!.sentence)
  expect(pages('on-call@example.org')).toBe(3)
})

const many = (incidentCount: number) =>
  Array.from({ length: incidentCount }, (_, at) => ({ name: 'SwitchDown', service: `far-${at}` }))

test('sixty incidents at once call a person three times and once more, and each goes on by itself', async () => {
  await begin()
  await fire(...many(60))
  await story.advance(20, { postEverySeconds: 60 })
  const calls = story.sentTo('on-call@example.org', 'page')
  expect(calls).toHaveLength(4)
  const digest = calls[3]!
  expect(digest.subject).toMatch(/^\[57 more\]/)
  expect(digest.text.match(/INC-\d+/g)).toHaveLength(20)
  expect(digest.text).toContain('and 37 others')
  const deliveries = (await story.get<DeliveryLog>('/api/v1/deliveries')).deliveries
  expect(deliveries.filter(({ gatheredCount }) => gatheredCount === 56)).toHaveLength(57)
  // One that is named there is acknowledged at the page it leads to.
  const [, id] = /incidents\/(\d+)/.exec(digest.text)!
  await story.act(`/api/v1/incidents/${id}/acknowledge`, { by: 'duty' })
  expect((await story.get<Incident>(`/api/v1/incidents/${id}`)).timeline.map(({ sentence }) => sentence)).toContain(
    'Mail (page) accepted for on-call@example.org, in a digest with 56 others.',
  )
  // Nobody answers for the others: the second level hears of each.
  await story.advance(60, { postEverySeconds: 60 })
  const second = story.sentTo('second@example.org', 'page')
  expect(second).toHaveLength(4)
  expect(second[3]!.subject).toMatch(/^\[56 more\]/)
  expect(story.sentTo('on-call@example.org', 'page')).toHaveLength(4)
  // A machine gets each by itself.
  expect(story.sentTo('http://127.0.0.1:9/second', 'page')).toHaveLength(59)
})

test('sixty incidents that end at once tell a person three times and once more, and a machine each time', async () => {
  await begin()
  await fire(...many(60))
  await story.advance(70, { postEverySeconds: 60 })
  for (const { id } of await story.incidents()) await story.act(`/api/v1/incidents/${id}/resolve`, { by: 'duty' })
  await story.advance(12)
  const ends = story.sentTo('on-call@example.org', 'resolved')
  expect(ends).toHaveLength(4)
  expect(ends[3]!.subject).toMatch(/^\[57 more over\]/)
  expect(story.sentTo('second@example.org', 'resolved')).toHaveLength(4)
  expect(story.sentTo('http://127.0.0.1:9/second', 'resolved')).toHaveLength(60)
  expect(pages('on-call@example.org')).toBe(4)
  expect(pages('second@example.org')).toBe(4)
  expect(pages('http://127.0.0.1:9/second')).toBe(60)
})

test('a digest that is refused for good calls the next level for each of its incidents', async () => {
  await begin()
  story.refuse = ({ destination, incidentId }) =>
    destination === 'on-call@example.org' && incidentId === null
      ? new DeliveryError('550 no such mailbox', { isFinal: true })
      : null
  await fire(...many(10))
  await story.advance(12)
  expect(pages('on-call@example.org')).toBe(3)
  expect(pages('http://127.0.0.1:9/second')).toBe(7)
  await story.advance(10)
  expect(story.sentTo('second@example.org', 'page').map(({ subject }) => subject)[3]).toMatch(/^\[4 more\]/)
})

test('a level is skipped when nobody of it was reached, not when one of its addresses is wrong', async () => {
  const config = storyConfig()
  const contacts = [{ mail: 'gone@example.org' }, { mail: 'away@example.org' }, { mail: 'on-call@example.org' }]
  await begin({ teams: [{ name: 'on-call', contacts }, ...config.teams.slice(1)] })
  const dead = new Set(['gone@example.org', 'away@example.org'])
  story.refuse = ({ destination }) =>
    dead.has(destination) ? new DeliveryError('550 no such mailbox', { isFinal: true }) : null
  await fire({})
  await story.advance(50)
  expect(pages('on-call@example.org')).toBe(1)
  expect(pages('second@example.org')).toBe(0)
  const { timeline } = await story.incident()
  expect(timeline.filter(({ kind }) => kind === 'undeliverable').map(({ sentence }) => sentence)).toHaveLength(2)
  dead.add('on-call@example.org')
  await fire({ name: 'Full', service: 'store' })
  await story.advance(2)
  // Once, although each of three messages is the news of a dead address.
  expect(pages('second@example.org')).toBe(1)
  const [full] = (await story.incidents()).filter(({ service }) => service === 'store')
  expect(full!.timeline.map(({ sentence }) => sentence)).toContain(
    'Nobody of level 1 was reached. Level 2 is called now instead of later.',
  )
  expect(story.others()).toEqual(['hook:second page'])
})

test('an alert that nobody repeats is over after five minutes', async () => {
  await begin()
  await fire({ severity: 'warning' })
  await story.advance(299)
  expect((await story.incident()).alerts[0]!.clearedAtMs).toBeNull()
  await story.advance(3)
  expect((await story.incident()).alerts[0]!.clearedAtMs).not.toBeNull()
  expect(story.others()).toEqual(['on-call page'])
})

test('an alert that flaps is one incident and one page', async () => {
  await begin()
  for (let round = 0; round < 10; round++) {
    await fire({ severity: 'warning' })
    await story.advance(3)
    await clear({ severity: 'warning' })
    await story.advance(3)
  }
  expect(await story.incidents()).toHaveLength(1)
  expect(messages()).toEqual(['on-call page'])
})

test('a storm of ten thousand alerts a second of one cause is one incident, and three pages a person at most', async () => {
  await begin()
  for (let second = 0; second < 10; second++) {
    const storm = Array.from({ length: 10_000 }, (_, index) => ({ labels: { instance: `web-${index}` } }))
    await fire(...storm)
    await story.advance(1)
  }
  await story.advance(50)
  const incident = await story.incident()
  expect(incident.sentence).toBe('Down: Down of far (10,000 alerts)')
  expect(pages('on-call@example.org')).toBe(1)
  expect(pages('second@example.org')).toBeLessThanOrEqual(3)
  expect(story.others()).toEqual(['hook:second page'])
})

test('different alerts of one service are told apart', async () => {
  await begin()
  await fire({ name: 'DiskFull' }, { name: 'CertificateExpires' })
  await story.advance(2)
  expect((await story.incidents()).map(({ sentence }) => sentence).sort()).toEqual([
    'CertificateExpires: CertificateExpires of far',
    'DiskFull: DiskFull of far',
  ])
  expect(pages('on-call@example.org')).toBe(2)
})

test('an alert that names its cause joins the incident of that service', async () => {
  await begin({}, { act: 'observe' })
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 30 * MiB
  await story.until(() => story.hasOpened(), 120)
  await fire({ name: 'HighLatency', service: 'web', labels: { cause: 'latency' } })
  await story.advance(2)
  const incident = await story.incident()
  expect(incident.cause).toBe('leak')
  expect(incident.alerts.map(({ rule }) => rule)).toContain('HighLatency')
  expect(pages('on-call@example.org')).toBe(1)
})

test('a silenced alert calls nobody, and calls when the silence ends and it still fires', async () => {
  await begin()
  await silence({ alertname: 'Down' }, 20 * SECOND_MS)
  await fire({})
  await story.advance(18)
  expect(messages()).toEqual([])
  await story.advance(4)
  expect(messages()).toEqual(['on-call page'])
})

test('a silence in the middle of an incident holds the next level back, for as long as it lasts', async () => {
  await begin()
  await fire({})
  await story.advance(30)
  await silence({ alertname: 'Down' }, 2 * MINUTE_MS)
  await story.advance(100)
  expect(messages()).toEqual(['on-call page'])
  expect((await story.incident()).timeline.at(-1)!.sentence).toContain('silenced by duty: known')
  await story.advance(20)
  expect(pages('second@example.org')).toBe(0)
  await story.advance(31)
  expect(pages('second@example.org')).toBe(1)
  expect(story.others()).toEqual(['hook:second page'])
})

test('a resolve is told to whoever was called, silenced meanwhile or not', async () => {
  await begin()
  await fire({})
  await story.advance(2)
  await silence({ alertname: 'Down' }, 10 * MINUTE_MS)
  await clear()
  await story.advance(65)
  expect(messages()).toEqual(['on-call page', 'on-call resolved'])
})

test('a silence outlives a restart', async () => {
  await begin()
  await silence({ alertname: 'Down' }, MINUTE_MS)
  await story.restartConsole()
  await fire({})
  await story.advance(20)
  expect(messages()).toEqual([])
})

test('a maintenance window of the configuration calls nobody, and what is still broken after it does', async () => {
  const startMs = Date.UTC(2023, 4, 10, 14, 0, 0)
  const [from, until] = [10, 40].map((second) => new Date(startMs + second * SECOND_MS).toISOString())
  await begin({ maintenance: [{ services: ['far'], from, until, comment: 'new disks' }] })
  await story.advance(12)
  await fire({}, { name: 'Short' })
  await story.advance(15)
  await clear({ name: 'Short' })
  await story.advance(10)
  expect(messages()).toEqual([])
  await story.advance(8)
  expect(messages()).toEqual(['on-call page'])
  expect((await story.incident()).sentence).toBe('Down: Down of far')
})

test('the database of a service speaks for it: one incident, one page', async () => {
  await begin({ services: [{ name: 'web', dependsOn: ['db'] }, { name: 'db' }] })
  await fire({ service: 'db', name: 'DatabaseDown' })
  await story.advance(2)
  await fire({ service: 'web', name: 'HighLatency' })
  await story.advance(5)
  const incident = await story.incident()
  expect(incident.service).toBe('db')
  expect(incident.timeline.some(({ sentence }) => sentence.startsWith('Follows from this'))).toBe(true)
  expect(messages()).toEqual(['on-call page'])
})

test('what was spoken for is heard when the bigger one is over', async () => {
  await begin({ services: [{ name: 'web', dependsOn: ['db'] }, { name: 'db' }] })
  await fire({ service: 'db', name: 'DatabaseDown' })
  await story.advance(2)
  await fire({ service: 'web', name: 'HighLatency' })
  await clear({ service: 'db', name: 'DatabaseDown' })
  await story.advance(3)
  expect((await story.incidents()).map(({ service }) => service).sort()).toEqual(['db', 'web'])
  expect(story.others()).toEqual(['on-call page', 'on-call page'])
})

test('an inhibition rule hides its targets with equal labels, and no others', async () => {
  await begin({ inhibit: [{ source: 'severity="critical"', target: 'severity="warning"', equal: ['zone'] }] })
  await fire({ name: 'ZoneDown', service: 'a', labels: { zone: '1' } })
  await story.advance(2)
  await fire(
    { name: 'Slow', service: 'b', severity: 'warning', labels: { zone: '1' } },
    { name: 'Slow', service: 'c', severity: 'warning', labels: { zone: '2' } },
  )
  await story.advance(2)
  expect((await story.incidents()).map(({ service }) => service).sort()).toEqual(['a', 'c'])
  expect(story.others()).toEqual(['on-call page', 'on-call page'])
})

test('inhibited before a restart is inhibited after it', async () => {
  await begin({ services: [{ name: 'web', dependsOn: ['db'] }, { name: 'db' }] })
  await fire({ service: 'db', name: 'DatabaseDown' })
  await story.advance(2)
  await fire({ service: 'web', name: 'HighLatency' })
  await story.advance(2)
  await story.restartConsole()
  await story.advance(10)
  expect(messages()).toEqual(['on-call page'])
})

test('who acknowledged and does not resolve is asked again after the time-out', async () => {
  await begin({
    escalation: {
      levels: [
        { after: '0s', teams: ['on-call'] },
        { after: '1m', teams: ['second'] },
      ],
      acknowledgeTimeout: '5m',
    },
  })
  await fire({ endsAt: Date.UTC(2030, 0, 1) })
  await story.advance(2)
  await story.act('/api/v1/incidents/1/acknowledge', { by: 'duty' })
  await story.advance(298, { postEverySeconds: 5 })
  expect(messages()).toEqual(['on-call page'])
  await story.advance(3)
  expect(messages()).toEqual(['on-call page', 'on-call page'])
  expect(await story.incident()).toMatchObject({ state: 'open', acknowledgedBy: null })
})

test('snoozed is asked again after that time, over a restart', async () => {
  await begin()
  await fire({ endsAt: Date.UTC(2030, 0, 1) })
  await story.advance(2)
  await story.act('/api/v1/incidents/1/snooze', { by: 'duty', forMs: 30 * SECOND_MS })
  await story.advance(10)
  await story.restartConsole()
  await story.advance(18)
  expect(messages()).toEqual(['on-call page'])
  await story.advance(3)
  expect(messages()).toEqual(['on-call page', 'on-call page'])
})

test('handed over, it calls those and nobody who was called before', async () => {
  await begin()
  await fire({})
  await story.advance(2)
  await story.act('/api/v1/incidents/1/reassign', { by: 'duty', teams: ['catalog'] })
  await story.advance(2)
  expect(messages()).toEqual(['on-call page', 'catalog page'])
  // Whoever got no answer says it again.
  await story.act('/api/v1/incidents/1/reassign', { by: 'duty', teams: ['catalog'] })
  await story.advance(2)
  expect(messages()).toEqual(['on-call page', 'catalog page'])
})

test('escalated by hand, the next level is called now, and once', async () => {
  await begin()
  await fire({})
  await story.advance(2)
  await story.act('/api/v1/incidents/1/escalate', { by: 'duty', note: 'too big for me' })
  await story.advance(70)
  expect(pages('second@example.org')).toBe(1)
  expect(story.others()).toEqual(['hook:second page', 'on-call page'])
})

test('two incidents merged are one: its alerts go on there', async () => {
  await begin()
  await fire({ name: 'One' }, { name: 'Two' })
  await story.advance(2)
  const [one, two] = (await story.incidents()).sort((left, right) => left.id - right.id)
  await story.act(`/api/v1/incidents/${two!.id}/merge`, { into: one!.id })
  await story.advance(5)
  const [first, second] = (await story.incidents()).sort((left, right) => left.id - right.id)
  expect(second).toMatchObject({ state: 'resolved' })
  expect(first!.alerts.map(({ rule }) => rule).sort()).toEqual(['One', 'Two'])
  expect(await story.incidents()).toHaveLength(2)
  expect(story.others()).toEqual(['on-call page', 'on-call page', 'on-call resolved'])
})

test('who acknowledges by the link in a message is named', async () => {
  await begin({
    people: [{ name: 'duty officer', contacts: [{ mail: 'officer@example.org' }] }],
    teams: [
      { name: 'on-call', members: ['duty officer'] },
      { name: 'second', contacts: [{ mail: 'second@example.org' }] },
      { name: 'catalog', contacts: [{ mail: 'catalog@example.org' }] },
    ],
  })
  await fire({})
  await story.advance(2)
  const link = /Acknowledge: (\S+)/.exec(story.sentTo('officer@example.org')[0]!.text)![1]!
  await fetch(link, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '' })
  expect(await story.incident()).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'duty officer' })
})

test('a heartbeat that is missed pages, and one that comes again calms', async () => {
  await begin({ heartbeats: [{ name: 'backup', every: '1m' }] })
  await story.send('/api/v1/heartbeats/backup', {})
  await story.advance(59)
  expect(messages()).toEqual([])
  await story.advance(4)
  expect(messages()).toEqual(['on-call page'])
  expect((await story.incident()).sentence).toContain('backup is silent')
  await story.send('/api/v1/heartbeats/backup', {})
  await story.advance(2)
  expect((await story.incident()).alerts[0]!.clearedAtMs).not.toBeNull()
})

test('an alert that always fires alarms by falling silent', async () => {
  await begin({ alerts: { heartbeats: ['Watchdog'], resolveTimeout: '1m' } })
  await fire({ name: 'Watchdog', severity: 'none' })
  await story.advance(50)
  await fire({ name: 'Watchdog', severity: 'none' })
  await story.advance(50)
  expect(messages()).toEqual([])
  await story.advance(15)
  expect((await story.incident()).service).toBe('Watchdog')
  expect(story.others()).toEqual(['on-call page'])
})

test('a rule of one’s own fires after its time, goes on for its time, and waits on over a restart', async () => {
  await begin({
    rules: [{ name: 'busy', metric: 'requestsPerSec', over: 'sum', above: 200, for: '40s', keepFiringFor: '20s' }],
  })
  const service = await story.withService()
  service.change({ requestsPerSec: 110 })
  await story.advance(30)
  await story.restartConsole()
  await story.advance(25)
  const opened = (await story.incidents()).find(({ alerts }) => alerts.some(({ rule }) => rule === 'busy'))
  expect(opened).toMatchObject({ cause: 'other', service: 'web' })
  service.change({ requestsPerSec: 40 })
  await story.advance(30)
  expect((await story.get<{ firing: string[] }>('/api/v1/rules')).firing).toContain('busy')
  await story.advance(40)
  expect((await story.get<{ firing: string[] }>('/api/v1/rules')).firing).not.toContain('busy')
  expect(story.others()).toEqual(['on-call page'])
})

test('an agent that posts late is not told silent before its time', async () => {
  await begin({}, { act: 'observe' })
  const service = await story.withService()
  service.worker('web-3').isRunning = false
  await story.advance(25)
  expect(messages()).toEqual([])
  service.workers.find(({ identity }) => identity.name === 'web-3')!.isRunning = true
  await story.advance(20)
  expect(messages()).toEqual([])
})

test('a process that said farewell is not missed', async () => {
  await begin({}, { act: 'observe' })
  const service = await story.withService()
  const leaving = service.worker('web-3')
  leaving.isRunning = false
  await story.post({
    ...leaving.batch(story.clock.nowMs()),
    farewell: { atMs: story.clock.nowMs(), exitCode: 0, pids: [] },
  })
  await story.advance(60)
  expect(messages()).toEqual([])
})

test('resolved by a person, an alert that nobody repeats stays over; one that goes on opens anew', async () => {
  await begin()
  await fire({}, { name: 'Stubborn', endsAt: Date.UTC(2030, 0, 1) })
  await story.advance(2)
  for (const { id } of await story.incidents()) await story.act(`/api/v1/incidents/${id}/resolve`, { by: 'duty' })
  await story.advance(10)
  await story.restartConsole()
  await story.advance(280)
  expect((await story.incidents()).filter(({ state }) => state === 'open')).toEqual([])
  await story.advance(15)
  expect((await story.incidents()).filter(({ state }) => state === 'open')).toMatchObject([
    { sentence: 'Stubborn: Stubborn of far' },
  ])
  expect(story.others()).toEqual([
    'on-call page',
    'on-call page',
    'on-call page',
    'on-call resolved',
    'on-call resolved',
  ])
})

test('an info is kept and wakes nobody', async () => {
  await begin()
  await fire({ severity: 'info' })
  await story.advance(90)
  expect(messages()).toEqual([])
  expect((await story.incident()).severity).toBe('info')
})

test('what gets graver calls then', async () => {
  await begin()
  await fire({ severity: 'info' })
  await story.advance(5)
  await fire({ severity: 'info' }, { severity: 'critical', labels: { instance: 'b' } })
  await story.advance(2)
  expect(messages()).toEqual(['on-call page'])
})

test('a dead channel of the first level calls the second at once', async () => {
  await begin()
  story.refuse = ({ destination }) =>
    destination === 'on-call@example.org' ? new DeliveryError('550 no', { isFinal: true }) : null
  await fire({})
  await story.advance(3)
  expect(pages('second@example.org')).toBe(1)
  expect(story.others()).toEqual(['hook:second page'])
})

test('what Alertmanager repeats after hours goes on until it says that it is over', async () => {
  await begin()
  const webhook = (status: string) =>
    story.send('/api/v1/webhooks/alertmanager', {
      version: '4',
      status,
      alerts: [
        {
          status,
          labels: { alertname: 'Far', service: 'far', severity: 'warning' },
          annotations: {},
          startsAt: '2023-05-10T14:00:00Z',
          endsAt: '0001-01-01T00:00:00Z',
        },
      ],
    })
  await webhook('firing')
  await story.advance(400)
  expect((await story.incident()).alerts[0]!.clearedAtMs).toBeNull()
  await webhook('resolved')
  await story.advance(2)
  expect((await story.incident()).alerts[0]!.clearedAtMs).not.toBeNull()
  expect(story.others()).toEqual(['on-call page'])
})

test('what Grafana posts to a webhook is an alert, and its end is one', async () => {
  await begin()
  // As its documentation shows it: version 1, fields of its own, nanoseconds and the zone of whoever set it up.
  const grafana = (status: string, endsAt: string) => ({
    receiver: 'plimsoll',
    status,
    orgId: 1,
    alerts: [
      {
        status,
        labels: { alertname: 'High memory usage', service: 'far', zone: 'us-1' },
        annotations: { description: 'The system has high memory usage', summary: 'Memory is nearly full' },
        startsAt: '2023-05-10T15:00:00.123456789+01:00',
        endsAt,
        generatorURL: 'https://grafana.example.org/alerting/grafana/x/view',
        fingerprint: 'c6eadffa33fcdf37',
        silenceURL: 'https://grafana.example.org/alerting/silence/new',
        dashboardURL: '',
        panelURL: '',
        values: { B: 44.2, C: null },
        valueString: '[ var=B value=44.2 ]',
      },
    ],
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'https://grafana.example.org/',
    version: '1',
    groupKey: '{}:{alertname="High memory usage"}',
    truncatedAlerts: 0,
    title: '[FIRING:1]',
    state: 'alerting',
    message: 'Firing',
  })
  await story.send('/api/v1/webhooks/alertmanager', grafana('firing', '0001-01-01T00:00:00Z'))
  await story.advance(2)
  expect((await story.incident()).sentence).toContain('Memory is nearly full')
  await story.send('/api/v1/webhooks/alertmanager', grafana('resolved', '2023-05-10T15:05:00+01:00'))
  await story.advance(2)
  expect((await story.incident()).alerts[0]!.clearedAtMs).not.toBeNull()
  expect(story.others()).toEqual(['on-call page'])
})

test('of a webhook, too, what is right is taken: it is not sent again', async () => {
  await begin()
  const right = { status: 'firing', labels: { alertname: 'Down', service: 'far' }, startsAt: '2023-05-10T14:00:00Z' }
  const response = await story.raw('/api/v1/webhooks/alertmanager', {
    version: '4',
    alerts: [{ ...right, status: 'odd' }, right],
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toContain('alerts[0].status')
  await story.advance(2)
  expect((await story.incident()).service).toBe('far')
  expect(story.others()).toEqual(['on-call page'])
})

test('an alert that is wrong is named, and those beside it are taken', async () => {
  await begin()
  const response = await story.raw('/api/v2/alerts', [
    said({}),
    { labels: {} },
    { labels: { alertname: 'x' }, startsAt: 'yesterday' },
    { labels: { alertname: 7 } },
    { labels: { alertname: '' } },
  ])
  expect(response.status).toBe(400)
  const wrong = ((await response.json()) as string).split('; ')
  expect(wrong).toEqual([
    'invalid alert: [1].labels at least one label pair required.',
    expect.stringContaining('[2].startsAt') as string,
    'invalid alert: [3].labels.alertname must be a string.',
    'invalid alert: [4].labels at least one label pair required.',
  ])
  await story.advance(2)
  expect(messages()).toEqual(['on-call page'])
})

test('a note of a person stands in the timeline and in the postmortem, and what people wrote there stays', async () => {
  await begin()
  await fire({})
  await story.advance(2)
  await story.act('/api/v1/incidents/1/notes', { by: 'duty', note: 'the disk was swapped' })
  await clear()
  await story.act('/api/v1/incidents/1/resolve', { by: 'duty' })
  await story.act('/api/v1/incidents/1/postmortem', { section: 'measures', text: 'Buy a larger disk.' })
  const { postmortem } = await story.incident()
  expect(postmortem).toContain('**Person:** duty: the disk was swapped.')
  expect(postmortem).toContain('Buy a larger disk.')
  const page = await story.raw('/api/v1/incidents/1/postmortem.html')
  expect(await page.text()).toMatch(/<h2>Issue Summary<\/h2>[\s\S]*Buy a larger disk\./)
  expect(story.others()).toEqual(['on-call page', 'on-call resolved'])
})

test('what a person resolved stays over in a console that takes the export, and says when it would not', async () => {
  await begin()
  await fire({ endsAt: Date.UTC(2030, 0, 1) })
  await story.advance(2)
  await story.act('/api/v1/incidents/1/resolve', { by: 'duty' })
  expect((await story.incident()).ask).toContain('if it is still sent when alerts.resolveTimeout')
  const text = await (await story.raw('/api/v1/export')).text()
  const first = story
  story = await Story.begin(storyConfig({ stakeholders: undefined }))
  expect((await story.raw('/api/v1/import', text)).status).toBe(200)
  await story.advance(30)
  expect(await story.incidents()).toMatchObject([{ id: 1, state: 'resolved' }])
  expect(first.others()).toEqual(['on-call page', 'on-call resolved'])
  await first.end()
})

test('everything that is stored can be taken out and into an empty console', async () => {
  await begin()
  await silence({ alertname: 'Other' }, MINUTE_MS, 'moved with us')
  await fire({})
  await story.advance(2)
  const text = await (await story.raw('/api/v1/export')).text()
  expect(text).not.toContain(story.adminToken)
  const before = await story.incident()
  const first = story
  story = await Story.begin(storyConfig({ stakeholders: undefined }))
  await story.raw('/api/v1/incidents/1/acknowledge', { by: 'too early' })
  const taken = await story.raw('/api/v1/import', text)
  expect([taken.status, await taken.json()]).toEqual([200, { rowCount: text.trim().split('\n').length - 1 }])
  await story.advance(1)
  expect((await story.incident()).timeline).toEqual(before.timeline)
  expect((await (await story.raw('/api/v2/silences')).json()) as object[]).toMatchObject([{ comment: 'moved with us' }])
  const { entries } = await story.get<AuditLog>('/api/v1/audit')
  expect(entries.map(({ what, status }) => `${what}: ${status}`)).toEqual([
    'POST /api/v1/import: 200',
    'POST /api/v1/incidents/1/acknowledge: 404',
    'POST /api/v2/silences: 200',
  ])
  expect((await story.raw('/api/v1/import', text)).status).toBe(409)
  // Who was called by the one is not called again by the other.
  expect(first.others()).toEqual(['on-call page'])
  await first.end()
})

test('what was settled or silenced before a move calls nobody after it', async () => {
  await begin()
  await fire({})
  await story.advance(2)
  await story.act('/api/v1/incidents/1/resolve', { by: 'duty' })
  await silence({ alertname: 'Noise' }, 10 * MINUTE_MS)
  await fire({ name: 'Noise', service: 'near' })
  await story.advance(2)
  const before = (await story.incidents()).map(({ key, state }) => `${key} ${state}`)
  const text = await (await story.raw('/api/v1/export')).text()
  const first = story
  story = await Story.begin(storyConfig({ stakeholders: undefined }))
  // Its clock is not behind that of the first.
  await story.advance(10)
  expect((await story.raw('/api/v1/import', text)).status).toBe(200)
  await story.advance(5)
  expect((await story.incidents()).map(({ key, state }) => `${key} ${state}`)).toEqual(before)
  expect(first.others()).toEqual(['on-call page', 'on-call resolved'])
  await first.end()
})
