import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

// A process needs what was built: this test drives the package as its users get it.
import { startTrafficProcess, type TrafficSecond } from '@plimsoll/soak/traffic'
import { afterAll, beforeAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'traffic-process-'))
const scenario = pathToFileURL(join(folder, 'scenario.mjs')).href
let server: Server
let origin: string
let requestCount = 0

beforeAll(async () => {
  writeFileSync(
    join(folder, 'scenario.mjs'),
    `export const createScenario = ({ path }) => ({ journeys: { walk: { weight: 1, run: async (user) => {
       const answer = await user.get(path)
       answer.check(answer.text === 'ok', 'the page says ok')
     } } } })`,
  )
  server = createServer((request, response) => {
    requestCount++
    response.statusCode = request.url === '/walk' ? 200 : 404
    response.end('ok')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

/** False for a zombie, too: it has ended, and its parent alone has not looked yet. */
const isAlive = (pid: number) => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
}

async function asked(count: number): Promise<void> {
  const until = requestCount + count
  while (requestCount < until) await new Promise((resolve) => setTimeout(resolve, 20))
}

test('runs a scenario in a process of its own, tells every second, and ends by itself', async () => {
  const seconds: TrafficSecond[] = []
  const traffic = startTrafficProcess({
    origin,
    seed: 1,
    ratePerSec: 100,
    durationMs: 1500,
    scenario,
    parameters: { path: '/walk' },
    onSecond: (second) => seconds.push(second),
  })
  const report = await traffic.done
  expect(report.total.requestCount).toBeGreaterThan(100)
  expect(report.total.failures).toEqual({})
  expect(seconds.reduce((sum, second) => sum + second.requestCount, 0)).toBe(report.total.requestCount)
  expect(seconds.length).toBeGreaterThanOrEqual(2)
  await gone(traffic.pid)
})

test('obeys at once, even what it is told while it starts', async () => {
  const traffic = startTrafficProcess({
    origin,
    seed: 1,
    ratePerSec: 0,
    durationMs: 60_000,
    scenario,
    parameters: { path: '/walk' },
  })
  traffic.setRate(200)
  traffic.setPhase('rush')
  await asked(50)
  const { phases, endedBy } = await traffic.stop()
  expect(endedBy).toBe('stopped')
  expect(phases.map(({ phase }) => phase)).toEqual(['run', 'rush'])
  expect(phases[1]!.requestCount).toBeGreaterThan(40)
  expect(() => traffic.setRate(-1)).toThrow('ratePerSec')
  await gone(traffic.pid)
})

test('what cannot start says why', async () => {
  const plan = { origin, seed: 1, ratePerSec: 1, durationMs: 1000 }
  expect(() => startTrafficProcess({ ...plan, origin: 'http://example.org', scenario })).toThrow('loopback')
  await expect(startTrafficProcess({ ...plan, scenario: 'file:///nowhere/scenario.mjs' }).done).rejects.toThrow(
    /could not start: .*nowhere/,
  )
  const nothing = pathToFileURL(join(folder, 'nothing.mjs'))
  writeFileSync(nothing, 'export const nothing = 1')
  await expect(startTrafficProcess({ ...plan, scenario: nothing.href }).done).rejects.toThrow(
    'exports no createScenario',
  )
})

test('killed from outside, it is told as such', async () => {
  const traffic = startTrafficProcess({
    origin,
    seed: 1,
    ratePerSec: 1,
    durationMs: 60_000,
    scenario,
    parameters: { path: '/walk' },
  })
  process.kill(traffic.pid, 'SIGKILL')
  await expect(traffic.done).rejects.toThrow('SIGKILL')
})

test('dies with its parent, even when that is killed', async () => {
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { startTrafficProcess } from ${JSON.stringify(import.meta.resolve('@plimsoll/soak/traffic'))}
       const traffic = startTrafficProcess(${JSON.stringify({ origin, seed: 1, ratePerSec: 50, durationMs: 60_000, scenario, parameters: { path: '/walk' } })})
       console.log(traffic.pid)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  await asked(5)
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await gone(pid)
})
