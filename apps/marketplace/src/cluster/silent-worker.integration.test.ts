import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openShopDatabase } from '../testing/shop-database.ts'
import { isAlive, startShop, until } from '../testing/shop-process.ts'

test('a worker that is silent for three heartbeats is killed and replaced in its slot', async () => {
  const database = await openShopDatabase()
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-silent-'))
  const shop = await startShop({
    args: ['--data', dataDir, '--seed', '7', '--listings', '600'],
    env: { DATABASE_URL: database.url() },
  })
  try {
    const silent = (await shop.control.status()).workers.find(({ slot }) => slot === 3)!
    process.kill(silent.pid, 'SIGSTOP')
    await until('the silent one is gone', () => !isAlive(silent.pid), 20_000)
    const isReplaced = async () =>
      (await shop.control.status()).workers.some(({ slot, state }) => slot === 3 && state === 'ready')
    await until('slot 3 is ready again', isReplaced, 30_000)
    expect(shop.log()).toContain('worker silent')
  } finally {
    await shop.stop()
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
