/**
 * What weighing a value costs beside JSON.stringify of the same value: the least of several runs.
 *   node bench/cache/weigh.js
 */
import { createCache } from '@plimsoll/cache'

const text = (length, n) => Buffer.from(`${n}-`.padEnd(length, 'abcdefghijklmnopqrstuvwxyz')).toString('latin1')
const kinds = {
  'small session': (n) => ({ userId: n, token: text(24, n), expiresAtMs: 1.7e12 + n }),
  listing: (n) => ({
    id: n,
    title: text(40, n),
    price: n + 0.99,
    seller: { id: n, name: text(14, n), rating: 4.5 },
    tags: [text(6, n), text(7, n)],
    description: text(300, n),
  }),
  '5 kB of HTML': (n) => text(5000, n),
  'array of 200 ids': (n) => Array.from({ length: 200 }, (_, at) => n + at),
  'Buffer of 1 kB': () => Buffer.alloc(1000),
}
const COUNT = 2000

for (const [name, make] of Object.entries(kinds)) {
  let setNs = Infinity
  let bareNs = Infinity
  let jsonNs = Infinity
  for (let run = 0; run < 30; run++) {
    const values = Array.from({ length: COUNT }, (_, n) => make(n))
    setNs = Math.min(setNs, time(values, {}))
    bareNs = Math.min(bareNs, time(values, { bytes: 100 }))
    jsonNs = Math.min(jsonNs, timeJson(values))
  }
  // The bare cost of a set, without weighing, is taken off.
  const weighNs = setNs - bareNs
  const ratio = (weighNs / jsonNs).toFixed(2)
  process.stdout.write(
    `${name.padEnd(18)}weighing ${weighNs.toFixed(0).padStart(6)} ns   JSON.stringify ${jsonNs.toFixed(0).padStart(6)} ns   ratio ${ratio}\n`,
  )
}

function time(values, options) {
  const cache = createCache({ maxBytes: 2 ** 30 })
  const start = process.hrtime.bigint()
  for (let n = 0; n < COUNT; n++) cache.set(n, values[n], options)
  const ns = Number(process.hrtime.bigint() - start) / COUNT
  cache.close()
  return ns
}

function timeJson(values) {
  let length = 0
  const start = process.hrtime.bigint()
  for (const value of values) length += JSON.stringify(value).length
  const ns = Number(process.hrtime.bigint() - start) / COUNT
  return length > 0 ? ns : NaN
}
