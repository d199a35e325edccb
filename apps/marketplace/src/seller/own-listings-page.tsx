import { Picture } from '../design/cards.tsx'
import { Layout } from '../design/layout.tsx'
import { formatPrice } from '../design/money.ts'
import { countOf } from '../design/words.ts'
import { PAGE_ITEM_COUNT } from '../store/listings.ts'
import type { OwnListing } from '../store/selling.ts'
import { SellerNav } from './seller-nav.tsx'

export interface OwnListingsPageProps {
  shopName: string
  items: OwnListing[]
  totalCount: number
  page: number
}

export function OwnListingsPage({ shopName, items, totalCount, page }: OwnListingsPageProps) {
  const pageCount = Math.ceil(totalCount / PAGE_ITEM_COUNT)
  return (
    <Layout title="Your listings">
      <h1>{shopName}</h1>
      <SellerNav here="/sell/listings" />
      <p class="quiet">{countOf(totalCount, 'listing')}</p>
      {items.length === 0 ? (
        <div class="nothing">
          <h2>The shelf is empty.</h2>
          <p>
            <a class="button" href="/sell/new">
              List your first item
            </a>
          </p>
        </div>
      ) : (
        <ul class="rows">
          {items.map((item) => (
            <li key={item.id}>
              <Picture id={item.id} alt="" />
              <div>
                <h2>
                  <a href={`/sell/listings/${item.id}`}>{item.title}</a>
                </h2>
                <p class="quiet">
                  {item.stock === 0 ? 'Sold out' : `${item.stock} in stock`}
                  {item.isHidden && ' · off the shelf'}
                </p>
              </div>
              {!item.isHidden && (
                <p>
                  <a href={`/p/${item.id}`}>
                    View<span class="unseen"> {item.title}</span>
                  </a>
                </p>
              )}
              <p class="row-price">{formatPrice(item.priceCents)}</p>
            </li>
          ))}
        </ul>
      )}
      {pageCount > 1 && (
        <nav class="pages" aria-label="Pages">
          {page > 1 && <a href={`/sell/listings?page=${page - 1}`}>Previous</a>}
          <span>
            Page {page} of {pageCount}
          </span>
          {page < pageCount && <a href={`/sell/listings?page=${page + 1}`}>Next</a>}
        </nav>
      )}
    </Layout>
  )
}
