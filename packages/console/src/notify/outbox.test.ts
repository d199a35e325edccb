import { createSeededRandom, SECOND_MS } from '@plimsoll/core'
import { ManualClock } from '@plimsoll/core/testing'
import { migrate } from '@plimsoll/postgres'
import { openTestDatabase, type TestDatabase } from '@plimsoll/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDelivery } from '../../test/deliveries.ts'
import { migrations } from '../storage/storage.ts'
import { claimDeliveries, insertDelivery, readDeliveries, type ClaimedDelivery } from '../storage/outbox.ts'
import { DeliveryError, type Channel } from './channel.ts'
import { Outbox } from './outbox.ts'
import { checkAnswer } from './post.ts'

let database: TestDatabase
let clock: ManualClock
const reports: string[] = []

beforeEach(async () => {
  database = await openTestDatabase()
  await migrate(database.sql, migrations)
  await database.sql`
    insert into incidents (service, cause, state, opened_at_ms, revision, record)
    values ('web', 'leak', 'open', 0, 1, '{}')`
  clock = new ManualClock(1000)
  reports.length = 0
})
afterEach(() => database.stop())

function createOutbox(deliver: Channel['deliver'], channel: Channel['name'] = 'mail'): Outbox {
  return new Outbox({
    sql: database.sql,
    clock,
    random: createSeededRandom(1),
    channels: { [channel]: { name: channel, deliver } },
    incidentsUrl: () => 'http://127.0.0.1/incidents',
    report: async (_id, event) => void reports.push(event.type),
    hide: (text) => text.replaceAll('opensesame', '…'),
    log: () => {},
  })
}

async function post(...destinations: string[]): Promise<void> {
  for (const destination of destinations) {
    const entry = createDelivery({ destination, key: destination, incidentId: 1 })
    await insertDelivery(database.sql, entry, clock.nowMs())
    // A step that is replayed writes the same rows again.
    await insertDelivery(database.sql, entry, clock.nowMs())
  }
}

const statuses = async () => (await readDeliveries(database.sql, 1)).map(({ to, status }) => `${to} ${status}`).sort()

test('what is written twice is sent once', async () => {
  const sent: string[] = []
  const outbox = createOutbox(async ({ destination }) => void sent.push(destination))
  await post('web')
  await Promise.all([outbox.deliverDue(), outbox.deliverDue(), outbox.deliverDue()])
  await outbox.settled()
  expect(sent).toEqual(['web'])
  expect(reports).toEqual(['delivered'])
})

test('what waits for an address goes out by its gravity, then by its age, and of one incident in order', async () => {
  const sent: string[] = []
  // A machine, for which nothing is gathered.
  const outbox = createOutbox(async ({ key }) => void sent.push(key), 'webhook')
  for (const incidentId of [2, 3, 4, 5]) {
    await database.sql`
      insert into incidents (service, cause, state, opened_at_ms, revision, record)
      values (${`web-${incidentId}`}, 'leak', 'open', 0, 1, '{}')`
  }
  const { message } = createDelivery()
  for (const [key, incidentId, severity, reason] of [
    ['note of 1', 1, 'critical', 'stakeholder'],
    ['end of 2', 2, 'critical', 'resolved'],
    ['warning of 3', 3, 'warning', 'page'],
    ['critical of 4', 4, 'critical', 'page'],
    ['critical of 5', 5, 'critical', 'page'],
    // It goes first, but does not overtake what was said before of the same incident.
    ['again of 2', 2, 'critical', 'page'],
  ] as const) {
    const entry = createDelivery({
      key,
      channel: 'webhook',
      incidentId,
      reason,
      message: { ...message, incident: { ...message.incident, severity } },
    })
    await insertDelivery(database.sql, entry, clock.nowMs())
  }
  // The console itself has something to say, too.
  await insertDelivery(
    database.sql,
    createDelivery({ key: 'of the console', channel: 'webhook', incidentId: null }),
    clock.nowMs(),
  )
  await outbox.deliverDue()
  await outbox.settled()
  expect(sent).toEqual([
    'end of 2',
    'critical of 4',
    'critical of 5',
    'again of 2',
    'of the console',
    'warning of 3',
    'note of 1',
  ])
})

test('when more addresses wait than can be claimed, the gravest goes first, however late it came', async () => {
  const { message } = createDelivery()
  for (const [destination, severity, reason] of [
    ['board', 'critical', 'stakeholder'],
    ['catalog', 'warning', 'page'],
    ['duty', 'critical', 'page'],
  ] as const) {
    const graded = { ...message, incident: { ...message.incident, severity } }
    const entry = createDelivery({ key: destination, destination, incidentId: 1, reason, message: graded })
    await insertDelivery(database.sql, entry, clock.nowMs())
  }
  const claimed: string[] = []
  for (let turn = 0; turn < 3; turn++) {
    const options = { nowMs: clock.nowMs(), leaseMs: 1000, maxCount: 1, busy: [] }
    for (const { destination } of await claimDeliveries(database.sql, options)) claimed.push(destination)
  }
  expect(claimed).toEqual(['duty', 'catalog', 'board'])
})

test('what waits for another try is overtaken by what comes after it', async () => {
  const sent: string[] = []
  const outbox = createOutbox(async ({ key, attemptCount }) => {
    if (key === 'first' && attemptCount === 1) throw new DeliveryError('Later.', { isFinal: false })
    sent.push(key)
  })
  for (const key of ['first', 'second'])
    await insertDelivery(database.sql, createDelivery({ key, incidentId: 1 }), clock.nowMs())
  await outbox.deliverDue()
  await outbox.settled()
  expect(sent).toEqual(['second'])
  clock.advance(10 * SECOND_MS)
  await outbox.deliverDue()
  await outbox.settled()
  expect(sent).toEqual(['second', 'first'])
})

test.each([
  ['resolved', {}],
  ['acknowledged', { acknowledgedAtMs: 2000 }],
])('a page that was refused after its incident was %s is not tried again', async (state, record) => {
  let attemptCount = 0
  const outbox = createOutbox(async () => {
    attemptCount++
    await database.sql`update incidents set state = ${state}, record = ${JSON.stringify(record)}::text::jsonb`
    throw new DeliveryError('451 try later', { isFinal: false })
  })
  await post('web')
  await pass(outbox, 20)
  expect(attemptCount).toBe(1)
  expect(await statuses()).toEqual(['web cancelled'])
})

test('who is called after somebody acknowledged is called again when that was refused', async () => {
  let attemptCount = 0
  const outbox = createOutbox(async () => {
    if (++attemptCount === 1) throw new DeliveryError('451 try later', { isFinal: false })
  })
  await database.sql`update incidents set state = 'acknowledged', record = '{"acknowledgedAtMs": 500}'`
  await post('web')
  await pass(outbox, 20)
  expect(attemptCount).toBe(2)
})

test('an address that hangs delays no other', async () => {
  const sent: string[] = []
  const outbox = createOutbox(async ({ destination }, abortSignal) => {
    if (destination !== 'dead') return void sent.push(destination)
    await new Promise((_resolve, reject) =>
      abortSignal.addEventListener('abort', () => reject(abortSignal.reason as Error)),
    )
  })
  await post('dead', 'web', 'board')
  void outbox.deliverDue()
  await expect.poll(statuses).toEqual(['board sent', 'dead sending', 'web sent'])
  clock.advance(10 * SECOND_MS)
  await outbox.settled()
  expect(await statuses()).toEqual(['board sent', 'dead pending', 'web sent'])
})

test('an incident that waits for its turn delays no page to the same address', async () => {
  const sent: string[] = []
  const waiting: (() => void)[] = []
  const outbox = new Outbox({
    sql: database.sql,
    clock,
    random: createSeededRandom(1),
    channels: { webhook: { name: 'webhook', deliver: async ({ key }) => void sent.push(key) } },
    incidentsUrl: () => '',
    report: () => new Promise<void>((resolve) => waiting.push(resolve)),
    hide: (text) => text,
    log: () => {},
  })
  const keys = Array.from({ length: 40 }, (_, at) => `page-${at}`)
  for (const key of keys) {
    const entry = createDelivery({ key, channel: 'webhook', incidentId: 1 })
    await insertDelivery(database.sql, entry, clock.nowMs())
  }
  await outbox.deliverDue()
  await expect.poll(() => sent).toEqual(keys)
  await expect.poll(() => waiting.length).toBe(keys.length)
  for (const tell of waiting) tell()
  await outbox.settled()
})

test('what a peer said is kept without its secrets, wherever it is cut', async () => {
  await post('web')
  const body = `${'sorry '.repeat(40).slice(0, 195)}opensesame`
  const outbox = createOutbox(async () => {
    checkAnswer({ status: 400, body, retryAfterMs: null })
    return null
  })
  await outbox.deliverDue()
  await outbox.settled()
  const [delivery] = await readDeliveries(database.sql, 1)
  expect(delivery!.lastError).toMatch(/^It answered 400: sorry .*…$/)
})

test('what was under way when the console died is sent again under the same key', async () => {
  const keys: string[] = []
  await post('web')
  const dying = createOutbox(() => new Promise(() => {}))
  void dying.deliverDue()
  await expect.poll(statuses).toEqual(['web sending'])
  const next = createOutbox(async ({ key }) => void keys.push(key))
  await next.deliverDue()
  await next.settled()
  expect(keys).toEqual([])
  clock.advance(30 * SECOND_MS)
  await next.deliverDue()
  await next.settled()
  expect(keys).toEqual(['web'])
  expect(await statuses()).toEqual(['web sent'])
})

test('tries with growing patience, then gives up and says so', async () => {
  let attemptCount = 0
  const outbox = createOutbox(async () => {
    attemptCount++
    throw new Error('451 try later')
  })
  await post('web')
  for (let second = 0; second < 900 && reports.length === 0; second++) {
    await outbox.deliverWhenDue()
    await outbox.settled()
    clock.advance(SECOND_MS)
  }
  expect(attemptCount).toBe(14)
  expect(reports).toEqual(['undeliverable'])
  expect(await statuses()).toEqual(['web dead'])
})

test('waits as long as it is asked to', async () => {
  let attemptCount = 0
  const outbox = createOutbox(async () => {
    if (attemptCount++ === 0)
      throw new DeliveryError('It answered 429.', { isFinal: false, retryAfterMs: 40 * SECOND_MS })
  })
  await post('web')
  await outbox.deliverDue()
  await outbox.settled()
  clock.advance(39 * SECOND_MS)
  await outbox.deliverWhenDue()
  await outbox.settled()
  expect(attemptCount).toBe(1)
  clock.advance(SECOND_MS)
  await outbox.deliverWhenDue()
  await outbox.settled()
  expect(attemptCount).toBe(2)
})

/** A page of each of many incidents to one person. */
async function storm(incidentCount: number): Promise<void> {
  const { message } = createDelivery()
  for (let id = 1; id <= incidentCount; id++) {
    await database.sql`
      insert into incidents (service, cause, state, opened_at_ms, revision, record)
      values (${`s-${id}`}, 'leak', 'open', 0, 1, '{}')`
    const entry = createDelivery({
      key: `inc:${id}/esc:0/team:web/mail:duty`,
      destination: 'duty',
      incidentId: id,
      message: {
        ...message,
        subject: `[INC-${id}] s-${id}`,
        incident: { ...message.incident, severity: id === incidentCount ? 'critical' : 'warning' },
      },
    })
    await insertDelivery(database.sql, entry, clock.nowMs())
  }
}

async function pass(outbox: Outbox, seconds: number): Promise<void> {
  for (let second = 0; second <= seconds; second++) {
    await outbox.deliverDue()
    await outbox.settled()
    if (second < seconds) clock.advance(SECOND_MS)
  }
}

test('a person who was called three times in a minute gets the rest as one message, over a restart', async () => {
  const sent: ClaimedDelivery[] = []
  await storm(300)
  const create = () => createOutbox(async (delivery) => void sent.push(delivery))
  await pass(create(), 5)
  expect(sent.map(({ incidentId }) => incidentId)).toEqual([300, 1, 2])
  await pass(create(), 10)
  expect(sent).toHaveLength(4)
  const { message, incidentId, isRepeat } = sent[3]!
  expect({ subject: message.subject, incidentId, isRepeat }).toEqual({
    subject: '[297 more] [INC-3] s-3',
    incidentId: null,
    isRepeat: false,
  })
  expect(message.text.match(/\[INC-\d+\]/g)).toEqual(Array.from({ length: 20 }, (_, at) => `[INC-${at + 3}]`))
  expect(message.text).toContain('and 277 others')
  expect(reports).toEqual(Array.from({ length: 300 }, () => 'delivered'))
  const deliveries = await readDeliveries(database.sql, null)
  expect(deliveries.filter(({ status, gatheredCount }) => status === 'sent' && gatheredCount === 296)).toHaveLength(297)
  // What comes within the minute waits until it is over, and no longer.
  await insertDelivery(database.sql, createDelivery({ key: 'late', destination: 'duty', incidentId: 1 }), clock.nowMs())
  await pass(create(), 44)
  expect(sent).toHaveLength(4)
  await pass(create(), 1)
  expect(sent.map(({ key }) => key)).toContain('late')
})

test('what tells without calling does not wait, and no machine gets a digest', async () => {
  const sent: string[] = []
  await storm(10)
  await database.sql`update outbox set channel = 'webhook' where incident_id > 5`
  await database.sql`update outbox set destination = 'hook' where incident_id > 5`
  await database.sql`update outbox set reason = 'resolved' where incident_id = 5`
  const deliver: Channel['deliver'] = async ({ destination }) => void sent.push(destination)
  const outbox = new Outbox({
    sql: database.sql,
    clock,
    random: createSeededRandom(1),
    channels: { mail: { name: 'mail', deliver }, webhook: { name: 'webhook', deliver } },
    incidentsUrl: () => '',
    report: async () => {},
    hide: (text) => text,
    log: () => {},
  })
  await pass(outbox, 0)
  expect(sent.toSorted()).toEqual([...Array<string>(4).fill('duty'), ...Array<string>(5).fill('hook')])
})

test('many ends are as few messages as many calls, and delay no call', async () => {
  const sent: ClaimedDelivery[] = []
  const outbox = createOutbox(async (delivery) => void sent.push(delivery))
  await storm(300)
  await database.sql`update outbox set reason = 'resolved'`
  await pass(outbox, 5)
  expect(sent).toHaveLength(3)
  await insertDelivery(
    database.sql,
    createDelivery({ key: 'call', destination: 'duty', incidentId: null }),
    clock.nowMs(),
  )
  await pass(outbox, 0)
  expect(sent.at(-1)!.key).toBe('call')
  await pass(outbox, 60)
  expect(sent.map(({ message }) => message.subject).slice(4)).toEqual(['[297 more over] [INC-3] s-3'])
  expect(sent[4]!.message.text).toContain('297 more incidents are over, as one message')
  expect(sent[4]!.message.text).not.toContain('next level')
  expect((await statuses()).every((one) => one.endsWith('sent'))).toBe(true)
})

test.each(['page', 'resolved'] as const)(
  'a storm of messages (%s) is looked through at once, though the statistics are of a calm before it',
  async (reason) => {
    const { sql } = database
    await sql`
      insert into outbox (key, incident_id, channel, destination, reason, subject, message, status, created_at_ms, due_at_ms,
        sent_at_ms)
      select ${reason} || at, 1, 'mail', 'duty', ${reason}, '', ${JSON.stringify(createDelivery().message)}::text::jsonb, 'sent',
        0, 0, -60000
      from generate_series(1, 20000) at`
    await sql`analyze`
    await sql`
      insert into incidents (service, cause, state, opened_at_ms, revision, record)
      select 's-' || at, 'leak', 'open', 0, 1, '{}' from generate_series(2, 10000) at`
    await sql`
      insert into outbox (key, incident_id, channel, destination, reason, subject, message, status, created_at_ms, due_at_ms)
      select 'new ' || key, id, channel, destination, reason, subject, message, 'pending', 0, 0 from outbox where id <= 10000`
    const claims = await sql.begin(async (transaction) => {
      await transaction`set local statement_timeout = '5s'`
      return claimDeliveries(transaction, { nowMs: clock.nowMs(), leaseMs: 1000, maxCount: 128, busy: [] })
    })
    expect(claims).toHaveLength(1)
  },
  30_000,
)

test.each([
  ['webhook', null],
  ['slack-bot', 'C1 17.1'],
] as const)('%s is told of each end by itself', async (channel, receipt) => {
  const sent: (number | null)[] = []
  await storm(10)
  await database.sql`update outbox set channel = ${channel}, status = 'sent', sent_at_ms = 0, receipt = ${receipt}`
  const { message } = createDelivery()
  for (let id = 1; id <= 10; id++)
    await insertDelivery(
      database.sql,
      createDelivery({ key: `end ${id}`, channel, destination: 'duty', incidentId: id, reason: 'resolved', message }),
      clock.nowMs(),
    )
  await pass(
    createOutbox(async ({ incidentId }) => void sent.push(incidentId), channel),
    0,
  )
  expect(sent).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('a digest whose sender died is sent again as a whole, and says that it may be a repeat', async () => {
  await storm(10)
  let isDying = false
  const sent: ClaimedDelivery[] = []
  const dying = createOutbox(async (delivery) => {
    sent.push(delivery)
    if (isDying) await new Promise(() => {})
    return null
  })
  await pass(dying, 9)
  isDying = true
  clock.advance(SECOND_MS)
  void dying.deliverDue()
  await expect.poll(() => sent.length).toBe(4)
  const next = createOutbox(async (delivery) => void sent.push(delivery))
  await pass(next, 31)
  expect(sent).toHaveLength(5)
  expect(sent[4]).toMatchObject({ key: sent[3]!.key, isRepeat: true, message: { text: sent[3]!.message.text } })
  expect(new Set((await statuses()).map((one) => one.split(' ')[1]))).toEqual(new Set(['sent']))
})

test('a digest that is refused is tried again as one, and given up as one', async () => {
  await storm(10)
  let digestCount = 0
  const outbox = createOutbox(async ({ incidentId }) => {
    if (incidentId !== null) return
    digestCount++
    throw new DeliveryError('451 try later', { isFinal: false })
  })
  await pass(outbox, 20)
  expect(digestCount).toBeGreaterThan(1)
  for (let second = 0; second < 900 && !reports.includes('undeliverable'); second++) await pass(outbox, 1)
  expect(digestCount).toBe(14)
  expect(reports.toSorted()).toEqual([...Array<string>(3).fill('delivered'), ...Array<string>(7).fill('undeliverable')])
  const all = await readDeliveries(database.sql, null)
  expect(all.filter(({ status, attemptCount }) => status === 'dead' && attemptCount === 14)).toHaveLength(7)
})
