import { nextBelow, nextNormal, type Random } from '@plimsoll/core'
import { categories } from '../catalog/categories.ts'
import type { Condition } from '../store/listings.ts'
import { kindWords, variants } from './kind-words.ts'
import { deliverySentences, lanes, newSentences, places, trades, usedSentences } from './vocabulary.ts'

export interface SeedShop {
  id: number
  name: string
  place: string
  /** Sign-in of its account: the slug of its name at `shop.example`. */
  email: string
  categoryId: number
}

/** A row of `listings`, by its columns. */
export interface SeedListing {
  id: number
  shop_id: number
  category_id: number
  title: string
  description: string
  material: string
  condition: Condition
  price_cents: number
  stock: number
  popularity: number
  created_at: string
}

/** Seeded listings were made in the two years before this instant, so that the same seed gives the same data on any day. */
const NEWEST_AT_MS = Date.UTC(2023, 4, 10)
const OLDEST_SPAN_MS = 730 * 24 * 3_600_000
/** All seeded shops opened together, before their first listing. */
export const OPENED_AT = new Date(NEWEST_AT_MS - OLDEST_SPAN_MS).toISOString()

/** Two shops for each lane and trade would be too neat; this many of the possible ones exist. */
const SHOP_COUNT = 240

export function generateShops(random: Random): SeedShop[] {
  const names = categories.flatMap((category, index) =>
    trades[category.slug]!.flatMap((trade) =>
      lanes.map((lane) => ({ name: `${lane} ${trade}`, categoryId: index + 1 })),
    ),
  )
  shuffle(random, names)
  // The first dozen make sure that every category has a shop, however the rest fell.
  const first = categories.map((_, index) => names.find((shop) => shop.categoryId === index + 1)!)
  const chosen = [...new Set([...first, ...names])].slice(0, SHOP_COUNT)
  return chosen.map(({ name, categoryId }, index) => ({
    id: index + 1,
    name,
    place: pick(random, places),
    email: `${name.toLowerCase().replaceAll(' ', '-')}@shop.example`,
    categoryId,
  }))
}

/** Listings one after another, so that fifty thousand never stand in memory together. */
export function* generateListings(
  random: Random,
  shops: readonly SeedShop[],
  listingCount: number,
): Generator<SeedListing> {
  const shopsByCategory = categories.map((_, index) => shops.filter((shop) => shop.categoryId === index + 1))
  const ranks = Uint32Array.from({ length: listingCount }, (_, index) => index + 1)
  shuffle(random, ranks)
  for (let index = 0; index < listingCount; index++) {
    yield generateListing(random, index + 1, ranks[index]!, shopsByCategory)
  }
}

function generateListing(
  random: Random,
  id: number,
  rank: number,
  shopsByCategory: readonly SeedShop[][],
): SeedListing {
  const categoryIndex = nextBelow(random, categories.length)
  const category = categories[categoryIndex]!
  const kind = pick(random, category.kinds)
  const words = kindWords[kind.slug]!
  const noun = pick(random, kind.nouns)
  const material = pick(random, words.materials)
  const condition = rank <= MAKERS_RANK ? 'new' : drawCondition(random)
  const rows = [...(condition === 'new' ? newSentences : usedSentences), deliverySentences]
  return {
    id,
    shop_id: pick(random, shopsByCategory[categoryIndex]!).id,
    category_id: categoryIndex + 1,
    title: `${pick(random, words.qualities)} ${material} ${noun}${random.next() < 0.6 ? '' : pick(random, variants)}`,
    description: rows.map((row) => fillIn(pick(random, row), noun, material)).join(' '),
    material: material.replaceAll('-', ' '),
    condition,
    price_cents: drawPriceCents(random, words.usualCents, condition),
    stock: drawStock(random, condition, rank),
    popularity: popularityOf(rank),
    created_at: new Date(NEWEST_AT_MS - Math.floor(random.next() * OLDEST_SPAN_MS)).toISOString(),
  }
}

function fillIn(sentence: string, noun: string, material: string): string {
  return sentence.replace('{Noun}', noun[0]!.toUpperCase() + noun.slice(1)).replace('{material}', material)
}

/** Zipf with exponent 0.9: asks a day, scaled so that the first of 50,000 gets a million and the last still some. */
function popularityOf(rank: number): number {
  return Math.round(1_000_000 / rank ** 0.9)
}

function drawCondition(random: Random): Condition {
  const share = random.next()
  return share < 0.45 ? 'new' : share < 0.6 ? 'like-new' : share < 0.88 ? 'good' : 'worn'
}

const conditionWorth: Readonly<Record<Condition, number>> = { new: 1, 'like-new': 0.8, good: 0.6, worn: 0.35 }

function drawPriceCents(random: Random, usualCents: number, condition: Condition): number {
  const cents = usualCents * conditionWorth[condition] * Math.exp(0.55 * nextNormal(random))
  return Math.max(200, Math.round(cents / 50) * 50)
}

/** What everybody asks for is what makers make again and again. */
const MAKERS_RANK = 2000

/** Used things are single; what makers make is in stock by dozens, and what everybody asks for by thousands. */
function drawStock(random: Random, condition: Condition, rank: number): number {
  if (rank <= MAKERS_RANK) return 1000 + nextBelow(random, 4000)
  if (random.next() < 0.03) return 0
  return condition === 'new' ? 5 + nextBelow(random, 120) : 1 + nextBelow(random, 3)
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[nextBelow(random, choices.length)]!
}

function shuffle(random: Random, items: { [index: number]: unknown; length: number }): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = nextBelow(random, last + 1)
    const kept = items[last]
    items[last] = items[other]
    items[other] = kept
  }
}
