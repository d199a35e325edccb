import { openTestDatabase, type TestDatabase } from '@plimsoll/postgres/testing'
import { seedShop } from '../seed/seed.ts'
import type { Buyer } from '../store/carts.ts'

/** A migrated database of its own with 600 seeded listings, for one test file. */
export function openShopDatabase(maxConnections = 10): Promise<TestDatabase> {
  return openTestDatabase({
    migrations: new URL('../../migrations/', import.meta.url),
    seed: {
      key: 'shop-600',
      fill: async (sql) => void (await seedShop(sql, { seed: 7, listingCount: 600, password: 'harbour-demo' })),
    },
    connection: { max: maxConnections },
  })
}

/** The nth guest. */
export function guest(number: number): Buyer {
  const sessionHash = Buffer.alloc(32)
  sessionHash.writeUInt32BE(number)
  return { accountId: null, sessionHash }
}

export const address = {
  name: 'Buyer',
  street: 'Quay Lane 1',
  postalCode: '12345',
  city: 'Northport',
  country: 'Ireland',
}
