import diagnostics from 'node:diagnostics_channel'
import { systemClock, systemRandom } from '@plimsoll/core'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApp } from './app.ts'
import { createCatalogue } from './cache/catalogue.ts'
import { createPageCache } from './cache/page-cache.ts'
import { createCheckout, type Checkout } from './checkout/checkout.ts'
import { stylesheetPath } from './design/assets.ts'
import { createLog } from './log.ts'
import type { Account } from './store/accounts.ts'
import { createStore, type Store } from './store/store.ts'
import { address, openShopDatabase } from './testing/shop-database.ts'
import { createVisits, type Visit, type VisitSource } from './visit.ts'

// Who may do what: every route of the shop against everybody who might ask, on a real database. The ids in the addresses are
// those of an order of `buyer` with a piece of `seller` in it, and of that seller's listing. A route without a row fails, and
// whatever is refused must leave every table as it was.

/** `nobody` comes without a cookie, a `guest` with a session and a cart but no account. */
const roles = ['nobody', 'guest', 'buyer', 'other buyer', 'seller', 'other seller'] as const
type Role = (typeof roles)[number]
/** The status, and for a redirect where to. */
type Answer = number | `303 ${string}`
type Row = Record<Role, Answer>

const row = (all: Answer, ...but: Partial<Row>[]): Row =>
  Object.assign(Object.fromEntries(roles.map((role) => [role, all])), ...but) as Row
/** Without a session nobody can have the token of a form. */
const noForm = { nobody: 403 } as const
const signInFirst = { nobody: '303 /account/sign-in?next=/sell', guest: '303 /account/sign-in?next=/sell' } as const
const noShopYet = { buyer: '303 /sell', 'other buyer': '303 /sell' } as const
const forSellers = (own: Answer, others: Answer = own): Row =>
  row(own, { 'other seller': others }, noShopYet, signInFirst)

const table: Record<string, Row> = {
  'GET /': row(200),
  'GET /p/:id': row(200),
  'GET /search': row(200),
  'GET /c/:category': row(200),
  'GET /img/:id.svg': row(200),
  'GET /img/c/:slug.svg': row(200),
  'GET /favicon.svg': row(200),
  'GET /assets/tide.svg': row(200),
  [`GET ${stylesheetPath}`]: row(200),
  'GET /robots.txt': row(200),
  'GET /health/live': row(200),
  'GET /health/ready': row(200),
  'GET /cart': row(200),
  'POST /cart/items': row('303 /cart', noForm),
  'POST /cart/items/:id': row('303 /cart', noForm),
  'GET /checkout': row(200, { nobody: '303 /cart' }),
  'POST /checkout': row('303 /orders/ID', noForm),
  'GET /orders': row(200),
  'GET /orders/:id': row(404, { buyer: 200 }),
  'GET /account': row(200, {
    nobody: '303 /account/sign-in?next=/account',
    guest: '303 /account/sign-in?next=/account',
  }),
  'GET /account/sign-up': row(200),
  'GET /account/sign-in': row(200),
  'POST /account/sign-up': row('303 /account', noForm),
  'POST /account/sign-in': row('303 /account', noForm),
  'POST /account/sign-out': row('303 /', noForm),
  'GET /sell': row(200, { seller: '303 /sell/listings', 'other seller': '303 /sell/listings' }),
  // Who has a shop already opens no second one.
  'POST /sell/shop': row('303 /sell/listings', { seller: 400, 'other seller': 400 }, signInFirst, noForm),
  'GET /sell/listings': forSellers(200),
  'GET /sell/new': forSellers(200),
  'POST /sell/listings': { ...forSellers('303 /sell/listings'), ...noForm },
  'GET /sell/listings/:id': forSellers(200, 404),
  'POST /sell/listings/:id': { ...forSellers('303 /sell/listings', 404), ...noForm },
  'GET /sell/orders': forSellers(200),
  'POST /sell/orders/:id/ship': { ...forSellers('303 /sell/orders', 404), ...noForm },
}

/** Then nothing may have changed. */
const isRefusal = (answer: Answer) =>
  typeof answer === 'number' ? answer >= 400 : answer.startsWith('303 /account/sign-in') || answer === '303 /sell'

const forgeries: Record<
  string,
  (mine: string, stranger: string) => { csrf?: string[]; headers?: Record<string, string> }
> = {
  'without a token': () => ({}),
  'with an empty token': () => ({ csrf: [''] }),
  'with somebody else’s token': (_mine, stranger) => ({ csrf: [stranger] }),
  'with two tokens': (mine) => ({ csrf: [mine, mine] }),
  'from another site': (mine) => ({ csrf: [mine], headers: { origin: 'https://evil.example' } }),
  'from a frame without an origin': (mine) => ({ csrf: [mine], headers: { origin: 'null' } }),
  'from a neighbouring site': (mine) => ({ csrf: [mine], headers: { 'sec-fetch-site': 'same-site' } }),
}

let database: Awaited<ReturnType<typeof openShopDatabase>>
let store: Store
let visits: VisitSource
let checkout: Checkout
let app: FastifyInstance
let tables: string[]
const routes = new Set<string>()

beforeAll(async () => {
  database = await openShopDatabase()
  const { sql } = database
  store = createStore(sql)
  visits = createVisits({
    sessions: store.sessions,
    clock: systemClock,
    isSecure: false,
    onSessionChange: async (tag) => void (await visits.invalidateTag(tag)),
  })
  const log = createLog({ level: 'silent', name: 'test' })
  const payment = {
    authorise: () => Promise.resolve({ status: 'authorised' as const, reference: 'r' }),
    void: () => Promise.resolve(),
  }
  checkout = createCheckout({ sql, payment, clock: systemClock, log, onStockChange: () => {} })
  // The framework tells of each server that it makes: early enough to hear of every route.
  const listen = (message: unknown) =>
    (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.add(`${one} ${url}`)
    })
  diagnostics.subscribe('fastify.initialization', listen)
  app = createApp({
    store,
    catalogue: createCatalogue(store.listings, systemClock),
    pages: createPageCache({ clock: systemClock }),
    visits,
    checkout,
    rateLimit: { take: () => true },
    workerName: 'web-1',
    version: null,
    isReady: () => true,
    isProduction: false,
    clock: systemClock,
    random: systemRandom,
    log,
  })
  diagnostics.unsubscribe('fastify.initialization', listen)
  await app.ready()
  const rows = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables where table_schema = 'public'
  `
  tables = rows.map(({ name }) => name)
  await store.accounts.signUp(known)
})
afterAll(async () => {
  await app.close()
  await database.stop()
})

interface World {
  visits: Record<Role, Visit | null>
  listingId: number
  orderId: number
}
let world: World
let nextNumber = 1

beforeEach(async () => {
  const [buyer, otherBuyer] = [await openAccount(), await openAccount()]
  const [seller, otherSeller] = [await openSeller(), await openSeller()]
  const [category] = await store.listings.categories()
  const listingId = await store.selling.createListing(seller.shopId!, { ...listing, categoryId: category!.id })
  const bought = await checkout.place({
    idempotencyKey: `access-test-order-${nextNumber++}`,
    buyer: visitOf(buyer).buyer,
    email: buyer.email,
    address,
    lines: [{ listingId, quantity: 1, priceCents: listing.priceCents }],
    paymentToken: 'card-ok',
  })
  if (bought.outcome !== 'paid') throw new Error(bought.outcome)
  world = {
    listingId,
    orderId: bought.orderId,
    visits: {
      nobody: null,
      guest: visitOf(null),
      buyer: await signIn(buyer),
      'other buyer': await signIn(otherBuyer),
      seller: await signIn(seller),
      'other seller': await signIn(otherSeller),
    },
  }
  for (const visit of Object.values(world.visits)) if (visit) await store.carts.add(visit.buyer, listingId, 1)
})

test('every route of the shop has its row, and every row its route', () => {
  const own = [...routes].filter((route) => !route.startsWith('HEAD '))
  expect(own.sort()).toEqual(Object.keys(table).sort())
  // What answers to GET answers to HEAD, by the same handler.
  expect([...routes].filter((route) => route.startsWith('HEAD ')).length).toBe(
    own.filter((route) => route.startsWith('GET ')).length,
  )
})

describe.each(Object.entries(table))('%s', (route, expected) => {
  const [method, path] = route.split(' ') as [string, string]

  test('answers each as its row says', async () => {
    for (const role of roles) {
      const before = isRefusal(expected[role]) ? await digestOfEverything() : null
      expect(await ask(route, role, { csrf: [tokenOf(role)] }), role).toBe(expected[role])
      if (before !== null) expect(await digestOfEverything(), role).toBe(before)
    }
  })

  test('answers HEAD as GET, and no other method', async () => {
    const before = await digestOfEverything()
    for (const role of roles) {
      if (method === 'GET') expect(await ask(`HEAD ${path}`, role, {}), role).toBe(expected[role])
      for (const other of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (routes.has(`${other} ${path}`)) continue
        expect(await ask(`${other} ${path}`, role, { csrf: [tokenOf(role)] }), `${other} by ${role}`).toBe(404)
      }
    }
    expect(await digestOfEverything()).toBe(before)
  })
})

const posts = Object.keys(table).filter((route) => route.startsWith('POST '))
test.each(posts)('%s refuses a forged form to everybody and changes nothing', async (route) => {
  const before = await digestOfEverything()
  for (const role of roles) {
    const strangers = tokenOf(role === 'guest' ? 'buyer' : 'guest')
    for (const [how, forge] of Object.entries(forgeries)) {
      expect(await ask(route, role, forge(tokenOf(role), strangers)), `${how}, by ${role}`).toBe(403)
    }
  }
  expect(await digestOfEverything()).toBe(before)
})

function tokenOf(role: Role): string {
  return world.visits[role]?.csrfToken ?? ''
}

const known = { name: 'Known', email: 'known@example.org', password: 'a long password' }
const listing = {
  title: 'Oak milking stool',
  description: 'Three legs, all of them sound.',
  material: 'oak',
  condition: 'good' as const,
  priceCents: 4850,
  stock: 50,
  isHidden: false,
}

/** Asks as `role`, with all that a form of the page would send but for the token. Answers as the table has it. */
async function ask(
  route: string,
  role: Role,
  { csrf = [], headers = {} }: { csrf?: string[]; headers?: Record<string, string> },
): Promise<Answer> {
  const [method, path] = route.split(' ') as ['GET', string]
  const visit = world.visits[role]
  const answer = await app.inject({
    method,
    url: addressOf(path),
    headers: {
      host: 'shop.example',
      ...(visit && { cookie: visits.sessionCookie(visit).split(';')[0]! }),
      ...(method !== 'GET' && method !== 'HEAD' && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
    ...(method !== 'GET' && method !== 'HEAD' && { payload: formOf(path, csrf) }),
  })
  const { location } = answer.headers
  if (answer.statusCode !== 303) return answer.statusCode
  return `303 ${String(location).replace(/^\/orders\/\d+$/, '/orders/ID')}`
}

function addressOf(path: string): string {
  const id = path.includes('/orders/') ? world.orderId : world.listingId
  return path.replace(':id', String(id)).replace(':category', 'toys').replace(':slug', 'toys')
}

function formOf(path: string, csrf: string[]): string {
  const number = nextNumber++
  const fields: Record<string, Record<string, string | number | boolean>> = {
    '/cart/items': { listingId: world.listingId, quantity: 1 },
    '/cart/items/:id': { quantity: 2 },
    '/checkout': {
      ...address,
      email: 'buyer@example.org',
      idempotencyKey: `access-test-key-${number}`,
      line: `${world.listingId}:1:${listing.priceCents}`,
      paymentToken: 'card-ok',
    },
    '/account/sign-up': { name: 'New', email: `new-${number}@example.org`, password: 'a long password' },
    '/account/sign-in': { email: known.email, password: known.password },
    '/sell/shop': { name: `Shop ${number}`, place: 'Howth' },
    '/sell/listings': { ...listing, category: 'toys', price: '12' },
    '/sell/listings/:id': { ...listing, category: 'toys', price: '12', shownStock: listing.stock },
  }
  const form = new URLSearchParams(Object.entries(fields[path] ?? {}).map(([name, value]) => [name, String(value)]))
  for (const one of csrf) form.append('csrf', one)
  return form.toString()
}

async function openAccount(): Promise<Account> {
  const email = `person-${nextNumber++}@example.org`
  // Hashing a password for each of them would take minutes.
  const [row] = await database.sql<{ id: number }[]>`
    insert into accounts (email, name, password_hash) values (${email}, 'A person', 'none') returning id
  `
  return (await store.accounts.find(row!.id))!
}

async function openSeller(): Promise<Account> {
  const account = await openAccount()
  await store.selling.openShop(account.id, { name: `Shop ${nextNumber++}`, place: 'Howth' })
  return (await store.accounts.find(account.id))!
}

function visitOf(account: Account | null): Visit {
  const guest = visits.read(undefined) as Visit
  return { ...guest, account, buyer: { ...guest.buyer, accountId: account?.id ?? null } }
}

async function signIn(account: Account): Promise<Visit> {
  return visits.signIn(visitOf(null), account)
}

/** Tells whether any row of any table was written, added or taken away: by the transaction that wrote each. */
async function digestOfEverything(): Promise<string> {
  const [row] = await database.sql.unsafe<{ digest: string }[]>(
    `select concat_ws(' ', ${tables.map((name) => `(select md5(string_agg(xmin::text, ' ' order by ctid)) from "${name}")`).join()}) as digest`,
  )
  return row!.digest
}
