import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Receiver } from './receivers.ts'

// A real console with a real, durable store, killed again and again while alerts come in. PLIMSOLL_KILLS=200 for a long night.
const kills = Number(process.env['PLIMSOLL_KILLS'] ?? 10)
const databaseKills = Number(process.env['PLIMSOLL_DATABASE_KILLS'] ?? 3)
/** What was on its way when its sender died is sent again when its lease of 30 s is over. */
const LOST_AFTER_MS = 90_000
const bin = fileURLToPath(new URL('../../cli/bin/plimsoll.js', import.meta.url))

let folder: string
let pager: Receiver
let port: number
let child: ChildProcess
const data = () => join(folder, 'data')

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-kill-'))
  pager = await new Receiver().start()
  port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo
      probe.close(() => resolve(free))
    })
  })
  writeFileSync(
    join(folder, 'console.yaml'),
    `teams: [{ name: web, contacts: [{ webhook: '${pager.url}/page' }] }]
escalation: { levels: [{ after: 0s, teams: [web] }], repeat: 1h }
`,
  )
  start()
})
afterEach(async () => {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  pager.stop()
  rmSync(folder, { recursive: true, force: true })
})

function start(): void {
  const args = [bin, 'console', `--port=${port}`, `--data=${data()}`, `--config=${join(folder, 'console.yaml')}`]
  child = spawn(process.execPath, args, { stdio: 'ignore' })
}

/** Tries until it is answered with 2xx, over every death on the way. */
async function insist(path: string, body: unknown): Promise<void> {
  for (;;) {
    try {
      const token = readFileSync(join(data(), 'alert-token'), 'utf8').trim()
      const { ok } = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5000),
      })
      if (ok) return
    } catch {
      // Dead, or dying: the next one takes it.
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const paged = () =>
  new Set(pager.received.map(({ body }) => (JSON.parse(body) as { incident: { service: string } }).incident.service))

/** Alerts of ever new services come in while something is killed so many times; each that was taken has to page. */
async function survive(killCount: number, kill: () => Promise<void>): Promise<void> {
  const services: string[] = []
  for (let round = 0; round < killCount; round++) {
    let isKilled = false
    const killing = new Promise((resolve) => setTimeout(resolve, 100 + ((round * 137) % 900)))
      .then(kill)
      .finally(() => (isKilled = true))
    do {
      const service = `service-${services.length}`
      await insist('/api/v2/alerts', [{ labels: { alertname: 'Down', service }, endsAt: '2100-01-01T00:00:00Z' }])
      services.push(service)
      await new Promise((resolve) => setTimeout(resolve, 100))
    } while (!isKilled)
    await killing
  }
  // Late is not lost: a starved machine may take its time as long as pages keep coming.
  const missing = () => services.filter((service) => !paged().has(service))
  for (let [leftCount, atMs] = [Infinity, Date.now()]; leftCount > 0 && Date.now() - atMs < LOST_AFTER_MS;) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    if (missing().length < leftCount) [leftCount, atMs] = [missing().length, Date.now()]
  }
  expect(missing()).toEqual([])
  const keys = pager.received.map(({ headers }) => headers['idempotency-key'])
  expect(keys.length - new Set(keys).size).toBeLessThanOrEqual(killCount)
}

test(`a console that is killed ${kills} times loses no page`, { timeout: 180_000 + kills * 15_000 }, async () => {
  await survive(kills, async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    start()
  })
})

test(
  `a console whose database is killed ${databaseKills} times loses no page`,
  { timeout: 180_000 + databaseKills * 20_000 },
  async () => {
    await survive(databaseKills, async () => {
      const file = join(data(), 'db/pg18/postmaster.pid')
      const ended = once(child, 'exit')
      if (existsSync(file)) process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGKILL')
      await new Promise((resolve) => setTimeout(resolve, 1000))
      // Whoever supervises it starts it anew; a store that is gone is started with it.
      child.kill('SIGKILL')
      await ended
      start()
    })
  },
)

test('a store that is frozen is told of past it, and goes on when it thaws', { timeout: 300_000 }, async () => {
  const service = 'before-the-frost'
  await insist('/api/v2/alerts', [{ labels: { alertname: 'Down', service }, endsAt: '2100-01-01T00:00:00Z' }])
  await expect.poll(() => paged().has(service), { timeout: 120_000 }).toBe(true)
  const postmaster = readFileSync(join(data(), 'db/pg18/postmaster.pid'), 'utf8').split('\n')[0]!
  const backends = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ')
  const signal = (name: NodeJS.Signals) => {
    for (const pid of [postmaster, ...backends]) process.kill(Number(pid), name)
  }
  signal('SIGSTOP')
  try {
    await expect.poll(() => paged().has('plimsoll console'), { timeout: 120_000 }).toBe(true)
  } finally {
    signal('SIGCONT')
  }
  await insist('/api/v2/alerts', [{ labels: { alertname: 'Down', service: 'after' }, endsAt: '2100-01-01T00:00:00Z' }])
  await expect.poll(() => paged().has('after'), { timeout: 120_000 }).toBe(true)
})
