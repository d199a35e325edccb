import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createFakeShop, type FakeShop } from '../test/fake-context.ts'
import { createApp } from './app.ts'

let shop: FakeShop
let app: FastifyInstance

beforeEach(async () => {
  await app?.close()
  shop = createFakeShop()
  app = createApp(shop.context)
})
afterAll(() => app.close())

const guest = { cookie: 'sid=guest' }

async function tokenFor(cookie: string): Promise<string> {
  const { body } = await app.inject({ url: '/account/sign-up', headers: { cookie } })
  return /name="csrf" value="([^"]+)"/.exec(body)![1]!
}

async function post(url: string, fields: Record<string, string | string[]>, headers: InjectOptions['headers'] = guest) {
  const csrf = await tokenFor(String(headers['cookie']))
  const payload = new URLSearchParams({ csrf })
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value].flat()) payload.append(name, one)
  }
  return app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: payload.toString(),
  })
}

async function signUp(email: string): Promise<string> {
  const answer = await post('/account/sign-up', { name: 'Buyer', email, password: 'a long password', next: '/orders' })
  expect(answer.statusCode).toBe(303)
  return `sid=${answer.cookies.find(({ name }) => name === 'sid')!.value}`
}

const address = {
  email: 'buyer@example.org',
  name: 'Buyer',
  street: '1 Quay',
  postalCode: 'H91',
  city: 'Galway',
  country: 'Ireland',
}

test('every answer says which worker served it, and every page carries a strict content policy', async () => {
  for (const url of [
    '/',
    '/c/toys',
    '/search?q=teapot',
    '/p/1',
    '/cart',
    '/orders',
    '/sell',
    '/nowhere',
    '/health/live',
  ]) {
    const answer = await app.inject({ url, headers: guest })
    expect(answer.headers['x-served-by'], url).toBe('web-1')
    if (url === '/health/live') continue
    expect(answer.headers['content-security-policy'], url).toContain("default-src 'none'")
    expect(answer.body, url).not.toMatch(/<script(?! type="application\/ld\+json")|\son\w+=|style="/)
  }
})

test('a newcomer takes a session cookie home, and a known visitor does not', async () => {
  expect((await app.inject({ url: '/' })).headers['set-cookie']).toMatch(/^sid=/)
  expect((await app.inject({ url: '/', headers: guest })).headers['set-cookie']).toBeUndefined()
  expect((await app.inject({ url: '/img/1.svg' })).headers['set-cookie']).toBeUndefined()
})

test('a cached page is rendered once, and each visitor finds only what is their own in it', async () => {
  const first = await app.inject({ url: '/p/1', headers: { cookie: 'sid=one; bag=3' } })
  const second = await app.inject({ url: '/p/1', headers: { cookie: 'sid=two' } })
  expect(shop.state.renderCount).toBe(1)
  expect(first.body).toContain('3<span class="unseen"> in it</span>')
  expect(second.body).not.toContain('bag-count')
  expect(first.body).toContain(await tokenFor('sid=one'))
  expect(second.body).not.toContain(await tokenFor('sid=one'))
})

test('a browser that has the page already is told so, until the page or its own part of it changes', async () => {
  const first = await app.inject({ url: '/p/1', headers: guest })
  const etag = String(first.headers['etag'])
  const again = await app.inject({ url: '/p/1', headers: { ...guest, 'if-none-match': `W/"other", ${etag}` } })
  expect([again.statusCode, again.body]).toEqual([304, ''])
  const withBag = await app.inject({ url: '/p/1', headers: { cookie: 'sid=guest; bag=1', 'if-none-match': etag } })
  expect(withBag.statusCode).toBe(200)
})

test('pictures may be kept and are asked for by their tag', async () => {
  const first = await app.inject('/img/5.svg')
  expect(first.headers['content-type']).toBe('image/svg+xml')
  expect(first.headers['cache-control']).toContain('public')
  const again = await app.inject({ url: '/img/5.svg', headers: { 'if-none-match': String(first.headers['etag']) } })
  expect(again.statusCode).toBe(304)
  for (const url of ['/img/0.svg', '/img/99999999999.svg', '/img/x.svg', '/img/c/nowhere.svg']) {
    expect((await app.inject(url)).statusCode, url).toBe(404)
  }
})

test('the stylesheet is named by its content and comes packed to those who can unpack it', async () => {
  const href = /href="(\/assets\/shop\.\w+\.css)"/.exec((await app.inject('/')).body)![1]!
  const plain = await app.inject(href)
  expect(plain.headers['cache-control']).toContain('immutable')
  const packed = await app.inject({ url: href, headers: { 'accept-encoding': 'gzip, br' } })
  expect(packed.headers['content-encoding']).toBe('gzip')
  expect(packed.rawPayload.length).toBeLessThan(10 * 1024)
})

test('nothing that people typed comes back as markup', async () => {
  const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&</script>`
  Object.assign(shop.listings[0]!, {
    title: hostile,
    description: hostile,
    material: hostile,
    shopName: hostile,
    shopPlace: hostile,
  })
  const cookie = await signUp('x@example.org')
  const account = shop.accounts.get('x@example.org')!
  Object.assign(account, { name: hostile, email: 'x@example.org', shopId: shop.listings[0]!.shopId, shopName: hostile })
  await post('/cart/items', { listingId: '1', quantity: '1' }, { cookie })
  const order = await post(
    '/checkout',
    checkoutFields({ name: hostile, street: hostile, city: hostile, country: hostile }),
    { cookie },
  )
  const pages = await Promise.all(
    [
      '/p/1',
      `/search?q=${encodeURIComponent(hostile)}`,
      '/c/kitchen',
      '/',
      '/account',
      '/orders',
      String(order.headers['location']),
      '/sell/listings',
      '/sell/listings/1',
      '/sell/orders',
      `/account/sign-in?next=${encodeURIComponent(hostile)}`,
    ].map((url) => app.inject({ url, headers: { cookie } })),
  )
  pages.push(
    await post(
      '/sell/listings',
      { title: hostile, description: hostile, price: hostile, stock: hostile, category: hostile },
      { cookie },
    ),
  )
  pages.push(await post('/checkout', { ...checkoutFields({}), email: hostile }, { cookie }))
  for (const { body, statusCode } of pages) {
    expect(statusCode).toBeLessThan(500)
    expect(body).not.toMatch(/<script>|<img src=x/i)
  }
  const data = /<script type="application\/ld\+json">(.*?)<\/script>/.exec(pages[0]!.body)![1]!
  expect((JSON.parse(data) as { name: string }).name).toBe(hostile)
})

test.each([
  '/cart/items',
  '/cart/items/1',
  '/checkout',
  '/account/sign-in',
  '/account/sign-up',
  '/account/sign-out',
  '/sell/shop',
  '/sell/listings',
  '/sell/listings/1',
  '/sell/orders/1/ship',
])('a POST to %s without its token, or from another site, is refused', async (url) => {
  const headers = { ...guest, 'content-type': 'application/x-www-form-urlencoded' }
  for (const payload of ['', 'csrf=', 'csrf=wrong', 'csrf[]=x']) {
    expect((await app.inject({ method: 'POST', url, headers, payload })).statusCode, payload).toBe(403)
  }
  expect((await post(url, {}, { ...guest, origin: 'https://evil.example' })).statusCode).toBe(403)
  expect((await post(url, {}, { ...guest, 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
  expect(
    (
      await post(
        url,
        {},
        { ...guest, 'sec-fetch-site': 'same-origin', origin: 'http://shop.example', host: 'shop.example' },
      )
    ).statusCode,
  ).not.toBe(403)
})

test('bodies that are too large, or of a kind no form sends, get a page that says so', async () => {
  const headers = { ...guest, 'content-type': 'application/x-www-form-urlencoded' }
  const large = await app.inject({ method: 'POST', url: '/cart/items', headers, payload: 'x='.padEnd(70_000, 'x') })
  expect([large.statusCode, large.body.includes('more than this form takes')]).toEqual([413, true])
  const strange = await app.inject({
    method: 'POST',
    url: '/cart/items',
    headers: { ...guest, 'content-type': 'image/png' },
    payload: 'x',
  })
  expect(strange.statusCode).toBe(415)
  const json = await app.inject({ method: 'POST', url: '/cart/items', headers: guest, payload: { csrf: { a: 1 } } })
  expect(json.statusCode).toBe(415)
})

test('facets are links that keep the other choices, go back to the first page and can be taken back', async () => {
  const { body } = await app.inject('/search?q=old&condition=worn&page=2&sort=price-up')
  expect(body).toContain('href="/search?q=old&amp;condition=worn&amp;price=under-20&amp;sort=price-up"')
  expect(body).toContain('href="/search?q=old&amp;condition=worn&amp;stock=1&amp;sort=price-up"')
  expect(body).toContain('href="/search?q=old&amp;sort=price-up"')
})

test('a department offers its pages, and a page beyond the last one is empty but answers', async () => {
  const first = await app.inject('/c/kitchen')
  expect(first.body).toContain('rel="next"')
  expect(first.body).not.toContain('rel="prev"')
  expect((await app.inject('/c/kitchen?page=50')).body).toContain('Nothing washed up')
  expect((await app.inject('/c/nowhere')).statusCode).toBe(404)
})

test('a listing that is hidden, unknown or has an impossible number is not found', async () => {
  shop.listings[2]!.isHidden = true
  for (const id of ['3', '99999', '0', '-1', '2147483648', 'abc', '%00']) {
    expect((await app.inject(`/p/${id}`)).statusCode, id).toBe(404)
  }
})

test('an address that cannot be read is told as such', async () => {
  for (const url of ['/p/%E0%A4%A', '/%', '/search?q=%E0%A4%A&page=%']) {
    const answer = await app.inject({ url, headers: guest })
    expect(answer.statusCode, url).toBeLessThan(500)
    expect(answer.headers['content-type'], url).toContain('text/html')
  }
})

test('a HEAD request gets the head of the page', async () => {
  const answer = await app.inject({ method: 'HEAD', url: '/p/1', headers: guest })
  expect(answer.statusCode).toBe(200)
  expect(Number(answer.headers['content-length'])).toBeGreaterThan(1000)
})

test('a sold-out listing offers no button to buy it', async () => {
  shop.listings[0]!.stock = 0
  const { body } = await app.inject('/p/1')
  expect(body).toContain('Sold out')
  expect(body).not.toContain('Add to cart')
})

test('what is put into the cart stands there, can be changed and taken out', async () => {
  const added = await post('/cart/items', { listingId: '4', quantity: '2' })
  expect([added.statusCode, added.headers['location']]).toEqual([303, '/cart'])
  expect(added.headers['set-cookie']).toMatch(/^bag=2/)
  expect((await app.inject({ url: '/cart', headers: guest })).body).toContain(shop.listings[3]!.title)
  await post('/cart/items/4', { quantity: '0' })
  expect((await app.inject({ url: '/cart', headers: guest })).body).toContain('Nothing in it yet')
})

test('a cart that cannot be bought as it stands says what to change and offers no checkout', async () => {
  await post('/cart/items', { listingId: '4', quantity: '2' })
  shop.listings[3]!.stock = 1
  const { body } = await app.inject({ url: '/cart', headers: guest })
  expect(body).toContain('Only 1 left.')
  expect(body).not.toContain('href="/checkout"')
})

function checkoutFields(changes: Record<string, string>): Record<string, string | string[]> {
  const line = `1:1:${shop.listings[0]!.priceCents}`
  return { ...address, idempotencyKey: 'k'.repeat(22), line: [line], paymentToken: 'card-ok', ...changes }
}

test('buying leads to the order, which says what happens next and who served it', async () => {
  await post('/cart/items', { listingId: '1', quantity: '1' })
  const form = await app.inject({ url: '/checkout', headers: guest })
  expect(form.body).toMatch(/name="idempotencyKey" value="[\w-]{22}"/)
  expect(form.body).toContain(`name="line" value="1:1:${shop.listings[0]!.priceCents}"`)
  const bought = await post('/checkout', checkoutFields({}))
  expect([bought.statusCode, bought.headers['location']]).toEqual([303, '/orders/1000'])
  const order = await app.inject({ url: '/orders/1000', headers: guest })
  expect(order.body).toContain('What happens next')
  expect(order.body).toContain('served by web-1')
})

test('a checkout with a wrong field comes back with the fault beside it, what was typed, and the same key', async () => {
  await post('/cart/items', { listingId: '1', quantity: '1' })
  const answer = await post('/checkout', checkoutFields({ email: 'nonsense', city: '' }))
  expect(answer.statusCode).toBe(400)
  expect(answer.body).toContain('id="email-error"')
  expect(answer.body).toContain('aria-describedby="city-error"')
  expect(answer.body).toContain('value="1 Quay"')
  expect(answer.body).toContain(`name="idempotencyKey" value="${'k'.repeat(22)}"`)
})

test.each([
  [
    { outcome: 'declined', orderId: 1, reason: 'The card was declined.' },
    402,
    'The card was declined. Nothing was charged.',
    false,
  ],
  [{ outcome: 'unavailable', listingIds: [1] }, 409, 'Nothing was ordered or charged', false],
  [{ outcome: 'expired', orderId: 1 }, 409, 'was called off', false],
  [{ outcome: 'key-reused' }, 422, 'has been sent before', false],
  [{ outcome: 'pending', orderId: 1 }, 503, 'however often you ask, you pay once', true],
] as const)(
  'the outcome %j answers %i and says so; only an open order keeps its key',
  async (outcome, status, words, keepsKey) => {
    await post('/cart/items', { listingId: '1', quantity: '1' })
    shop.answerWith({
      ...outcome,
      ...('listingIds' in outcome ? { listingIds: [...outcome.listingIds] } : {}),
    } as never)
    const page = await post('/checkout', checkoutFields({}))
    expect(page.statusCode).toBe(status)
    expect(page.body.replaceAll(/\s+/g, ' ')).toContain(words)
    expect(page.body.includes('k'.repeat(22))).toBe(keepsKey)
    expect(page.headers['retry-after']).toBe(keepsKey ? '3' : undefined)
    const json = await post('/checkout', checkoutFields({}), { ...guest, accept: 'application/json' })
    expect([json.statusCode, (json.json() as { outcome: string }).outcome]).toEqual([status, outcome.outcome])
  },
)

test.each(['', 'x', '1:0:100', '1:1', '1:1:0', '0:1:1', '1:1:1; drop', '1:21:100'])(
  'a hidden line %j nobody was shown buys nothing',
  async (line) => {
    const answer = await post('/checkout', { ...checkoutFields({}), line: [line] })
    expect([answer.statusCode, answer.headers['location']]).toEqual([303, '/cart'])
    expect(shop.orders.size).toBe(0)
  },
)

test('more pieces of a listing than an order takes, spread over two lines, buy nothing', async () => {
  const line = `1:20:${shop.listings[0]!.priceCents}`
  const answer = await post('/checkout', { ...checkoutFields({}), line: [line, line] })
  expect([answer.statusCode, answer.body.includes('could not read that request')]).toEqual([400, true])
  expect(shop.orders.size).toBe(0)
})

test('an address to sign in with that no database could hold is a wrong one', async () => {
  const answer = await post('/account/sign-in', { email: 'buyer@example.org\0', password: 'a long password' })
  expect(answer.statusCode).toBe(401)
})

test('an account is opened, found taken, signed out of and signed in to again', async () => {
  const cookie = await signUp('buyer@example.org')
  expect((await app.inject({ url: '/account', headers: { cookie } })).body).toContain('buyer@example.org')
  expect(
    (await post('/account/sign-up', { name: 'B', email: 'buyer@example.org', password: 'a long password' })).body,
  ).toContain('already')
  await post('/account/sign-out', {}, { cookie })
  expect((await app.inject({ url: '/account', headers: { cookie } })).headers['location']).toBe(
    '/account/sign-in?next=/account',
  )
  expect((await post('/account/sign-in', { email: 'buyer@example.org', password: 'wrong' })).statusCode).toBe(401)
  const back = await post('/account/sign-in', {
    email: 'buyer@example.org',
    password: 'a long password',
    next: '//evil.example',
  })
  expect([back.statusCode, back.headers['location']]).toEqual([303, '/account'])
})

test('a short password, or a name too long, opens no account and is not sent back', async () => {
  const answer = await post('/account/sign-up', { name: 'x'.repeat(61), email: 'b@example.org', password: 'short' })
  expect(answer.statusCode).toBe(400)
  expect(answer.body).toContain('At least 10 characters')
  expect(answer.body).not.toContain('value="short"')
})

test.each([
  ['/sell/listings', '/account/sign-in?next=/sell', '/sell'],
  ['/sell/new', '/account/sign-in?next=/sell', '/sell'],
  ['/sell/listings/1', '/account/sign-in?next=/sell', '/sell'],
  ['/sell/orders', '/account/sign-in?next=/sell', '/sell'],
])('%s is for sellers: a guest signs in first, an account opens a shop first', async (url, forGuest, forAccount) => {
  expect((await app.inject({ url, headers: guest })).headers['location']).toBe(forGuest)
  const cookie = await signUp('buyer@example.org')
  expect((await app.inject({ url, headers: { cookie } })).headers['location']).toBe(forAccount)
})

test('who opens a shop is sent on only when every worker knows of it', async () => {
  const cookie = await signUp('seller@example.org')
  const steps: string[] = []
  let know = () => {}
  shop.context.visits.forget = () => {
    steps.push('asked')
    return new Promise((resolve) => {
      know = () => {
        steps.push('all know')
        resolve()
      }
    })
  }
  const answer = post('/sell/shop', { name: 'Third Tide', place: 'Howth' }, { cookie }).then(() =>
    steps.push('sent on'),
  )
  await expect.poll(() => steps).toEqual(['asked'])
  // Whatever does not wait for it has its turn first.
  await new Promise((resolve) => setTimeout(resolve, 50))
  know()
  await answer
  expect(steps).toEqual(['asked', 'all know', 'sent on'])
})

test('a seller lists an item, changes it and sees it on its page; another one cannot', async () => {
  const cookie = await signUp('seller@example.org')
  expect((await post('/sell/shop', { name: 'Third Tide', place: 'Howth' }, { cookie })).headers['location']).toBe(
    '/sell/listings',
  )
  const draft = {
    title: 'Oak milking stool',
    category: 'furniture',
    condition: 'good',
    material: 'oak',
    description: 'Three legs, all of them sound.',
    price: '48,50',
    stock: '2',
  }
  expect((await post('/sell/listings', draft, { cookie })).statusCode).toBe(303)
  const id = shop.listings.length
  expect((await app.inject(`/p/${id}`)).body).toContain('€48.50')
  expect((await post(`/sell/listings/${id}`, { ...draft, price: '30', shownStock: '2' }, { cookie })).statusCode).toBe(
    303,
  )
  expect((await app.inject(`/p/${id}`)).body).toContain('€30')
  expect((await app.inject({ url: '/sell/listings/1', headers: { cookie } })).statusCode).toBe(404)
  expect((await post('/sell/listings/1', draft, { cookie })).statusCode).toBe(404)
  const wrong = await post(
    '/sell/listings',
    { ...draft, price: '0', title: 'x', description: '', stock: '-1' },
    { cookie },
  )
  expect(wrong.statusCode).toBe(400)
  for (const name of ['price', 'title', 'description', 'stock']) expect(wrong.body).toContain(`id="${name}-error"`)
})

test('a seller who saves a form that was open while pieces were sold keeps them sold, or is told how many are left', async () => {
  const cookie = await signUp('seller@example.org')
  await post('/sell/shop', { name: 'Third Tide', place: 'Howth' }, { cookie })
  Object.assign(shop.listings[0]!, { shopId: 90, stock: 10, title: 'Oak milking stool' })
  const { body } = await app.inject({ url: '/sell/listings/1', headers: { cookie } })
  expect(body).toContain('name="shownStock" value="10"')
  shop.listings[0]!.stock = 5
  const draft = {
    title: 'Elm milking stool',
    category: 'furniture',
    condition: 'good',
    description: 'Three legs, all of them sound.',
    price: '30',
    shownStock: '10',
  }
  expect((await post('/sell/listings/1', { ...draft, stock: '10' }, { cookie })).statusCode).toBe(303)
  expect(shop.listings[0]).toMatchObject({ title: 'Elm milking stool', stock: 5 })
  const short = await post('/sell/listings/1', { ...draft, stock: '4' }, { cookie })
  expect([short.statusCode, shop.listings[0]!.stock]).toEqual([409, 5])
  expect(short.body).toContain('Some were sold while this was open: 5 are left.')
  expect(short.body).toContain('name="shownStock" value="5"')
  const wrong = await post('/sell/listings/1', { ...draft, stock: '4', price: '0' }, { cookie })
  expect([wrong.statusCode, wrong.body.includes('name="shownStock" value="10"')]).toEqual([400, true])
  const unseen = Object.fromEntries(Object.entries(draft).filter(([name]) => name !== 'shownStock'))
  expect((await post('/sell/listings/1', { ...unseen, stock: '10' }, { cookie })).statusCode).toBe(400)
})

test('too many of a thing are asked to wait, with the time to wait', async () => {
  shop.state.isAllowed = false
  for (const answer of [
    await app.inject({ url: '/search?q=x', headers: guest }),
    await post('/checkout', {}),
    await post('/account/sign-in', {}),
  ]) {
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '60'])
  }
})

test('readiness follows the worker, liveness does not', async () => {
  expect((await app.inject('/health/ready')).statusCode).toBe(200)
  shop.state.isReady = false
  expect((await app.inject('/health/ready')).statusCode).toBe(503)
  expect((await app.inject('/health/live')).statusCode).toBe(200)
})

test('a database that is away or busy is told as such, and anything else as our fault, without its insides', async () => {
  for (const code of ['ECONNREFUSED', '53300']) {
    shop.context.catalogue.find = () => Promise.reject(Object.assign(new Error('at /secret/socket'), { code }))
    const away = await app.inject({ url: '/p/1', headers: guest })
    expect([away.statusCode, away.headers['retry-after']], code).toEqual([503, '2'])
    expect(away.body).not.toContain('secret')
  }
  shop.context.catalogue.find = () => Promise.reject(new Error('secret'))
  const broken = await app.inject({ url: '/p/1', headers: guest })
  expect([broken.statusCode, broken.body.includes('secret')]).toEqual([500, false])
})

test('when not even the visitor can be read, the page says so all the same', async () => {
  shop.context.visits.read = () => Promise.reject(Object.assign(new Error('away'), { code: '57P01' }))
  const answer = await app.inject({ url: '/cart', headers: guest })
  expect([answer.statusCode, answer.body.includes('out of reach')]).toEqual([503, true])
})

test('pages weigh at most 20 KB packed', async () => {
  const { gzipSync } = await import('node:zlib')
  for (const url of ['/', '/c/boating', '/search', '/p/1']) {
    expect(gzipSync((await app.inject(url)).rawPayload).length, url).toBeLessThan(20 * 1024)
  }
})
