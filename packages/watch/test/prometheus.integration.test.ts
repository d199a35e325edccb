import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runService, type RunningService } from './run-service.ts'

// Debian's Prometheus and promtool: nobody here wrote them.
const rules = fileURLToPath(new URL('../../../docs/prometheus/rules.yml', import.meta.url))
const dashboard = fileURLToPath(new URL('../../../docs/prometheus/dashboard.json', import.meta.url))
const patience = { timeout: 90_000, interval: 500 }
let folder: string
let service: RunningService
let metricsUrl: string
let prometheusUrl: string
let prometheus: ReturnType<typeof spawn>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-prometheus-'))
  service = await runService('map-by-url', {
    heapMb: 96,
    requestsPerSecond: 250,
    environment: { PLIMSOLL_METRICS_PORT: '0' },
  })
  await vi.waitFor(() => {
    const said = /metrics: (http:\S+)/.exec(service.terminal())
    expect(said).not.toBeNull()
    metricsUrl = said![1]!
  }, patience)
  const port = await freePort()
  prometheusUrl = `http://127.0.0.1:${port}`
  const config = join(folder, 'prometheus.yml')
  writeFileSync(
    config,
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${rules}]
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ['${new URL(metricsUrl).host}'] }]
`,
  )
  prometheus = spawn('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ])
  await vi.waitFor(async () => expect((await fetch(`${prometheusUrl}/-/ready`)).status).toBe(200), patience)
})

afterAll(async () => {
  await service.stop()
  const ended = once(prometheus, 'exit')
  prometheus.kill('SIGKILL')
  await ended
  rmSync(folder, { recursive: true, force: true })
})

async function ask(path: string): Promise<unknown> {
  const answer = await fetch(`${prometheusUrl}/api/v1/${path}`)
  const { status, data, error } = (await answer.json()) as { status: string; data: unknown; error?: string }
  expect(error, path).toBeUndefined()
  expect(status).toBe('success')
  return data
}

const query = async (expression: string) =>
  ((await ask(`query?query=${encodeURIComponent(expression)}`)) as { result: { value: [number, string] }[] }).result

test('promtool finds nothing amiss in rules and metrics', async () => {
  const run = promisify(execFile)
  const { stdout } = await run('promtool', ['check', 'rules', rules])
  expect(stdout).toMatch(/SUCCESS: \d+ rules found/)
  let text = ''
  await vi.waitFor(async () => {
    text = await (await fetch(metricsUrl)).text()
    expect(text).toContain('# TYPE process_resident_memory_bytes gauge')
  }, patience)
  const checking = run('promtool', ['check', 'metrics'])
  checking.child.stdin!.end(text)
  // It fails on what cannot be read; names that prom-client has are criticised, and kept.
  const { stdout: criticism, stderr } = await checking.catch((failed: { stdout: string; stderr: string }) => failed)
  const lines = `${criticism}${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('nodejs_'))
  expect(lines).toEqual([])
})

test('the rules wake for what leaks, sinks, thrashes and stalls, and for nothing else', async () => {
  const cases = fileURLToPath(new URL('prometheus/rules.test.yml', import.meta.url))
  const { stdout } = await promisify(execFile)('promtool', ['test', 'rules', cases])
  expect(stdout).toContain('SUCCESS')
})

test('a real Prometheus scrapes the service, the dashboard shows it, and the leak alarms', async () => {
  await vi.waitFor(async () => expect(await query('up == 1')).toHaveLength(1), patience)
  await vi.waitFor(
    async () => expect(await query('plimsoll_verdict{verdict=~"leaking|sinking"} == 1')).not.toEqual([]),
    patience,
  )
  const { panels } = JSON.parse(readFileSync(dashboard, 'utf8')) as {
    panels: { title: string; targets: { expr: string }[] }[]
  }
  // As Grafana fills it in when all instances are chosen.
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$instance', '.*')))
  expect(expressions.length).toBeGreaterThan(8)
  for (const expression of expressions)
    await vi.waitFor(async () => expect(await query(expression), expression).not.toEqual([]), patience)
  await vi.waitFor(async () => {
    const { alerts } = (await ask('alerts')) as { alerts: { labels: { alertname: string } }[] }
    expect(alerts.map(({ labels }) => labels.alertname)).toContainEqual(
      expect.stringMatching(/Service(Leaking|Sinking)/),
    )
  }, patience)
}, 300_000)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
