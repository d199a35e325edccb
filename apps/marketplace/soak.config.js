// The shop under its own shoppers: `npm run soak`. SHOP_LEAK names a leak to start it with.
import { createScenario } from './dist/journey/index.js'

const leak = process.env.SHOP_LEAK ? ` --leak ${process.env.SHOP_LEAK}` : ''
const listingCount = 5000

export default {
  // One worker: what stays is judged per process, and one fills in a third of the time.
  start: `exec node apps/marketplace/dist/main.js --workers 1 --listings ${listingCount} --data .data/soak${leak}`,
  ready: '/health/ready',
  readyWithin: '90s',
  // Sessions of about eight pages. Shoppers who think for 0.1 s ask in a minute what others ask in half an hour.
  ratePerSec: 25,
  cap: '4m',
  journeys: createScenario({ listingCount, thinkMs: 100, picturesPerPage: 1 }).journeys,
}
