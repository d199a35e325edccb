import { createSeededRandom } from '@plimsoll/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '@plimsoll/postgres/testing'
import { categories } from '../catalog/categories.ts'
import { generateListings, generateShops, type SeedListing } from './generate.ts'
import { kindWords } from './kind-words.ts'
import { seedShop } from './seed.ts'

const migrations = new URL('../../migrations/', import.meta.url)
const options = { seed: 7, listingCount: 300, password: null }
let databases: TestDatabase[]

beforeAll(async () => {
  databases = await Promise.all([openTestDatabase({ migrations }), openTestDatabase({ migrations })])
})
afterAll(() => Promise.all(databases.map((database) => database.stop())))

test('the same seed gives the same data on any database, another seed gives other data', async () => {
  const [one, other] = databases
  const first = await seedShop(one!.sql, options)
  const second = await seedShop(other!.sql, options)
  expect(second).toEqual(first)
  await other!.sql`truncate seedings, categories, accounts cascade`
  expect((await seedShop(other!.sql, { ...options, seed: 8 })).dataHash).not.toBe(first.dataHash)
})

test('a shop that is filled stays as it is, and refuses another seed', async () => {
  const [one] = databases
  await one!.sql`update listings set stock = 5 where id = 1`
  await seedShop(one!.sql, options)
  expect(await one!.sql`select stock from listings where id = 1`).toEqual([{ stock: 5 }])
  await expect(seedShop(one!.sql, { ...options, seed: 9 })).rejects.toThrow(/holds seed 7 with 300 listings/)
})

test('new rows go on counting after the seeded ones', async () => {
  const [one] = databases
  const [row] = await one!.sql<{ id: number }[]>`
    insert into accounts (email, name, password_hash) values ('a@b.example', 'A', 'none') returning id
  `
  expect(row!.id).toBe(generateShops(createSeededRandom(7)).length + 1)
})

test('every kind has words, every category a shop, and a title ends with a noun of its category', () => {
  const random = createSeededRandom(3)
  const shops = generateShops(random)
  const listings = [...generateListings(random, shops, 5_000)]
  expect(categories.flatMap(({ kinds }) => kinds).filter(({ slug }) => !kindWords[slug])).toEqual([])
  expect(new Set(shops.map(({ categoryId }) => categoryId)).size).toBe(categories.length)
  expect(new Set(shops.map(({ name }) => name)).size).toBe(shops.length)
  const isNamed = ({ title, category_id }: SeedListing) =>
    categories[category_id - 1]!.kinds.some(({ nouns }) =>
      nouns.some((noun) => title.split(', ')[0]!.endsWith(` ${noun}`)),
    )
  expect(listings.filter((listing) => !isNamed(listing))).toEqual([])
})

test('a few listings are asked for most: popularity follows Zipf, and what is popular is in stock', () => {
  const random = createSeededRandom(3)
  const listings = [...generateListings(random, generateShops(random), 20_000)].sort(
    (one, other) => other.popularity - one.popularity,
  )
  const total = listings.reduce((sum, { popularity }) => sum + popularity, 0)
  const topTenth = listings.slice(0, 2_000).reduce((sum, { popularity }) => sum + popularity, 0)
  expect(topTenth / total).toBeGreaterThan(0.6)
  expect(Math.min(...listings.slice(0, 1_000).map(({ stock }) => stock))).toBeGreaterThanOrEqual(1_000)
  expect(listings.filter(({ stock }) => stock === 0).length / listings.length).toBeLessThan(0.05)
})
