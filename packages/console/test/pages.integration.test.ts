import { MiB, SECOND_MS } from '@plimsoll/core'
import { batchPath, parseBatchReply } from '@plimsoll/core/wire'
import axe from 'axe-core'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConfig } from '../src/config-file.ts'
import { startConsole, type RunningConsole } from '../src/console.ts'
import { FakeService } from '../src/testing/fake-service.ts'

let dataDir: string
let running: RunningConsole
let posting: NodeJS.Timeout
let browser: Browser
let context: BrowserContext
let page: Page
let signInUrl: string
let acknowledgeUrl = ''

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-console-pages-'))
  running = await startConsole({
    dataDir,
    port: 0,
    config: parseConfig({
      services: [{ name: 'web', act: 'safe' }],
      policy: { proof: '10m' },
      statusPage: { title: 'The shop' },
      teams: [{ name: 'on-call', contacts: [{ mail: 'on-call@example.org' }] }],
      escalation: { levels: [{ after: '0s', teams: ['on-call'] }] },
      smtp: { url: 'smtp://127.0.0.1:9', from: 'plimsoll@example.org' },
    }),
    channels: {
      mail: {
        name: 'mail',
        deliver: ({ message }) => {
          acknowledgeUrl = message.acknowledgeUrl ?? acknowledgeUrl
          return Promise.resolve(null)
        },
      },
    },
  })
  signInUrl = running.signInUrl
  const token = readFileSync(running.agentTokenFile, 'utf8').trim()
  const service = new FakeService('web', { nowMs: Date.now(), workerCount: 3 })
  const many = new FakeService('a-service-of-many-with-a-long-name', { nowMs: Date.now(), workerCount: 30 })
  const post = async () => {
    const all = [service, many].flatMap((one) => one.processes.map((process) => [one, process] as const))
    for (const [service, process] of all) {
      const response = await fetch(`${running.url}${batchPath}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(process.batch(Date.now())),
      })
      service.obey(process, parseBatchReply(await response.json()).commands, Date.now())
    }
  }
  await post()
  service.worker('web-2').behaviour.leakBytesPerMin = 90 * MiB
  posting = setInterval(() => void post().catch(() => {}), SECOND_MS)
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
  // axe is evaluated in the page, which the page's own policy rightly forbids.
  context = await browser.newContext({ bypassCSP: true, viewport: { width: 1440, height: 900 } })
  page = await context.newPage()
})

afterAll(async () => {
  clearInterval(posting)
  await browser?.close()
  await running?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function findViolations(): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run())
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
}

test('a stranger is told where the sign-in link is, and the link signs in once', async () => {
  await page.goto(running.url)
  await page.getByText('Open the sign-in link').waitFor()
  // Headers and token files are for tools.
  expect(await page.getByText('Bearer').count()).toBe(0)
  expect(await findViolations()).toEqual([])
  await page.goto(signInUrl)
  await page.getByRole('heading', { name: 'web', exact: true }).waitFor()
  const stranger = await (await browser.newContext()).newPage()
  expect((await stranger.goto(signInUrl))!.status()).toBeGreaterThanOrEqual(400)
})

test('a leak is seen, opened and acknowledged by keyboard alone', async () => {
  const open = page.getByRole('button', { name: /^Open INC-/ })
  await open.waitFor({ timeout: 60_000 })
  await open.focus()
  await page.keyboard.press('Enter')
  const acknowledge = page.getByRole('button', { name: 'Acknowledge' })
  await acknowledge.waitFor()
  await acknowledge.focus()
  await page.keyboard.press('Enter')
  await page.getByText(/acknowledged for/).waitFor()
  await page.locator('pre', { hasText: 'pageCache.set(request.url, html)' }).waitFor()
})

test('a note is taken and the next call put off from the page itself', async () => {
  await page.getByText('More people, later, a note').click()
  await page.getByLabel('For the timeline and the postmortem').fill('the deploy was rolled back')
  await page.getByRole('button', { name: 'Note it' }).click()
  await page.locator('.timeline', { hasText: 'the deploy was rolled back' }).first().waitFor()
  await page.getByRole('button', { name: 'Ask me again in 2 h' }).click()
  await page.locator('.timeline', { hasText: 'wants to be asked again in 2' }).first().waitFor()
  expect(await findViolations()).toEqual([])
})

// Two dozen pages, each read by axe: a busy machine takes its minutes.
test('no page has an accessibility fault, in light and dark, wide and on a phone', { timeout: 1_800_000 }, async () => {
  const incident = new URL(page.url()).pathname
  await page.goto(running.url)
  const process = await page.locator('a.hull-name').first().getAttribute('href')
  for (const [colorScheme, width] of [
    ['light', 1440],
    ['dark', 390],
    ['light', 390],
    ['dark', 1440],
  ] as const) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 844 })
    const settings = ['/settings', '/settings/rules', '/settings/people', '/settings/tokens', '/settings/audit']
    const seldom = ['/silences', '/plan', '/services/web/plan', '/services/web/caches/fragments', ...settings]
    const nothing = ['/nowhere', '/incidents/999', '/services/web/processes/none', '/services/web/caches/none']
    const outside = [acknowledgeUrl, '/status', `/api/v1${incident}/postmortem.html`]
    for (const path of ['/', '/incidents', incident, process!, '/deliveries', ...seldom, ...nothing, ...outside]) {
      await page.goto(new URL(path, running.url).href)
      await page.locator('main h1').first().waitFor()
      await page.waitForLoadState('load')
      expect({ path, colorScheme, violations: await findViolations() }).toEqual({ path, colorScheme, violations: [] })
      const isWiderThanScreen = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
      expect({ path, isWiderThanScreen }).toEqual({ path, isWiderThanScreen: false })
      const shots = globalThis.process.env['PLIMSOLL_SCREENSHOTS']
      if (shots) await page.screenshot({ path: join(shots, `${path.replaceAll(/\W+/g, '-')}-${width}.png`) })
    }
  }
})

test('of a service of many, those in trouble and the deepest are shown, the others when asked for', async () => {
  await page.goto(running.url)
  await page.locator('.hull-row').first().waitFor()
  // Who is in trouble stands first.
  expect(await page.locator('section.service h2').allTextContents()).toEqual([
    'web',
    'a-service-of-many-with-a-long-name',
  ])
  const many = page.locator('section.service', { hasText: 'a-service-of-many' })
  await many.locator('.hull-row').first().waitFor()
  expect(await many.locator('.hull-row').count()).toBe(12)
  await many.getByText('19 more').click()
  await expect.poll(() => many.locator('.hull-row').count()).toBe(31)
})

test('the keys are shown by one of them, and lead to pages while nothing is open', async () => {
  await page.goto(running.url)
  await page.locator('main h1').first().waitFor()
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  expect(await findViolations()).toEqual([])
  await page.keyboard.press('i')
  await page.keyboard.press('Escape')
  expect(await page.getByRole('dialog').count()).toBe(0)
  expect(new URL(page.url()).pathname).toBe('/')
  await page.keyboard.press('i')
  await page.getByRole('heading', { name: 'Incidents' }).waitFor()
  await page.keyboard.press('s')
  await page.locator('section.service').first().waitFor()
})

test('loads nothing from outside', async () => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).origin))
  await page.goto(running.url)
  await page.locator('.hull').first().waitFor()
  expect(new Set(asked)).toEqual(new Set([running.url]))
})
