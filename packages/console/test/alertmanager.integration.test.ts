import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Incident, IncidentList } from '../src/api/contract.ts'
import { parseConfig } from '../src/config-file.ts'
import { startConsole, type RunningConsole } from '../src/console.ts'
import { fingerprintOf } from '../src/rule/fingerprint.ts'
import { Receiver } from './receivers.ts'

// Debian's Alertmanager, amtool and Prometheus: clients and servers that nobody here wrote.
let folder: string
let running: RunningConsole
let pager: Receiver
let alertToken: string
let adminToken: string
let amUrl: string
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-alertmanager-'))
  pager = await new Receiver().start()
  const amPort = await freePort()
  amUrl = `http://127.0.0.1:${amPort}`
  running = await startConsole({
    dataDir: join(folder, 'console'),
    port: 0,
    config: parseConfig({
      teams: [
        { name: 'web', contacts: [{ webhook: `${pager.url}/page` }, { alertmanager: amUrl }] },
        { name: 'second', contacts: [{ webhook: `${pager.url}/second` }] },
      ],
      escalation: {
        levels: [
          { after: '0s', teams: ['web'] },
          { after: '10m', teams: ['second'] },
        ],
      },
      alerts: { proof: '2s' },
      webhooks: { secret: 'rope' },
    }),
  })
  alertToken = readFileSync(running.alertTokenFile, 'utf8').trim()
  adminToken = readFileSync(running.adminTokenFile, 'utf8').trim()
  writeFileSync(
    join(folder, 'alertmanager.yml'),
    `route:
  receiver: quiet
  group_wait: 1s
  group_interval: 1s
  routes:
    - receiver: console
      matchers: ['origin="elsewhere"']
      group_by: [alertname]
receivers:
  - name: quiet
  - name: console
    webhook_configs:
      - url: ${running.url}/api/v1/webhooks/alertmanager
        http_config:
          authorization: { credentials: ${alertToken} }
`,
  )
  start('prometheus-alertmanager', [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'am')}`,
    `--web.listen-address=127.0.0.1:${amPort}`,
    '--cluster.listen-address=',
  ])
  await vi.waitFor(async () => expect((await fetch(`${amUrl}/-/ready`)).status).toBe(200), {
    timeout: 20_000,
    interval: 100,
  })
})

afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null) continue
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  await running.stop()
  pager.stop()
  rmSync(folder, { recursive: true, force: true })
})

function start(command: string, args: string[]): void {
  children.push(spawn(command, args, { stdio: 'ignore' }))
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

const ask = async (path: string, init: RequestInit = {}, token = adminToken) =>
  fetch(`${running.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers },
  })

async function incidents(): Promise<Incident[]> {
  const { incidents: all } = (await (await ask('/api/v1/incidents')).json()) as IncidentList
  return Promise.all(all.map(async ({ id }) => (await (await ask(`/api/v1/incidents/${id}`)).json()) as Incident))
}

const about = async (name: string) =>
  (await incidents()).filter(({ alerts }) => alerts.some(({ rule }) => rule === name))

async function amtool(...args: string[]): Promise<string> {
  const url = new URL(running.url)
  url.username = 'amtool'
  url.password = adminToken
  const { stdout } = await promisify(execFile)('amtool', [`--alertmanager.url=${url.href}`, ...args])
  return stdout
}

test('amtool adds an alert, sees it, and it is an incident that pages', async () => {
  await amtool(
    'alert',
    'add',
    'DiskFull',
    'service=store',
    'severity=critical',
    'instance=db-1',
    '--annotation=summary=the disk of db-1 is full',
  )
  await expect.poll(async () => (await about('DiskFull')).length, { timeout: 10_000 }).toBe(1)
  const [incident] = await about('DiskFull')
  expect(incident).toMatchObject({
    service: 'store',
    severity: 'critical',
    state: 'open',
    sentence: 'DiskFull: the disk of db-1 is full',
  })
  await expect
    .poll(() => pager.received.filter(({ body }) => body.includes('DiskFull')).length, { timeout: 10_000 })
    .toBe(1)
  expect(await amtool('alert', 'query', 'alertname=DiskFull')).toContain('the disk of db-1 is full')
  expect(await amtool('alert', 'query', 'service=~"st.+"', '-o', 'extended')).toContain('DiskFull')
  expect(await amtool('alert', 'query', 'alertname=Nothing')).not.toContain('DiskFull')
})

test('amtool adds, shows, changes and expires silences, and what they hide calls nobody', async () => {
  const id = (
    await amtool('silence', 'add', 'alertname=Noise', '--duration=1h', '--author=ops', '--comment=known noise')
  ).trim()
  expect(id).toMatch(/^[0-9a-f-]{36}$/)
  expect(await amtool('silence', 'query')).toContain('known noise')
  expect(await amtool('silence', 'query', '-q')).toContain(id)
  await amtool('silence', 'update', '--comment=still known', id)
  expect(await amtool('silence', 'query')).toContain('still known')
  await amtool('alert', 'add', 'Noise', 'service=store')
  await new Promise((resolve) => setTimeout(resolve, 2500))
  expect(await about('Noise')).toEqual([])
  const suppressed = (await (await ask('/api/v2/alerts?filter=alertname%3D%22Noise%22')).json()) as { status: object }[]
  expect(suppressed).toMatchObject([{ status: { state: 'suppressed', silencedBy: [id] } }])
  expect(await amtool('alert', 'query')).not.toContain('Noise')
  expect(await amtool('alert', 'query', '--silenced')).toContain('Noise')
  await amtool('silence', 'expire', id)
  expect(await amtool('silence', 'query', '--expired')).toContain('still known')
  await expect.poll(async () => (await about('Noise')).length, { timeout: 10_000 }).toBe(1)
})

test('amtool reads status and groups', async () => {
  expect(await amtool('cluster', 'show')).toContain('disabled')
  const groups = (await (await ask('/api/v2/alerts/groups')).json()) as { labels: object; alerts: object[] }[]
  expect(groups).toContainEqual(
    expect.objectContaining({ labels: { alertname: 'DiskFull', service: 'store' }, receiver: { name: 'web' } }),
  )
})

test('a real Alertmanager receives what we page, and has its end', async () => {
  const [incident] = await about('DiskFull')
  const list = async () =>
    (await (await fetch(`${amUrl}/api/v2/alerts?filter=incident%3D%22${incident!.key}%22`)).json()) as {
      labels: Record<string, string>
      fingerprint: string
    }[]
  await expect.poll(async () => (await list()).length, { timeout: 15_000 }).toBe(1)
  expect((await list())[0]!.labels).toMatchObject({ alertname: 'DiskFull', service: 'store', incident: incident!.key })
  expect((await list())[0]!.fingerprint).toBe(fingerprintOf((await list())[0]!.labels))
  await ask(`/api/v1/incidents/${incident!.id}/resolve`, { method: 'POST', body: '{}' })
  await expect.poll(async () => (await list()).length, { timeout: 15_000 }).toBe(0)
})

test('a real Alertmanager sends to us: fires, stays, and is over when it says so', async () => {
  const post = (endsAt?: string) =>
    fetch(`${amUrl}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        {
          labels: { alertname: 'FromElsewhere', origin: 'elsewhere', service: 'far', severity: 'warning' },
          annotations: { summary: 'far away' },
          ...(endsAt ? { endsAt } : {}),
        },
      ]),
    })
  expect((await post()).status).toBe(200)
  await expect.poll(async () => (await about('FromElsewhere')).length, { timeout: 15_000 }).toBe(1)
  expect((await about('FromElsewhere'))[0]).toMatchObject({
    service: 'far',
    severity: 'warning',
    sentence: 'FromElsewhere: far away',
  })
  await post(new Date(Date.now() - 1).toISOString())
  await expect.poll(async () => (await about('FromElsewhere'))[0]!.state, { timeout: 20_000 }).toBe('resolved')
})

test('a real Prometheus fires its rule here and takes it back', async () => {
  const port = await freePort()
  const data = join(folder, 'prometheus')
  mkdirSync(data)
  const metrics = await new Receiver().start()
  let level = 1
  metrics.manner = () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: `tide_level ${level}\n` })
  writeFileSync(
    join(folder, 'rules.yml'),
    `groups:
  - name: tide
    interval: 1s
    rules:
      - alert: HighTide
        expr: tide_level > 0
        labels: { service: harbour, severity: critical }
        annotations: { summary: 'the tide is at {{ $value }}' }
`,
  )
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${join(folder, 'rules.yml')}]
scrape_configs:
  - job_name: tide
    static_configs: [{ targets: ['${new URL(metrics.url).host}'] }]
  - job_name: console
    authorization: { credentials: ${alertToken} }
    static_configs: [{ targets: ['${new URL(running.url).host}'] }]
alerting:
  alertmanagers:
    - authorization: { credentials: ${alertToken} }
      static_configs: [{ targets: ['${new URL(running.url).host}'] }]
`,
  )
  start('prometheus', [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--rules.alert.resend-delay=1s',
  ])
  await expect.poll(async () => (await about('HighTide')).length, { timeout: 40_000 }).toBe(1)
  expect((await about('HighTide'))[0]).toMatchObject({ service: 'harbour', sentence: 'HighTide: the tide is at 1' })
  const query = async () =>
    (await (await fetch(`http://127.0.0.1:${port}/api/v1/query?query=plimsoll_console_incidents`)).json()) as {
      data: { result: unknown[] }
    }
  await expect.poll(async () => (await query()).data.result.length, { timeout: 20_000 }).toBe(2)
  level = 0
  await expect.poll(async () => (await about('HighTide'))[0]!.state, { timeout: 40_000 }).toBe('resolved')
  metrics.stop()
})
