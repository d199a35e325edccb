import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
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

/** What an outside rotator does, as a preload of the primary: says that an end is meant, and ends; starts a second worker of a slot. */
const rotator = `
  import cluster from 'node:cluster'
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
})

test('a fault is switched in every worker, a new one included, and reverts by itself', async () => {
  expect(await shop.control.switchOn('array-per-request', 2_000)).toMatchObject({ isOn: true })
  expect((await shop.control.faults()).filter(({ isOn }) => isOn)).toMatchObject([{ name: 'array-per-request' }])
  await until('it reverts', async () => (await shop.control.faults()).every(({ isOn }) => !isOn))
  await expect(shop.control.switchOn('no-such-fault' as 'slow-database', 1_000)).rejects.toThrow(
    /no fault "no-such-fault"/,
  )
  await expect(shop.control.switchOn('slow-database', 1)).rejects.toThrow(/forMs must be between 500/)
})

test('a worker that somebody else ended on purpose is not replaced', async () => {
  const before = await pids()
  shop.child.kill('SIGUSR2')
  await until('one worker is gone', async () => (await pids()).length === 2)
  // Longer than the wait after a first fall, which is none.
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect((await pids()).every((pid) => before.includes(pid))).toBe(true)
})

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

test('workers end and free the port within two seconds when their primary is killed', async () => {
  const orphaned = await open()
  const { workers } = await orphaned.control.status()
  const port = Number(new URL(orphaned.url).port)
  orphaned.child.kill('SIGKILL')
  await until('all workers are gone', () => !workers.some(({ pid }) => isAlive(pid)), 2_000)
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
})

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
    execArgv: ['--import', `data:text/javascript,${encodeURIComponent(rotator)}`],
  })
}

async function pids(): Promise<number[]> {
  return (await shop.control.status()).workers.map(({ pid }) => pid)
}
