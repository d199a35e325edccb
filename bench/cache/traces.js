import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createSeededRandom, nextBelow } from '@plimsoll/core'

/**
 * Requests in order as dense ids, the entry counts to replay them with, and hit ratios that others measured, by policy and
 * entry count, where they are known.
 * @typedef {{ name: string, ids: Uint32Array, entryCounts: number[], references: Record<string, Record<number, number>> }} Trace
 */

/**
 * Traces of a folder: gzipped `.ctr` files ("CTR1", three u32: requests, ids, flags; then an u32 id a request), and a table
 * `| trace | entries | lru | … | opt |` of reference hit ratios in its README.md, which says the entry counts too.
 * @returns {Trace[]}
 */
export function readTraces(folder) {
  const table = readTable(join(folder, 'README.md'))
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ctr.gz'))
    .map((file) => readTrace(join(folder, file), file.slice(0, -'.ctr.gz'.length), table))
    .filter(({ entryCounts }) => entryCounts.length > 0)
}

/** Traces of a folder that tell the size of each object: bit 0 of their flags is set, and an u32 an id follows the requests. */
export function readSizedTraces(folder) {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ctr.gz'))
    .map((file) => ({ name: file.slice(0, -'.ctr.gz'.length), ...decode(join(folder, file)) }))
    .filter(({ sizes }) => sizes !== null)
}

function decode(path) {
  const bytes = gunzipSync(readFileSync(path))
  const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  const [, requestCount, idCount, flags] = words
  const end = 4 + requestCount
  return { ids: words.subarray(4, end), sizes: flags & 1 ? words.subarray(end, end + idCount) : null }
}

function readTrace(path, name, table) {
  const { ids } = decode(path)
  const rows = table.filter((row) => row.trace === name)
  const references = {}
  for (const { entries, ...ratios } of rows.map(({ trace: _, ...row }) => row)) {
    for (const [policy, ratio] of Object.entries(ratios)) (references[policy] ??= {})[entries] = ratio
  }
  return { name, ids, entryCounts: rows.map(({ entries }) => entries), references }
}

function readTable(path) {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
  const cells = (line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  const start = lines.findIndex((line) => cells(line).includes('entries'))
  const names = cells(lines[start])
  return lines.slice(start + 2).map((line) => {
    const values = cells(line)
    return Object.fromEntries(names.map((name, at) => [name, name === 'trace' ? values[at] : Number(values[at])]))
  })
}

/**
 * Traces that anybody can make: what caches are hurt by, each alone and one after the other.
 * @returns {Trace[]}
 */
export function makeTraces(seed) {
  const random = createSeededRandom(seed)
  const entryCounts = [100, 500, 2000]
  const make = (name, requestCount, next) => ({
    name,
    ids: Uint32Array.from({ length: requestCount }, (_, at) => next(at)),
    entryCounts,
    references: {},
  })
  const zipf = createZipf(random, 20_000, 0.9)
  return [
    make('zipf', 300_000, zipf),
    make('drift', 300_000, (at) => (zipf() + Math.floor(at / 1000) * 40) % 1_000_000),
    make('loop', 200_000, (at) => at % 2500),
    make('scan', 300_000, (at) => (Math.floor(at / 10_000) % 3 === 2 ? 100_000 + at : zipf())),
    make('recent', 300_000, (at) => Math.max(0, at - Math.floor(-800 * Math.log(1 - random.next())))),
    make('phases', 400_000, (at) =>
      [zipf, () => 200_000 + (at % 1200), () => 300_000 + Math.max(0, at - nextBelow(random, 600))][
        Math.floor(at / 50_000) % 3
      ](),
    ),
  ]
}

/** A web cache's load: popularity is skewed, and sizes span four orders of magnitude, whatever is popular. */
export function makeSizedTrace(seed) {
  const random = createSeededRandom(seed)
  const zipf = createZipf(random, 30_000, 0.9)
  const sizes = Uint32Array.from({ length: 30_000 }, () => Math.ceil(100 * 10 ** (4 * random.next() ** 3)))
  return { name: 'sized zipf', ids: Uint32Array.from({ length: 300_000 }, zipf), sizes }
}

/** Ids below `count`, the n-th `n ** skew` times as rare as the first. */
export function createZipf(random, count, skew) {
  const cumulated = new Float64Array(count)
  let sum = 0
  for (let rank = 0; rank < count; rank++) cumulated[rank] = sum += 1 / (rank + 1) ** skew
  return () => {
    const target = random.next() * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (cumulated[middle] < target) low = middle + 1
      else high = middle
    }
    return low
  }
}
