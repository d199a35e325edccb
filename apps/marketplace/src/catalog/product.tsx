import { Cards, Picture } from '../design/cards.tsx'
import { CsrfField, Hidden } from '../design/field.tsx'
import { Layout } from '../design/layout.tsx'
import { formatPrice } from '../design/money.ts'
import { conditionWords, formatDay, stockWords } from '../design/words.ts'
import { MAX_LINE_QUANTITY } from '../store/carts.ts'
import type { Listing, ListingCard } from '../store/listings.ts'

export function ProductPage({ listing, related }: { listing: Listing; related: ListingCard[] }) {
  return (
    <Layout
      title={listing.title}
      description={listing.description.slice(0, 155)}
      canonical={`/p/${listing.id}`}
      categorySlug={listing.categorySlug}
      structuredData={structuredDataOf(listing)}
    >
      <nav class="crumbs" aria-label="Where you are">
        <a href="/">Market</a>
        <a href={`/c/${listing.categorySlug}`}>{listing.categoryName}</a>
      </nav>
      <article class="product">
        <div class="product-picture">
          <Picture id={listing.id} alt={`Drawing of ${listing.title}`} isEager />
        </div>
        <div class="product-facts">
          <h1 class={listing.title.length > 70 ? 'h1-long' : undefined}>{listing.title}</h1>
          <p class="product-price">{formatPrice(listing.priceCents)}</p>
          <p class={listing.stock === 0 ? 'stock stock-gone' : 'stock'}>{stockWords(listing.stock)}</p>
          {listing.stock === 0 ? <SoldOut listing={listing} /> : <AddToCart listing={listing} />}
          {listing.stock > 0 && (
            <p class="delivery quiet">
              Delivery included. {listing.shopName} sends it{listing.shopPlace !== '' && ` from ${listing.shopPlace}`}.
            </p>
          )}
          <dl class="facts">
            <div>
              <dt>Condition</dt>
              <dd>{conditionWords[listing.condition]}</dd>
            </div>
            {listing.material !== '' && (
              <div>
                <dt>Made of</dt>
                <dd>{listing.material}</dd>
              </div>
            )}
            <div>
              <dt>Sold by</dt>
              <dd>
                {listing.shopName}
                {listing.shopPlace !== '' && <span class="quiet">, {listing.shopPlace}</span>}
              </dd>
            </div>
            <div>
              <dt>Listed</dt>
              <dd>{formatDay(listing.createdAt)}</dd>
            </div>
          </dl>
          <div class="product-words">
            {listing.description.split(/\n+/).map((paragraph, index) => (
              <p key={index}>{paragraph}</p>
            ))}
          </div>
        </div>
      </article>
      {related.length > 0 && (
        <section class="block" aria-labelledby="related">
          <h2 id="related">From the same shelf</h2>
          <Cards items={related} label="Related listings" />
        </section>
      )}
    </Layout>
  )
}

function AddToCart({ listing }: { listing: Listing }) {
  const most = Math.min(listing.stock, MAX_LINE_QUANTITY)
  return (
    <form class="add" method="post" action="/cart/items">
      <CsrfField />
      <Hidden name="listingId" value={listing.id} />
      {most === 1 ? (
        <Hidden name="quantity" value={1} />
      ) : (
        <label class="add-count">
          <span class="unseen">Quantity</span>
          <select name="quantity">
            {Array.from({ length: most }, (_, index) => (
              <option key={index} value={index + 1}>
                {index + 1}
              </option>
            ))}
          </select>
        </label>
      )}
      <button class="button button-large" type="submit">
        Add to cart
      </button>
    </form>
  )
}

function SoldOut({ listing }: { listing: Listing }) {
  return (
    <p class="add">
      <a class="button button-quiet button-large" href={`/c/${listing.categorySlug}?stock=1`}>
        See what is in stock in {listing.categoryName}
      </a>
    </p>
  )
}

function structuredDataOf(listing: Listing): object {
  return {
    '@context': 'https://schema.org',
    '@type': 'Product',
    name: listing.title,
    description: listing.description,
    image: `/img/${listing.id}.svg`,
    sku: String(listing.id),
    category: listing.categoryName,
    material: listing.material === '' ? undefined : listing.material,
    offers: {
      '@type': 'Offer',
      price: (listing.priceCents / 100).toFixed(2),
      priceCurrency: 'EUR',
      availability: `https://schema.org/${listing.stock === 0 ? 'SoldOut' : 'InStock'}`,
      itemCondition: `https://schema.org/${listing.condition === 'new' ? 'NewCondition' : 'UsedCondition'}`,
      seller: { '@type': 'Organization', name: listing.shopName },
      url: `/p/${listing.id}`,
    },
  }
}
