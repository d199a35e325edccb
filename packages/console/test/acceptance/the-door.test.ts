import { batchPath, MAX_BATCH_BYTES } from '@plimsoll/core/wire'
import { readFileSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiError, Session } from '../../src/api/contract.ts'
import { startConsole } from '../../src/console.ts'
import { FakeService } from '../../src/testing/fake-service.ts'
import { Story } from '../story.ts'

let story: Story
let service: FakeService
beforeAll(async () => {
  story = await Story.begin()
  service = await story.withService()
})
afterAll(async () => {
  // The processes of the last test fell silent.
  expect(story.others()).toEqual(['on-call page'])
  await story.end()
})

async function refusal(response: Response): Promise<[number, ApiError]> {
  return [response.status, (await response.json()) as ApiError]
}

test.each([
  ['no JSON', 'not json', 400, 'PLIMSOLL_CONSOLE_JSON', 'The body is no JSON'],
  ['an empty object', {}, 400, 'PLIMSOLL_CONSOLE_WIRE_VERSION', 'has no "version"; this build speaks 1'],
  ['another version', { version: 9 }, 400, 'PLIMSOLL_CONSOLE_WIRE_VERSION', 'speaks wire version 9'],
  ['a batch of nothing', { version: 1 }, 400, 'PLIMSOLL_CONSOLE_BATCH', 'from must be an object'],
  ['an array', [], 400, 'PLIMSOLL_CONSOLE_WIRE_VERSION', 'Update the older side'],
])('refuses %s and says what to do', async (_name, body, status, code, message) => {
  const [answered, error] = await refusal(await story.post(body))
  expect([answered, error.code]).toEqual([status, code])
  expect(error.message).toContain(message)
})

test('an agent written from the guide alone is taken, with or without a content type, and told what it repeats', async () => {
  const guide = readFileSync(new URL('../../../../docs/guide/agent.md', import.meta.url), 'utf8')
  const [, body = ''] = /-d '(\{[\s\S]*?\n\})'\n/.exec(guide) ?? []
  const headers = { authorization: `Bearer ${story.agentToken}`, 'content-type': 'application/x-www-form-urlencoded' }
  const post = () => fetch(`${story.console.url}${batchPath}`, { method: 'POST', headers, body })
  expect(await (await post()).json()).toEqual({ version: 1, commands: [] })
  expect(await (await post()).json()).toEqual({ version: 1, commands: [], isRepeated: true })
  const { services } = await story.overview()
  expect(services.find(({ name }) => name === 'shop')?.processes).toMatchObject([
    { name: 'web-1', presence: 'alive', hull: { depthBytes: 70_000_000, limitBytes: 512_000_000, isFloor: true } },
  ])
})

test('a body that is compressed, and an address with a NUL, are refused in words', async () => {
  const headers = { authorization: `Bearer ${story.agentToken}`, 'content-encoding': 'gzip' }
  const packed = await fetch(`${story.console.url}${batchPath}`, { method: 'POST', headers, body: '{}' })
  expect(await refusal(packed)).toMatchObject([415, { message: expect.stringContaining('this one is gzip') as string }])
  const nul = await fetch(`${story.console.url}/api/v1/people/a%00b`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${story.adminToken}` },
  })
  expect(nul.status).toBe(400)
})

test('reads little of whom it does not know yet', async () => {
  const answer = await fetch(`${story.console.url}/api/v1/slack/interactions`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `payload=${'x'.repeat(64 * 1024)}`,
  })
  const [status, error] = await refusal(answer)
  expect([status, error.code]).toEqual([413, 'PLIMSOLL_CONSOLE_TOO_LARGE'])
})

test('refuses what is too large', async () => {
  const [status, error] = await refusal(await story.post(JSON.stringify({ filler: 'x'.repeat(MAX_BATCH_BYTES) })))
  expect([status, error.code]).toEqual([413, 'PLIMSOLL_CONSOLE_TOO_LARGE'])
})

test('refuses a wrong token before it reads the body', async () => {
  const [status, error] = await refusal(await story.post('not json', 'wrong'))
  expect([status, error.code]).toEqual([401, 'PLIMSOLL_CONSOLE_AGENT_TOKEN'])
  expect(error.message).toContain('agent-token')
  const [viewerStatus] = await refusal(await story.post({}, story.adminToken))
  expect(viewerStatus).toBe(401)
})

test('a batch that comes twice counts once', async () => {
  const before = (await story.overview()).services[0]!.traffic!.requestsPerSec
  const batch = service.worker('web-1').batch(story.clock.nowMs() + 1)
  for (let time = 0; time < 20; time++) expect((await story.post(batch)).status).toBe(200)
  const after = (await story.overview()).services[0]!.traffic!.requestsPerSec
  expect(after).toBeLessThan(before * 1.1)
})

test('an agent whose clock is an hour off is shown in our time', async () => {
  const other = new FakeService('clockless', { nowMs: story.clock.nowMs() - 3_600_000, workerCount: 1 })
  const process = other.workers[0]!
  for (let time = 0; time < 3; time++) {
    await story.advance(2)
    expect((await story.post(process.batch(story.clock.nowMs() - 3_600_000))).status).toBe(200)
  }
  const view = (await story.overview()).services.find(({ name }) => name === 'clockless')!.processes[0]!
  expect(view).toMatchObject({ presence: 'alive' })
  expect(view.requestsPerSec).toBeGreaterThan(0)
})

test('text that no database would store does no harm', async () => {
  const strange = new FakeService('strange', { nowMs: story.clock.nowMs(), workerCount: 1 })
  strange.workers[0]!.extraSignals.push({
    kind: 'crash',
    severity: 'warning',
    verdict: 'afloat',
    memory: null,
    sentence: 'It said \u0000 and \ud800 <script>alert(1)</script> and died',
  })
  expect((await story.post(strange.workers[0]!.batch(story.clock.nowMs()))).status).toBe(200)
  await story.console.settled()
  const incident = (await story.incidents()).find((one) => one.service === 'strange')!
  expect(incident.sentence).toContain('<script>alert(1)</script> and died')
})

test('nobody looks without signing in, and everybody is told how to', async () => {
  for (const path of [
    '/api/v1/services',
    '/api/v1/incidents',
    '/api/v1/stream',
    '/api/v1/session',
    '/metrics',
    '/api/v1/deliveries',
  ]) {
    const [status, error] = await refusal(await fetch(`${story.console.url}${path}`))
    expect([path, status, error.code]).toEqual([path, 401, 'PLIMSOLL_CONSOLE_SIGN_IN'])
  }
})

test('the sign-in link works once; its session needs the token of its pages to change anything', async () => {
  const signedIn = await fetch(story.console.signInUrl, { redirect: 'manual' })
  expect(signedIn.status).toBe(303)
  const setCookie = signedIn.headers.get('set-cookie')!
  expect(setCookie).toMatch(/^plimsoll_session=[\w-]{43}; .*HttpOnly; SameSite=Lax/)
  const cookie = setCookie.split(';')[0]!
  const again = await fetch(story.console.signInUrl, { redirect: 'manual' })
  expect(again.status).toBe(403)
  expect(await again.text()).toContain('used already')

  const session = (await (
    await fetch(`${story.console.url}/api/v1/session`, { headers: { cookie } })
  ).json()) as Session
  expect(session).toMatchObject({ role: 'admin' })
  const resolve = (headers: Record<string, string>) =>
    fetch(`${story.console.url}/api/v1/incidents/1/resolve`, { method: 'POST', headers: { cookie, ...headers } })
  const [status, error] = await refusal(await resolve({}))
  expect([status, error.code]).toEqual([403, 'PLIMSOLL_CONSOLE_CSRF'])
  const signOut = await fetch(`${story.console.url}/api/v1/sign-out`, {
    method: 'POST',
    headers: { cookie, 'x-plimsoll-csrf': session.csrfToken },
  })
  expect(signOut.status).toBe(204)
  expect((await fetch(`${story.console.url}/api/v1/session`, { headers: { cookie } })).status).toBe(401)
})

test('behind a proxy, who guesses passwords slows down himself and nobody else', async () => {
  const signIn = async (from: string, name: string) => {
    const response = await fetch(`${story.console.url}/api/v1/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
      body: JSON.stringify({ name, password: 'a guess' }),
    })
    return response.status
  }
  for (let guess = 0; guess < 25; guess++) await signIn('203.0.113.9', `name ${guess}`)
  expect([await signIn('203.0.113.9', 'one more'), await signIn('198.51.100.7', 'a person')]).toEqual([429, 403])
})

test('pages carry a strict policy, secrets lie in files only their owner reads', async () => {
  const response = await fetch(`${story.console.url}/api/v1/services`)
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(response.headers.get('content-security-policy')).not.toContain('unsafe')
  expect(response.headers.get('cache-control')).toBe('no-store')
  for (const file of [story.console.agentTokenFile, story.console.adminTokenFile])
    expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('pages leave packed and small, are kept by their name, and hang no listener on an answer', async () => {
  const warnings: string[] = []
  const listen = (warning: Error) => void warnings.push(warning.name)
  process.on('warning', listen)
  const get = (path: string) => fetch(`${story.console.url}${path}`)
  const start = await get('/')
  const html = await start.text()
  expect(start.headers.get('content-encoding')).toBe('gzip')
  expect(start.headers.get('cache-control')).toBe('no-cache')
  const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!)
  expect(assets.length).toBeGreaterThanOrEqual(2)
  let sentBytes = Number(start.headers.get('content-length'))
  for (const path of assets) {
    const answer = await get(path)
    await answer.arrayBuffer()
    expect(answer.headers.get('cache-control')).toContain('immutable')
    sentBytes += Number(answer.headers.get('content-length'))
  }
  expect(sentBytes).toBeLessThanOrEqual(60_000)
  // Pages route by themselves, whatever dots their names have; files and interfaces that are not there are not there.
  expect(await (await get('/services/web.v2/caches/pages.html')).text()).toBe(html)
  for (const path of ['/assets/none.js', '/assets/../../package.json', '/assets/%2e%2e%2f%2e%2e%2fpackage.json']) {
    const text = await (await get(path)).text()
    expect([path, text === html || text.includes('There is nothing')]).toEqual([path, true])
  }
  const plain = await fetch(`${story.console.url}/`, { headers: { 'accept-encoding': 'identity' } })
  expect([plain.headers.get('content-encoding'), await plain.text()]).toEqual([null, html])
  await new Promise(setImmediate)
  process.off('warning', listen)
  expect(warnings).toEqual([])
})

test('a status page that nobody has set up is told of on a page', async () => {
  const response = await fetch(`${story.console.url}/status`)
  expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
  expect(await response.text()).toContain('There is no public status page here')
})

test('what does not exist is refused with a word', async () => {
  const get = (path: string) =>
    fetch(`${story.console.url}${path}`, { headers: { authorization: `Bearer ${story.adminToken}` } })
  for (const path of [
    '/api/v1/incidents/99999',
    '/api/v1/incidents/abc',
    '/api/v1/incidents/99999999999',
    '/api/v1/services/none',
    '/api/v1/nothing',
  ]) {
    const [status, error] = await refusal(await get(path))
    expect([path, status]).toEqual([path, 404])
    expect(error.message).toMatch(/^There is no/)
  }
})

test('what names nothing that there is changes nothing, and says so', async () => {
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${story.console.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${story.adminToken}` },
      body: JSON.stringify(body),
    })
    return [response.status, ((await response.json()) as ApiError).message]
  }
  const { id } = (await story.incidents())[0]!
  const approved = await post(`/api/v1/incidents/${id}/actions/99/approve`, {})
  expect(approved).toEqual([404, `Incident ${id} has no action "99". Nothing was approved.`])
  expect((await post(`/api/v1/incidents/${id}/merge`, { into: 99_999 }))[0]).toBe(404)
  expect(await post('/api/v1/deploys', { service: '', version: '' })).toEqual([
    400,
    expect.stringContaining('service must not be empty; version must not be empty'),
  ])
})

test('a port that was asked for and is taken fails with its number', async () => {
  const port = Number(new URL(story.console.url).port)
  await expect(
    startConsole({ dataDir: `${story.console.agentTokenFile}-other`, port, databaseUrl: story.database.url() }),
  ).rejects.toThrow(`Port ${port} is taken`)
})

test('the stream tells at once, and again when something changed', async () => {
  const events: string[] = []
  let advanced: Promise<unknown> | null = null
  const stream = request(`${story.console.url}/api/v1/stream`, {
    headers: { authorization: `Bearer ${story.adminToken}` },
  })
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject)
    stream.on('response', (response) => {
      expect(response.headers['content-security-policy']).toBeDefined()
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        events.push(...(chunk.match(/^event: \w+/gm) ?? []))
        if (events.length >= 1) advanced ??= story.advance(1)
        if (events.length >= 2) resolve()
      })
    })
    stream.end()
  })
  stream.destroy()
  // Or it would run on into the next test.
  await advanced
  expect(events.slice(0, 2)).toEqual(['event: overview', 'event: overview'])
})

test('says how it is for Prometheus', async () => {
  const response = await fetch(`${story.console.url}/metrics`, {
    headers: { authorization: `Bearer ${story.adminToken}` },
  })
  const text = await response.text()
  expect(text).toMatch(/^plimsoll_heap_limit_bytes\{service="web",process="web-1"\} 268435456$/m)
  expect(text).not.toContain('# EOF')
  expect(response.headers.get('content-type')).toContain('version=0.0.4')
  const asked = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1'
  const open = await fetch(`${story.console.url}/metrics`, {
    headers: { authorization: `Bearer ${story.adminToken}`, accept: asked },
  })
  expect(open.headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/)
  const lines = (await open.text()).split('\n')
  expect(lines.slice(-2)).toEqual(['# EOF', ''])
  expect(lines).toContain('plimsoll_heap_limit_bytes{service="web",process="web-1"} 268435456')
  expect(batchPath).toBe('/api/v1/agent/batch')
})

test('behind a proxy, who invents what is no address slows down himself, too', async () => {
  const guess = async (from: string) => {
    const headers = { authorization: 'Bearer a-guess', 'x-forwarded-for': from }
    return (await fetch(`${story.console.url}/api/v1/services`, { headers })).status
  }
  const inventions = [(at: number) => `nobody ${at}`, (at: number) => `fe80::1%${at}${'x'.repeat(5000)}`]
  for (const invent of inventions) for (let at = 0; at < 301; at++) await guess(invent(at))
  expect(await guess('one more')).toBe(429)
  expect(await guess('198.51.100.8')).toBe(401)
})
