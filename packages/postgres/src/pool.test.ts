import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sqlQueryChannel, type SqlQuery } from '@plimsoll/core/wire'
import { ManualClock } from '@plimsoll/core/testing'
import { connect, type ConnectOptions } from './connect.ts'
import type { AnySql, Sql } from './sql.ts'
import { openTestDatabase, type TestDatabase } from './testing.ts'

let database: TestDatabase
const clients: Sql[] = []
let heard: SqlQuery[] = []
const listener = (message: unknown) => void heard.push(message as SqlQuery)

function client(options: ConnectOptions = {}): Sql {
  const sql = connect(database.url(), options)
  clients.push(sql)
  return sql
}

beforeAll(async () => {
  database = await openTestDatabase()
  await database.sql`create table entry (number int primary key)`
})
afterAll(() => database.stop())
afterEach(async () => {
  unsubscribe(sqlQueryChannel, listener)
  heard = []
  for (const sql of clients.splice(0)) await sql.end({ timeout: 1 })
  await database.sql`delete from entry`
})

const codeOf = (act: PromiseLike<unknown>) =>
  Promise.resolve(act).then(
    () => 'fine',
    (error: { code?: string }) => error.code,
  )
const entries = async () =>
  (await database.sql`select number from entry order by number`).map(({ number }) => number as number)
const backend = async (sql: AnySql) => (await sql<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]!.pid
const terminate = (pid: number) => database.sql`select pg_terminate_backend(${pid}, 1000)`

test('serves a hundred at once over no more connections than allowed', async () => {
  const sql = client({ max: 3 })
  const answers = await Promise.all(
    Array.from(
      { length: 100 },
      async (_, index) => (await sql`select ${index}::int as index, pg_backend_pid() as pid`)[0]!,
    ),
  )
  expect(answers.map(({ index }) => index as number)).toEqual(Array.from({ length: 100 }, (_, index) => index))
  expect(new Set(answers.map(({ pid }) => pid as number)).size).toBeLessThanOrEqual(3)
})

test('turns the next one away when as many wait as may', async () => {
  const sql = client({ max: 1, maxWaiting: 2 })
  await sql`select 1`
  // Four are sent to the one connection, two wait.
  const codes = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(() => codeOf(sql`select pg_sleep(0.01)`)))
  expect(codes).toEqual(['fine', 'fine', 'fine', 'fine', 'fine', 'fine', '53300'])
})

test('a broken connection fails what ran on it, and only that', async () => {
  const sql = client({ max: 2 })
  const [victim] = await Promise.all([backend(sql), backend(sql)])
  const running = codeOf(sql`select pg_terminate_backend(pg_backend_pid())`)
  expect(await running).toBe('08006')
  await terminate(victim)
  const codes = await Promise.all([1, 2, 3, 4].map(() => codeOf(sql`select 1`)))
  expect(codes.filter((code) => code !== 'fine').length).toBeLessThanOrEqual(1)
})

test('under a storm of broken connections every query is settled, and no answer reaches another question', async () => {
  const sql = client({ max: 4 })
  const killer = client({ max: 1, applicationName: 'killer' })
  let isOver = false
  let fine = 0
  const ask = async (lane: number) => {
    for (let turn = 0; !isOver; turn++) {
      const number = lane * 1_000_000 + turn
      try {
        expect(await sql`select ${number}::int as number`).toEqual([{ number }])
        fine++
      } catch (error) {
        expect((error as { code: string }).code).toMatch(/^(08006|57P0\d|E[A-Z]+)$/)
      }
    }
  }
  const lanes = Array.from({ length: 8 }, (_, lane) => ask(lane))
  for (let shot = 0; shot < 25 || fine < 50; shot++) {
    await killer`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'plimsoll' and pid <> pg_backend_pid()`
    // Now and then a moment of peace, so that the storm hits working connections as well as opening ones.
    await new Promise((resolve) => setTimeout(resolve, shot % 3 === 0 ? 30 : 5))
  }
  isOver = true
  await Promise.all(lanes)
}, 180_000)

test('commits what fulfils, and rolls back what fails, also when the error was swallowed', async () => {
  const sql = client()
  expect(await sql.begin((inside) => [inside`insert into entry values (1)`, inside`select 7 as seven`])).toMatchObject([
    [],
    [{ seven: 7 }],
  ])
  await expect(
    sql.begin(async (inside) => {
      await inside`insert into entry values (2)`
      throw new Error('changed my mind')
    }),
  ).rejects.toThrow('changed my mind')
  await expect(
    sql.begin(async (inside) => {
      await inside`insert into entry values (3)`
      await inside`select nonsense`.catch(() => 'never mind')
    }),
  ).rejects.toThrow('nonsense')
  await expect(sql.begin('read only', (inside) => inside`insert into entry values (4)`)).rejects.toMatchObject({
    code: '25006',
  })
  await expect(sql.begin('; drop table entry', () => 1)).rejects.toMatchObject({ code: 'PLIMSOLL_INVALID_OPTION' })
  expect(await entries()).toEqual([1])
})

test('a transaction that the server rolled back is not reported as committed', async () => {
  const sql = client()
  const forgetful = sql.begin(async (inside) => {
    await inside`insert into entry values (1)`
    void codeOf(inside`select nonsense`)
    // Nobody waits for the statement, but it is on its way before the commit.
    await Promise.resolve()
    await Promise.resolve()
  })
  expect(await codeOf(forgetful)).toMatch(/^(40000|42703)$/)
  expect(await entries()).toEqual([])
})

test('a savepoint fails alone', async () => {
  const sql = client()
  await sql.begin(async (outer) => {
    await outer`insert into entry values (1)`
    await outer.savepoint((inner) => inner`insert into entry values (2)`)
    await outer.savepoint((inner) => inner`insert into entry values (1)`).catch(() => 'taken')
    await outer`insert into entry values (3)`
  })
  expect(await entries()).toEqual([1, 2, 3])
})

test('a transaction whose connection breaks fails whole: nothing of it waits for ever or runs elsewhere', async () => {
  const sql = client({ max: 1 })
  const codes: (string | undefined)[] = []
  const broken = sql.begin(async (inside) => {
    await inside`insert into entry values (1)`
    const pid = await backend(inside)
    const slow = codeOf(inside`select pg_sleep(5)`)
    const queued = [codeOf(inside`insert into entry values (2)`), codeOf(inside`insert into entry values (3)`)]
    await terminate(pid)
    codes.push(...(await Promise.all([slow, ...queued])), await codeOf(inside`insert into entry values (4)`))
    return 'the errors were swallowed'
  })
  const meanwhile = sql.begin((inside) => inside`insert into entry values (5)`)
  await expect(broken).rejects.toMatchObject({ code: '08006' })
  await meanwhile
  expect(codes).toEqual(['08006', '08006', '08006', '08006'])
  expect(await entries()).toEqual([5])
})

test('a connection that breaks while a transaction rests fails its next statement and not the process', async () => {
  const sql = client({ max: 1 })
  const resting = sql.begin(async (inside) => {
    await terminate(await backend(inside))
    await new Promise((resolve) => setTimeout(resolve, 20))
    await inside`insert into entry values (1)`
  })
  expect(await codeOf(resting)).toBe('08006')
  expect(await codeOf(sql`select 1`)).toBe('fine')
})

test('a query after its transaction is refused instead of running outside of it', async () => {
  const sql = client({ max: 1 })
  let leaked: AnySql | undefined
  await sql.begin((inside) => void (leaked = inside))
  expect(await codeOf(leaked!`insert into entry values (1)`)).toBe('08003')
  expect(await entries()).toEqual([])
})

test('end lets what runs and waits finish, and refuses what comes later', async () => {
  const sql = client({ max: 1 })
  const asked = [codeOf(sql`select pg_sleep(0.05)`), codeOf(sql`select 1`)]
  await new Promise((resolve) => setImmediate(resolve))
  await Promise.all([sql.end(), sql.end()])
  expect(await Promise.all(asked)).toEqual(['fine', 'fine'])
  expect(await codeOf(sql`select 1`)).toBe('08003')
})

test('end does not wait longer than it was told', async () => {
  const sql = client({ max: 1 })
  await sql`select 1`
  const asked = [codeOf(sql.begin((inside) => inside`select pg_sleep(20)`)), codeOf(sql`select 1`)]
  await new Promise((resolve) => setImmediate(resolve))
  await sql.end({ timeout: 0.02 })
  expect(await Promise.all(asked)).toEqual(['08006', '08003'])
})

test('closes a connection that nobody used for the idle time', async () => {
  const clock = new ManualClock()
  const sql = client({ max: 2, clock, applicationName: 'idler', idleTimeoutMs: 60_000 })
  // Two transactions that wait for each other need two connections, so both are open before time moves.
  let insideCount = 0
  let meet = () => {}
  const met = new Promise<void>((resolve) => (meet = resolve))
  const visit = () => sql.begin(() => (++insideCount === 2 ? meet() : met))
  await Promise.all([visit(), visit()])
  const open = async () => (await database.sql`select 1 from pg_stat_activity where application_name = 'idler'`).length
  expect(await open()).toBe(2)
  clock.advance(50_000)
  await sql`select 1`
  clock.advance(20_000)
  await expect.poll(open).toBe(1)
  clock.advance(60_000)
  await expect.poll(open).toBe(0)
  expect(clock.pendingCount).toBe(0)
})

test('a transaction comes to its turn among a stream of queries', async () => {
  const sql = client({ max: 1 })
  let isOver = false
  const stream = Array.from({ length: 6 }, async () => {
    while (!isOver) await sql`select 1`
  })
  await sql.begin((inside) => inside`insert into entry values (1)`)
  isOver = true
  await Promise.all(stream)
  expect(await entries()).toEqual([1])
})

test('rows come as objects, as lists, or in portions', async () => {
  const sql = client({ max: 1 })
  const limit = sql`limit ${2}`
  expect(await sql`select generate_series(1, 5) as n ${limit}`).toEqual([{ n: 1 }, { n: 2 }])
  expect(await sql`select 1, 'a'`.values()).toEqual([[1, 'a']])
  const portions: unknown[] = []
  for await (const rows of sql`select generate_series(1, 3) as n`.cursor(2)) portions.push(rows)
  expect(portions).toEqual([[{ n: 1 }, { n: 2 }], [{ n: 3 }]])
})

test('tells running from waiting for the one connection', async () => {
  const clock = new ManualClock()
  const sql = client({ max: 1, clock })
  await sql`select 1`
  let letGo = () => {}
  const held = new Promise<void>((resolve) => (letGo = resolve))
  const holding = database.sql.begin(async (inside) => {
    await inside`select pg_advisory_xact_lock(77)`
    await held
  })
  const waiting = async () => (await database.sql`select 1 from pg_locks where objid = 77 and not granted`).length
  await expect
    .poll(async () => (await database.sql`select 1 from pg_locks where objid = 77 and granted`).length)
    .toBe(1)
  const asked = Promise.all([sql`select pg_advisory_lock(77)`, sql`select 1`])
  await expect.poll(waiting).toBe(1)
  subscribe(sqlQueryChannel, listener)
  clock.advance(500)
  letGo()
  await asked
  await holding
  // The one who held the lock is heard as well, by another clock.
  expect(heard.filter(({ runMs, waitMs }) => runMs + waitMs === 500)).toMatchObject([
    { waitMs: 0, runMs: 500 },
    { waitMs: 500, runMs: 0 },
  ])
})

test('tells the opening of a connection as waiting', async () => {
  const clock = new ManualClock()
  const sql = client({ max: 1, clock })
  subscribe(sqlQueryChannel, listener)
  const answer = sql`select 1`.then(() => heard)
  // It has asked now; a connection takes several turns of the event loop to open, one for each answer of the server.
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(500)
  expect(await answer).toMatchObject([{ waitMs: 500, runMs: 0 }])
})

test('tells begin, commit and everything between, also in a savepoint', async () => {
  const sql = client({ max: 1 })
  subscribe(sqlQueryChannel, listener)
  await sql.begin(async (transaction) => {
    await transaction`select 1`
    await transaction.savepoint((inner) => inner.unsafe('select 2'))
  })
  expect(heard).toHaveLength(6)
})

test('tells failures as failures: by the server, and for want of one', async () => {
  const sql = client({ max: 1 })
  subscribe(sqlQueryChannel, listener)
  await expect(sql`select nonsense`).rejects.toThrow('nonsense')
  const nowhere = connect(
    { host: '/nonexistent', port: 1, user: 'x', password: 'x', database: 'x' },
    { waitForServerMs: 0 },
  )
  await expect(nowhere`select 1`).rejects.toThrow('ENOENT')
  expect(heard.map(({ hasFailed }) => hasFailed)).toEqual([true, true])
  expect(heard[1]!.runMs).toBe(0)
})

test('says nothing of cursors, which take as long as their reader, and frees their connection', async () => {
  const sql = client({ max: 1 })
  subscribe(sqlQueryChannel, listener)
  let rowCount = 0
  for await (const rows of sql`select generate_series(1, 5)`.cursor(2)) rowCount += rows.length
  for await (const rows of sql`select generate_series(1, 5)`.cursor(2)) {
    rowCount += rows.length
    break
  }
  expect(rowCount).toBe(7)
  expect(heard).toEqual([])
  expect(await codeOf(sql`select 1`)).toBe('fine')
})
