import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findDominators } from './dominators.ts'
import { SnapshotFormatError } from './errors.ts'
import { edgeTypes, Edges, isIndexed, maxNodes } from './heap-snapshot.ts'
import { parseSnapshot } from './parse-snapshot.ts'
import { diffSnapshots } from './snapshot-diff.ts'
import { summarizeSnapshot } from './snapshot-summary.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-snapshot-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Writes a snapshot of a graph: node 0 is the root, every node weighs as told, all edges are properties of one name. */
function write(name: string, weights: readonly number[], edges: readonly [number, number][]): string {
  const nodes: number[] = []
  const written: number[] = []
  weights.forEach((weight, node) => {
    const own = edges.filter(([from]) => from === node)
    nodes.push(node === 0 ? 1 : 0, 0, node * 2 + 1, weight, own.length, 0)
    for (const [, to] of own) written.push(1, 1, to * 6)
  })
  const meta = {
    node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness'],
    node_types: [['object', 'synthetic'], 'string', 'number', 'number', 'number', 'number'],
    edge_fields: ['type', 'name_or_index', 'to_node'],
    edge_types: [['weak', 'property'], 'string_or_number', 'node'],
    location_fields: ['object_index', 'script_id', 'line', 'column'],
  }
  const file = join(folder, name)
  const snapshot = { meta, node_count: weights.length, edge_count: edges.length, trace_function_count: 0 }
  const rest = { trace_function_infos: [], trace_tree: [], samples: [], locations: [] }
  writeFileSync(
    file,
    JSON.stringify({ snapshot, nodes, edges: written, ...rest, strings: ['a "name"\\\n', 'näxt'] }, null, 1),
  )
  return file
}

/** By the book: what is no longer reached when a node is taken away, is retained by it. */
function retainedByTakingAway(weights: readonly number[], edges: readonly [number, number][]): number[] {
  const reach = (without: number): Set<number> => {
    const seen = new Set(without === 0 ? [] : [0])
    for (const node of seen) for (const [from, to] of edges) if (from === node && to !== without) seen.add(to)
    return seen
  }
  const all = reach(-1)
  return weights.map((_, node) => {
    const left = reach(node)
    return [...all].filter((other) => !left.has(other)).reduce((sum, other) => sum + weights[other]!, 0)
  })
}

test('retained sizes are what taking a node away would free, in any graph', () => {
  const graph = fc.integer({ min: 1, max: 12 }).chain((count) => {
    const node = fc.nat(count - 1)
    return fc.tuple(
      fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: count, maxLength: count }),
      fc.array(fc.tuple(node, node), { maxLength: 40 }),
    )
  })
  fc.assert(
    fc.property(graph, ([weights, edges]) => {
      const { retainedBytes } = findDominators(parseSnapshot(write('any.heapsnapshot', weights, edges)))
      const expected = retainedByTakingAway(weights, edges)
      const reached = expected.map((bytes, node) => [node, bytes]).filter(([node]) => isReached(node!, edges))
      // What nothing holds counts as the root's; all else is by the book.
      for (const [node, bytes] of reached.slice(1)) expect(retainedBytes[node!]).toBe(bytes)
      expect(retainedBytes[0]).toBe(weights.reduce((sum, weight) => sum + weight, 0))
    }),
    { numRuns: 150 },
  )
})

function isReached(node: number, edges: readonly [number, number][]): boolean {
  const seen = new Set([0])
  for (const at of seen) for (const [from, to] of edges) if (from === at) seen.add(to)
  return seen.has(node)
}

test('an object of more than 4 GB keeps its size', () => {
  const { retainedBytes } = findDominators(
    parseSnapshot(
      write(
        'large',
        [0, 5 * 2 ** 32, 2 ** 32 - 1],
        [
          [0, 1],
          [1, 2],
        ],
      ),
    ),
  )
  expect(retainedBytes[1]).toBe(5 * 2 ** 32 + 2 ** 32 - 1)
})

test('an edge keeps its type, its target and its name, however large they are', () => {
  const edge = fc.record({
    type: fc.nat(edgeTypes.length - 1),
    target: fc.oneof(fc.nat(100), fc.integer({ min: 0, max: maxNodes - 1 })),
    name: fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  })
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 20 }), (list) => {
      const edges = new Edges(list.length)
      list.forEach(({ type, target, name }, index) => edges.set(index, type, target, name))
      const kept = list.map((_, index) => ({
        type: edges.type(index),
        target: edges.target(index),
        name: edges.name(index),
      }))
      expect(kept).toEqual(list.map((each) => (isIndexed(each.type) ? { ...each, name: 0 } : each)))
    }),
  )
})

test('names are unescaped', () => {
  const { strings } = parseSnapshot(write('names', [1, 1], [[0, 1]]))
  expect([strings.get(0), strings.get(1)]).toEqual(['a "name"\\\n', 'näxt'])
})

/** A program that leaks in the ways programs leak, and writes a snapshot before and after. */
const program = `
const { writeHeapSnapshot } = require('node:v8')
const { EventEmitter } = require('node:events')
class Session { constructor(i) { this.user = { name: 'user ' + i }; this.secret = 'hunter2-' + i } }
const pageCache = new Map()
const shop = { sessions: [], byName: {} }
const bus = new EventEmitter().setMaxListeners(0)
const settings = { limit: 3, healthy: new Map([['a', 1]]) }
let head = null
let upload = Buffer.alloc(10)
function serve(i) {
  pageCache.set('/p/' + i, { html: ('<p>' + i).repeat(5) })
  shop.sessions.push(new Session(i))
  shop.byName['n' + i] = [i]
  bus.on('change', function onChange() { return i })
  head = { next: head, value: { i } }
}
for (let i = 0; i < 500; i++) serve(i)
setTimeout(() => {
  writeHeapSnapshot('before.heapsnapshot')
  for (let i = 500; i < 5000; i++) serve(i)
  upload = Buffer.alloc(2e6)
  setTimeout(() => { writeHeapSnapshot('after.heapsnapshot'); process.exit(serve.length + upload.length + settings.limit > 9 ? 0 : 1) }, 50)
}, 50)
`

test('the diff names every variable that gathers, and nothing that does not', { timeout: 110_000 }, () => {
  writeFileSync(join(folder, 'app.cjs'), program)
  execFileSync(process.execPath, ['app.cjs'], { cwd: folder })
  const { growers, before, after } = diffSnapshots(
    join(folder, 'before.heapsnapshot'),
    join(folder, 'after.heapsnapshot'),
  )
  const app = join(folder, 'app.cjs')
  expect(new Set(growers.map(({ variable }) => variable))).toEqual(
    new Set(
      ['pageCache', 'shop.sessions', 'shop.byName', 'bus._events.change', 'head', 'upload'].map(
        (name) => `${name} in ${app}`,
      ),
    ),
  )
  const cache = growers.find(({ variable }) => variable!.startsWith('pageCache'))!
  expect(cache).toMatchObject({
    what: 'Map',
    gathered: expect.arrayContaining([expect.objectContaining({ what: 'Object {html}', count: 4500 })]),
  })
  expect(cache.retainedBytesAfter).toBeGreaterThan(5 * cache.retainedBytesBefore)
  const listeners = growers.find(({ variable }) => variable!.startsWith('bus'))!
  expect(listeners.gathered[0]!.what).toBe(`onChange() at ${app}:15`)
  const grown = growers.reduce((sum, { grownBytes }) => sum + grownBytes, 0)
  expect(grown / (after.totalBytes - before.totalBytes)).toBeGreaterThan(0.9)
})

test('the summary tells holders by their names, and never what is in users’ texts', () => {
  const summary = summarizeSnapshot(join(folder, 'after.heapsnapshot'))
  const variables = summary.holders.map(({ variable }) => variable?.split(' in ')[0])
  expect(variables).toEqual(expect.arrayContaining(['pageCache', 'shop.sessions', 'shop.byName', 'upload']))
  expect(summary.kinds.find(({ name }) => name === 'Session')).toMatchObject({ count: 5000 })
  expect(JSON.stringify(summary)).not.toContain('hunter2')
})

test(
  'a file cut anywhere, or with any byte changed, is told in words or read, never worse',
  { timeout: 120_000 },
  () => {
    const whole = readFileSync(
      write(
        'whole',
        [1, 2, 3, 4],
        [
          [0, 1],
          [1, 2],
          [0, 3],
        ],
      ),
    )
    const file = join(folder, 'broken')
    for (let length = 0; length < whole.length - 2; length++) {
      writeFileSync(file, whole.subarray(0, length))
      expect(() => parseSnapshot(file), `cut at ${length}`).toThrow(SnapshotFormatError)
    }
    for (let at = 0; at < whole.length; at += 3) {
      for (const byte of [0x30, 0x39, 0x2c, 0x5d, 0x22]) {
        const changed = Buffer.from(whole)
        changed[at] = byte
        writeFileSync(file, changed)
        try {
          findDominators(parseSnapshot(file))
        } catch (error) {
          expect(error, `byte ${at} as ${byte}`).toBeInstanceOf(SnapshotFormatError)
        }
      }
    }
  },
)

test.each([
  ['', /no heap snapshot/],
  ['[]', /no heap snapshot/],
  ['{"a":1}', /has no "snapshot"/],
  ['{"snapshot":{"node_count":1e9}}', /not one of V8’s/],
])('%j is no snapshot, and the message says so', (text, message) => {
  const file = join(folder, 'other')
  writeFileSync(file, text)
  expect(() => parseSnapshot(file)).toThrow(message)
})

test('a missing file and a folder are told as such', () => {
  expect(() => parseSnapshot(join(folder, 'missing'))).toThrow(/ENOENT/)
  expect(() => parseSnapshot(folder)).toThrow(/folder/)
})
