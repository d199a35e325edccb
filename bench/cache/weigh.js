/**
 * What weighing a value costs beside JSON.stringify of the same value: a `set` that weighs less one that is told the bytes.
 * CPU time, so that a busy machine counts less; median of interleaved runs, and the least and the most ratio of a run.
 *   node bench/cache/weigh.js [--runs 15] [--kind TEXT]
 */
import { parseArgs } from 'node:util'
import { createCache } from '@plimsoll/cache'

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '15' }, kind: { type: 'string', default: '' } },
})
const text = (length, n) => Buffer.from(`${n}-`.padEnd(length, 'abcdefghijklmnopqrstuvwxyz')).toString('latin1')
const wide = (length, n) => `${n}-`.padEnd(length, 'ценник ')
const kinds = {
  'small session': (n) => ({ userId: n, token: text(24, n), expiresAtMs: 1.7e12 + n }),
  'row of six': (n) => ({ id: n, sku: text(10, n), name: text(18, n), price: n + 0.5, stock: 3, isSold: false }),
  listing: (n) => ({
    id: n,
    title: text(40, n),
    price: n + 0.99,
    seller: { id: n, name: text(14, n), rating: 4.5 },
    tags: [text(6, n), text(7, n)],
    description: text(300, n),
  }),
  'listing, two bytes a character': (n) => ({
    id: n,
    title: wide(40, n),
    tags: [wide(6, n)],
    description: wide(300, n),
  }),
  '20 search results': (n) => ({
    total: n,
    hits: Array.from({ length: 20 }, (_, at) => ({ id: n + at, title: text(30, at), price: at + 0.5 })),
  }),
  'string of 12 characters': (n) => text(12, n),
  'string of 16 characters': (n) => text(16, n),
  '5 kB of HTML': (n) => text(5000, n),
  'array of 200 ids': (n) => Array.from({ length: 200 }, (_, at) => n + at),
  'array of 200 fractions': (n) => Array.from({ length: 200 }, (_, at) => n + at + 0.5),
  'array of 50 strings': (n) => Array.from({ length: 50 }, (_, at) => text(16, n + at)),
  'object of 100 names': (n) => Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`name-${at}`, n + at])),
  Date: (n) => new Date(n),
  'Buffer of 1 kB': () => Buffer.alloc(1000),
}
const COUNT = 1000

for (const [name, make] of Object.entries(kinds)) {
  if (!name.includes(options.kind)) continue
  const runs = []
  for (let run = 0; run <= Number(options.runs); run++) {
    // Values of its own for each of the three, so that nobody finds them settled, flattened or in the processor's cache.
    const [weighed, told, written] = [0, 1, 2].map((part) =>
      Array.from({ length: COUNT }, (_, n) => make(3 * n + part)),
    )
    const order = [
      (ns) => (ns.set = timeSet(weighed, {})),
      (ns) => (ns.bare = timeSet(told, { bytes: 100 })),
      (ns) => (ns.json = timeJson(written)),
    ]
    const ns = {}
    for (const act of run % 2 ? order : order.toReversed()) act(ns)
    // The first is for the compiler.
    if (run > 0) runs.push(ns)
  }
  const ratio = ({ set, bare, json }) => (set - bare) / json
  const middle = { set: median(runs, 'set'), bare: median(runs, 'bare'), json: median(runs, 'json') }
  const ratios = runs.map(ratio).toSorted((a, b) => a - b)
  const spread = `${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)}`
  process.stdout.write(
    `${name.padEnd(32)}weighing ${(middle.set - middle.bare).toFixed(0).padStart(6)} ns of CPU   JSON.stringify ` +
      `${middle.json.toFixed(0).padStart(6)}   ratio ${ratio(middle).toFixed(2)} (${spread})\n`,
  )
}

function timeSet(values, options) {
  const cache = createCache({ maxBytes: 2 ** 30 })
  for (let n = 0; n < COUNT; n++) cache.set(n, null, options)
  const ns = time(() => {
    for (let n = 0; n < COUNT; n++) cache.set(n, values[n], options)
  })
  cache.close()
  return ns
}

function timeJson(values) {
  let length = 0
  const ns = time(() => {
    for (const value of values) length += JSON.stringify(value)?.length ?? 0
  })
  return length > 0 ? ns : NaN
}

function time(act) {
  const start = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(start)
  return (1000 * (user + system)) / COUNT
}

function median(runs, name) {
  return runs.map((run) => run[name]).toSorted((a, b) => a - b)[runs.length >> 1]
}
