import { createSeededRandom, MINUTE_MS, SECOND_MS } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { migrate } from '@plimsoll/postgres'
import { openTestDatabase, type TestDatabase } from '@plimsoll/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mayCall } from '../src/notify/address-guard.ts'
import type { Channel } from '../src/notify/channel.ts'
import { createAlertmanagerChannel, createAlertmanagerWebhookChannel } from '../src/notify/channel/alertmanager.ts'
import { createMailChannel } from '../src/notify/channel/mail.ts'
import { createPagerdutyChannel } from '../src/notify/channel/pagerduty.ts'
import { createSlackBotChannel, createSlackChannel } from '../src/notify/channel/slack.ts'
import { createWebhookChannel } from '../src/notify/channel/webhook.ts'
import { Outbox } from '../src/notify/outbox.ts'
import { migrations } from '../src/storage/storage.ts'
import { insertDelivery, readDeliveries, type OutboxEntry } from '../src/storage/outbox.ts'
import { createDelivery } from './deliveries.ts'
import { MailReceiver, Receiver, type Manner } from './receivers.ts'

let database: TestDatabase
let clock: ManualClock
let peer: Receiver
let other: Receiver
let post: MailReceiver
let outbox: Outbox

beforeEach(async () => {
  database = await openTestDatabase()
  await migrate(database.sql, migrations)
  await database.sql`
    insert into incidents (service, cause, state, opened_at_ms, revision, record) values ('web', 'leak', 'open', 0, 1, '{}')`
  clock = new ManualClock()
  peer = await new Receiver().start()
  other = await new Receiver().start()
  post = await new MailReceiver().start()
  const signed = { secret: 's', nowMs: () => clock.nowMs(), findSecret }
  const slackSettings = { token: 'xoxb-1', signingSecret: null, url: peer.url }
  outbox = new Outbox({
    sql: database.sql,
    clock,
    random: createSeededRandom(1),
    incidentsUrl: () => 'http://127.0.0.1/incidents',
    report: async () => {},
    hide: (text) => text,
    log: () => {},
    channels: {
      mail: createMailChannel({ url: `smtp://127.0.0.1:${post.port}`, from: 'plimsoll@example.org' }),
      webhook: createWebhookChannel(signed),
      slack: createSlackChannel({ findSecret }),
      'slack-bot': createSlackBotChannel(slackSettings),
      pagerduty: createPagerdutyChannel({ url: `${peer.url}/v2/enqueue`, installation: 'i1', findSecret }),
      alertmanager: createAlertmanagerChannel(signed),
      'alertmanager-webhook': createAlertmanagerWebhookChannel(signed),
    },
  })
})
afterEach(async () => {
  peer.stop()
  other.stop()
  post.stop()
  await outbox.stop()
  await database.stop()
})

/** `other` is a destination of its own. */
function findSecret(channel: string, to: string): string | null {
  if (to === 'other') return `${other.url}/hook`
  return channel === 'pagerduty' ? 'a'.repeat(32) : `${peer.url}/hook`
}

const posting = ['webhook', 'slack', 'slack-bot', 'pagerduty', 'alertmanager', 'alertmanager-webhook'] as const
const names = ['mail', ...posting] as const
const peerOf = (channel: string) => (channel === 'mail' ? post : peer)

async function send(channel: Channel['name'], change: Partial<OutboxEntry> = {}): Promise<void> {
  const destination = channel === 'mail' ? 'here@example.org' : 'here'
  const entry = createDelivery({ incidentId: 1, channel, destination, key: `${channel}/${Math.random()}` })
  await insertDelivery(database.sql, { ...entry, ...change }, clock.nowMs())
  await outbox.deliverDue()
}

/** Time passes until everything is settled, as far as it will be. */
async function pass(spanMs: number, stepMs = SECOND_MS): Promise<void> {
  for (let passedMs = 0; passedMs < spanMs; passedMs += stepMs) {
    clock.advance(stepMs)
    await outbox.deliverDue()
    // A peer that hangs is given up by the clock that only we move.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const states = async () =>
  (await readDeliveries(database.sql, 1)).map(({ status, attemptCount }) => ({ status, attemptCount }))
const accepted: Record<string, Manner> = {
  'slack-bot': { status: 200, body: '{"ok":true,"ts":"17.4","channel":"C1"}' },
  pagerduty: { status: 202, body: '{"status":"success"}' },
}
const welcome = (channel: string): Manner => accepted[channel] ?? 'take'

test.each(names)('%s: what is taken is sent once', async (channel) => {
  peerOf(channel).manner = () => welcome(channel)
  await send(channel)
  await outbox.settled()
  expect(await states()).toEqual([{ status: 'sent', attemptCount: 1 }])
  expect(peerOf(channel).received).toHaveLength(1)
})

test.each(posting)('%s: 500 is tried again, and 429 after as long as it asks for', async (channel) => {
  peer.manner = (_request, count) =>
    count === 1 ? { status: 500 } : count === 2 ? { status: 429, headers: { 'retry-after': '30' } } : welcome(channel)
  await send(channel)
  await outbox.settled()
  await pass(4 * SECOND_MS)
  await outbox.settled()
  expect(peer.received).toHaveLength(2)
  await pass(20 * SECOND_MS)
  await outbox.settled()
  expect(peer.received).toHaveLength(2)
  await pass(15 * SECOND_MS)
  await outbox.settled()
  expect(await states()).toEqual([{ status: 'sent', attemptCount: 3 }])
})

test('mail: "not now" and "too many" are tried again, with growing patience', async () => {
  post.manner = (_request, count) => (count > 2 ? 'take' : { status: count === 1 ? 500 : 429 })
  await send('mail')
  await outbox.settled()
  for (let second = 0; second < 10; second++) {
    await pass(SECOND_MS)
    await outbox.settled()
  }
  expect(await states()).toEqual([{ status: 'sent', attemptCount: 3 }])
})

test.each(names)(
  '%s: a peer that refuses the connection delays no other, and gets it when it is there',
  async (channel) => {
    const { port } = peerOf(channel)
    peerOf(channel).stop()
    await send(channel)
    await send('webhook', { destination: 'other' })
    await outbox.settled()
    expect((await states()).toSorted((one, two) => one.status.localeCompare(two.status))).toEqual([
      { status: 'pending', attemptCount: 1 },
      { status: 'sent', attemptCount: 1 },
    ])
    if (channel === 'mail') post = await new MailReceiver().start(port)
    else peer = await new Receiver().start(port)
    peerOf(channel).manner = () => welcome(channel)
    await pass(5 * SECOND_MS)
    await outbox.settled()
    expect((await states()).map(({ status }) => status)).toEqual(['sent', 'sent'])
    expect(peerOf(channel).received).toHaveLength(1)
  },
)

test.each(names)('%s: dropped after it was taken is sent again under the same key', async (channel) => {
  peerOf(channel).manner = (_request, count) => (count === 1 ? 'drop' : welcome(channel))
  await send(channel)
  await outbox.settled()
  await pass(5 * SECOND_MS)
  await outbox.settled()
  expect(await states()).toEqual([{ status: 'sent', attemptCount: 2 }])
  const [first, second] = peerOf(channel).received
  expect(second!.headers['idempotency-key']).toBe(first!.headers['idempotency-key'])
  if (channel === 'pagerduty') expect(second!.body).toBe(first!.body)
})

test.each(names.filter((name) => name !== 'slack-bot'))('%s: 404 is final', async (channel) => {
  peerOf(channel).manner = () => ({ status: 404 })
  await send(channel)
  await outbox.settled()
  expect(await states()).toEqual([{ status: 'dead', attemptCount: 1 }])
})

test.each(names)('%s: a peer that hangs is given up after its time and delays no other', async (channel) => {
  peerOf(channel).manner = () => 'hang'
  await send(channel)
  await expect.poll(() => peerOf(channel).received.length).toBe(1)
  await send('webhook', { destination: 'other' })
  // Only when its answer is recorded may time pass: the other, too, has but ten seconds of this clock.
  const statuses = async () => (await readDeliveries(database.sql, 1)).map(({ status }) => status).toSorted()
  await expect.poll(statuses).toEqual(['sending', 'sent'])
  clock.advance(10 * SECOND_MS)
  await outbox.settled()
  expect(await statuses()).toEqual(['pending', 'sent'])
})

test('PagerDuty: trigger, acknowledge and resolve are of one key', async () => {
  peer.manner = () => welcome('pagerduty')
  for (const reason of ['page', 'acknowledged', 'resolved'] as const) await send('pagerduty', { reason })
  await pass(5 * SECOND_MS)
  await outbox.settled()
  const events = peer.received.map(
    ({ body }) => JSON.parse(body) as { event_action: string; dedup_key: string; payload?: object },
  )
  expect(events.map(({ event_action: action }) => action)).toEqual(['trigger', 'acknowledge', 'resolve'])
  expect(new Set(events.map(({ dedup_key: key }) => key))).toEqual(new Set(['plimsoll/i1/INC-42']))
  expect(events[0]!.payload).toMatchObject({
    summary: 'INC-42 web: web-2 is leaking.',
    source: 'web',
    severity: 'critical',
  })
})

test('Slack: one message an incident, what follows in its thread', async () => {
  peer.manner = () => welcome('slack-bot')
  await send('slack-bot')
  await outbox.settled()
  await send('slack-bot', { reason: 'resolved' })
  await outbox.settled()
  const calls = peer.received.map(({ path, body }) => ({
    path,
    ...(JSON.parse(body) as { ts?: string; thread_ts?: string; channel: string }),
  }))
  expect(calls).toMatchObject([
    { path: '/chat.postMessage', channel: 'here' },
    { path: '/chat.update', channel: 'C1', ts: '17.4' },
    { path: '/chat.postMessage', channel: 'C1', thread_ts: '17.4' },
  ])
  expect(peer.received[0]!.headers.authorization).toBe('Bearer xoxb-1')
})

test('Slack: what it refuses for good is not tried again', async () => {
  peer.manner = () => ({ status: 200, body: '{"ok":false,"error":"channel_not_found"}' })
  await send('slack-bot')
  await outbox.settled()
  expect(await states()).toEqual([{ status: 'dead', attemptCount: 1 }])
})

test('an Alertmanager webhook has the shape of version 4', async () => {
  await send('alertmanager-webhook')
  await outbox.settled()
  const body = JSON.parse(peer.received[0]!.body) as { alerts: object[] }
  expect(body).toMatchObject({
    version: '4',
    status: 'firing',
    truncatedAlerts: 0,
    groupLabels: { service: 'web', incident: 'INC-42' },
  })
  expect(body.alerts[0]).toMatchObject({
    status: 'firing',
    labels: { alertname: 'PlimsollIncident', severity: 'critical', incident: 'INC-42' },
    endsAt: '0001-01-01T00:00:00Z',
    fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
  })
})

test('an address the configuration no longer has is a dead letter', async () => {
  const channel = createWebhookChannel({ secret: 's', nowMs: () => 0, findSecret: () => null })
  const sending = channel.deliver(createDelivery({ channel: 'webhook' }), new AbortController().signal)
  await expect(sending).rejects.toMatchObject({ isFinal: true })
})

test.each([
  ['127.0.0.1', '127.0.0.1', true],
  ['localhost', '127.0.0.1', true],
  ['hooks.example.org', '203.0.113.9', true],
  ['hooks.internal', '10.1.2.3', true],
  ['hooks.example.org', '127.0.0.1', false],
  ['hooks.example.org', '::1', false],
  ['hooks.example.org', '::ffff:127.0.0.1', false],
  ['hooks.example.org', '169.254.169.254', false],
  ['169.254.169.254', '169.254.169.254', false],
  ['hooks.example.org', 'fe80::1', false],
  ['0.0.0.0', '0.0.0.0', false],
  ['[::1]', '::1', true],
  ['[::ffff:7f00:1]', '::ffff:7f00:1', false],
  ['[::ffff:a9fe:a9fe]', '::ffff:a9fe:a9fe', false],
])('%s at %s: may be called %s', (host, address, may) => {
  expect(mayCall(host, address)).toBe(may)
})

test('a redirect is not followed', async () => {
  peer.manner = () => ({ status: 307, headers: { location: `${other.url}/stolen` } })
  await send('webhook')
  await outbox.settled()
  await pass(MINUTE_MS, 10 * SECOND_MS)
  expect(other.received).toEqual([])
  expect(await states()).toEqual([{ status: 'dead', attemptCount: 1 }])
})
