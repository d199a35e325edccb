import type { ListingCard } from '../store/listings.ts'
import { formatPrice } from './money.ts'
import { conditionWords } from './words.ts'

/** A grid of listings. The first row is loaded at once, the rest when it comes near. */
export function Cards({
  items,
  label,
  headingLevel = 3,
}: {
  items: ListingCard[]
  label: string
  headingLevel?: 2 | 3
}) {
  return (
    <ul class="cards" aria-label={label}>
      {items.map((item, index) => (
        <Card key={item.id} item={item} isEager={index < 4} headingLevel={headingLevel} />
      ))}
    </ul>
  )
}

function Card({ item, isEager, headingLevel }: { item: ListingCard; isEager: boolean; headingLevel: 2 | 3 }) {
  const Heading = headingLevel === 2 ? 'h2' : 'h3'
  return (
    <li class={item.stock === 0 ? 'card card-gone' : 'card'}>
      <Picture id={item.id} alt="" isEager={isEager} />
      <Heading class="card-title">
        <a href={`/p/${item.id}`}>{item.title}</a>
      </Heading>
      <p class="card-price">
        {formatPrice(item.priceCents)}
        <Scarcity stock={item.stock} />
      </p>
      <p class="card-shop">
        {conditionWords[item.condition]} · {item.shopName}
      </p>
    </li>
  )
}

function Scarcity({ stock }: { stock: number }) {
  if (stock === 0) return <span class="tag tag-gone">Sold out</span>
  return stock === 1 ? <span class="tag">Last one</span> : null
}

export function Picture({ id, alt, isEager = false }: { id: number; alt: string; isEager?: boolean }) {
  return (
    <img
      class="picture"
      src={`/img/${id}.svg`}
      alt={alt}
      width={400}
      height={400}
      loading={isEager ? undefined : 'lazy'}
      decoding="async"
    />
  )
}
