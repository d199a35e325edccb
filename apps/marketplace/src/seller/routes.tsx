import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ShopContext } from '../context.ts'
import { sendPage } from '../http/answer.ts'
import { BadRequestError, NotFoundError } from '../http/errors.ts'
import { Form } from '../http/form.ts'
import { parseId } from '../http/guard.ts'
import type { Account } from '../store/accounts.ts'
import { MAX_PAGE } from '../store/listings.ts'
import { ListingFormPage } from './listing-form-page.tsx'
import { parseListing, parseShownStock, toListingForm } from './listing-form.ts'
import { OpenShopPage } from './open-shop-page.tsx'
import { OwnListingsPage } from './own-listings-page.tsx'
import { ToShipPage } from './to-ship-page.tsx'

/** An account that has a shop. */
interface Seller extends Account {
  shopId: number
  shopName: string
}

interface WithId {
  Params: { id: string }
}

export function sellerRoutes(app: FastifyInstance, { store, catalogue, visits }: ShopContext): void {
  /** Sends whoever is not a seller to where one becomes one, and answers `null`. */
  function sellerOf(request: FastifyRequest, reply: FastifyReply): Seller | null {
    const { account } = request.visit
    if (account !== null && account.shopId !== null && account.shopName !== null) return account as Seller
    void reply.redirect(account === null ? '/account/sign-in?next=/sell' : '/sell', 303)
    return null
  }

  app.get('/sell', (request, reply) => {
    const { account } = request.visit
    if (account !== null && account.shopId !== null) return reply.redirect('/sell/listings', 303)
    return sendPage(request, reply, <OpenShopPage form={new Form()} isGuest={account === null} />)
  })

  app.post('/sell/shop', async (request, reply) => {
    const { account } = request.visit
    if (account === null) return reply.redirect('/account/sign-in?next=/sell', 303)
    const form = new Form(request.body)
    const name = form.text('name', { minLength: 3, maxLength: 60, ask: 'A name for the shop, please.' })
    const place = form.text('place', { maxLength: 60, ask: 'Where do you send from?' })
    const shop = form.isSound ? await store.selling.openShop(account.id, { name, place }) : null
    if (shop === null) {
      if (form.isSound) form.fault('name', 'This name is taken, or you have a shop already.')
      return sendPage(request, reply, <OpenShopPage form={form} isGuest={false} />, 400)
    }
    await visits.forget(request.visit)
    return reply.redirect('/sell/listings', 303)
  })

  app.get<{ Querystring: { page?: string } }>('/sell/listings', async (request, reply) => {
    const seller = sellerOf(request, reply)
    if (seller === null) return reply
    const page = Math.min(parseId(request.query.page ?? '') ?? 1, MAX_PAGE)
    const { items, totalCount } = await store.selling.listings(seller.shopId, page)
    return sendPage(
      request,
      reply,
      <OwnListingsPage shopName={seller.shopName} items={items} totalCount={totalCount} page={page} />,
    )
  })

  app.get('/sell/new', (request, reply) => {
    const seller = sellerOf(request, reply)
    if (seller === null) return reply
    const form = new Form({ stock: '1' })
    return sendPage(request, reply, <ListingFormPage form={form} changed={null} />)
  })

  app.post('/sell/listings', async (request, reply) => {
    const seller = sellerOf(request, reply)
    if (seller === null) return reply
    const form = new Form(request.body)
    const draft = parseListing(form, await catalogue.categories())
    if (draft === null) return sendPage(request, reply, <ListingFormPage form={form} changed={null} />, 400)
    await store.selling.createListing(seller.shopId, draft)
    return reply.redirect('/sell/listings', 303)
  })

  app.get<WithId>('/sell/listings/:id', async (request, reply) => {
    const seller = sellerOf(request, reply)
    if (seller === null) return reply
    const id = parseId(request.params.id)
    const listing = id === null ? null : await store.selling.findListing(seller.shopId, id)
    if (listing === null) throw new NotFoundError('listing of yours')
    return sendPage(request, reply, <ListingFormPage form={toListingForm(listing)} changed={listing} />)
  })

  app.post<WithId>('/sell/listings/:id', async (request, reply) => {
    const seller = sellerOf(request, reply)
    if (seller === null) return reply
    const id = parseId(request.params.id)
    const listing = id === null ? null : await store.selling.findListing(seller.shopId, id)
    if (listing === null) throw new NotFoundError('listing of yours')
    const form = new Form(request.body)
    const shownStock = parseShownStock(form)
    if (shownStock === null) throw new BadRequestError()
    const draft = parseListing(form, await catalogue.categories())
    if (draft === null) {
      const changed = { id: listing.id, stock: shownStock }
      return sendPage(request, reply, <ListingFormPage form={form} changed={changed} />, 400)
    }
    const saved = await store.selling.updateListing(seller.shopId, listing.id, draft, shownStock)
    if (saved === 'unknown') throw new NotFoundError('listing of yours')
    if (saved === 'saved') return reply.redirect('/sell/listings', 303)
    const now = (await store.selling.findListing(seller.shopId, listing.id)) ?? listing
    form.fault('stock', `Some were sold while this was open: ${now.stock} are left. How many are there now?`)
    return sendPage(request, reply, <ListingFormPage form={form} changed={now} />, 409)
  })

  app.get('/sell/orders', async (request, reply) => {
    const seller = sellerOf(request, reply)
    if (seller === null) return reply
    const orders = await store.selling.ordersToShip(seller.shopId)
    return sendPage(request, reply, <ToShipPage shopName={seller.shopName} orders={orders} />)
  })

  app.post<WithId>('/sell/orders/:id/ship', async (request, reply) => {
    const seller = sellerOf(request, reply)
    if (seller === null) return reply
    const id = parseId(request.params.id)
    const isDone = id !== null && (await store.selling.ship(seller.shopId, id))
    if (!isDone) throw new NotFoundError('order to send')
    return reply.redirect('/sell/orders', 303)
  })
}
