import { RequestFailedError, type Answer, type User } from '@plimsoll/soak/traffic'

import { categories } from '../catalog/categories.ts'
import { checkOut } from './check-out.ts'
import { arrival, drawStep, transitions, type Step } from './steps.ts'
import { createTracking, type Track } from './tracking.ts'

export interface ShopperOptions {
  /** Listings have the ids 1 to this. */
  listingCount: number
  /** Half of all pauses between two pages are shorter. */
  thinkMs: number
  /** Pictures of a page that are asked for, of those that were not seen before. */
  picturesPerPage: number
}

/** One visit: what the shopper sees and has in the cart. */
export interface Visit {
  user: User
  track: Track
  thinkMs: number
  picturesPerPage: number
  /** Addresses of pictures that the browser keeps. */
  seenPictures: Set<string>
  /** The latest page; null on arrival. */
  page: Answer | null
  cartCents: number
}

/** Steps after which even the keenest shopper has to sleep. */
const MAX_STEPS = 100
/** Who has met so many failures does not come back to the shop. */
const MAX_FAILURES = 3

const words = categories.flatMap(({ kinds }) => kinds.flatMap(({ nouns }) => nouns))
const listingLink = /^\/p\/\d+$/

/** Browses, looks, and buys now and then. After a failure, some shoppers try again from the front page and some have had enough. */
export async function shop(user: User, options: ShopperOptions): Promise<void> {
  const { thinkMs, picturesPerPage } = options
  const seenPictures = new Set<string>()
  const track = createTracking(user)
  const visit: Visit = { user, track, thinkMs, picturesPerPage, seenPictures, page: null, cartCents: 0 }
  let step = drawStep(user.random, arrival)
  let failureCount = 0
  for (let count = 0; count < MAX_STEPS && step !== 'leave'; count++) {
    try {
      await steps[step](visit, options)
      step = drawStep(user.random, transitions[step])
    } catch (error) {
      if (!(error instanceof RequestFailedError) || ++failureCount === MAX_FAILURES || user.chance(0.4)) throw error
      step = 'home'
    }
    if (step !== 'leave') await user.think(thinkMs)
  }
}

const steps: Readonly<Record<Step, (visit: Visit, options: ShopperOptions) => Promise<void>>> = {
  async home(visit) {
    await open(visit, '/')
    visit.page!.check(visit.page!.links(/^\/c\//).length > 0, 'the front page leads to the departments')
  },

  async category(visit) {
    const path = narrow(visit, /^\/c\/[\w-]+\?/) ?? `/c/${visit.user.pick(categories).slug}`
    await open(visit, path, 'GET /c/:category')
    visit.page!.check(visit.page!.text.includes('aria-label="Results"'), 'a department shows its listings')
  },

  async search(visit) {
    const { user } = visit
    const word = words[user.zipf(words.length)]!
    await open(visit, narrow(visit, /^\/search\?/) ?? `/search?q=${encodeURIComponent(word)}`)
    visit.page!.check(visit.page!.text.includes('aria-label="Results"'), 'a search has a list of results')
  },

  async product(visit, { listingCount }) {
    const { user, page } = visit
    const shown = page?.links(listingLink) ?? []
    // What stands first is looked at most. Who sees no listing comes from an advertisement, and those show a few things often.
    const path = shown.length > 0 ? shown[user.zipf(shown.length)]! : `/p/${advertised(user, listingCount)}`
    await open(visit, path)
    visit.page!.check(visit.page!.text.includes(`rel="canonical" href="${path}"`), `the page shows ${path}`)
  },

  async add(visit) {
    const { user, page } = visit
    const form = page?.page.forms.find(({ action }) => action === '/cart/items')
    // Sold out: there is nothing to press.
    if (!page || !form) return
    const id = form.fields.find(([name]) => name === 'listingId')?.[1]
    const cart = await user.submit(page, form)
    const isFull = cart.path.includes('full=1')
    cart.check(isFull || cart.links(listingLink).includes(`/p/${id}`), `listing ${id} is in the cart`)
    seeCart(visit, cart)
  },

  async cart(visit) {
    const { user, track } = visit
    seeCart(visit, await user.get(track('/cart')))
  },

  async checkout(visit) {
    if (visit.cartCents > 0) await checkOut(visit)
  },
}

async function open(visit: Visit, path: string, route?: string): Promise<void> {
  const page = await visit.user.get(visit.track(path), { route })
  page.check(page.text.trimEnd().endsWith('</html>'), 'the page is whole')
  visit.page = page
  await lookAtPictures(visit, page.text)
}

async function lookAtPictures({ user, picturesPerPage, seenPictures }: Visit, html: string): Promise<void> {
  if (picturesPerPage === 0) return
  const shown = Array.from(html.matchAll(/<img[^>]* src="(\/img\/[\w./-]+)"/g), ([, address]) => address!)
  for (const address of shown.filter((one) => !seenPictures.has(one)).slice(0, picturesPerPage)) {
    seenPictures.add(address)
    await user.get(address, { route: address.startsWith('/img/c/') ? 'GET /img/c/:slug.svg' : 'GET /img/:id.svg' })
  }
}

/** Half of the time: a choice, an order or a page number that the current page offers, rather than something new. */
function narrow({ user, page }: Visit, address: RegExp): string | null {
  const offered = page?.links(address) ?? []
  return offered.length > 0 && user.chance(0.5) ? user.pick(offered) : null
}

/** A listing by Zipf, with the popular ones strewn over all ids. */
export function advertised(user: User, listingCount: number): number {
  return 1 + ((user.zipf(listingCount) * 7919) % listingCount)
}

function seeCart(visit: Visit, cart: Answer): void {
  cart.check(cart.text.includes('<h1>Your cart</h1>'), 'the page is the cart')
  visit.page = cart
  visit.cartCents = readTotalCents(cart.text)
}

/** What the cart or the checkout says it costs; 0 when there is nothing in it. */
export function readTotalCents(html: string): number {
  const match = /class="total">.{0,200}?<strong>€([\d,]+)(?:\.(\d\d))?</s.exec(html)
  return match ? Number(match[1]!.replaceAll(',', '')) * 100 + Number(match[2] ?? 0) : 0
}
