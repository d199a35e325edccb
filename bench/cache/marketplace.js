/**
 * What do the marketplace's own caches gain beside lru-cache with the same configured bytes? Hit ratio, CPU a page, and memory
 * beside what was configured, for fragments of pages, search results and sessions: the shop's seeded listings, their popularity,
 * visitors who look at some pages each, and a crawler that walks through all listings. lru-cache counts bytes as its
 * documentation shows: the length of a string, or of an object as JSON, and so holds more than it is told to; it runs once more
 * with every budget cut until it really holds what was configured. Each in a process of its own, in turns, same seed.
 *   node bench/cache/marketplace.js [--pages 300000] [--listings 50000] [--runs 3] [--seed 1]
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'
import { createSeededRandom, nextBelow } from '@plimsoll/core'
import { LRUCache } from 'lru-cache'
import { generateListings, generateShops } from '../../apps/marketplace/dist/seed/generate.js'
import { createZipf } from './traces.js'

const { values: options } = parseArgs({
  options: {
    pages: { type: 'string', default: '300000' },
    listings: { type: 'string', default: '50000' },
    runs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    subject: { type: 'string' },
    share: { type: 'string', default: '1' },
  },
})
const MiB = 2 ** 20
const CUT = 'lru-cache, cut'
/** As the shop configures them. */
const budgets = { fragments: 8 * MiB, searches: 8 * MiB, sessions: MiB }
const byJson = (value) => (typeof value === 'string' ? value.length : JSON.stringify(value).length)
const makers = {
  plimsoll: (maxBytes) => createCache({ maxBytes }),
  'lru-cache': (maxBytes) => new LRUCache({ maxSize: maxBytes, sizeCalculation: byJson }),
  [CUT]: (maxBytes) => makers['lru-cache'](Math.floor(Number(options.share) * maxBytes)),
}

if (options.subject) process.stdout.write(JSON.stringify(run(makers[options.subject])))
else compare()

function compare() {
  const names = Object.keys(makers)
  let share = 1
  const results = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < Number(options.runs); round++) {
    for (const name of names) {
      const args = ['--expose-gc', fileURLToPath(import.meta.url), ...process.argv.slice(2), '--subject', name]
      if (name === CUT) args.push('--share', String(share))
      const { status, stdout } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      if (status !== 0) throw new Error(`${name} ended with ${status}`)
      const result = JSON.parse(stdout)
      results[name].push(result)
      if (name === 'lru-cache') share = result.maxBytes / result.mostBytes
    }
  }
  for (const [name, list] of Object.entries(results)) {
    const pageUs = list.map((result) => result.pageUs).toSorted((a, b) => a - b)
    const shares = Object.entries(list[0].hitShares).map(([cache, share]) => `${cache} ${(100 * share).toFixed(1)} %`)
    const memory = `memory ${(list[0].mostBytes / MiB).toFixed(1)} of ${(list[0].maxBytes / MiB).toFixed(0)} MiB`
    const spread = `${pageUs[0].toFixed(1)}–${pageUs.at(-1).toFixed(1)}`
    process.stdout.write(
      `${name.padEnd(15)} hits: ${shares.join(', ')}; ${pageUs[pageUs.length >> 1].toFixed(1)} µs of CPU a page (${spread}); ${memory}\n`,
    )
  }
}

function run(create) {
  const random = createSeededRandom(Number(options.seed))
  const shops = generateShops(random)
  // As the database's driver gets them: text, of which each load makes objects of its own.
  const rows = Array.from(generateListings(random, shops, Number(options.listings)), (row) => JSON.stringify(row))
  const nextListing = createListingDraw(random, rows)
  const nextQuery = createZipf(random, 20_000, 0.8)
  const visitors = []
  const beforeBytes = heldBytes()
  const caches = Object.fromEntries(Object.entries(budgets).map(([name, maxBytes]) => [name, create(maxBytes)]))
  const hits = { fragments: 0, searches: 0, sessions: 0 }
  const asks = { fragments: 0, searches: 0, sessions: 0 }
  const read = (name, key, load) => {
    asks[name]++
    const known = caches[name].get(key)
    if (known !== undefined) {
      hits[name]++
      return known
    }
    const value = load()
    caches[name].set(key, value)
    return value
  }
  const pageCount = Number(options.pages)
  let crawled = 0
  let mostBytes = 0
  let cpuUs = 0
  for (let tenth = 0; tenth < 10; tenth++) {
    const start = process.cpuUsage()
    for (let page = 0; page < pageCount / 10; page++) {
      if (nextBelow(random, 10) === 0) {
        // A crawler has no session, and asks for everything once.
        const id = crawled++ % rows.length
        read('fragments', `product:${id}`, () => renderFragment(rows[id]))
        continue
      }
      const token = nextVisitor(random, visitors)
      read('sessions', token, () => sessionOf(token))
      if (nextBelow(random, 3) > 0) {
        const id = nextListing()
        read('fragments', `product:${id}`, () => renderFragment(rows[id]))
      } else {
        const query = nextQuery()
        read('searches', JSON.stringify({ text: `q${query}`, sort: 'relevance', page: 1 }), () => search(rows, query))
      }
    }
    const { user, system } = process.cpuUsage(start)
    cpuUs += user + system
    mostBytes = Math.max(mostBytes, heldBytes() - beforeBytes)
  }
  const hitShares = Object.fromEntries(Object.keys(hits).map((name) => [name, hits[name] / asks[name]]))
  const maxBytes = Object.values(budgets).reduce((sum, bytes) => sum + bytes, 0)
  return { hitShares, pageUs: cpuUs / pageCount, mostBytes, maxBytes }
}

/** Listings by their popularity. */
function createListingDraw(random, rows) {
  const ids = rows.map((_, id) => id)
  const popularity = rows.map((row) => JSON.parse(row).popularity)
  ids.sort((a, b) => popularity[b] - popularity[a])
  const draw = createZipf(random, ids.length, 0.9)
  return () => ids[draw()]
}

/** Some hundred visitors are here at a time, each for some pages. */
function nextVisitor(random, visitors) {
  if (visitors.length < 400) visitors.push(createHash('sha256').update(`${random.next()}`).digest('base64url'))
  const at = nextBelow(random, visitors.length)
  const token = visitors[at]
  if (nextBelow(random, 8) === 0) visitors.splice(at, 1)
  return token
}

function sessionOf(token) {
  return {
    account: {
      id: token.charCodeAt(0),
      name: `visitor ${token.slice(0, 6)}`,
      email: `${token.slice(0, 8)}@shop.example`,
    },
    csrfToken: createHash('sha256').update(`csrf ${token}`).digest('base64url'),
    sessionHash: createHash('sha256').update(token).digest(),
  }
}

function renderFragment(row) {
  const listing = JSON.parse(row)
  const facts = ['material', 'condition', 'stock', 'created_at'].map(
    (name) => `<dt>${name}</dt><dd>${listing[name]}</dd>`,
  )
  return (
    `<article data-id="${listing.id}"><h1>${listing.title}</h1><p class="price">${(listing.price_cents / 100).toFixed(2)} €</p>` +
    `<p>${listing.description}</p><dl>${facts.join('')}</dl></article>`
  )
}

function search(rows, query) {
  const items = Array.from({ length: 24 }, (_, at) => {
    const {
      id,
      title,
      price_cents: priceCents,
      stock,
      condition,
    } = JSON.parse(rows[(query * 7919 + at * 104_729) % rows.length])
    return { id, title, priceCents, stock, condition }
  })
  return { items, totalCount: 24 + query, pageCount: 1 + (query >> 4), inStockCount: query }
}

function heldBytes() {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
