import { Cards } from '../design/cards.tsx'
import { Layout, SearchForm, shopName } from '../design/layout.tsx'
import { countOf } from '../design/words.ts'
import type { Category, ListingCard } from '../store/listings.ts'

export function HomePage({ categories, popular }: { categories: Category[]; popular: ListingCard[] }) {
  const listingCount = categories.reduce((sum, category) => sum + category.listingCount, 0)
  return (
    <Layout
      title={shopName}
      description="The second-hand and makers’ market: furniture, tools, tableware, prints and boat things with another voyage in them."
      canonical="/"
      searchText={null}
    >
      <section class="hero">
        <div class="hero-text">
          <h1>Things with another voyage in them.</h1>
          <p>
            {countOf(listingCount, 'listing')} from menders, makers and keepers. Look for{' '}
            <a href="/search?q=teapot">a teapot</a>, <a href="/search?q=oak+stool">an oak stool</a> or{' '}
            <a href="/search?q=lantern">a lantern</a>.
          </p>
          <SearchForm text="" isLarge />
        </div>
      </section>
      <section class="block" aria-labelledby="departments">
        <h2 id="departments">Departments</h2>
        <ul class="departments">
          {categories.map(({ slug, name, listingCount: count }) => (
            <li key={slug}>
              <img src={`/img/c/${slug}.svg`} alt="" width={400} height={400} class="picture" decoding="async" />
              <h3>
                <a href={`/c/${slug}`}>{name}</a>
              </h3>
              <p class="quiet">{count.toLocaleString('en-IE')}</p>
            </li>
          ))}
        </ul>
      </section>
      <section class="block" aria-labelledby="popular">
        <h2 id="popular">Much looked at</h2>
        <Cards items={popular} label="Popular listings" />
      </section>
    </Layout>
  )
}
