import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLoad } from '../testing/keep-alive-load.ts'
import { openShopDatabase } from '../testing/shop-database.ts'
import { isAlive, runShop, startShop, until, type ShopProcess } from '../testing/shop-process.ts'

// The real command, its real workers and real signals, on a database of the test run. The stories are told on one shop, in
// this order, since opening it is what takes time.
let database: Awaited<ReturnType<typeof openShopDatabase>>
let dataDir: string
let shop: ShopProcess
const paths = ['/', '/p/1', '/p/2', '/search?q=oak', '/c/music', '/health/live']

/**
 * What an outside rotator does, as a preload of the primary: says that an end is meant, and ends; starts a second worker of a
 * slot. In the workers it says with every answer how many listen to requests: a fault that takes hold there is one more.
 */
const preload = `
  import cluster from 'node:cluster'
  import { Server } from 'node:http'
  const { emit } = Server.prototype
  if (cluster.isWorker) Server.prototype.emit = function (name, request, response) {
    if (name === 'request') response.setHeader('x-listeners', this.listenerCount('request'))
    return emit.apply(this, arguments)
  }
  if (cluster.isPrimary) process.on('SIGUSR2', () => {
    const [old] = Object.values(cluster.workers)
    old.exitedAfterDisconnect = true
    old.process.kill('SIGTERM')
  })
  const { fork } = cluster
  cluster.fork = (env) => {
    process.removeAllListeners('SIGWINCH').on('SIGWINCH', () => fork.call(cluster, env))
    return fork.call(cluster, env)
  }`

beforeAll(async () => {
  database = await openShopDatabase()
  dataDir = mkdtempSync(join(tmpdir(), 'shop-cluster-'))
  shop = await open()
})
afterAll(async () => {
  await shop.stop()
  await database.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

test('a rolling restart of every worker under load drops no request', async () => {
  const load = startLoad({ url: shop.url, paths, shopperCount: 12, pauseMs: 40 })
  const before = await pids()
  let leastReadyCount = Infinity
  shop.child.kill('SIGHUP')
  const areAllNew = async () => {
    const { workers } = await shop.control.status()
    leastReadyCount = Math.min(leastReadyCount, workers.filter(({ state }) => state === 'ready').length)
    return workers.length === 3 && workers.every(({ pid, state }) => state === 'ready' && !before.includes(pid))
  }
  await until('every worker is a new one', areAllNew, 80_000)
  expect(leastReadyCount).toBeGreaterThanOrEqual(2)
  const result = await load.stop()
  expect(result).toMatchObject({ droppedCount: 0, errors: [], statuses: { 200: result.answeredCount } })
  expect(Object.keys(result.workers).sort()).toEqual(['web-1', 'web-2', 'web-3'])
}, 90_000)

test('a killed worker is replaced in its slot, and the others go on', async () => {
  const { workers } = await shop.control.status()
  const victim = workers.find(({ slot }) => slot === 2)!
  process.kill(victim.pid, 'SIGKILL')
  await until('slot 2 is ready again', async () =>
    (await shop.control.status()).workers.some(({ slot, pid, state }) => slot === 2 && state === 'ready' && pid !== victim.pid),
  ) // prettier-ignore
  expect((await pids()).length).toBe(3)
}, 90_000)

test('a fault is switched in every worker, a new one included, and reverts by itself', async () => {
  const victim = (await shop.control.status()).workers.find(({ slot }) => slot === 2)!
  expect(await shop.control.switchOn('array-per-request', 3_600_000)).toMatchObject({ isOn: true })
  expect((await shop.control.faults()).filter(({ isOn }) => isOn)).toMatchObject([{ name: 'array-per-request' }])
  await until('it is on in every worker', async () => areAll(await listenerCounts(), 2))
  process.kill(victim.pid, 'SIGKILL')
  await until('slot 2 is ready again', async () =>
    (await shop.control.status()).workers.some(({ slot, pid, state }) => slot === 2 && state === 'ready' && pid !== victim.pid),
  ) // prettier-ignore
  await until('it is on in the new worker', async () => areAll(await listenerCounts(), 2))
  // The same fault with a nearer end.
  await shop.control.switchOn('array-per-request', 500)
  await until('it is off in every worker', async () => areAll(await listenerCounts(), 1))
  expect((await shop.control.faults()).filter(({ isOn }) => isOn)).toEqual([])
  await expect(shop.control.switchOn('no-such-fault' as 'slow-database', 1_000)).rejects.toThrow(
    /no fault "no-such-fault"/,
  )
  await expect(shop.control.switchOn('slow-database', 1)).rejects.toThrow(/forMs must be between 500/)
}, 120_000)

test('a worker that somebody else ended on purpose is not replaced', async () => {
  const before = (await shop.control.status()).workers
  shop.child.kill('SIGUSR2')
  await until('one worker is gone', async () => (await pids()).length === 2)
  // Slot 2 has fallen before, so the other slot would wait no longer than it does, and have its next worker before.
  const victim = before.find(({ slot }) => slot === 2)!
  process.kill(victim.pid, 'SIGKILL')
  await until('slot 2 is ready again', async () =>
    (await shop.control.status()).workers.some(({ slot, pid, state }) => slot === 2 && state === 'ready' && pid !== victim.pid),
  ) // prettier-ignore
  const { workers } = await shop.control.status()
  expect(workers).toHaveLength(2)
  expect(workers.filter(({ slot }) => slot !== 2).every(({ pid }) => before.some((old) => old.pid === pid))).toBe(true)
}, 120_000)

test('a rolling restart while somebody else replaces a worker ends with one worker in each slot', async () => {
  const before = await pids()
  shop.child.kill('SIGWINCH')
  await until('the stranger has forked', async () => (await pids()).length === before.length + 1)
  shop.child.kill('SIGHUP')
  const isOver = async () => {
    const { workers } = await shop.control.status()
    return workers.length === 3 && workers.every(({ state, pid }) => state === 'ready' && !before.includes(pid))
  }
  await until('three new workers serve', isOver, 60_000)
  const { workers } = await shop.control.status()
  expect(workers.map(({ slot }) => slot).sort()).toEqual([1, 2, 3])
}, 90_000)

test('SIGTERM ends everything in order, with code 0', async () => {
  const { workers, paymentPid } = await shop.control.status()
  expect(await shop.stop()).toBe(0)
  expect([...workers.map(({ pid }) => pid), paymentPid!].filter(isAlive)).toEqual([])
})

test('workers end and free the port when their primary is killed', async () => {
  const orphaned = await open()
  const { workers } = await orphaned.control.status()
  const port = Number(new URL(orphaned.url).port)
  orphaned.child.kill('SIGKILL')
  await until('all workers are gone', () => !workers.some(({ pid }) => isAlive(pid)))
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
}, 120_000)

test('says what is wrong with how it was started, and exits with 2', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const port = String((taken.address() as AddressInfo).port)
  const starts = await Promise.all([
    runShop(['--leek', 'x', '--workers', '0'], {}),
    runShop(['--port', port, '--data', dataDir]),
    runShop(['--data', dataDir], { DATABASE_URL: 'postgres://shop:secret@127.0.0.1:1/shop' }),
    runShop(['--data', dataDir, '--seed', '8', '--listings', '600'], { DATABASE_URL: database.url() }),
  ])
  taken.close()
  expect(starts.map(({ code }) => code)).toEqual([2, 2, 2, 2])
  const [flags, portTaken, unreachable, otherSeed] = starts.map(({ output }) => output)
  expect(flags).toMatch(/--leek is unknown.*--workers must be a whole number from 1 to 64/)
  expect(portTaken).toMatch(new RegExp(`Port ${port} on 127.0.0.1 is taken`))
  expect(unreachable).toMatch(/cannot be used: connect ECONNREFUSED/)
  expect(unreachable).not.toContain('secret')
  expect(otherSeed).toMatch(/holds seed 7 with 600 listings/)
})

function open(): Promise<ShopProcess> {
  return startShop({
    args: ['--data', dataDir, '--seed', '7', '--listings', '600'],
    env: { DATABASE_URL: database.url() },
    execArgv: ['--import', `data:text/javascript,${encodeURIComponent(preload)}`],
  })
}

/** How many listen to requests in each worker that is ready, by its name; every connection is a new one, so that all get their turn. */
async function listenerCounts(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const { workers } = await shop.control.status()
  const readyCount = workers.filter(({ state }) => state === 'ready').length
  for (let asked = 0; asked < 20 * readyCount && Object.keys(counts).length < readyCount; asked++) {
    const [answer] = (await once(get(`${shop.url}/health/live`, { agent: false }), 'response')) as [IncomingMessage]
    answer.resume()
    counts[String(answer.headers['x-served-by'])] = Number(answer.headers['x-listeners'])
  }
  return counts
}

function areAll(counts: Record<string, number>, expected: number): boolean {
  const names = Object.keys(counts)
  return names.length === 3 && names.every((name) => counts[name] === expected)
}

async function pids(): Promise<number[]> {
  return (await shop.control.status()).workers.map(({ pid }) => pid)
}
