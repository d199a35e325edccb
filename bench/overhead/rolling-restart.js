// Does anybody lose a request when every worker of the shop is replaced, again and again, under load?
//
// Shoppers keep their connections, pause a little between requests, and never try a second time. Each round sends SIGHUP to
// the primary and waits until all workers are new ones. A broken connection or an answer other than 200 counts as dropped.
//
//   node bench/overhead/rolling-restart.js [--rounds 20] [--shoppers 24] [--pause-ms 50]
//
// Exits 1 when anything was dropped, or when fewer than N − 1 workers were ready at any look.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startLoad } from '../../apps/marketplace/dist/testing/keep-alive-load.js'
import { startShop, until } from '../../apps/marketplace/dist/testing/shop-process.js'

const say = (line) => void process.stdout.write(`${line}\n`)
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    shoppers: { type: 'string', default: '24' },
    'pause-ms': { type: 'string', default: '50' },
  },
})
const dataDir = mkdtempSync(join(tmpdir(), 'rolling-restart-'))
const shop = await startShop({ args: ['--data', dataDir, '--listings', '5000'], env: { LOG_LEVEL: 'warn' } })
try {
  const load = startLoad({
    url: shop.url,
    paths: [
      '/',
      '/p/1',
      '/p/2',
      '/p/3',
      '/search?q=oak',
      '/search?q=brass',
      '/c/music',
      '/c/toys?page=2',
      '/img/5.svg',
    ],
    shopperCount: Number(values.shoppers),
    pauseMs: Number(values['pause-ms']),
  })
  let leastReadyCount = Infinity
  for (let round = 1; round <= Number(values.rounds); round++) {
    const before = (await shop.control.status()).workers.map(({ pid }) => pid)
    shop.child.kill('SIGHUP')
    await until('all workers are new ones', async () => {
      const { workers } = await shop.control.status()
      const ready = workers.filter(({ state }) => state === 'ready')
      leastReadyCount = Math.min(leastReadyCount, ready.length)
      return workers.length === 3 && ready.length === 3 && !ready.some(({ pid }) => before.includes(pid))
    }, 120_000) // prettier-ignore
    const { answeredCount, droppedCount, statuses } = load.result
    say(
      `round ${round}: ${answeredCount} answered, ${droppedCount} dropped, ${JSON.stringify(statuses)}, least ready ${leastReadyCount}`,
    )
  }
  const { answeredCount, droppedCount, statuses, errors } = await load.stop()
  const otherCount = answeredCount - (statuses[200] ?? 0)
  say(
    `${values.rounds} rounds, ${3 * Number(values.rounds)} workers replaced: ${answeredCount} answered, ${droppedCount} dropped, ${otherCount} not 200`,
  )
  for (const error of errors) say(`  ${error}`)
  process.exitCode = droppedCount + otherCount === 0 && leastReadyCount >= 2 ? 0 : 1
} finally {
  await shop.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
