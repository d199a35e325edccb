import { systemClock, systemRandom } from '@plimsoll/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLog } from '../log.ts'
import { openBooks, type Books } from '../payment/books.ts'
import { PaymentUnsettledError, type PaymentProvider } from '../payment/provider.ts'
import { createStore } from '../store/store.ts'
import { address, guest, openShopDatabase } from '../testing/shop-database.ts'
import { createCheckout, type CheckoutRequest } from './checkout.ts'
import { sweep } from './sweeper.ts'

let database: Awaited<ReturnType<typeof openShopDatabase>>
let books: Books
const log = createLog({ level: 'silent', name: 'test' })

beforeAll(async () => {
  database = await openShopDatabase(20)
})
afterAll(() => database.stop())
beforeEach(async () => {
  books = openBooks(null)
  await database.sql`truncate orders, cart_lines cascade`
})

describe('checkout', () => {
  test('sells exactly the last hundred pieces to a thousand who want one each at the same time', async () => {
    await setStock(1, 100)
    const checkout = shop()
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, number) => checkout.place(wish({ key: keyOf(number), buyer: guest(number) }))),
    )
    expect(countBy(answers.map(({ outcome }) => outcome))).toEqual({ paid: 100, unavailable: 900 })
    expect(await stockOf(1)).toBe(0)
    await expectBooksToAgree(100)
  })

  test('neither deadlocks nor oversells when carts name the same listings in different orders', async () => {
    for (const id of [1, 2, 3, 4]) await setStock(id, 30)
    const checkout = shop()
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, number) => {
        const ids = number % 2 === 0 ? [1, 2, 3] : [3, 2, 4]
        return checkout.place(wish({ key: keyOf(number), buyer: guest(number), ids }))
      }),
    )
    const paidCount = answers.filter(({ outcome }) => outcome === 'paid').length
    expect(paidCount).toBe(30)
    expect(await stockOf(2)).toBe(0)
    await expectBooksToAgree(30)
  })

  test('answers the same key fifty times at once for the last piece with one order, on several workers', async () => {
    await setStock(1, 1)
    const workers = Array.from({ length: 5 }, () => shop())
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => workers[index % 5]!.place(wish())))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]!.outcome).toBe('paid')
    await expectBooksToAgree(1)
  })

  test('a retry of the key that bought the last piece hears its order, not that it is sold out', async () => {
    await setStock(1, 1)
    const first = await shop().place(wish())
    expect(await shop().place(wish())).toEqual(first)
    expect(await shop().place(wish({ key: keyOf(2) }))).toEqual({ outcome: 'unavailable', listingIds: [1] })
  })

  test('refuses a key that was used for something else', async () => {
    await setStock(1, 5)
    await shop().place(wish())
    expect(await shop().place(wish({ quantity: 2 }))).toEqual({ outcome: 'key-reused' })
    expect(await shop().place(wish({ buyer: guest(9) }))).toEqual({ outcome: 'key-reused' })
  })

  test('orders nothing when a price changed or a listing is off the shelf, and says which', async () => {
    await setStock(1, 5)
    expect(await shop().place(wish({ ids: [1, 2], priceOf: () => 1 }))).toEqual({
      outcome: 'unavailable',
      listingIds: [1, 2],
    })
    expect(await stockOf(1)).toBe(5)
  })

  test('puts the stock back when the card is declined, and stands by that answer', async () => {
    await setStock(1, 3)
    const request = { ...wish(), paymentToken: 'card-declined' }
    const answer = await shop().place(request)
    expect(answer).toMatchObject({ outcome: 'declined' })
    expect(await stockOf(1)).toBe(3)
    expect(await shop().place(request)).toEqual(answer)
    await expectBooksToAgree(0)
  })

  test('does not charge twice when the provider charges and then says nothing', async () => {
    const silentOnce = provider({ silentAnswers: 2 })
    expect(await shop(silentOnce).place(wish())).toMatchObject({ outcome: 'paid' })
    await expectBooksToAgree(1)
  })

  test('says pending when the provider stays silent, and the same key goes on where it stopped', async () => {
    const silent = provider({ silentAnswers: 3 })
    const checkout = shop(silent)
    expect(await checkout.place(wish())).toMatchObject({ outcome: 'pending' })
    expect(await checkout.place(wish())).toMatchObject({ outcome: 'paid' })
    await expectBooksToAgree(1)
  })

  test('a sweep that meets a running authorisation voids it: nobody is charged, nothing is sold', async () => {
    await setStock(1, 1)
    const slow = provider({ beforeAnswer: () => sweep({ sql: database.sql, payment: slow, log }) })
    const answer = await shop(slow, 0).place(wish())
    expect(answer).toMatchObject({ outcome: 'expired' })
    expect(await stockOf(1)).toBe(1)
    await expectBooksToAgree(0)
    expect(await shop().place(wish())).toEqual(answer)
  })

  test('a sweep ends what a killed worker left behind, and a charge made for it is voided', async () => {
    await setStock(1, 1)
    const deaf = provider({ silentAnswers: Infinity })
    expect(await shop(deaf, 0).place(wish())).toMatchObject({ outcome: 'pending' })
    expect([...books.all()].map(({ status }) => status)).toEqual(['authorised'])
    expect(await sweep({ sql: database.sql, payment: provider(), log })).toBe(1)
    expect(await stockOf(1)).toBe(1)
    await expectBooksToAgree(0)
  })

  test('leaves an order alone whose hold runs, and tries again later when the provider cannot void', async () => {
    const deaf = provider({ silentAnswers: Infinity })
    await shop(deaf).place(wish())
    expect(await sweep({ sql: database.sql, payment: provider(), log })).toBe(0)
    await database.sql`update orders set hold_ends_at = now()`
    expect(
      await sweep({
        sql: database.sql,
        payment: { ...provider(), void: () => Promise.reject(new Error('away')) },
        log,
      }),
    ).toBe(0)
    expect(await sweep({ sql: database.sql, payment: provider(), log })).toBe(1)
  })

  test('takes what was bought out of the cart, and leaves the rest', async () => {
    const { carts } = createStore(database.sql)
    await carts.add(guest(1), 1, 1)
    await carts.add(guest(1), 2, 1)
    await shop().place(wish())
    expect((await carts.read(guest(1))).lines.map(({ listingId }) => listingId)).toEqual([2])
  })

  test('tells every fault of a request at once', () => {
    const bad = { ...wish(), idempotencyKey: 'short', lines: [], email: 'x'.repeat(300) }
    expect(() => shop().place(bad)).toThrow(/idempotencyKey .*; lines .*; email/)
  })
})

test('selling: an order is shipped when the last of its shops has shipped', async () => {
  const { orders, selling } = createStore(database.sql)
  await setStock(1, 5)
  await setStock(2, 5)
  const answer = await shop().place(wish({ ids: [1, 2] }))
  if (answer.outcome !== 'paid') throw new Error(answer.outcome)
  const rows = await database.sql<
    { shopId: number }[]
  >`select shop_id as "shopId" from listings where id in (1, 2) order by id`
  const [one, other] = rows.map(({ shopId }) => shopId)
  expect(await selling.ordersToShip(one!)).toMatchObject([{ orderId: answer.orderId, shippedAt: null }])
  expect(await selling.ship(999, answer.orderId)).toBe(false)
  expect(await selling.ship(one!, answer.orderId)).toBe(true)
  expect((await orders.find(guest(1), answer.orderId))!.state).toBe(one === other ? 'shipped' : 'paid')
  expect(await selling.ship(other!, answer.orderId)).toBe(true)
  const order = (await orders.find(guest(1), answer.orderId))!
  expect(order.state).toBe('shipped')
  expect(order.history.map(({ state }) => state)).toEqual(['reserved', 'paid', 'shipped'])
  expect(await orders.find(guest(2), answer.orderId)).toBeNull()
})

function shop(payment: PaymentProvider = provider(), holdMs?: number) {
  return createCheckout({ sql: database.sql, payment, clock: systemClock, log, onStockChange: () => {}, holdMs })
}

interface Trouble {
  /** So many answers are lost on the way, after the provider has acted. */
  silentAnswers?: number
  beforeAnswer?: () => Promise<unknown>
}

/** A provider over the same kind of books as the real test provider, without the wire between. */
function provider({ silentAnswers = 0, beforeAnswer }: Trouble = {}): PaymentProvider {
  return {
    async authorise({ key, amountCents, token }) {
      const known = books.find(key)
      const status = token === 'card-declined' ? 'declined' : 'authorised'
      if (!known) books.write({ key, amountCents, status, reference: `r${systemRandom.next()}`, reason: null })
      const charge = books.find(key)!
      await beforeAnswer?.()
      if (silentAnswers-- > 0) throw new PaymentUnsettledError('is silent')
      return charge.status === 'authorised'
        ? { status: 'authorised', reference: charge.reference }
        : { status: 'declined', reason: charge.status }
    },
    async void(key) {
      books.write({ key, amountCents: 0, reference: '', ...books.find(key), status: 'voided', reason: null })
    },
  }
}

function keyOf(number: number): string {
  return `key-of-checkout-${String(number).padStart(6, '0')}`
}

interface Wish {
  key?: string
  buyer?: CheckoutRequest['buyer']
  ids?: number[]
  quantity?: number
  priceOf?: (id: number) => number
}

const prices = new Map<number, number>()
beforeAll(async () => {
  const rows = await database.sql<
    { id: number; priceCents: number }[]
  >`select id, price_cents as "priceCents" from listings`
  for (const { id, priceCents } of rows) prices.set(id, priceCents)
})

function wish(options: Wish = {}): CheckoutRequest {
  const { key = keyOf(1), buyer = guest(1), ids = [1], quantity = 1, priceOf = (id) => prices.get(id)! } = options
  return {
    idempotencyKey: key,
    buyer,
    email: 'buyer@longshore.example',
    address,
    lines: ids.map((listingId) => ({ listingId, quantity, priceCents: priceOf(listingId) })),
    paymentToken: 'card-ok',
  }
}

async function setStock(id: number, stock: number): Promise<void> {
  await database.sql`update listings set stock = ${stock} where id = ${id}`
}

async function stockOf(id: number): Promise<number> {
  const [row] = await database.sql<{ stock: number }[]>`select stock from listings where id = ${id}`
  return row!.stock
}

/** The provider's charges, the paid orders and the ledger tell the same story. */
async function expectBooksToAgree(paidCount: number): Promise<void> {
  const charged = [...books.all()].filter(({ status }) => status === 'authorised')
  const [paid] = await database.sql<{ count: number; cents: number }[]>`
    select count(*) as count, coalesce(sum(total_cents), 0)::bigint as cents from orders where state in ('paid', 'shipped')
  `
  const unbalanced =
    await database.sql`select order_id from ledger_entries group by order_id having sum(amount_cents) <> 0`
  const [held] = await database.sql<{ cents: number }[]>`
    select coalesce(sum(amount_cents), 0)::bigint as cents from ledger_entries where account = 'provider'
  `
  expect({ charged: charged.length, paid: paid!.count }).toEqual({ charged: paidCount, paid: paidCount })
  expect(charged.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(paid!.cents)
  expect(held!.cents).toBe(paid!.cents)
  expect(unbalanced).toHaveLength(0)
}

function countBy(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
