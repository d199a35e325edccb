import { migrate } from '@plimsoll/postgres'
import { openTestDatabase } from '@plimsoll/postgres/testing'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Incident } from '../../src/api/contract.ts'
import { startConsole } from '../../src/console.ts'
import { first } from '../../src/storage/migrations/001-first.ts'

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
    const authorization = `Bearer ${readFileSync(running.viewerTokenFile, 'utf8').trim()}`
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
