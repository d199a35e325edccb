import { Picture } from '../design/cards.tsx'
import { CsrfField, Hidden, Notice } from '../design/field.tsx'
import { Layout } from '../design/layout.tsx'
import { formatPrice } from '../design/money.ts'
import { countOf } from '../design/words.ts'
import { MAX_CART_LINES, MAX_LINE_QUANTITY, type Cart, type CartLine } from '../store/carts.ts'

/** Why a line cannot be bought as it stands, or `null`. */
export function troubleOf({ isHidden, stock, quantity }: CartLine): string | null {
  if (isHidden) return 'The seller has taken this off the shelf.'
  if (stock === 0) return 'Sold out.'
  return stock < quantity ? `Only ${stock} left.` : null
}

export function CartPage({ cart, isFull }: { cart: Cart; isFull: boolean }) {
  const isSound = cart.lines.every((line) => troubleOf(line) === null)
  return (
    <Layout title="Cart">
      <h1>Your cart</h1>
      {isFull && (
        <Notice isWrong>
          <p>That did not go in: the listing is gone, or the cart holds {MAX_CART_LINES} different things already.</p>
        </Notice>
      )}
      {cart.lines.length === 0 ? (
        <EmptyCart />
      ) : (
        <div class="with-side">
          <ul class="lines" aria-label="In your cart">
            {cart.lines.map((line) => (
              <Line key={line.listingId} line={line} />
            ))}
          </ul>
          <aside class="side" aria-label="Total">
            <p class="total">
              <span>{countOf(cart.pieceCount, 'piece')}</span>
              <strong>{formatPrice(cart.totalCents)}</strong>
            </p>
            <p class="quiet">Delivery is included. Nothing is reserved until you pay.</p>
            {isSound ? (
              <a class="button button-large" href="/checkout">
                Check out
              </a>
            ) : (
              <p class="field-error">Change or remove what cannot be had, then check out.</p>
            )}
            <p>
              <a href="/">Go on looking</a>
            </p>
          </aside>
        </div>
      )}
    </Layout>
  )
}

function EmptyCart() {
  return (
    <div class="nothing">
      <h2>Nothing in it yet.</h2>
      <p>What you put in stays here, also when you sign in later.</p>
      <p>
        <a class="button" href="/">
          Browse the market
        </a>
      </p>
    </div>
  )
}

function Line({ line }: { line: CartLine }) {
  const trouble = troubleOf(line)
  const most = Math.min(Math.max(line.stock, line.quantity), MAX_LINE_QUANTITY)
  const fieldId = `quantity-${line.listingId}`
  return (
    <li class="line">
      <Picture id={line.listingId} alt="" />
      <div class="line-what">
        <h2>{line.isHidden ? line.title : <a href={`/p/${line.listingId}`}>{line.title}</a>}</h2>
        <p class="quiet">{line.shopName}</p>
        {trouble !== null && <p class="field-error">{trouble}</p>}
        <div class="line-acts">
          <form method="post" action={`/cart/items/${line.listingId}`}>
            <CsrfField />
            <label class="unseen" for={fieldId}>
              Quantity of {line.title}
            </label>
            <select id={fieldId} name="quantity">
              {Array.from({ length: most }, (_, index) => (
                <option key={index} value={index + 1} selected={index + 1 === line.quantity}>
                  {index + 1}
                </option>
              ))}
            </select>
            <button class="button button-small button-quiet" type="submit">
              Update<span class="unseen"> {line.title}</span>
            </button>
          </form>
          <form method="post" action={`/cart/items/${line.listingId}`}>
            <CsrfField />
            <Hidden name="quantity" value={0} />
            <button class="link" type="submit">
              Remove<span class="unseen"> {line.title}</span>
            </button>
          </form>
        </div>
      </div>
      <p class="line-price">
        {formatPrice(line.priceCents * line.quantity)}
        {line.quantity > 1 && <span class="quiet">{formatPrice(line.priceCents)} each</span>}
      </p>
    </li>
  )
}
