import { migrate } from '@plimsoll/postgres'
import { openTestDatabase } from '@plimsoll/postgres/testing'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Incident } from '../../src/api/contract.ts'
import { startConsole } from '../../src/console.ts'
import { first } from '../../src/storage/migrations/001-first.ts'
import { migrations } from '../../src/storage/storage.ts'
import { FakeService, type FakeProcess } from '../../src/testing/fake-service.ts'
import { batchPath, parseBatchReply } from '@plimsoll/core/wire'

// A console starts and a database with it: generous, for machines that are busy otherwise.
vi.setConfig({ testTimeout: 300_000 })

/** An incident as version 0.1.0 stored it before alerts of others were known. */
const stored = {
  id: 1,
  service: 'web',
  state: 'open',
  severity: 'critical',
  cause: 'leak',
  subject: 'web: a memory leak',
  sentence: 'web-2 is leaking.',
  openedAtMs: 1_700_000_000_000,
  acknowledgedAtMs: null,
  acknowledgedBy: null,
  mitigatedAtMs: null,
  resolvedAtMs: null,
  revision: 1,
  sequence: 1,
  alerts: [
    {
      fingerprint: 'web/leak/leak',
      rule: 'leak',
      cause: 'leak',
      severity: 'critical',
      sentence: 'web-2 is leaking.',
      instances: ['web-2#1'],
      instanceNames: ['web-2'],
      firstAtMs: 1_700_000_000_000,
      lastAtMs: 1_700_000_000_000,
      clearedAtMs: null,
    },
  ],
  checks: [],
  conclusion: { kind: 'undecided', sentence: 'The checks are running.' },
  culprit: null,
  claims: [],
  actions: [],
  responders: [{ team: 'web', because: 'level 1', sinceMs: 1_700_000_000_000 }],
  escalation: {
    policy: { levels: [], repeatMs: 900_000 },
    isStarted: true,
    startedAtMs: 1_700_000_000_000,
    step: 1,
    dueAtMs: null,
  },
  stakeholders: null,
  act: 'observe',
  proofMs: 60_000,
  calmSinceMs: null,
  usualRequestsPerSec: null,
  served: { requestCount: 0, errorCount: 0, slowCount: 0 },
  processCount: 3,
  routes: [],
  deploy: null,
}

test('the store of the version before is taken up, and its incident goes on', async () => {
  const database = await openTestDatabase()
  await migrate(database.sql, [first])
  await database.sql`
    insert into incidents (service, cause, state, opened_at_ms, revision, record)
    values ('web', 'leak', 'open', ${stored.openedAtMs}, 1, ${JSON.stringify(stored)}::text::jsonb)`
  await database.sql`
    insert into tokens (token_hash, scope, created_at_ms) values ('0', 'responder', 0)`
  const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-upgrade-'))
  const running = await startConsole({ dataDir, databaseUrl: database.url(), port: 0 })
  try {
    const authorization = `Bearer ${readFileSync(running.adminTokenFile, 'utf8').trim()}`
    const acknowledged = await fetch(`${running.url}/api/v1/incidents/1/acknowledge`, {
      method: 'POST',
      headers: { authorization },
    })
    const incident = (await acknowledged.json()) as Incident
    expect([acknowledged.status, incident.state, incident.sentence]).toEqual([200, 'acknowledged', 'web-2 is leaking.'])
    const alerts = (await (
      await fetch(`${running.url}/api/v2/alerts`, { headers: { authorization } })
    ).json()) as object[]
    expect(alerts).toMatchObject([{ labels: { alertname: 'PlimsollLeak', service: 'web', severity: 'critical' } }])
  } finally {
    await running.stop()
    await database.stop()
    rmSync(dataDir, { recursive: true })
  }
})

test('a store that a later version has changed is refused with the reason, and left as it is', async () => {
  const database = await openTestDatabase()
  const later = { name: `00${migrations.length + 1}_later.ts`, text: 'create table later (id int)' }
  await migrate(database.sql, [...migrations, later])
  const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-upgrade-'))
  try {
    await expect(startConsole({ dataDir, databaseUrl: database.url(), port: 0 })).rejects.toThrow(
      /the database is newer than this code\. Deploy the newer code/,
    )
    expect(await database.sql`select to_regclass('later')::text as later`).toEqual([{ later: 'later' }])
  } finally {
    await database.stop()
    rmSync(dataDir, { recursive: true })
  }
})

test('agents of the version before and of the one after are heard, and those of another wire told why not', async () => {
  const database = await openTestDatabase()
  const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-upgrade-'))
  const running = await startConsole({ dataDir, databaseUrl: database.url(), port: 0 })
  try {
    const authorization = `Bearer ${readFileSync(running.agentTokenFile, 'utf8').trim()}`
    const post = async (batch: object) => {
      const response = await fetch(`${running.url}${batchPath}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(batch),
      })
      return { status: response.status, answer: await response.json() }
    }
    const service = new FakeService('web', { nowMs: Date.now(), workerCount: 2 })
    const [before, after] = service.workers
    // Results and farewells came later.
    const old: Partial<ReturnType<FakeProcess['batch']>> = before!.batch(Date.now())
    delete old.results
    delete old.farewell
    const taken = await post(old)
    expect([taken.status, parseBatchReply(taken.answer).commands]).toEqual([200, []])
    const young = { ...after!.batch(Date.now()), weather: 'fair', from: { ...after!.identity, deck: 'upper' } }
    expect((await post(young)).status).toBe(200)
    const refused = await post({ ...old, version: 2 })
    expect(refused).toMatchObject({
      status: 400,
      answer: {
        message: expect.stringContaining('speaks wire version 2; this build speaks 1. Update the older side') as string,
      },
    })
    // The other way round: an agent ignores what a later console adds to its answer, and says so of another wire.
    expect(parseBatchReply({ version: 1, commands: [], advice: 'reef' })).toMatchObject({ commands: [] })
    expect(() => parseBatchReply({ version: 2, commands: [] })).toThrow('Update the older side')
  } finally {
    await running.stop()
    await database.stop()
    rmSync(dataDir, { recursive: true })
  }
})

test("the file with an admin's token that the version before called otherwise is taken over", async () => {
  const database = await openTestDatabase()
  const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-upgrade-'))
  writeFileSync(join(dataDir, 'viewer-token'), 'as-it-was\n')
  const running = await startConsole({ dataDir, databaseUrl: database.url(), port: 0, log: () => {} })
  try {
    expect(readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()).toBe('as-it-was')
    expect(existsSync(join(dataDir, 'viewer-token'))).toBe(false)
    expect(statSync(running.adminTokenFile).mode & 0o777).toBe(0o600)
    const headers = { authorization: 'Bearer as-it-was' }
    expect((await fetch(`${running.url}/api/v1/audit`, { headers })).status).toBe(200)
  } finally {
    await running.stop()
    await database.stop()
    rmSync(dataDir, { recursive: true })
  }
})
