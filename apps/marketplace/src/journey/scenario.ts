import { Reader, SECOND_MS } from '@plimsoll/core'
import type { Scenario } from '@plimsoll/soak/traffic'

import { createCrawlers } from './crawler.ts'
import { sell } from './seller.ts'
import { shop } from './shopper.ts'

/** Who visits the shop. JSON, so that it may travel to the process that drives the traffic. */
export interface ShopVisitors {
  /** Listings have the ids 1 to this. Default 50,000. */
  listingCount?: number
  /** Half of a shopper's pauses between two pages are shorter. Default 3 s. */
  thinkMs?: number
  /** Pictures of a page that a shopper's browser asks for, as long as it has not seen them. Default 0. */
  picturesPerPage?: number
  /** Password of the seeded shops' accounts; without it no seller comes. */
  sellerPassword?: string | null
  /** Clients that read page after page on one connection each, all at one worker. Default 0. */
  crawlerCount?: number
  /** Half of a crawler's pauses are shorter. Default 250 ms. */
  crawlerPauseMs?: number
  /** When the first crawler comes, since the start. Default 0. */
  crawlersAfterMs?: number
}

/** One of ten sessions is a seller's, so that one of a hundred steps changes a listing. */
const SELLER_WEIGHT = 10

/** @throws InvalidOptionError with every fault */
export function createScenario(parameters: unknown): Scenario {
  const reader = new Reader(parameters ?? {}).object()
  const options = {
    listingCount: reader.at('listingCount').integer({ min: 1, max: 2 ** 31 - 1, fallback: 50_000 }),
    thinkMs: reader.at('thinkMs').number({ min: 0, max: 600 * SECOND_MS, fallback: 3 * SECOND_MS }),
    picturesPerPage: reader.at('picturesPerPage').integer({ min: 0, max: 100, fallback: 0 }),
  }
  const sellerPassword = reader.at('sellerPassword').stringOrNull({ maxLength: 200 })
  const crawlerCount = reader.at('crawlerCount').integer({ min: 0, max: 100, fallback: 0 })
  const pauseMs = reader.at('crawlerPauseMs').number({ min: 1, max: 600 * SECOND_MS, fallback: 250 })
  const startAfterMs = reader.at('crawlersAfterMs').number({ min: 0, fallback: 0 })
  const known: (keyof ShopVisitors)[] = [
    'listingCount',
    'thinkMs',
    'picturesPerPage',
    'sellerPassword',
    'crawlerCount',
    'crawlerPauseMs',
    'crawlersAfterMs',
  ]
  reader.onlyKeys(known).finish('Visitors')
  return {
    journeys: {
      shopper: { weight: 100 - SELLER_WEIGHT, run: (user) => shop(user, options) },
      seller: {
        weight: sellerPassword === null ? 0 : SELLER_WEIGHT,
        run: (user) => sell(user, { ...options, sellerPassword: sellerPassword ?? '' }),
      },
    },
    residents: { crawler: { count: crawlerCount, startAfterMs, run: createCrawlers({ pauseMs }) } },
  }
}
