import { Form } from '../http/form.ts'
import { parseId } from '../http/guard.ts'
import { MAX_CART_LINES, MAX_LINE_QUANTITY, type Buyer } from '../store/carts.ts'
import type { CheckoutRequest } from './checkout.ts'

export type AgreedLine = CheckoutRequest['lines'][number]

/** Means of payment the test provider knows. */
export const payments = [
  { value: 'card-ok', label: 'Test card, accepted', hint: 'ends in 4242' },
  { value: 'card-declined', label: 'Test card, declined', hint: 'ends in 0002' },
] as const

export const orderLabels = {
  email: 'E-mail',
  name: 'Name',
  street: 'Street and number',
  postalCode: 'Postal code',
  city: 'Town',
  country: 'Country',
  paymentToken: 'Means of payment',
}

/** One line as the buyer saw it and agreed to it, in a hidden field: `listing:quantity:cents`. */
export function formatLine({ listingId, quantity, priceCents }: AgreedLine): string {
  return `${listingId}:${quantity}:${priceCents}`
}

function parseLine(typed: string): AgreedLine | null {
  const match = /^(\d{1,10}):(\d{1,3}):(\d{1,9})$/.exec(typed)
  const listingId = match === null ? null : parseId(match[1]!)
  const [quantity, priceCents] = [Number(match?.[2]), Number(match?.[3])]
  if (listingId === null || !(quantity >= 1 && quantity <= MAX_LINE_QUANTITY && priceCents >= 1)) return null
  return { listingId, quantity, priceCents }
}

export function parseEmail(form: Form): string {
  const email = form.text('email', { maxLength: 200, ask: 'Where may we write to?' })
  if (email !== '' && !/^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>"]+$/.test(email)) {
    form.fault('email', 'An address looks like name@example.org.')
  }
  return email
}

/** Reads the one page of the checkout. What a person can mend is noted in `form`; lines or a key nobody typed make it `null`. */
export function parseOrder(form: Form, buyer: Buyer): CheckoutRequest | null {
  const idempotencyKey = form.typed('idempotencyKey')
  const lines = form.all('line', MAX_CART_LINES).map(parseLine)
  const email = parseEmail(form)
  const address = {
    name: form.text('name', { maxLength: 100, ask: 'Who will open the parcel?' }),
    street: form.text('street', { maxLength: 120, ask: 'Street and number, please.' }),
    postalCode: form.text('postalCode', { maxLength: 16, ask: 'The postal code, please.' }),
    city: form.text('city', { maxLength: 80, ask: 'Which town?' }),
    country: form.text('country', { maxLength: 60, ask: 'Which country?' }),
  }
  const paymentToken = form.choice(
    'paymentToken',
    payments.map(({ value }) => value),
  )
  const agreed = lines.filter((line) => line !== null)
  if (!/^[\w-]{16,64}$/.test(idempotencyKey) || agreed.length === 0 || agreed.length < lines.length) return null
  return { idempotencyKey, buyer, email, address, lines: agreed, paymentToken }
}
