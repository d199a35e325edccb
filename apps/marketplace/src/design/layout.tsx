import type { ComponentChildren } from 'preact'
import { slotMark } from '../cache/page-cache.ts'
import { categories } from '../catalog/categories.ts'
import { stylesheetPath } from './assets.ts'
import { Mark } from './mark.tsx'

export const shopName = 'Longshore'

export interface LayoutProps {
  title: string
  /** For search engines; pages without one are not meant for them and say so. */
  description?: string
  /** Path and query under which this page is to be known. */
  canonical?: string
  /** What stands in the header's search field; `null` leaves the field out, where the page has its own. */
  searchText?: string | null
  /** The category to mark in the strip. */
  categorySlug?: string
  /** A data block for search engines. */
  structuredData?: object
  children: ComponentChildren
}

export function Layout(props: LayoutProps) {
  const { title, description, canonical, searchText = '', categorySlug, structuredData, children } = props
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>
          {title === shopName ? `${shopName}: the second-hand and makers’ market` : `${title} · ${shopName}`}
        </title>
        {description === undefined ? (
          <meta name="robots" content="noindex" />
        ) : (
          <meta name="description" content={description} />
        )}
        {canonical !== undefined && <link rel="canonical" href={canonical} />}
        <meta name="color-scheme" content="light dark" />
        <link rel="stylesheet" href={stylesheetPath} />
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
        {structuredData !== undefined && (
          <script type="application/ld+json" dangerouslySetInnerHTML={{ __html: toDataBlock(structuredData) }} />
        )}
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to content
        </a>
        <header class="top">
          <div class="top-row">
            <a class="brand" href="/">
              <Mark />
              <span>{shopName}</span>
            </a>
            {searchText !== null && <SearchForm text={searchText} />}
            <nav class="top-links" aria-label="You">
              <a href="/sell">Sell</a>
              {slotMark('account')}
              <a href="/cart">Cart{slotMark('bag')}</a>
            </nav>
          </div>
          <nav class="strip" aria-label="Departments">
            {categories.map(({ slug, name }) => (
              <a key={slug} href={`/c/${slug}`} aria-current={slug === categorySlug ? 'page' : undefined}>
                {name}
              </a>
            ))}
          </nav>
        </header>
        <main id="content">{children}</main>
        <footer class="foot">
          <div>
            <p class="foot-brand">
              <Mark />
              {shopName}
            </p>
            <p>Things with another voyage in them, from the people who mend, make and keep them.</p>
          </div>
          <nav aria-label="Footer">
            <a href="/sell">Sell something</a>
            <a href="/orders">Your orders</a>
            <a href="/account">Your account</a>
          </nav>
          <p class="foot-note">
            A demonstration shop: payments go to a test provider, no money moves and nothing is sent.
          </p>
        </footer>
      </body>
    </html>
  )
}

export function SearchForm({ text, isLarge = false }: { text: string; isLarge?: boolean }) {
  const id = isLarge ? 'search-large' : 'search'
  return (
    <form class={isLarge ? 'search search-large' : 'search'} action="/search" role="search">
      <label class="unseen" for={id}>
        Search the market
      </label>
      <input id={id} type="search" name="q" value={text} maxLength={100} placeholder="Search the market" />
      <button type="submit">
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
          <circle cx="10.5" cy="10.5" r="6.5" fill="none" stroke="currentColor" stroke-width="2.2" />
          <path d="m15.5 15.5 5 5" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />
        </svg>
        <span>Search</span>
      </button>
    </form>
  )
}

/** JSON that cannot end the element it stands in, whatever a seller typed. */
function toDataBlock(data: object): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c')
}
