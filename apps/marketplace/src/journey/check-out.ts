import { RequestFailedError, type Fields, type User } from '@plimsoll/soak/traffic'

import type { Visit } from './shopper.ts'

/**
 * Buys what is in the cart, as a guest. An attempt has failed when the shop could not answer it: a page that did not come, a
 * cart that was lost, a payment that stayed open (the buyer is asked to come again). A declined card or a sold-out listing is an answer.
 */
export async function checkOut(visit: Visit): Promise<void> {
  const { user, cartCents } = visit
  try {
    const isPaid = await pay(visit)
    user.recordCheckout({ outcome: isPaid ? 'paid' : 'declined', amountMinor: cartCents })
  } catch (error) {
    if (error instanceof RequestFailedError) user.recordCheckout({ outcome: 'failed', amountMinor: cartCents })
    throw error
  }
  visit.cartCents = 0
}

async function pay(visit: Visit): Promise<boolean> {
  const { user, track, thinkMs } = visit
  visit.page = await user.get(track('/checkout'))
  visit.page.check(visit.page.path.startsWith('/checkout'), 'the cart is still there to be paid')
  const form = visit.page.form(/^\/checkout$/)
  await user.think(2 * thinkMs)
  visit.page = await user.submit(
    visit.page,
    form,
    { ...address(user), paymentToken: drawPayment(user) },
    { accept: [402, 409] },
  )
  const isPaid = /^\/orders\/\d+$/.test(visit.page.path)
  visit.page.check(isPaid || visit.page.status >= 400, 'the order is placed, or the buyer is told why not')
  if (isPaid) visit.page.check(visit.page.text.includes('class="served"'), 'the order can be seen')
  return isPaid
}

function address(user: User): Fields {
  return {
    email: `shopper-${user.id}@shopper.example`,
    name: 'A shopper',
    street: '1 Quay Street',
    postalCode: '1000',
    city: 'Harbour',
    country: 'Ireland',
  }
}

/** Three cards in a hundred are declined. */
function drawPayment(user: User): string {
  return user.chance(0.97) ? 'card-ok' : 'card-declined'
}
