import { createHash, type Hash } from 'node:crypto'
import { createSeededRandom, PlimsollError } from '@plimsoll/core'
import type { AnySql, Sql } from '@plimsoll/postgres'
import { hashPassword } from '../store/password.ts'
import { categories } from '../catalog/categories.ts'
import { generateListings, generateShops, OPENED_AT } from './generate.ts'

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
  return sql.begin(async (tx) => {
    await tx`lock table seedings in exclusive mode`
    const [held] = await tx<Seeding[]>`
      select seed, listing_count as "listingCount", data_hash as "dataHash" from seedings
    `
    if (held) {
      if (held.seed !== options.seed || held.listingCount !== options.listingCount)
        throw new SeedMismatchError(held, options)
      return held
    }
    const dataHash = await fill(tx, options)
    await tx`insert into seedings (seed, listing_count, data_hash) values (${options.seed}, ${options.listingCount}, ${dataHash})`
    return { seed: options.seed, listingCount: options.listingCount, dataHash }
  })
}

async function fill(tx: AnySql, options: SeedOptions): Promise<string> {
  const random = createSeededRandom(options.seed)
  const hash = createHash('sha256')
  const shops = generateShops(random)
  // One hash for all of them: scrypt is slow on purpose, and they share one known password anyway.
  const passwordHash = options.password === null ? 'none' : await hashPassword(options.password)

  await insert(
    tx,
    hash,
    'categories',
    categories.map(({ slug, name }, index) => ({ id: index + 1, slug, name })),
  )
  // A password's hash has a salt, so it stays out of the data's hash.
  const accounts = shops.map(({ id, email, name }) => ({
    id,
    email,
    name,
    password_hash: passwordHash,
    created_at: OPENED_AT,
  }))
  await insert(tx, null, 'accounts', accounts)
  await insert(
    tx,
    hash,
    'shops',
    shops.map(({ id, name, place }) => ({ id, account_id: id, name, place, created_at: OPENED_AT })),
  )
  // Building the word index once is three times as fast as growing it row by row.
  await tx`drop index listings_words`
  await insert(tx, hash, 'listings', generateListings(random, shops, options.listingCount))
  await tx`create index listings_words on listings using gin (words)`
  for (const table of ['accounts', 'shops', 'listings']) {
    await tx`select setval(pg_get_serial_sequence(${table}, 'id'), (select max(id) from ${tx(table)}))`
  }
  await tx`analyze listings`
  return hash.digest('hex')
}

/** Rows as objects of column names, in statements of 2,000: about 600 KB each. Columns a row does not name keep their default. */
async function insert(tx: AnySql, hash: Hash | null, table: string, rows: Iterable<object>): Promise<void> {
  let chunk: object[] = []
  const flush = async () => {
    if (chunk.length === 0) return
    const text = JSON.stringify(chunk)
    hash?.update(text)
    const columns = Object.keys(chunk[0]!)
    await tx`
      insert into ${tx(table)} (${tx(columns)}) overriding system value
      select ${tx(columns)} from json_populate_recordset(null::${tx(table)}, ${text}::text::json)
    `
    chunk = []
  }
  for (const row of rows) {
    chunk.push(row)
    if (chunk.length === 2_000) await flush()
  }
  await flush()
}
