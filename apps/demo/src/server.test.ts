import { ManualClock } from '@plimsoll/core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BreakPanel } from './faults.ts'
import { createDemoPage, type DemoPage } from './server.ts'

const done: string[] = []
let page: DemoPage
beforeEach(() => {
  done.length = 0
  const world = {
    switchOn: async (fault: string) => void done.push(`on ${fault}`),
    switchOff: async (fault: string) => void done.push(`off ${fault}`),
    setTraffic: () => {},
    kill: async () => '',
  }
  page = createDemoPage({ panel: new BreakPanel(world, new ManualClock(), () => {}), links: [], messages: () => [] })
})
afterEach(() => page.app.close())

const own = () => ({ cookie: `demo=${page.key}`, host: 'localhost:7788', origin: 'http://localhost:7788' })

test('the printed link lets in, once as a key and then as a cookie that scripts cannot read', async () => {
  const entered = await page.app.inject({ url: `/?key=${page.key}` })
  expect(entered.statusCode).toBe(303)
  expect(entered.headers['set-cookie']).toContain('HttpOnly')
  expect((await page.app.inject({ url: '/', headers: own() })).statusCode).toBe(200)
})

test('a stranger gets a sentence and breaks nothing', async () => {
  for (const headers of [{}, { cookie: 'demo=guess' }]) {
    const answer = await page.app.inject({ method: 'POST', url: '/api/faults/slow-database', headers })
    expect(answer.statusCode).toBe(401)
    expect(answer.body).toContain('npm start printed')
  }
  expect(done).toEqual([])
})

test('another site cannot break anything through the visitor’s browser', async () => {
  const headers = { ...own(), origin: 'http://evil.example' }
  expect((await page.app.inject({ method: 'POST', url: '/api/faults/slow-database', headers })).statusCode).toBe(403)
  expect(done).toEqual([])
})

test('a click begins a fault and another ends it; a fault that does not exist is named', async () => {
  await page.app.inject({ method: 'POST', url: '/api/faults/slow-database', headers: own() })
  await page.app.inject({ method: 'DELETE', url: '/api/fault', headers: own() })
  expect(done).toEqual(['on slow-database', 'off slow-database'])
  const unknown = await page.app.inject({ method: 'POST', url: '/api/faults/format-disk', headers: own() })
  expect([unknown.statusCode, unknown.body]).toEqual([404, expect.stringContaining('There is no fault "format-disk"')])
})
