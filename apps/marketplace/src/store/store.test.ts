import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guest, openShopDatabase } from '../testing/shop-database.ts'
import { MAX_CART_LINES, MAX_LINE_QUANTITY } from './carts.ts'
import { conditions, priceBands, sortOrders, type ListingCard, type SearchQuery } from './listings.ts'
import { orderLifecycle, orderStates, statesThatAccept } from './order-lifecycle.ts'
import { createStore, type Store } from './store.ts'

let database: Awaited<ReturnType<typeof openShopDatabase>>
let store: Store

beforeAll(async () => {
  database = await openShopDatabase()
  store = createStore(database.sql)
})
afterAll(() => database.stop())

const everything: SearchQuery = {
  text: '',
  categorySlug: null,
  condition: null,
  priceBand: null,
  isInStockOnly: false,
  sort: 'popular',
  page: 1,
}
const search = (query: Partial<SearchQuery>) => store.listings.search({ ...everything, ...query })

describe('search', () => {
  test('finds by words, whatever their form and order, and nothing for words nobody uses', async () => {
    const { totalCount } = await search({ text: 'brass' })
    expect(totalCount).toBeGreaterThan(5)
    const one = (await search({ text: 'brass' })).items[0]!
    const words = one.title.split(' ').toReversed().join(' ').toUpperCase()
    expect((await search({ text: words })).items.map(({ id }) => id)).toContain(one.id)
    expect(await search({ text: 'zzyzx' })).toMatchObject({ items: [], totalCount: 0, pageCount: 0 })
    expect((await search({ text: `'; drop table "listings" & | ! ( <-> :*` })).totalCount).toBe(0)
  })

  test('a facet counts what one would see when choosing it and keeping all else', async () => {
    const chosen = { text: 'brass', condition: 'good' as const, isInStockOnly: true }
    const { facets } = await search(chosen)
    for (const { value, count } of facets.categories) {
      expect((await search({ ...chosen, categorySlug: value })).totalCount).toBe(count)
    }
    for (const { value, count } of facets.conditions) {
      expect((await search({ ...chosen, condition: value })).totalCount).toBe(count)
    }
    for (const { value, count } of facets.priceBands) {
      expect((await search({ ...chosen, priceBand: value })).totalCount).toBe(count)
    }
    const { facets: all } = await search({ text: 'brass', condition: 'good' })
    expect(all.inStockCount).toBe((await search(chosen)).totalCount)
  })

  test('pages through everything once, in every order', async () => {
    for (const sort of sortOrders) {
      const seen: ListingCard[] = []
      const { pageCount, totalCount } = await search({ sort })
      for (let page = 1; page <= pageCount; page++) seen.push(...(await search({ sort, page })).items)
      expect(new Set(seen.map(({ id }) => id)).size).toBe(totalCount)
      if (sort === 'price-up') expect(seen.map(({ priceCents }) => priceCents)).toEqual(seen.map(({ priceCents }) => priceCents).toSorted((one, other) => one - other)) // prettier-ignore
    }
  })

  test('keeps to the category, the condition, the band and the stock that were chosen', async () => {
    const [band] = priceBands.filter(({ name }) => name === '50-100')
    const { items, facets } = await search({
      categorySlug: 'workshop',
      condition: 'new',
      priceBand: '50-100',
      isInStockOnly: true,
    })
    expect(items.length).toBeGreaterThan(0)
    for (const item of items) {
      expect(item).toMatchObject({ categorySlug: 'workshop', condition: 'new' })
      expect(item.priceCents).toBeGreaterThanOrEqual(band!.fromCents)
      expect(item.priceCents).toBeLessThan(band!.belowCents)
      expect(item.stock).toBeGreaterThan(0)
    }
    expect(facets.categories).toMatchObject([{ value: 'workshop', name: 'Workshop' }])
    expect(conditions).toEqual(expect.arrayContaining(facets.conditions.map(({ value }) => value)))
  })

  test('a hidden listing is in no list', async () => {
    const [first] = (await search({ text: 'brass' })).items
    await database.sql`update listings set is_hidden = true where id = ${first!.id}`
    expect((await search({ text: 'brass' })).items.map(({ id }) => id)).not.toContain(first!.id)
    expect(await store.listings.find(first!.id)).toMatchObject({ isHidden: true })
    await database.sql`update listings set is_hidden = false where id = ${first!.id}`
  })

  test('tells categories with their counts, what is popular, and what is alike', async () => {
    const categories = await store.listings.categories()
    expect(categories.reduce((sum, { listingCount }) => sum + listingCount, 0)).toBe((await search({})).totalCount)
    expect((await store.listings.popular(5)).map(({ id }) => id)).toEqual(
      (await search({ isInStockOnly: true })).items.slice(0, 5).map(({ id }) => id),
    )
    const listing = (await store.listings.find(1))!
    const related = await store.listings.related(listing, 4)
    expect(related).toHaveLength(4)
    for (const card of related) expect(card).toMatchObject({ categorySlug: listing.categorySlug })
    expect(related.map(({ id }) => id)).not.toContain(1)
    expect(await store.listings.find(2 ** 31 - 1)).toBeNull()
  })
})

describe('carts', () => {
  test('add up, are set and emptied, and never exceed a line’s bound', async () => {
    const { carts } = store
    expect(await carts.add(guest(1), 1, 2)).toBe(2)
    expect(await carts.add(guest(1), 1, 3)).toBe(5)
    expect(await carts.add(guest(1), 2, 99)).toBe(5 + MAX_LINE_QUANTITY)
    expect(await carts.set(guest(1), 2, 1)).toBe(6)
    expect(await carts.set(guest(1), 3, 4)).toBe(6)
    const cart = await carts.read(guest(1))
    expect(cart.lines.map(({ listingId, quantity }) => [listingId, quantity])).toEqual([[1, 5], [2, 1]]) // prettier-ignore
    expect(cart.totalCents).toBe(5 * cart.lines[0]!.priceCents + cart.lines[1]!.priceCents)
    expect(await carts.set(guest(1), 1, 0)).toBe(1)
    expect((await carts.read(guest(2))).lines).toEqual([])
  })

  test('take no unknown listing, and no more lines than they hold', async () => {
    const { carts } = store
    expect(await carts.add(guest(3), 999_999, 1)).toBeNull()
    for (let id = 1; id <= MAX_CART_LINES; id++) await carts.add(guest(3), id, 1)
    expect(await carts.add(guest(3), MAX_CART_LINES + 1, 1)).toBeNull()
    expect(await carts.add(guest(3), 1, 1)).toBe(MAX_CART_LINES + 1)
  })
})

describe('accounts and sessions', () => {
  const person = { email: ' Someone@Shop.example', name: 'Someone', password: 'correct horse' }

  test('one address is one account, and only its password opens it', async () => {
    const { accounts } = store
    const account = await accounts.signUp(person)
    expect(account).toMatchObject({ email: 'someone@shop.example', shopId: null })
    expect(await accounts.signUp({ ...person, email: 'SOMEONE@shop.example' })).toBeNull()
    expect(await accounts.signIn('someone@SHOP.example ', person.password)).toEqual(account)
    expect(await accounts.signIn(person.email, 'correct horsf')).toBeNull()
    expect(await accounts.signIn('nobody@shop.example', person.password)).toBeNull()
  })

  test('the guest’s cart and orders come along at sign-in, and a session ends when it is closed or old', async () => {
    const { accounts, carts, sessions } = store
    const { id } = (await accounts.signUp({ ...person, email: 'two@shop.example' }))!
    const [token, guestBuyer] = [Buffer.alloc(32, 9), guest(10)]
    const member = { accountId: id, sessionHash: token }
    await carts.add(member, 1, 1)
    await carts.add(guestBuyer, 1, 2)
    await carts.add(guestBuyer, 2, 1)
    expect(await sessions.open(token, id, guestBuyer.sessionHash)).toBe(4)
    expect((await carts.read(member)).pieceCount).toBe(4)
    expect((await carts.read(guestBuyer)).pieceCount).toBe(0)
    expect(await sessions.find(token)).toMatchObject({ id })
    await database.sql`update sessions set expires_at = now() where token_hash = ${token}`
    expect(await sessions.find(token)).toBeNull()
    await sessions.open(Buffer.alloc(32, 8), id, guestBuyer.sessionHash)
    await sessions.close(Buffer.alloc(32, 8))
    expect(await sessions.find(Buffer.alloc(32, 8))).toBeNull()
  })

  test('no token and no password stands in the database as it is', async () => {
    const rows = await database.sql<{ passwordHash: string }[]>`
      select password_hash as "passwordHash" from accounts where email = 'someone@shop.example'
    `
    expect(rows[0]!.passwordHash).toMatch(/^scrypt\$16384\$8\$1\$/)
    expect(rows[0]!.passwordHash).not.toContain('horse')
  })
})

describe('selling', () => {
  const draft = {
    title: 'Turned oak stool',
    description: 'Three legs.',
    material: 'oak',
    categoryId: 2,
    condition: 'new',
    priceCents: 4_500,
    stock: 3,
    isHidden: false,
  } as const

  test('an account opens one shop, lists, changes and hides, and touches no other shop’s listings', async () => {
    const { accounts, listings, selling } = store
    const { id } = (await accounts.signUp({ email: 'maker@shop.example', name: 'Maker', password: 'turning wood' }))!
    const shop = (await selling.openShop(id, { name: 'Stool Corner', place: 'Northport' }))!
    expect(await selling.openShop(id, { name: 'Another', place: 'Northport' })).toBeNull()
    expect(await accounts.find(id)).toMatchObject({ shopId: shop.id, shopName: 'Stool Corner' })
    const listingId = await selling.createListing(shop.id, draft)
    expect((await search({ text: 'turned oak stool' })).items.map((item) => item.id)).toContain(listingId)
    expect(
      await selling.updateListing(shop.id, listingId, { ...draft, title: 'Turned elm stool', isHidden: true }, 3),
    ).toBe('saved')
    expect(await listings.find(listingId)).toMatchObject({ title: 'Turned elm stool', isHidden: true })
    expect((await search({ text: 'turned elm stool' })).items.map((item) => item.id)).not.toContain(listingId)
    expect(await selling.listings(shop.id, 1)).toMatchObject({ totalCount: 1, items: [{ id: listingId, stock: 3 }] })
    expect(await selling.updateListing(shop.id, 1, draft, 3)).toBe('unknown')
    expect(await selling.findListing(shop.id, 1)).toBeNull()
  })

  test('what was sold while a seller had the form open stays sold, and fewer than none are refused', async () => {
    const { accounts, listings, selling } = store
    const { id } = (await accounts.signUp({ email: 'slow@shop.example', name: 'Slow', password: 'turning wood' }))!
    const shop = (await selling.openShop(id, { name: 'Slow Corner', place: 'Northport' }))!
    const listingId = await selling.createListing(shop.id, { ...draft, stock: 10 })
    await database.sql`update listings set stock = stock - 5 where id = ${listingId}`
    const save = (title: string, stock: number) =>
      selling.updateListing(shop.id, listingId, { ...draft, title, stock }, 10)
    expect(await save('Another title', 10)).toBe('saved')
    expect(await listings.find(listingId)).toMatchObject({ title: 'Another title', stock: 5 })
    expect(await save('Two more of them', 12)).toBe('saved')
    expect(await listings.find(listingId)).toMatchObject({ stock: 7 })
    expect(await save('Eight fewer', 2)).toBe('short')
    expect(await listings.find(listingId)).toMatchObject({ title: 'Two more of them', stock: 7 })
  })

  test('the database itself refuses stock below nothing', async () => {
    await expect(database.sql`update listings set stock = -1 where id = 1`).rejects.toThrow(/listings_stock_check/)
  })
})

test('the life of an order: every state is reached, and the ends are ends', () => {
  const reached = new Set(Object.values(orderLifecycle).flatMap((cells) => Object.values(cells)))
  expect(orderStates.filter((state) => !reached.has(state as never))).toEqual(['reserved'])
  expect(statesThatAccept('pay')).toEqual(['reserved'])
  expect(statesThatAccept('undo')).toEqual(['expiring'])
  expect(statesThatAccept('ship')).toEqual(['paid'])
})
