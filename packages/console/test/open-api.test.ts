import Ajv from 'ajv'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApi } from '../src/api/open-api/document.ts'
import { writeSchemas } from './describe-types.ts'
import { Story, storyConfig } from './story.ts'

type Json = Record<string, unknown>
interface Operation {
  requestBody?: { content: Record<string, { schema: Json }> }
  responses: Record<string, { content?: Record<string, { schema?: Json }> }>
}

const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...(operation as Operation) })),
)

/** The document itself, and one that takes nothing it does not name: what it forgot to say is found, too. */
const ajv = new Ajv({ allErrors: true })
ajv.addSchema({ ...openApi, $id: 'said' })
ajv.addSchema({ ...(closed(openApi) as Json), $id: 'closed' })

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, closed(one)]))
  return copy['type'] === 'object' && 'properties' in copy ? { additionalProperties: false, ...copy } : copy
}

function pointTo(...keys: string[]): string {
  return keys.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
}

function faultsOf(value: unknown, document: 'said' | 'closed', ...keys: string[]): string[] {
  const validate = ajv.compile({ $ref: `${document}#/${pointTo(...keys)}` })
  return validate(value) ? [] : validate.errors!.map(({ dataPath, message }) => `${dataPath} ${message}`)
}

const answerOf = (path: string, method: string, status: string | number) =>
  ['paths', path, method, 'responses', String(status), 'content', 'application/json', 'schema'] as const

test('the schemas are what the types of the contract say', async () => {
  const [types, module] = ['contract.ts', 'contract/schemas.ts'].map((name) =>
    fileURLToPath(new URL(`../src/api/${name}`, import.meta.url)),
  )
  await expect(await writeSchemas(types!, module!)).toMatchFileSnapshot(module!)
})

test('every JSON that is taken, answered or refused has a schema that compiles', () => {
  const without: string[] = []
  for (const { path, method, requestBody, responses } of operations) {
    for (const [status, { content }] of Object.entries(responses)) {
      if (status === '200' && !content && !['/api/v2/alerts', '/api/v2/silence/{id}'].includes(path))
        without.push(`${method} ${path}: no answer`)
      const json = content?.['application/json']
      if (json && !json.schema) without.push(`${method} ${path} ${status}`)
      if (json?.schema) expect(() => faultsOf(null, 'said', ...answerOf(path, method, status))).not.toThrow()
    }
    const body = requestBody?.content['application/json']
    if (body) faultsOf(null, 'said', 'paths', path, method, 'requestBody', 'content', 'application/json', 'schema')
    if (method === 'post' && !requestBody && !bodiless.test(path)) without.push(`${method} ${path}: no body`)
  }
  expect(without).toEqual([])
})
test('each type in which numbers are given is named', () => {
  const { responses } = operations.find(({ path }) => path === '/metrics')!
  expect(Object.keys(responses['200']!.content!)).toEqual(['text/plain', 'application/openmetrics-text'])
})

/** Posts that say all by being made. */
const bodiless = /^\/(api\/v1\/(sign-in-links|sign-out|heartbeats\/\{name\})|acknowledge\/\{id\}|-\/reload)$/

let story: Story
beforeAll(async () => {
  story = await Story.begin(storyConfig({ heartbeats: [{ name: 'backup', every: '1h' }] }))
  const service = await story.withService()
  service.worker('web-2').behaviour.leakBytesPerMin = 90 * 1024 * 1024
  await story.until(() => story.hasOpened(), 240)
  await story.advance(20)
})
afterAll(async () => {
  void story.sent
  await story.end()
})

test('what is really answered is what the document says, and nothing besides', async () => {
  const { id } = await story.incident()
  const { instance } = (await story.overview()).services[0]!.processes[0]!
  const labels = { alertname: 'Down', service: 'far', severity: 'critical' }
  const at = (laterMs: number) => new Date(story.clock.nowMs() + laterMs).toISOString()
  const quiet = {
    matchers: [{ name: 'service', value: 'far', isRegex: false }],
    startsAt: at(0),
    endsAt: at(600_000),
    createdBy: 'duty',
    comment: 'known',
  }
  const wholeBodies: Record<string, unknown> = {
    '/api/v2/alerts': [{ labels, annotations: { summary: 'far is down' } }],
    '/api/v2/silences': quiet,
    '/api/v1/webhooks/alertmanager': { version: '4', alerts: [{ status: 'firing', labels }] },
    '/api/v1/deploys': { service: 'web', version: '2' },
    '/api/v1/heartbeats/{name}': undefined,
    '/api/v1/silences': { what: 'service="far"', forMs: 600_000 },
    '/api/v1/tokens': { name: 'scraper', scope: 'alerts' },
    '/api/v1/people': { name: 'duty', role: 'responder' },
    '/api/v1/incidents/{id}/notes': { note: 'seen' },
    '/api/v1/incidents/{id}/acknowledge': {},
  }
  const names: Record<string, string> = { service: 'web', instance, name: 'backup' }
  const fill = (path: string) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? String(id)))
  const wrong: string[] = []
  const check = async (path: string, method: string, response: Response) => {
    const answer: unknown = JSON.parse(await response.text())
    const faults = faultsOf(answer, 'closed', ...answerOf(path, method, response.status))
    wrong.push(...faults.map((fault) => `${method} ${path} ${response.status}: ${fault}`))
  }
  for (const [path, body] of Object.entries(wholeBodies)) {
    if (body !== undefined) {
      const said = ['paths', path, 'post', 'requestBody', 'content', 'application/json', 'schema'] as const
      expect({ path, faults: faultsOf(body, 'closed', ...said) }).toEqual({ path, faults: [] })
    }
    const response = await story.raw(fill(path), body ?? '{}')
    expect({ path, status: response.status }).toEqual({ path, status: 200 })
    if (path !== '/api/v2/alerts') await check(path, 'post', response)
  }
  const [{ id: silence }] = await story.get<[{ id: string }]>('/api/v2/silences')
  let checkedCount = 0
  for (const { path, method, responses } of operations) {
    if (method !== 'get' || !responses['200']?.content?.['application/json']) continue
    const filled = path === '/api/v2/silence/{id}' ? `/api/v2/silence/${silence}` : fill(path)
    const response = await story.raw(filled)
    expect({ path, status: response.status }).toEqual({ path, status: 200 })
    await check(path, 'get', response)
    checkedCount++
  }
  expect(checkedCount).toBeGreaterThan(20)
  // Each kind of refusal, from a door of each kind.
  const nobody = await fetch(`${story.console.url}/api/v1/services`)
  await check('/api/v1/services', 'get', nobody)
  await check('/api/v2/alerts', 'get', await fetch(`${story.console.url}/api/v2/alerts`))
  await check('/api/v2/alerts', 'get', await story.raw('/api/v2/alerts?filter=%7B'))
  await check('/api/v2/alerts', 'post', await story.raw('/api/v2/alerts', '{'))
  await check('/api/v1/incidents/{id}', 'get', await story.raw('/api/v1/incidents/999'))
  await check('/api/v1/incidents/{id}/merge', 'post', await story.raw(`/api/v1/incidents/${id}/merge`, { into: id }))
  await check('/api/v1/tokens', 'post', await story.raw('/api/v1/tokens', { name: '', scope: 'god' }))
  await check('/api/v1/tokens', 'post', await story.raw('/api/v1/tokens', { name: 'x'.repeat(100_000) }))
  expect(wrong).toEqual([])
})
