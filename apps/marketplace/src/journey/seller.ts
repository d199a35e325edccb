import { nextBelow } from '@plimsoll/core'
import type { User } from '@plimsoll/soak/traffic'

import { advertised, type ShopperOptions } from './shopper.ts'
import { createTracking } from './tracking.ts'

export interface SellerOptions extends ShopperOptions {
  /** Password of the seeded shops' accounts. */
  sellerPassword: string
}

/** A seller comes by way of a listing, signs in to the shop that offers it, and restocks one of its things. */
export async function sell(user: User, { listingCount, thinkMs, sellerPassword }: SellerOptions): Promise<void> {
  const track = createTracking(user)
  const listing = await user.get(track(`/p/${advertised(user, listingCount)}`))
  const shopName = /Sold by<\/dt>\s*<dd>([^<]+)/.exec(listing.text)?.[1]
  listing.check(shopName !== undefined, 'a listing says who sells it')
  await user.think(thinkMs)

  const signIn = await user.get(track('/account/sign-in?next=/sell'))
  const mail = `${shopName!.toLowerCase().replaceAll(' ', '-')}@shop.example`
  const own = await user.submit(signIn, signIn.form(/sign-in/), { email: mail, password: sellerPassword })
  own.check(own.path.startsWith('/sell/listings'), 'who has signed in sees the own listings')
  await user.think(thinkMs)

  const links = own.links(/^\/sell\/listings\/\d+$/)
  own.check(links.length > 0, 'a seeded shop has listings')
  const edit = await user.get(user.pick(links))
  await user.think(thinkMs)
  const form = edit.form(/^\/sell\/listings\/\d+$/)
  // Restocks and never takes away: what is sold meanwhile could leave fewer than that.
  const shownStock = Number(form.fields.find(([name]) => name === 'stock')?.[1] ?? 0)
  const saved = await user.submit(edit, form, { stock: Math.max(shownStock, 5 + nextBelow(user.random, 100)) })
  saved.check(saved.path.startsWith('/sell/listings'), 'the change is saved')
}
