import { troubleOf } from '../cart/cart-page.tsx'
import { Picture } from '../design/cards.tsx'
import { CsrfField, Field, FormErrors, Hidden, Notice, RadioField } from '../design/field.tsx'
import { Layout } from '../design/layout.tsx'
import { formatPrice } from '../design/money.ts'
import type { Form } from '../http/form.ts'
import type { Cart } from '../store/carts.ts'
import type { CheckoutAnswer } from './checkout.ts'
import { orderLabels, payments } from './order-form.ts'

export interface CheckoutPageProps {
  cart: Cart
  form: Form
  /** What the buyer agrees to by paying, as hidden fields. */
  lines: string[]
  idempotencyKey: string
  /** What came of the last attempt; `null` on the first one or when a field was wrong. */
  answer: CheckoutAnswer | null
}

export function CheckoutPage({ cart, form, lines, idempotencyKey, answer }: CheckoutPageProps) {
  if (answer?.outcome === 'declined') form.fault('paymentToken', `${answer.reason} Nothing was charged.`)
  const missing = new Set(answer?.outcome === 'unavailable' ? answer.listingIds : [])
  return (
    <Layout title="Checkout" searchText={null}>
      <h1>Checkout</h1>
      <Outcome answer={answer} />
      <form class="with-side" method="post" action="/checkout" novalidate>
        <div class="checkout-fields">
          <FormErrors form={form} labels={orderLabels} />
          <CsrfField />
          <Hidden name="idempotencyKey" value={idempotencyKey} />
          {lines.map((line) => (
            <Hidden key={line} name="line" value={line} />
          ))}
          <section>
            <h2>Where it goes</h2>
            <Field
              form={form}
              name="email"
              label={orderLabels.email}
              type="email"
              autocomplete="email"
              maxLength={200}
            />
            <Field form={form} name="name" label={orderLabels.name} autocomplete="name" maxLength={100} />
            <Field form={form} name="street" label={orderLabels.street} autocomplete="street-address" maxLength={120} />
            <div class="field-row">
              <Field
                form={form}
                name="postalCode"
                label={orderLabels.postalCode}
                autocomplete="postal-code"
                maxLength={16}
              />
              <Field form={form} name="city" label={orderLabels.city} autocomplete="address-level2" maxLength={80} />
            </div>
            <Field form={form} name="country" label={orderLabels.country} autocomplete="country-name" maxLength={60} />
          </section>
          <section>
            <h2>How you pay</h2>
            <RadioField form={form} name="paymentToken" label={orderLabels.paymentToken} choices={payments} />
          </section>
        </div>
        <aside class="side" aria-label="Your order">
          <h2>Your order</h2>
          <ul class="small-lines">
            {cart.lines.map((line) => (
              <li key={line.listingId}>
                <Picture id={line.listingId} alt="" />
                <span>
                  {line.title}
                  {line.quantity > 1 && <span class="quiet"> × {line.quantity}</span>}
                  {(troubleOf(line) !== null || missing.has(line.listingId)) && (
                    <span class="field-error">
                      {troubleOf(line) ?? 'Its price or stock has just changed: this is how it stands now.'}
                    </span>
                  )}
                </span>
                <span>{formatPrice(line.priceCents * line.quantity)}</span>
              </li>
            ))}
          </ul>
          <p class="total">
            <span>Total, with delivery</span>
            <strong>{formatPrice(cart.totalCents)}</strong>
          </p>
          <button class="button button-large" type="submit">
            {answer?.outcome === 'pending' ? 'Ask again' : `Pay ${formatPrice(cart.totalCents)}`}
          </button>
          <p class="quiet">Your pieces are held for you while the payment runs.</p>
          <p>
            <a href="/cart">Change the cart</a>
          </p>
        </aside>
      </form>
    </Layout>
  )
}

function Outcome({ answer }: { answer: CheckoutAnswer | null }) {
  if (answer?.outcome === 'pending') {
    return (
      <Notice isWrong>
        <p>
          <strong>The payment provider has not answered yet.</strong> Your pieces are held. Ask again in a few seconds:
          however often you ask, you pay once.
        </p>
      </Notice>
    )
  }
  if (answer?.outcome === 'unavailable') {
    return (
      <Notice isWrong>
        <p>
          <strong>Something in your cart has changed.</strong> Nothing was ordered or charged. Look at your order, then
          pay or <a href="/cart">change the cart</a>.
        </p>
      </Notice>
    )
  }
  if (answer?.outcome === 'expired') {
    return (
      <Notice isWrong>
        <p>
          <strong>The payment took too long and was called off.</strong> Nothing was charged. You can pay again now.
        </p>
      </Notice>
    )
  }
  return null
}

export function KeyReusedPage() {
  return (
    <Layout title="Already sent">
      <div class="nothing">
        <h1>This form has been sent before, with something else in it.</h1>
        <p>
          So that nobody pays twice, one form buys once. Look at your orders first; to buy more, start from your cart.
        </p>
        <p class="actions">
          <a class="button" href="/orders">
            Your orders
          </a>
          <a class="button button-quiet" href="/cart">
            Your cart
          </a>
        </p>
      </div>
    </Layout>
  )
}
