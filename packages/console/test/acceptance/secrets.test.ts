import { ManualClock } from '@plimsoll/core/testing'
import { openTestDatabase, type TestDatabase } from '@plimsoll/postgres/testing'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openApi } from '../../src/api/open-api/document.ts'
import { parseConfig } from '../../src/config-file.ts'
import { startConsole, type RunningConsole } from '../../src/console.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

// Each secret that a configuration may hold, so that it can be found again wherever it leaks to, its beginning alone as well.
const secrets = {
  smtpPassword: 'q7smtpPassw0rdSmtpPassw0rd',
  slackWebhook: 'XXXXslackWebhook24XXXXXX',
  slackToken: 'xoxb-slackToken0slackToken0',
  slackSigning: 'q7signing0signing0signing0',
  pagerdutyKey: 'a'.repeat(8) + '0123456789abcdef' + 'pagerdut',
  webhookPath: 'q7hookPath0hookPath0hookPath0',
  webhookQuery: 'q7hookQuery0hookQuery0',
  webhookPassword: 'q7hookPassword0hookPassword0',
  webhookSecret: 'q7webhookSecret0webhookSecret0',
  alertmanagerPassword: 'q7alertmanagerPassword0',
  databasePassword: 'q7databasePassword0',
  deadman: 'q7deadman0deadman0deadman0',
}

/** Answers 500 and says back all that it was sent, as some peers do. */
let parrot: Server
let parrotUrl: string
let database: TestDatabase
let running: RunningConsole
const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-secrets-'))
const clock = new ManualClock()
const said: string[] = []

beforeAll(async () => {
  parrot = createServer((request, response) => {
    response.statusCode = 500
    // Long words first: where what it says is cut, each secret is halved once.
    response.end(`${'sorry '.repeat(32).slice(0, 190)} ${request.url} ${JSON.stringify(request.headers)}`)
  }).listen(0, '127.0.0.1')
  await once(parrot, 'listening')
  const host = `127.0.0.1:${(parrot.address() as AddressInfo).port}`
  parrotUrl = `http://${host}`
  database = await openTestDatabase()
  running = await startConsole({
    dataDir,
    databaseUrl: database.url(),
    port: 0,
    clock,
    log: (line) => said.push(line),
    config: parseConfig({
      services: [{ name: 'web', database: `postgres://reader:${secrets.databasePassword}@127.0.0.1:9/shop` }],
      teams: [
        {
          name: 'all',
          contacts: [
            { mail: 'a@example.org' },
            { slack: `${parrotUrl}/services/T000/B000/${secrets.slackWebhook}` },
            { slackChannel: '#all' },
            { pagerduty: secrets.pagerdutyKey },
            { webhook: `${parrotUrl}/${secrets.webhookPath}?key=${secrets.webhookQuery}` },
            { webhook: `http://user:${secrets.webhookPassword}@${host}/other` },
            { alertmanager: `http://user:${secrets.alertmanagerPassword}@${host}` },
            { alertmanagerWebhook: `${parrotUrl}/${secrets.webhookPath}` },
          ],
        },
      ],
      escalation: { levels: [{ after: '0s', teams: ['all'] }], repeat: '1m' },
      smtp: { url: `smtp://user:${secrets.smtpPassword}@127.0.0.1:9`, from: 'p@example.org' },
      slack: { token: secrets.slackToken, signingSecret: secrets.slackSigning, url: `${parrotUrl}/api` },
      pagerduty: { url: `${parrotUrl}/v2/enqueue` },
      webhooks: { secret: secrets.webhookSecret },
      deadman: { url: `${parrotUrl}/${secrets.deadman}`, every: '10s' },
      statusPage: { title: 'Shop' },
    }),
  })
})
afterAll(async () => {
  await running?.stop()
  await database?.stop()
  parrot.closeAllConnections()
  parrot.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('no secret of the configuration is in a log, an export, a page or any other answer', async () => {
  const token = readFileSync(running.adminTokenFile, 'utf8').trim()
  const ask = async (path: string, body?: unknown) => {
    const answer = await fetch(`${running.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    return { status: answer.status, text: await answer.text() }
  }
  const labels = { alertname: 'Down', service: 'web', severity: 'critical' }
  await ask('/api/v2/alerts', [{ labels }])
  await ask('/api/v1/drills', { service: 'web' })
  for (let second = 0; second < 5; second++) {
    clock.advance(1000)
    await running.settled()
  }
  const deliveries = await ask('/api/v1/deliveries')
  const tried = (JSON.parse(deliveries.text) as { deliveries: { channel: string; lastError: string | null }[] })
    .deliveries
  // Each of them was refused, so each had the occasion to say too much.
  for (const channel of ['slack', 'slack-bot', 'pagerduty', 'webhook', 'alertmanager', 'alertmanager-webhook'])
    expect(tried.filter((one) => one.channel === channel && one.lastError !== null).length, channel).toBeGreaterThan(0)

  const answers: Record<string, string> = { log: said.join('\n') }
  for (const [path, methods] of Object.entries(openApi.paths)) {
    if (!('get' in methods) || path.endsWith('/stream')) continue
    const filled = path.replace('{service}', 'web').replaceAll(/\{\w+\}/g, '1')
    const { status, text } = await ask(filled)
    answers[`${status} ${filled}`] = text
  }
  const read = Object.keys(answers).filter((path) => path.startsWith('200'))
  for (const path of ['export', 'configuration', 'doctor', 'people', 'deliveries', 'incidents/1', 'services/web/plan'])
    expect(read).toContain(`200 /api/v1/${path}`)
  expect(read).toContain('200 /status')
  const forms = Object.entries(secrets).flatMap(([name, secret]) => [
    { name, form: secret.slice(0, 8) },
    { name: `${name} as basic authentication`, form: Buffer.from(`user:${secret}`).toString('base64').slice(0, 12) },
  ])
  const leaks = Object.entries(answers).flatMap(([where, text]) =>
    forms.flatMap(({ name, form }) => (text.includes(form) ? [`${name} in ${where}`] : [])),
  )
  expect(leaks).toEqual([])
})
