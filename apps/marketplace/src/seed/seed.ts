import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createSeededRandom, PlimsollError } from '@plimsoll/core'
import type { Sql } from '@plimsoll/postgres'
import { hashPassword } from '../store/password.ts'
import { categories } from '../catalog/categories.ts'
import { generateListings, generateShops } from './generate.ts'

export interface SeedOptions {
  seed: number
  listingCount: number
  /** Password of the seeded shops' accounts; null for accounts nobody can sign in to. */
  password: string | null
}

export interface Seeding {
  seed: number
  listingCount: number
  /** SHA-256 of all seeded rows: the same seed and count give the same hash on any machine. */
  dataHash: string
}

/** The database holds another seed's shop. */
export class SeedMismatchError extends PlimsollError {
  constructor(held: Seeding, asked: SeedOptions) {
    super(
      'MARKETPLACE_SEED_MISMATCH',
      `The database holds seed ${held.seed} with ${held.listingCount} listings, and seed ${asked.seed} with ` +
        `${asked.listingCount} was asked for. Leave out --seed and --listings to keep it, or empty the data folder first.`,
    )
  }
}

/**
 * Fills an empty shop in one transaction: all of it or nothing. Answers what is there afterwards. About 5 s for 50,000
 * listings. A shop that was filled before is left alone.
 * @throws {@link SeedMismatchError} when it was filled otherwise
 */
export async function seedShop(sql: Sql, options: SeedOptions): Promise<Seeding> {
  return (await sql.begin(async (tx) => {
    await tx`lock table seedings in exclusive mode`
    const [held] = await tx<Seeding[]>`
      select seed, listing_count as "listingCount", data_hash as "dataHash" from seedings
    `
    if (held) {
      if (held.seed !== options.seed || held.listingCount !== options.listingCount)
        throw new SeedMismatchError(held, options)
      return held
    }
    const dataHash = await fill(tx as unknown as Sql, options)
    await tx`insert into seedings (seed, listing_count, data_hash) values (${options.seed}, ${options.listingCount}, ${dataHash})`
    return { seed: options.seed, listingCount: options.listingCount, dataHash }
  })) as Seeding
}

async function fill(tx: Sql, options: SeedOptions): Promise<string> {
  const random = createSeededRandom(options.seed)
  const hash = createHash('sha256')
  const shops = generateShops(random)
  // One hash for all of them: scrypt is slow on purpose, and they share one known password anyway.
  const passwordHash = options.password === null ? 'none' : await hashPassword(options.password)

  await copy(tx, hash, 'categories (id, slug, name)', categoryRows())
  // The password hash has a salt, so it stays out of the data's hash.
  await copy(
    tx,
    null,
    'accounts (id, email, name, password_hash)',
    shops.map((shop) => [shop.id, shop.email, shop.name, passwordHash]),
  )
  await copy(
    tx,
    hash,
    'shops (id, account_id, name, place)',
    shops.map((shop) => [shop.id, shop.id, shop.name, shop.place]),
  )
  // Building the word index once is three times as fast as growing it row by row.
  await tx`drop index listings_words`
  await copy(tx, hash, `listings (${listingColumns})`, listingRows())
  await tx`create index listings_words on listings using gin (words)`
  for (const table of ['accounts', 'shops', 'listings']) {
    await tx`select setval(pg_get_serial_sequence(${table}, 'id'), (select max(id) from ${tx(table)}))`
  }
  await tx`analyze listings`
  return hash.digest('hex')

  function* categoryRows() {
    for (const [index, category] of categories.entries()) yield [index + 1, category.slug, category.name]
  }
  function* listingRows() {
    for (const it of generateListings(random, shops, options.listingCount)) {
      const createdAt = new Date(it.createdAtMs).toISOString()
      yield [it.id, it.shopId, it.categoryId, it.title, it.description, it.material, it.condition, it.priceCents, it.stock, it.popularity, createdAt] // prettier-ignore
    }
  }
}

const listingColumns =
  'id, shop_id, category_id, title, description, material, condition, price_cents, stock, popularity, created_at'

type Row = readonly (string | number)[]

/** COPY in chunks of about 64 KB. The vocabulary holds no tabs, line ends or backslashes, which COPY would read as its own. */
async function copy(
  tx: Sql,
  hash: ReturnType<typeof createHash> | null,
  target: string,
  rows: Iterable<Row>,
): Promise<void> {
  const writable = await tx.unsafe(`copy ${target} from stdin`).writable()
  let chunk = ''
  const flush = async () => {
    hash?.update(chunk)
    if (!writable.write(chunk)) await once(writable, 'drain')
    chunk = ''
  }
  for (const row of rows) {
    chunk += row.join('\t') + '\n'
    if (chunk.length >= 65_536) await flush()
  }
  await flush()
  writable.end()
  await once(writable, 'finish')
}
