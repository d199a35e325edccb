import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Receiver } from './receivers.ts'

// A real console with a real, durable store, killed again and again while alerts come in. For a long night:
// PLIMSOLL_KILLS=200 PLIMSOLL_DATABASE_KILLS=50 npx vitest run --project integration packages/console/test/kill.integration.test.ts
const kills = Number(process.env['PLIMSOLL_KILLS'] ?? 10)
const databaseKills = Number(process.env['PLIMSOLL_DATABASE_KILLS'] ?? 3)
/** Late is not lost: a starved machine takes its time, so only what does not move at all for so long has failed. */
const STUCK_MS = 300_000
/** Only a bound for vitest. */
const capMs = (killCount: number) => 4 * STUCK_MS + killCount * 120_000
const bin = fileURLToPath(new URL('../../cli/bin/plimsoll.js', import.meta.url))

let folder: string
let pager: Receiver
let port: number
let child: ChildProcess
/** What starts a console anew ends with its own test: the next one begins before it has looked. */
let supervisor: { isOver: boolean }
let killedPids: Set<number>
const data = () => join(folder, 'data')
const postmasterPid = () => Number(readFileSync(join(data(), 'db/pg18/postmaster.pid'), 'utf8').split('\n')[0])
const logFile = () => join(folder, 'console.log')

beforeEach(async () => {
  supervisor = { isOver: false }
  killedPids = new Set()
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
  supervisor.isOver = true
  await end('SIGTERM')
  pager.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** As a supervisor does: whatever it dies of, it is started anew. */
function start(): void {
  const mine = supervisor
  const args = [bin, 'console', `--port=${port}`, `--data=${data()}`, `--config=${join(folder, 'console.yaml')}`]
  const log = openSync(logFile(), 'a')
  child = spawn(process.execPath, args, { stdio: ['ignore', log, log] })
  closeSync(log)
  child.once('exit', () => setTimeout(() => mine.isOver || start(), 200))
}

const isDead = () => child.exitCode !== null || child.signalCode !== null

async function end(signal: NodeJS.Signals): Promise<void> {
  if (isDead()) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

/** Tries until it is answered with 2xx, over every death on the way. */
async function insist(path: string, body: unknown): Promise<void> {
  let refusal = ''
  for (const sinceMs = Date.now(); Date.now() - sinceMs < STUCK_MS; await delay(50)) {
    try {
      const token = readFileSync(join(data(), 'alert-token'), 'utf8').trim()
      const { ok, status } = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      })
      if (ok) return
      refusal = String(status)
    } catch (error) {
      // Dead, or dying: the next one takes it.
      refusal = String(error)
    }
  }
  throw new Error(`${path} was not taken: ${refusal}\n${readFileSync(logFile(), 'utf8').slice(-2000)}`)
}

const paged = () =>
  new Set(pager.received.map(({ body }) => (JSON.parse(body) as { incident: { service: string } }).incident.service))

/** Alerts of ever new services come in while something is killed so many times; each that was taken has to page. */
async function survive(killCount: number, kill: (round: number) => Promise<void>): Promise<void> {
  const services: string[] = []
  const send = async () => {
    const service = `service-${services.length}`
    await insist('/api/v2/alerts', [{ labels: { alertname: 'Down', service }, endsAt: '2100-01-01T00:00:00Z' }])
    services.push(service)
  }
  for (let round = 0; round < killCount; round++) {
    // It has work when it dies, however long it took to start; every fourth time it dies while it starts.
    if (round % 4 !== 3) await send()
    let isKilled = false
    const killing = delay(100 + ((round * 137) % 900))
      .then(() => kill(round))
      .finally(() => (isKilled = true))
    do {
      await send()
      await delay(100)
    } while (!isKilled)
    await killing
  }
  const missing = () => {
    const known = paged()
    return services.filter((service) => !known.has(service))
  }
  let left = missing()
  for (let movedAtMs = Date.now(); left.length > 0 && Date.now() - movedAtMs < STUCK_MS;) {
    await delay(200)
    const now = missing()
    if (now.length < left.length) [left, movedAtMs] = [now, Date.now()]
  }
  expect(left).toEqual([])
  const keys = pager.received.map(({ headers }) => headers['idempotency-key'])
  expect(keys.length - new Set(keys).size).toBeLessThanOrEqual(killCount)
}

test(`a console that is killed ${kills} times loses no page`, { timeout: capMs(kills) }, () =>
  survive(kills, killConsole),
)

async function killConsole(): Promise<void> {
  while (isDead()) await delay(20)
  await end('SIGKILL')
}

test(
  `a console whose database is killed ${databaseKills} times loses no page`,
  { timeout: capMs(databaseKills) },
  async () => {
    await survive(databaseKills, async (round) => {
      expect(await killDatabase()).toBe(true)
      // Every other time only the store dies, and the console has to start it again; else both, as when a machine ends.
      if (round % 2 === 0) return
      await delay(1000)
      await killConsole()
    })
  },
)

/** Waits until there is one that was not killed before. Answers whether there was. */
async function killDatabase(): Promise<boolean> {
  for (const sinceMs = Date.now(); Date.now() - sinceMs < STUCK_MS; await delay(20)) {
    try {
      const pid = postmasterPid()
      if (killedPids.has(pid)) continue
      process.kill(pid, 'SIGKILL')
      killedPids.add(pid)
      return true
    } catch {
      // The next one has not begun.
    }
  }
  return false
}

test('a store that is frozen is told of past it, and goes on when it thaws', { timeout: capMs(0) }, async () => {
  const service = 'before-the-frost'
  await insist('/api/v2/alerts', [{ labels: { alertname: 'Down', service }, endsAt: '2100-01-01T00:00:00Z' }])
  await expect.poll(() => paged().has(service), { timeout: STUCK_MS }).toBe(true)
  const postmaster = postmasterPid()
  const backends = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ')
  const signal = (name: NodeJS.Signals) => {
    for (const pid of [postmaster, ...backends]) process.kill(Number(pid), name)
  }
  signal('SIGSTOP')
  try {
    await expect.poll(() => paged().has('plimsoll console'), { timeout: STUCK_MS }).toBe(true)
  } finally {
    signal('SIGCONT')
  }
  await insist('/api/v2/alerts', [{ labels: { alertname: 'Down', service: 'after' }, endsAt: '2100-01-01T00:00:00Z' }])
  await expect.poll(() => paged().has('after'), { timeout: STUCK_MS }).toBe(true)
})
