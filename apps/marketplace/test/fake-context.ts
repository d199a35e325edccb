import { createHash } from 'node:crypto'
import { createSeededRandom, nextBelow, systemClock, systemRandom } from '@plimsoll/core'
import { slotMark, slotNames } from '../src/cache/page-cache.ts'
import { categories } from '../src/catalog/categories.ts'
import { checkRequest, type Checkout, type CheckoutAnswer } from '../src/checkout/checkout.ts'
import type { ShopContext } from '../src/context.ts'
import type { Account } from '../src/store/accounts.ts'
import type { Cart } from '../src/store/carts.ts'
import {
  conditions,
  MAX_PAGE,
  PAGE_ITEM_COUNT,
  priceBands,
  type Category,
  type Listing,
  type SearchQuery,
  type SearchResult,
} from '../src/store/listings.ts'
import type { Order } from '../src/store/orders.ts'
import type { ListingDraft, OrderToShip } from '../src/store/selling.ts'
import type { Visit } from '../src/visit.ts'

const makes = [
  'Stoneware',
  'Oak',
  'Brass',
  'Navy',
  'Walnut',
  'Cream',
  'Hand-thrown',
  'Red',
  'Copper',
  'Sage green',
  'Old',
  'Small',
]
const ends = ['', '', ', fully restored', ', from a harbour house', ', one of a pair', ', 1960s', ' with a small chip']
const shops = ['Quay Lane Pottery', 'The Loft Workshop', 'Harbour Street Finds', 'North Pier Joinery', 'Second Tide']

/** A catalogue of example listings: small, seeded, and without a database. */
export function exampleListings(count: number): Listing[] {
  const random = createSeededRandom(7)
  const pick = <T>(list: readonly T[]): T => list[nextBelow(random, list.length)]!
  return Array.from({ length: count }, (_, index) => {
    const category = categories[index % categories.length]!
    const noun = pick(pick(category.kinds).nouns)
    const shop = nextBelow(random, shops.length)
    return {
      id: index + 1,
      title: `${pick(makes)} ${noun}${pick(ends)}`,
      priceCents: pick([450, 900, 1250, 1800, 2400, 3600, 4800, 7250, 9500, 14_000, 26_000, 120_000]),
      stock: pick([0, 1, 1, 1, 2, 3, 8, 40]),
      condition: pick(conditions),
      categorySlug: category.slug,
      categoryName: category.name,
      description:
        'Found in a boat shed by the old ferry landing, cleaned and oiled.\nIt has the marks of use one would hope for, and none that matter. Wrapped in paper and straw for the journey.',
      material: pick(['stoneware', 'oak and brass', 'wool', '', 'steel']),
      shopName: shops[shop]!,
      shopId: shop + 1,
      shopPlace: pick(['Galway', 'Cork', 'Howth']),
      isHidden: false,
      createdAt: new Date(Date.UTC(2026, 2, 1 + (index % 28))),
    }
  })
}

export interface FakeShop {
  context: ShopContext
  listings: Listing[]
  orders: Map<number, Order>
  accounts: Map<string, Account & { password: string }>
  toShip: OrderToShip[]
  /** What the checkout answers next; `null` for a paid order. */
  answerWith(answer: CheckoutAnswer | null): void
  /** What `rateLimit.take` and `isReady` answer. */
  state: { isAllowed: boolean; isReady: boolean; renderCount: number }
}

/** The shop's insides without a database: everything is kept in memory, sessions are as good as their cookie. */
export function createFakeShop(count = 300): FakeShop {
  const listings = exampleListings(count)
  const carts = new Map<string, Map<number, number>>()
  const orders = new Map<number, Order>()
  const accounts = new Map<string, Account & { password: string }>()
  const signedIn = new Map<string, string>()
  const toShip: OrderToShip[] = []
  const state = { isAllowed: true, isReady: true, renderCount: 0 }
  const pages = new Map<string, string>()
  let nextAnswer: CheckoutAnswer | null = null

  const find = (id: number) => listings.find((listing) => listing.id === id) ?? null
  const cartOf = (visit: { sessionHash: Buffer; accountId: number | null }) => {
    const owner = visit.accountId === null ? visit.sessionHash.toString('hex') : `account-${visit.accountId}`
    if (!carts.has(owner)) carts.set(owner, new Map())
    return carts.get(owner)!
  }
  const readCart = (lines: Map<number, number>): Cart => {
    const read = [...lines].map(([id, quantity]) => {
      const { title, priceCents, stock, isHidden, categorySlug, shopName } = find(id)!
      return { listingId: id, title, priceCents, quantity, stock, isHidden, categorySlug, shopName }
    })
    return {
      lines: read,
      totalCents: read.reduce((sum, line) => sum + line.priceCents * line.quantity, 0),
      pieceCount: read.reduce((sum, line) => sum + line.quantity, 0),
    }
  }
  const categoryRows: Category[] = categories.map(({ slug, name }, index) => ({
    id: index + 1,
    slug,
    name,
    listingCount: listings.filter((listing) => listing.categorySlug === slug).length,
  }))
  const search = (query: SearchQuery): SearchResult => {
    const words = query.text.toLowerCase().split(' ')
    const bandOf = (cents: number) =>
      priceBands.find((band) => cents >= band.fromCents && cents < band.belowCents)!.name
    const matches = (listing: Listing, { ...chosen }: SearchQuery) =>
      !listing.isHidden &&
      words.every((word) => listing.title.toLowerCase().includes(word)) &&
      (chosen.categorySlug === null || listing.categorySlug === chosen.categorySlug) &&
      (chosen.condition === null || listing.condition === chosen.condition) &&
      (chosen.priceBand === null || bandOf(listing.priceCents) === chosen.priceBand) &&
      (!chosen.isInStockOnly || listing.stock > 0)
    const countFor = (change: Partial<SearchQuery>) =>
      listings.filter((one) => matches(one, { ...query, ...change })).length
    const found = listings.filter((listing) => matches(listing, query))
    if (query.sort === 'price-up') found.sort((one, other) => one.priceCents - other.priceCents)
    const start = (query.page - 1) * PAGE_ITEM_COUNT
    return {
      items: found.slice(start, start + PAGE_ITEM_COUNT),
      totalCount: found.length,
      pageCount: Math.min(MAX_PAGE, Math.ceil(found.length / PAGE_ITEM_COUNT)),
      facets: {
        categories: categoryRows.map(({ slug, name }) => ({
          value: slug,
          name,
          count: countFor({ categorySlug: slug }),
        })),
        conditions: conditions.map((value) => ({ value, count: countFor({ condition: value }) })),
        priceBands: priceBands.map(({ name }) => ({ value: name, count: countFor({ priceBand: name }) })),
        inStockCount: countFor({ isInStockOnly: true }),
      },
    }
  }
  const visitOf = (token: string, isNew: boolean, bagCount: number): Visit => {
    const account = accounts.get(signedIn.get(token) ?? '') ?? null
    return {
      token,
      isNew,
      account,
      csrfToken: createHash('sha256').update(`csrf ${token}`).digest('base64url'),
      bagCount,
      buyer: { accountId: account?.id ?? null, sessionHash: createHash('sha256').update(token).digest() },
    }
  }
  let tokenCount = 0
  const newToken = () => `token-${++tokenCount}`
  const checkout: Checkout = {
    place(request) {
      const { buyer, email, address } = request
      const lines = checkRequest(request)
      if (nextAnswer !== null) return Promise.resolve(nextAnswer)
      const id = 1000 + orders.size
      const items = lines.map(({ listingId, quantity, priceCents }) => {
        const { title, shopName, categorySlug } = find(listingId)!
        return { listingId, title, priceCents, quantity, shopName, categorySlug, shippedAt: null }
      })
      const totalCents = items.reduce((sum, item) => sum + item.priceCents * item.quantity, 0)
      const at = new Date(systemClock.nowMs())
      const history = [
        { state: 'reserved' as const, cause: 'checkout', at },
        { state: 'paid' as const, cause: 'payment', at },
      ]
      orders.set(id, { id, state: 'paid', email, address, totalCents, items, placedAt: at, history })
      toShip.push({ orderId: id, address, items, placedAt: at, shippedAt: null })
      cartOf(buyer).clear()
      return Promise.resolve({ outcome: 'paid', orderId: id, totalCents })
    },
  }

  const context: ShopContext = {
    workerName: 'web-1',
    version: null,
    isReady: () => state.isReady,
    isProduction: false,
    clock: systemClock,
    random: systemRandom,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    rateLimit: { take: () => state.isAllowed },
    checkout,
    catalogue: {
      categories: () => Promise.resolve(categoryRows),
      search: (query) => Promise.resolve(search(query)),
      find: (id) => Promise.resolve(find(id)),
      related: (listing) =>
        Promise.resolve(
          listings
            .filter((other) => other.categorySlug === listing.categorySlug && other.id !== listing.id)
            .slice(0, 6),
        ),
      popular: () => Promise.resolve(listings.filter(({ stock }) => stock > 0).slice(0, 12)),
    },
    pages: {
      serve({ key, render, fill }) {
        const finish = (html: string) =>
          Buffer.from(slotNames.reduce((filled, slot) => filled.replaceAll(slotMark(slot), fill(slot)), html))
        const kept = pages.get(key)
        if (kept !== undefined) return finish(kept)
        state.renderCount += 1
        return render().then((html) => {
          pages.set(key, html)
          return finish(html)
        })
      },
    },
    visits: {
      read(cookieHeader = '') {
        const token = /(?:^|; )sid=([^;]+)/.exec(cookieHeader)?.[1]
        const bagCount = Number(/(?:^|; )bag=(\d+)/.exec(cookieHeader)?.[1] ?? 0)
        return token === undefined ? visitOf(newToken(), true, 0) : visitOf(token, false, bagCount)
      },
      sessionCookie: ({ token }) => `sid=${token}; Path=/; HttpOnly; SameSite=Lax`,
      bagCookie: (pieceCount) => `bag=${pieceCount}; Path=/; SameSite=Lax`,
      signIn(_guest, account) {
        const token = newToken()
        signedIn.set(token, account.email)
        return Promise.resolve(visitOf(token, true, 0))
      },
      signOut({ token }) {
        signedIn.delete(token)
        return Promise.resolve(visitOf(newToken(), true, 0))
      },
      forget: () => Promise.resolve(),
      isCsrfToken: (visit, token) => token === visit.csrfToken,
    },
    store: {
      listings: {
        categories: () => Promise.resolve(categoryRows),
        search: (query) => Promise.resolve(search(query)),
        find: (id) => Promise.resolve(find(id)),
        related: () => Promise.resolve([]),
        popular: () => Promise.resolve([]),
      },
      carts: {
        read: (buyer) => Promise.resolve(readCart(cartOf(buyer))),
        add(buyer, id, quantity) {
          if (find(id) === null) return Promise.resolve(null)
          const lines = cartOf(buyer)
          lines.set(id, (lines.get(id) ?? 0) + quantity)
          return Promise.resolve(readCart(lines).pieceCount)
        },
        set(buyer, id, quantity) {
          const lines = cartOf(buyer)
          if (quantity === 0) lines.delete(id)
          else lines.set(id, quantity)
          return Promise.resolve(readCart(lines).pieceCount)
        },
      },
      accounts: {
        signUp({ email, name, password }) {
          if (accounts.has(email)) return Promise.resolve(null)
          const account = { id: accounts.size + 1, email, name, password, shopId: null, shopName: null }
          accounts.set(email, account)
          return Promise.resolve(account)
        },
        signIn(email, password) {
          // As the database answers.
          if (email.includes('\0')) return Promise.reject(new Error('invalid byte sequence for encoding "UTF8": 0x00'))
          const account = accounts.get(email)
          return Promise.resolve(account?.password === password ? account : null)
        },
        find: () => Promise.resolve(null),
      },
      sessions: {
        find: () => Promise.resolve(null),
        open: () => Promise.resolve(0),
        close: () => Promise.resolve(),
      },
      orders: {
        list: () =>
          Promise.resolve(
            [...orders.values()].map(({ id, state: orderState, totalCents, items, placedAt }) => ({
              id,
              state: orderState,
              totalCents,
              placedAt,
              pieceCount: items.length,
              title: items[0]!.title,
            })),
          ),
        find: (_buyer, id) => Promise.resolve(orders.get(id) ?? null),
      },
      selling: {
        openShop(accountId, { name, place }) {
          const account = [...accounts.values()].find(({ id }) => id === accountId)!
          Object.assign(account, { shopId: 90, shopName: name })
          return Promise.resolve({ id: 90, name, place })
        },
        listings(shopId, page) {
          const own = listings.filter((listing) => listing.shopId === shopId).reverse()
          const start = (page - 1) * PAGE_ITEM_COUNT
          return Promise.resolve({ items: own.slice(start, start + PAGE_ITEM_COUNT), totalCount: own.length })
        },
        findListing: (shopId, id) =>
          Promise.resolve(listings.find((one) => one.id === id && one.shopId === shopId) ?? null),
        createListing(shopId, draft) {
          const id = listings.length + 1
          listings.push(fromDraft(id, shopId, draft))
          return Promise.resolve(id)
        },
        updateListing(shopId, id, draft, shownStock) {
          const index = listings.findIndex((listing) => listing.id === id && listing.shopId === shopId)
          if (index === -1) return Promise.resolve('unknown')
          const stock = listings[index]!.stock + draft.stock - shownStock
          if (stock < 0) return Promise.resolve('short')
          listings[index] = { ...fromDraft(id, shopId, draft), stock }
          pages.clear()
          return Promise.resolve('saved')
        },
        ordersToShip: () => Promise.resolve(toShip),
        ship(_shopId, orderId) {
          const parcel = toShip.find((order) => order.orderId === orderId)
          if (parcel !== undefined) parcel.shippedAt = new Date(systemClock.nowMs())
          return Promise.resolve(parcel !== undefined)
        },
      },
    },
  }
  return { context, listings, orders, accounts, toShip, state, answerWith: (answer) => (nextAnswer = answer) }
}

function fromDraft(id: number, shopId: number, draft: ListingDraft): Listing {
  const category = categories[draft.categoryId - 1]!
  const shop = { shopId, shopName: 'A shop', shopPlace: 'Howth', createdAt: new Date(0) }
  return { ...draft, ...shop, id, categorySlug: category.slug, categoryName: category.name }
}
