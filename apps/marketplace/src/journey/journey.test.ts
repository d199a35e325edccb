import { ManualClock } from '@plimsoll/core/testing'
import { startTraffic, type Client, type Request, type Response, type TrafficReport } from '@plimsoll/soak/traffic'
import { expect, test } from 'vitest'

import { createScenario, type ShopVisitors } from './scenario.ts'

interface FakeAnswer {
  status?: number
  headers?: Record<string, string>
  body?: string
}

const page = (main: string): FakeAnswer => ({
  body: `<html><body><a href="/c/kitchen">Kitchen</a><a href="/c/garden">Garden</a>${main}</body></html>`,
})
const links = [11, 12, 13].map((id) => `<a href="/p/${id}">A thing</a>`).join('')
const csrf = '<input type="hidden" name="csrf" value="token">'

/** As much of the shop as a journey looks at. Its own pages are tried in the test with the whole shop. */
function fakeShop({ method, path, body }: Request): FakeAnswer {
  const [bare] = path.split('?') as [string]
  const to = (location: string): FakeAnswer => ({ status: 303, headers: { location } })
  const fields = new URLSearchParams(body ?? '')
  if (method === 'POST' && fields.get('csrf') !== 'token') return { status: 403 }
  if (bare === '/cart/items') return to('/cart')
  if (bare === '/cart')
    return page(`<h1>Your cart</h1>${links}<p class="total"><span>1 piece</span><strong>€1,012.50</strong>`)
  if (bare === '/checkout' && method === 'POST')
    return fields.get('paymentToken') === 'card-ok' ? to('/orders/7') : { ...page(''), status: 402 }
  if (bare === '/checkout') return page(`<form method="post" action="/checkout">${csrf}</form>`)
  if (bare === '/orders/7') return page('<p class="served">by web-1</p>')
  if (bare === '/account/sign-in' && method === 'POST')
    return fields.get('email') === 'quay-pottery@shop.example' ? to('/sell/listings') : { status: 401 }
  if (bare === '/account/sign-in')
    return page(
      `<form method="post" action="/account/sign-in">${csrf}<input name="email"><input name="password"></form>`,
    )
  if (bare === '/sell/listings') return page('<a href="/sell/listings/3">Mine</a>')
  if (bare === '/sell/listings/3' && method === 'POST') return to('/sell/listings')
  if (bare === '/sell/listings/3')
    return page(`<form method="post" action="/sell/listings/3">${csrf}<input name="stock" value="1"></form>`)
  const id = /^\/p\/(\d+)$/.exec(bare)?.[1]
  const form = `<form method="post" action="/cart/items">${csrf}<input type="hidden" name="listingId" value="${11 + (Number(id) % 3)}"></form>`
  if (id)
    return page(`<link rel="canonical" href="${bare}"><dt>Sold by</dt><dd>Quay Pottery<span>, Cork</span></dd>${form}`)
  return page(`<section aria-label="Results">${links}<a href="${bare}?page=2&amp;stock=1">2</a></section>`)
}

type Shop = (request: Request, worker: string) => FakeAnswer

async function visitShop(
  seed: number,
  visitors: ShopVisitors,
  shop: Shop = fakeShop,
): Promise<{ asked: string[]; report: TrafficReport }> {
  const clock = new ManualClock()
  const asked: string[] = []
  let connectionCount = 0
  const client: Client = {
    // Connections go round the workers, as a cluster deals them out.
    open: () => {
      let worker: string | null = null
      return {
        exchange(request) {
          worker ??= `web-${(connectionCount++ % 3) + 1}`
          asked.push(`${request.method} ${request.path} ${request.body ?? ''}`)
          const { status = 200, headers = {}, body = '' } = shop(request, worker)
          const response: Response = {
            status,
            headers: new Map(Object.entries({ ...headers, 'x-served-by': worker })),
            setCookies: [],
            body: Buffer.from(body),
            isReusable: true,
          }
          return new Promise((resolve) => clock.after(3, () => resolve(response)))
        },
        close() {
          worker = null
        },
      }
    },
  }
  const traffic = startTraffic({
    ...createScenario(visitors),
    origin: 'http://127.0.0.1:1',
    seed,
    ratePerSec: 5,
    durationMs: 60_000,
    clock,
    client,
  })
  await clock.advanceAsync(65_000)
  return { asked, report: await traffic.done }
}

test('shoppers whose browser shows pictures ask for so many of a page, and for none twice in a visit; others for none', async () => {
  const withPictures: Shop = (request) => {
    const { body = '', ...answer } = fakeShop(request)
    const pictures = [1, 2, 3].map((id) => `<img class="picture" src="/img/${id}.svg" alt="">`).join('')
    return { ...answer, body: body.replace('</body>', `${pictures}</body>`) }
  }
  const { asked, report } = await visitShop(3, { picturesPerPage: 2 }, withPictures)
  const pictures = asked.filter((line) => line.startsWith('GET /img/'))
  expect(report.total.failures).toEqual({})
  expect(new Set(pictures)).toEqual(new Set(['GET /img/1.svg ', 'GET /img/2.svg ', 'GET /img/3.svg ']))
  expect(pictures.length).toBeLessThanOrEqual(3 * report.total.sessionCount)
  expect((await visitShop(3, {}, withPictures)).asked.join()).not.toContain('/img/')
})

test('shoppers and sellers find their way: every answer is as it should be, and orders are placed', async () => {
  const { report } = await visitShop(1, { thinkMs: 300, sellerPassword: 'a password' })
  expect(report.journeyFaults).toEqual({ count: 0, messages: [] })
  expect(report.total.failures).toEqual({})
  expect(report.total.sessionCount).toBeGreaterThan(200)
  expect(report.total.checkouts.attemptedCount).toBeGreaterThan(20)
  expect(report.total.checkouts.failedCount).toBe(0)
  expect(report.total.checkouts.paidMinor % 101_250).toBe(0)
  const routes = report.routes.map(({ route }) => route).sort()
  expect(routes).toEqual([
    'GET /',
    'GET /account/sign-in',
    'GET /c/:category',
    'GET /cart',
    'GET /checkout',
    'GET /orders/:id',
    'GET /p/:id',
    'GET /search',
    'GET /sell/listings',
    'GET /sell/listings/:id',
    'POST /account/sign-in',
    'POST /cart/items',
    'POST /checkout',
    'POST /sell/listings/:id',
  ])
})

test('the same seed asks the same, another seed does not', async () => {
  const [first, again, other] = [await visitShop(1, {}), await visitShop(1, {}), await visitShop(2, {})]
  expect(again.asked).toEqual(first.asked)
  expect(other.asked).not.toEqual(first.asked)
})

test('every page is asked for under the session it is for and the campaign that brought it', async () => {
  const { asked } = await visitShop(1, { thinkMs: 300 })
  const pages = asked.filter((line) => /^GET \/(p\/|c\/|search)/.test(line))
  expect(pages.every((line) => /[?&]sid=[\w-]+&utm_source=\w+&utm_medium=\w+&utm_campaign=[\w-]+ $/.test(line))).toBe(
    true,
  )
  expect(new Set(pages).size / pages.length).toBeGreaterThan(0.5)
})

test('without a password no seller comes', async () => {
  const { asked } = await visitShop(1, { thinkMs: 300 })
  expect(asked.filter((line) => line.includes('/sell'))).toEqual([])
})

test('a checkout that is not answered has failed, with the money that was in the cart; a declined card has not', async () => {
  const broken = await visitShop(1, { thinkMs: 300 }, (request) =>
    request.path === '/checkout' ? { status: 500 } : fakeShop(request),
  )
  const { checkouts } = broken.report.total
  expect(checkouts.failedCount).toBe(checkouts.attemptedCount)
  expect(checkouts.lostMinor).toBe(checkouts.failedCount * 101_250)
  const declined = await visitShop(1, { thinkMs: 300 }, (request) =>
    request.path === '/checkout' && request.method === 'POST' ? { ...page(''), status: 402 } : fakeShop(request),
  )
  expect(declined.report.total.checkouts.failedCount).toBe(0)
  expect(declined.report.total.checkouts.declinedCount).toBe(declined.report.total.checkouts.attemptedCount)
})

test('a page of something else, a page that breaks off, an empty cart after something was put in: all are failures', async () => {
  const wrong = await visitShop(1, { thinkMs: 300 }, (request) => {
    const answer = fakeShop(request)
    if (request.path.startsWith('/p/')) return { ...answer, body: answer.body?.replace('canonical', 'other') }
    if (request.path.startsWith('/search')) return { ...answer, body: answer.body?.slice(0, -9) }
    return answer
  })
  const failed = (route: string) => wrong.report.routes.find((summary) => summary.route === route)!
  expect(failed('GET /p/:id').failures).toEqual({ 'check-failed': failed('GET /p/:id').requestCount })
  expect(failed('GET /search').failures).toEqual({ 'check-failed': failed('GET /search').requestCount })
  expect(wrong.report.total.affectedSessionCount / wrong.report.total.sessionCount).toBeGreaterThan(0.5)
})

test('crawlers gather at one worker, each on its own connection, and move on together when it is gone', async () => {
  const served: string[] = []
  let goneWorker = ''
  const shop: Shop = (request, worker) => {
    if (!request.path.includes('utm_source=crawl')) return fakeShop(request)
    if (served.length === 1000 && goneWorker === '') goneWorker = worker
    if (worker === goneWorker) return { status: 502 }
    served.push(worker)
    return page(`<a href="/p/${served.length}">A thing</a><a href="/search?q=x&amp;page=${served.length}">2</a>`)
  }
  const { asked } = await visitShop(1, { crawlerCount: 4, crawlerPauseMs: 100, thinkMs: 60_000 }, shop)
  const share = (workers: string[]) =>
    Math.max(...['web-1', 'web-2', 'web-3'].map((name) => workers.filter((worker) => worker === name).length)) /
    workers.length
  expect(share(served.slice(50, 1000))).toBeGreaterThan(0.95)
  expect(share(served.slice(1100))).toBeGreaterThan(0.95)
  expect(served.at(-1)).not.toBe(goneWorker)
  const crawled = asked.filter((line) => line.includes('utm_source=crawl'))
  expect(new Set(crawled).size / crawled.length).toBeGreaterThan(0.9)
})

test('parameters that cannot be are told all at once', () => {
  expect(() => createScenario({ listingCount: 0, thinkMs: 'x', crawler: 3 })).toThrow(
    /listingCount.*thinkMs.*crawler is unknown/,
  )
  expect(() => createScenario('x')).toThrow('must be an object')
})
