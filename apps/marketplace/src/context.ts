import type { Clock, Random } from '@plimsoll/core'
import type { Catalogue } from './cache/catalogue.ts'
import type { PageCache } from './cache/page-cache.ts'
import type { Checkout } from './checkout/checkout.ts'
import type { Log } from './log.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Store } from './store/store.ts'
import type { Visits } from './visit.ts'

/** What a route gets. Built once per worker; `createApp(context)` makes the server of it. */
export interface ShopContext {
  store: Store
  catalogue: Catalogue
  pages: PageCache
  visits: Visits
  checkout: Checkout
  rateLimit: RateLimit
  /** `web-2`: the header X-Served-By and the foot of the order page. */
  workerName: string
  /** Version of the shop, as given by `--version`; null when not given. */
  version: string | null
  /** False while starting or draining: `/health/ready` answers 503. */
  isReady(): boolean
  isProduction: boolean
  clock: Clock
  random: Random
  log: Log
}
