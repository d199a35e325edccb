import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTempDir, OtherProcess } from '../test/process.ts'
import { connect } from './connect.ts'
import type { Sql } from './sql.ts'
import { startEmbedded, type EmbeddedDatabase } from './embedded.ts'

/** Kills a server, a backend or a client so often, in the middle of commits. */
const CYCLES = 3

/** Inserts numbers as fast as four connections commit, and prints each once its commit was acknowledged. */
const writer = `
const sql = postgres.connect(args[0], { max: 4, applicationName: 'writer' })
let next = Number(args[1])
async function write() {
  for (;;) {
    const number = next++
    try {
      await sql\`insert into entry (number) values (\${number})\`
      process.stdout.write(number + '\\n')
    } catch {}
  }
}
for (let lane = 0; lane < 4; lane++) void write()`

let dataDir: string
let database: EmbeddedDatabase
let sql: Sql
let restarts = 0
let wake = () => {}

beforeAll(async () => {
  dataDir = makeTempDir()
  database = await startEmbedded({
    dataDir,
    log: (line) => {
      if (!line.includes('started')) return
      restarts++
      wake()
    },
  })
  await database.createDatabase('ledger')
  sql = connect(database.address('ledger'))
  await sql`create table entry (number bigint primary key)`
})

afterAll(async () => {
  await sql.end()
  await database.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** Runs a writer, does harm in the middle of its commits, and holds every commit that it saw acknowledged against the table. */
async function checkNothingLost(from: number, harm: (process: OtherProcess) => Promise<void>): Promise<void> {
  const process = new OtherProcess(writer, [database.url('ledger'), String(from)])
  await process.heard(50)
  await harm(process)
  await process.kill()
  const acknowledged = process.lines.map(Number)
  const [row] = await retry(
    () => sql<{ lost: number }[]>`
    select count(*) as lost from unnest(${acknowledged}::bigint[]) as told (number)
    where not exists (select from entry where entry.number = told.number)`,
  )
  expect(acknowledged.length).toBeGreaterThanOrEqual(50)
  expect(row).toEqual({ lost: 0 })
}

/** A pooled connection may have died with its server: the first question tells us, the second gets through. */
async function retry<T>(act: () => PromiseLike<T>): Promise<T> {
  const endMs = performance.now() + 20_000
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (performance.now() > endMs) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

test('kill -9 of the server in the middle of commits loses nothing acknowledged, and clients get through again', async () => {
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await checkNothingLost(cycle * 1_000_000, async (writing) => {
      const before = restarts
      const back = new Promise<void>((resolve) => (wake = resolve))
      process.kill(database.pid, 'SIGKILL')
      await back
      expect(restarts).toBe(before + 1)
      await writing.heard(writing.lines.length + 50)
    })
  }
})

test('kill -9 of a connection’s server process loses nothing acknowledged', async () => {
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await checkNothingLost((100 + cycle) * 1_000_000, async (writing) => {
      const [victim] = await retry(
        () => sql<{ pid: number }[]>`
        select pid from pg_stat_activity where datname = 'ledger' and pid <> pg_backend_pid() order by pid limit 1`,
      )
      process.kill(victim!.pid, 'SIGKILL')
      await writing.heard(writing.lines.length + 50)
    })
  }
})

test('kill -9 of the client loses nothing acknowledged and leaves no connection behind', async () => {
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await checkNothingLost((200 + cycle) * 1_000_000, (writing) => writing.kill())
  }
  await retry(async () => {
    expect(await sql`select pid from pg_stat_activity where application_name = 'writer'`).toEqual([])
  })
})
