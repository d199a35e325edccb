import { MiB, SECOND_MS } from '@plimsoll/core'
import { batchPath, type Batch } from '@plimsoll/core/wire'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Incident, IncidentList } from '../src/api/contract.ts'
import { parseConfig } from '../src/config-file.ts'
import { startConsole, type RunningConsole } from '../src/console.ts'
import { FakeService } from '../src/testing/fake-service.ts'

// Whatever an agent, another system or a person sends is text on every page, in every corner: it makes no element and runs nothing.
const hostile = [
  `"'><img src=x onerror="window.__xss=1"><x-xss>`,
  '</script><script>window.__xss=1</script>',
  '</title></style></textarea></pre><svg onload="window.__xss=1">',
  'javascript:window.__xss=1//',
  '[a](javascript:window.__xss=1) `<x-xss>` {{constructor.constructor("window.__xss=1")()}} ${window.__xss=1}',
  '<a href="javascript:window.__xss=1">&lt;x-xss&gt;</a>\u202e\u2028<!--',
].join(' ')
const short = `<x-xss onclick="window.__xss=1">`

let dataDir: string
let running: RunningConsole
let browser: Browser
let page: Page
let posting: NodeJS.Timeout
const refusals: string[] = []

/** Puts what is hostile wherever a text stands; what is looked up by its name keeps its beginning. */
function poison(batch: Batch): Batch {
  const say = (text: string | null) => (text === null ? null : `${text} ${hostile}`.slice(0, 190))
  for (const sample of batch.samples) {
    for (const route of sample.routes) route.route = say(route.route)!
    for (const cache of sample.caches)
      Object.assign(cache, { name: `${cache.name} ${short}`, createdAt: say(cache.createdAt) })
    sample.sites = [{ file: say('src/a.ts')!, line: 1, variable: say('held')!, entryCount: 9, growthPerMin: 3 }]
  }
  for (const signal of batch.signals) {
    signal.sentence = say(signal.sentence)!
    if (signal.culprit)
      signal.culprit = {
        ...signal.culprit,
        file: say(signal.culprit.file)!,
        variable: say(signal.culprit.variable),
        code: `x\n\`\`\`\n${hostile}`,
        knownLeak: hostile,
      }
  }
  return {
    ...batch,
    from: {
      ...batch.from,
      host: say(batch.from.host)!,
      serviceVersion: short,
      nodeVersion: `20 ${short}`.slice(0, 40),
    },
  }
}

async function post(path: string, body: unknown, tokenFile = running.adminTokenFile): Promise<Response> {
  const response = await fetch(`${running.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) refusals.push(`${path}: ${response.status} ${(await response.clone().text()).slice(0, 300)}`)
  return response
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-hostile-'))
  running = await startConsole({
    dataDir,
    port: 0,
    log: () => {},
    config: parseConfig({
      services: [{ name: 'web', act: 'ask' }],
      people: [{ name: `duty ${short}`, contacts: [{ webhook: `http://127.0.0.1:9/${short}` }] }],
      teams: [{ name: `team ${short}`, members: [`duty ${short}`] }],
      escalation: { levels: [{ after: '0s', teams: [`team ${short}`] }] },
      playbooks: [{ name: `book ${short}`, steps: [hostile] }],
      statusPage: { title: `Shop ${short}` },
    }),
  })
  const service = new FakeService('web', {
    nowMs: Date.now() - 60 * SECOND_MS,
    workerCount: 2,
    behaviour: { cache: 'pages' },
  })
  const report = () =>
    Promise.all(
      service.processes.map((process) => post(batchPath, poison(process.batch(Date.now())), running.agentTokenFile)),
    )
  await report()
  const leaking = service.worker('web-2')
  leaking.behaviour.leakBytesPerMin = 60 * MiB
  leaking.floorBytes += 40 * MiB
  leaking.extraSignals.push({ kind: 'crash', sentence: hostile, verdict: 'sinking' })
  await report()
  leaking.extraSignals.push({ verdict: 'leaking', severity: 'critical', sentence: hostile, culprit: null })
  await report()
  // Who falls silent shows nothing any more.
  posting = setInterval(() => void report().catch(() => {}), SECOND_MS)
  const labels = { alertname: `Down ${short}`, service: `store ${short}`, severity: 'critical', [`odd`]: hostile }
  const annotations = { summary: hostile, description: hostile, runbook_url: 'javascript:window.__xss=1' }
  await post('/api/v2/alerts', [{ labels, annotations, generatorURL: 'http://127.0.0.1:9/"><x-xss>' }])
  const span = { startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString() }
  await post('/api/v2/silences', {
    matchers: [{ name: 'odd', value: `${hostile} other`, isRegex: false }],
    ...span,
    createdBy: hostile.slice(0, 90),
    comment: hostile,
  })
  await post('/api/v1/deploys', { service: 'web', version: short })
  await post('/api/v1/tokens', { name: `token ${short}`, scope: 'alerts' })
  await post('/api/v1/people', { name: `person ${short}`, role: 'viewer' })
  const list = async () => ((await (await get('/api/v1/incidents')).json()) as IncidentList).incidents
  await vi.waitFor(
    async () => {
      const found = (await list()).map(
        ({ service, cause, sentence }) => `${service.slice(0, 10)} ${cause} ${sentence.slice(0, 60)}`,
      )
      expect({ found, refusals, isEnough: found.length >= 2 }).toEqual({ found, refusals: [], isEnough: true })
    },
    { timeout: 60_000, interval: 200 },
  )
  const incidents = await list()
  for (const { id } of incidents) {
    await post(`/api/v1/incidents/${id}/notes`, { by: `by ${short}`, note: hostile })
    await post(`/api/v1/incidents/${id}/acknowledge`, { by: `by ${short}`, note: hostile })
  }
  const [last] = incidents
  await post(`/api/v1/incidents/${last!.id}/resolve`, { by: `by ${short}`, note: hostile })
  const { postmortem } = (await (await get(`/api/v1/incidents/${last!.id}`)).json()) as Incident
  expect(postmortem).not.toBeNull()
  await post(`/api/v1/incidents/${last!.id}/postmortem`, { section: 'summary', text: hostile })
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage()
})

afterAll(async () => {
  clearInterval(posting)
  await browser?.close()
  await running?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

function get(path: string): Promise<Response> {
  return fetch(`${running.url}${path}`, {
    headers: { authorization: `Bearer ${readFileSync(running.adminTokenFile, 'utf8').trim()}` },
  })
}

test('what is hostile is text on every page, and nothing of it was refused for being odd', async () => {
  expect(refusals).toEqual([])
  const blocked: string[] = []
  page.on('console', (message) => {
    if (/Content.Security.Policy|Refused to/i.test(message.text())) blocked.push(message.text())
  })
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await page.goto(running.signInUrl)
  await page.locator('main h1').first().waitFor()
  const { incidents } = (await (await get('/api/v1/incidents')).json()) as IncidentList
  const process = await page.locator('a.hull-name').first().getAttribute('href')
  const cache = await page.locator('a[href*="/caches/pages"]').first().getAttribute('href')
  // It was really there: on the pages that show what others say.
  const showing = [
    '/',
    '/incidents',
    process!,
    '/services/web/plan',
    '/settings/people',
    '/settings/tokens',
    '/status',
    `/incidents/${incidents[0]!.id}`,
  ]
  const paths = [
    '/',
    '/incidents',
    ...incidents.flatMap(({ id }) => [`/incidents/${id}`, `/api/v1/incidents/${id}/postmortem.html`]),
    process!,
    cache!,
    '/deliveries',
    '/plan',
    '/services/web/plan',
    '/settings',
    '/settings/rules',
    '/settings/people',
    '/settings/tokens',
    '/settings/audit',
    '/status',
    `/nowhere/${encodeURIComponent(short)}`,
  ]
  for (const path of paths) {
    await page.goto(new URL(path, running.url).href)
    await page.locator('main').first().waitFor()
    if (!path.startsWith('/nowhere')) await page.locator('h1').first().waitFor()
    if (showing.includes(path))
      await expect
        .poll(() => page.evaluate(() => document.body.innerText.includes('<x-xss')), { message: path })
        .toBe(true)
    const found = await page.evaluate(() => ({
      ran: (window as unknown as { __xss?: number }).__xss ?? null,
      elements: [
        ...document.querySelectorAll(
          'x-xss, img[src="x"], svg[onload], [onerror], [onclick], a[href^="javascript:" i], main script',
        ),
      ].map(({ outerHTML }) => outerHTML.slice(0, 200)),
      isWider: document.documentElement.scrollWidth > innerWidth,
    }))
    expect({ path, ...found }).toEqual({ path, ran: null, elements: [], isWider: false })
  }
  expect(blocked).toEqual([])
  expect(dialogs).toEqual([])
})
