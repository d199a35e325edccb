import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startShop, type ShopProcess } from '../src/testing/shop-process.ts'
import { faultsOf, launchBrowser, tabTo } from './browser.ts'

let data: string
let shop: ShopProcess
let browser: Browser

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'shop-pages-'))
  shop = await startShop({ args: ['--listings', '1500', '--workers', '2', '--data', data] })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await shop?.stop()
  await rm(data, { recursive: true, force: true })
})

const password = 'a long password'
const sellerPassword = 'harbour-demo'

/** A page that tells when the browser complains: a blocked script or style, a broken address, an error. */
async function openPage(options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ baseURL: shop.url, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.setDefaultTimeout(15_000)
  return { page, complaints }
}

async function fillAddress(page: Page, email: string): Promise<void> {
  await page.fill('#email', email)
  await page.fill('#name', 'The buyer')
  await page.fill('#street', '1 Quay Lane')
  await page.fill('#postalCode', 'H91 AB12')
  await page.fill('#city', 'Saltmouth')
  await page.fill('#country', 'Ireland')
}

async function signIn(page: Page, email: string, word: string, next: string): Promise<void> {
  await page.goto(`/account/sign-in?next=${next}`)
  await page.fill('#email', email)
  await page.fill('#password', word)
  await page.click('main button:has-text("Sign in")')
  await page.waitForURL(`**${next}`)
}

test.each([
  ['with JavaScript', true],
  ['with JavaScript off', false],
])(
  '%s: search, narrow, put into the cart, sign up, buy, see the order; as its seller send it',
  async (name, javaScriptEnabled) => {
    const email = `buyer-${javaScriptEnabled ? 'with' : 'without'}@example.org`
    const { page, complaints } = await openPage({ javaScriptEnabled })

    await page.goto('/')
    await page.fill('#search-large', 'teapot')
    await page.click('main button:has-text("Search")')
    await page.click('.facet a:has-text("In stock")')
    await page.click('.facet a:has-text("New")')
    expect(page.url()).toContain('condition=new')
    await page.click('.card a >> nth=0')
    const title = await page.innerText('h1')
    const shopName = (await page.innerText('.facts dd >> nth=2')).split(',')[0]!
    expect(await page.innerText('.stock')).toMatch(/^In stock/)
    await page.selectOption('select[name=quantity]', '2')
    await page.click('button:has-text("Add to cart")')
    expect(await page.innerText('.line h2')).toBe(title)
    expect(await page.innerText('.top-links')).toContain('Cart2')

    await page.click('text=Sign in')
    await page.click('main a:has-text("Open an account")')
    await page.fill('#name', `The buyer ${name}`)
    await page.fill('#email', email)
    await page.fill('#password', password)
    await page.click('button:has-text("Open the account")')
    await page.click('.top-links a:has-text("Cart")')
    expect(await page.innerText('.line h2'), 'the cart came along').toBe(title)

    await page.click('main a:has-text("Check out")')
    await fillAddress(page, 'nonsense')
    await page.click('button:has-text("Pay")')
    expect(await page.innerText('#email-error')).toContain('name@example.org')
    expect(complaints.splice(0).filter((text) => !text.includes('400'))).toEqual([])
    await page.fill('#email', email)
    await page.check('input[value=card-declined]')
    await page.click('button:has-text("Pay")')
    expect(await page.innerText('#paymentToken-error')).toContain('Nothing was charged')
    complaints.length = 0
    await page.check('input[value=card-ok]')
    await page.click('button:has-text("Pay")')
    await page.waitForURL('**/orders/*')
    expect(await page.innerText('h1')).toBe('Thank you. It is yours.')
    expect(await page.innerText('.line h3')).toBe(title)
    expect(await page.innerText('.served')).toMatch(/served by web-\d/)
    const orderPath = new URL(page.url()).pathname
    await page.click('.crumbs a')
    expect(await page.innerText('.rows')).toContain(title)
    expect(await page.innerText('.top-links')).not.toContain('Cart2')

    const seller = await openPage({ javaScriptEnabled })
    await signIn(
      seller.page,
      `${shopName.toLowerCase().replaceAll(' ', '-')}@shop.example`,
      sellerPassword,
      '/sell/orders',
    )
    const parcel = seller.page.locator('.parcel', { hasText: `Order ${orderPath.split('/').at(-1)}` })
    expect(await parcel.innerText()).toContain('1 Quay Lane')
    await parcel.locator('button').click()
    expect(await parcel.innerText()).toContain('Sent on')

    await page.goto(orderPath)
    expect(await page.innerText('h1')).toBe('It is on its way.')
    expect([...complaints, ...seller.complaints]).toEqual([])
    await page.context().close()
    await seller.page.context().close()
  },
)

test('a seller opens a shop, lists an item, finds it by searching, and takes it off the shelf', async () => {
  const { page } = await openPage({ javaScriptEnabled: false })
  await page.goto('/account/sign-up?next=/sell')
  await page.fill('#name', 'The maker')
  await page.fill('#email', 'maker@example.org')
  await page.fill('#password', password)
  await page.click('button:has-text("Open the account")')
  await page.fill('#name', 'The Far Mooring')
  await page.fill('#place', 'Saltmouth')
  await page.click('button:has-text("Open the shop")')
  await page.click('a:has-text("List your first item")')
  await page.fill('#title', 'Quince-wood milking stool <b>')
  await page.fill('#description', 'Three legs, all of them sound.\nOiled once a year.')
  await page.selectOption('#category', 'furniture')
  await page.fill('#price', '48,50')
  await page.click('button:has-text("Put it on the shelf")')
  expect(await page.innerText('.rows')).toContain('Quince-wood milking stool <b>')

  const buyer = await openPage()
  await buyer.page.goto('/search?q=quince')
  await buyer.page.click('.card a')
  expect(await buyer.page.innerText('.product-price')).toBe('€48.50')
  expect(await buyer.page.innerText('h1')).toBe('Quince-wood milking stool <b>')

  await page.click('.rows h2 a')
  await page.fill('#price', '40')
  await page.click('button:has-text("Save the changes")')
  await buyer.page.reload()
  expect(await buyer.page.innerText('.product-price')).toBe('€40')
  await page.click('.rows h2 a')
  await page.check('[name=isHidden]')
  await page.click('button:has-text("Save the changes")')
  expect((await buyer.page.reload())!.status()).toBe(404)
  await page.context().close()
  await buyer.page.context().close()
})

test('a purchase from the first page to the order, by keyboard alone', async () => {
  const { page } = await openPage()
  const press = async (key: string) => {
    await Promise.all([page.waitForEvent('load'), page.keyboard.press(key)])
  }
  await page.goto('/')
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.innerText')).toBe('Skip to content')
  await tabTo(page, 'Search the market')
  await page.keyboard.type('lantern')
  await press('Enter')
  await tabTo(page, /^In stock/)
  await press('Enter')
  await tabTo(page, / lantern(,|$)/)
  await press('Enter')
  await tabTo(page, 'Add to cart')
  await press('Enter')
  await tabTo(page, 'Check out')
  await press('Enter')
  for (const [label, text] of [
    ['E-mail', 'keys@example.org'],
    ['Name', 'The buyer'],
    ['Street and number', '1 Quay Lane'],
    ['Postal code', 'H91'],
    ['Town', 'Saltmouth'],
    ['Country', 'Ireland'],
  ] as const) {
    await tabTo(page, label)
    await page.keyboard.type(text)
  }
  await tabTo(page, /^Test card, accepted/)
  await tabTo(page, /^Pay/)
  await press('Enter')
  expect(await page.innerText('h1')).toBe('Thank you. It is yours.')
  await page.context().close()
})

test.each([
  ['light', 1440, 900],
  ['dark', 1440, 900],
  ['light', 390, 844],
  ['dark', 390, 844],
] as const)(
  'in %s at %i × %i axe finds nothing on any page or state, and no page is too wide',
  async (colorScheme, width, height) => {
    const { page } = await openPage({ colorScheme, viewport: { width, height } })
    const faults: string[] = []
    const look = async (state: string) => faults.push(...(await faultsOf(page)).map((fault) => `${state}: ${fault}`))
    const visit = async (path: string) => {
      await page.goto(path)
      await look(path)
    }

    for (const path of [
      '/',
      '/c/boating',
      '/c/kitchen?condition=worn&stock=1&sort=price-up&page=2',
      '/search?q=oak',
      '/search?q=xyzzy',
      '/nowhere',
    ]) {
      await visit(path)
    }
    await page.goto('/c/boating')
    if (width < 860) {
      await page.click('.facets summary')
      await look('open filters')
    }
    await visit(
      await page
        .locator('.card:not(.card-gone) a')
        .first()
        .evaluate((link) => link.getAttribute('href')!),
    )
    for (const path of ['/cart', '/orders', '/sell', '/account/sign-in', '/account/sign-up']) await visit(path)
    await page.click('button:has-text("Open the account")')
    await look('sign-up with faults')
    await page.goto('/account/sign-in')
    await page.fill('#email', 'nobody@example.org')
    await page.fill('#password', 'wrong')
    await page.click('main button:has-text("Sign in")')
    await look('sign-in refused')

    await page.goto('/search?q=rope&stock=1')
    await page.click('.card a >> nth=0')
    await page.click('button:has-text("Add to cart")')
    await look('cart')
    await page.click('main a:has-text("Check out")')
    await look('checkout')
    await page.click('button:has-text("Pay")')
    await look('checkout with faults')
    await fillAddress(page, 'axe@example.org')
    await page.click('button:has-text("Pay")')
    await page.waitForURL('**/orders/*')
    await look('order')
    await visit('/orders')

    await page.goto('/account/sign-up?next=/sell')
    await page.fill('#name', 'x'.repeat(60))
    await page.fill('#email', `axe-${colorScheme}-${width}@example.org`)
    await page.fill('#password', password)
    await page.click('button:has-text("Open the account")')
    await look('open a shop')
    await page.click('button:has-text("Open the shop")')
    await look('open a shop with faults')
    await visit('/account')
    await page.goto('/')
    await page.goto('/c/boating')
    await page.click('.card a >> nth=0')
    const shopName = (await page.innerText('.facts dd >> nth=2')).split(',')[0]!
    await signIn(page, `${shopName.toLowerCase().replaceAll(' ', '-')}@shop.example`, sellerPassword, '/sell/listings')
    await look('own listings')
    await page.click('.rows h2 a >> nth=0')
    await look('change a listing')
    const soldOut = new URL(page.url()).pathname.replace('/sell/listings', '/p')
    await page.fill('#stock', '0')
    await page.click('button:has-text("Save the changes")')
    await visit(soldOut)
    await visit(`/search?q=${encodeURIComponent(await page.innerText('h1'))}`)
    expect(await page.locator('.card-gone').count()).toBeGreaterThan(0)
    await visit('/sell/orders')
    await visit('/sell/new')
    await page.click('button:has-text("Put it on the shelf")')
    await look('new listing with faults')
    expect(faults).toEqual([])
    await page.context().close()
  },
  // Some thirty states, each looked over by axe.
  300_000,
)
