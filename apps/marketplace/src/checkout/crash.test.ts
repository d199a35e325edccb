import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, type OpenDatabase } from '@plimsoll/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBooks } from '../payment/books.ts'
import { startShop, until, type ShopProcess } from '../testing/shop-process.ts'
import { startBuyers, type Acknowledged } from '../testing/steadfast-buyers.ts'

// A whole shop with an embedded database that syncs every commit, killed piece by piece while people buy.
const listingIds = [1, 2, 3, 4, 5, 6, 7, 8]
const STOCK = 100_000
let dataDir: string
let shop: ShopProcess
let database: OpenDatabase

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'shop-crash-'))
  shop = await startShop({
    args: ['--data', dataDir, '--seed', '7', '--listings', '600', '--payment-mischief', 'timeout=0.02,repeat=0.05'],
  })
  database = await openDatabase({ dataDir: join(dataDir, 'db'), name: 'shop', isOwner: false })
  await database.sql`update listings set stock = ${STOCK} where id = any(${listingIds}::int[])`
}, 120_000)
afterAll(async () => {
  await database?.stop()
  await shop?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

test('no acknowledged order is lost, doubled or charged twice when a worker, the database or the provider is killed', async () => {
  const buyers = startBuyers({ url: shop.url, buyerCount: 8, listingIds })
  const victims = ['worker', 'database', 'provider', 'database'] as const
  for (const victim of victims) {
    const boughtCount = buyers.acknowledged.length
    await until('people buy', () => buyers.acknowledged.length > boughtCount + 15, 60_000)
    const { workers, databasePid, paymentPid } = await shop.control.status()
    process.kill({ worker: workers[0]!.pid, database: databasePid!, provider: paymentPid! }[victim], 'SIGKILL')
  }
  const boughtCount = buyers.acknowledged.length
  await until('people buy again', () => buyers.acknowledged.length > boughtCount + 15, 60_000)
  const { acknowledged, unhappy, retryCount } = await buyers.stop()

  expect(unhappy).toEqual({})
  expect(retryCount).toBeGreaterThan(0)
  expect(acknowledged.length).toBeGreaterThan(75)
  await expectToStandBy(acknowledged)
}, 240_000)

async function expectToStandBy(acknowledged: Acknowledged[]): Promise<void> {
  const { sql } = database
  const orders = await sql<{ key: string; orderId: number; totalCents: number }[]>`
    select idempotency_key as key, id as "orderId", total_cents as "totalCents" from orders where state = 'paid'
  `
  const byKey = (one: Acknowledged, other: Acknowledged) => (one.key < other.key ? -1 : 1)
  // Every buyer heard how every order ended, so what was paid is exactly what was acknowledged.
  expect([...orders].sort(byKey)).toEqual([...acknowledged].sort(byKey))

  const [books] = await sql<{ unbalancedCount: number; heldCents: number; soldCount: number; missingCount: number }[]>`
    select
      (select count(*) from (select order_id from ledger_entries group by order_id having sum(amount_cents) <> 0) bad)
        as "unbalancedCount",
      (select sum(amount_cents)::bigint from ledger_entries where account = 'provider') as "heldCents",
      (select sum(quantity) from order_items i join orders o on o.id = i.order_id where o.state = 'paid')::int as "soldCount",
      (select sum(${STOCK} - stock) from listings where id = any(${listingIds}::int[]))::int as "missingCount"
  `
  const paidCents = orders.reduce((sum, { totalCents }) => sum + totalCents, 0)
  expect(books).toMatchObject({ unbalancedCount: 0, heldCents: paidCents })
  expect(books!.missingCount).toBe(books!.soldCount)
  const charged = readProviderBooks()
  expect(charged).toEqual({ count: orders.length, cents: paidCents })
}

/** The provider's own file: charges that stand. */
function readProviderBooks(): { count: number; cents: number } {
  const copy = join(dataDir, 'books-copy.jsonl')
  copyFileSync(join(dataDir, 'payments.jsonl'), copy)
  const charges = [...openBooks(copy).all()].filter(({ status }) => status === 'authorised')
  return { count: charges.length, cents: charges.reduce((sum, { amountCents }) => sum + amountCents, 0) }
}
