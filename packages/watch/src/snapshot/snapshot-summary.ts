import { ColumnPool } from './column-pool.ts'
import { Guide } from './describe-path.ts'
import { findDominators, type Dominators } from './dominators.ts'
import { hiddenEdge, internalEdge, nodeTypes, propertyEdge, type HeapSnapshot } from './heap-snapshot.ts'
import { countKinds, retainedByKind, type Kind } from './kinds.ts'
import { parseSnapshot } from './parse-snapshot.ts'
import { findRetainingPaths, none, type RetainingPaths } from './retaining-paths.ts'

/** Something that holds much: a collection, an object, a variable. */
export interface Holder {
  /** `pageCache in /app/pages.js`; null when no name of the program's leads to it. */
  variable: string | null
  /** `Map`, `Session`, `Object {html, at}`. */
  what: string
  /** What would go with it. */
  retainedBytes: number
  /** Of all that is in the snapshot. */
  share: number
  /** What it holds directly, largest first. */
  holds: Held[]
  /** The way from the root, in words. */
  path: string[]
}

export interface Held {
  what: string
  count: number
  bytes: number
}

export interface SnapshotSummary {
  totalBytes: number
  objectCount: number
  holders: Holder[]
  kinds: (Kind & { retainedBytes: number })[]
}

const maxHolders = 10
const maxKinds = 15
const maxHeld = 3
/** Whatever passes most of it on is only on the way to where it gathers. */
const minGatheredShare = 0.3
/** A holder is worth a line from this share of the heap on. */
const minShare = 0.005

/** @throws `SnapshotFormatError` when the file is no whole snapshot */
export function summarizeSnapshot(path: string): SnapshotSummary {
  const snapshot = parseSnapshot(path)
  const pool = new ColumnPool()
  const dominators = findDominators(snapshot, pool)
  const { kinds, kindOf } = countKinds(snapshot, pool)
  const retained = retainedByKind(kindOf, kinds.length, dominators.dominator, dominators.retainedBytes, pool)
  pool.give(kindOf, dominators.order)
  // Last, when the walk over the kinds has given its memory back.
  const paths = findRetainingPaths(snapshot, pool)
  return {
    totalBytes: dominators.retainedBytes[0]!,
    objectCount: snapshot.nodeCount,
    holders: findHolders(snapshot, dominators, paths),
    kinds: kinds
      .map((kind, index) => ({ ...kind, retainedBytes: retained[index]! }))
      .sort((left, right) => right.selfBytes - left.selfBytes)
      .slice(0, maxKinds),
  }
}

/**
 * Where the bytes gather: a node that retains much and passes little of it on to any single large one below. A Map and the table
 * inside it retain the same; the bytes gather in the table, and the Map is what people know, so it is the one that is told.
 */
function findHolders(
  snapshot: HeapSnapshot,
  { dominator, retainedBytes }: Pick<Dominators, 'dominator' | 'retainedBytes'>,
  paths: RetainingPaths,
): Holder[] {
  const totalBytes = retainedBytes[0]!
  const minBytes = minShare * totalBytes
  const gathered = new Map<number, number>()
  for (let node = 1; node < snapshot.nodeCount; node++) {
    const bytes = retainedBytes[node]!
    if (bytes < minBytes) continue
    gathered.set(node, (gathered.get(node) ?? 0) + bytes)
    const above = dominator[node]!
    if (above !== 0) gathered.set(above, (gathered.get(above) ?? 0) - bytes)
  }
  foldLists(snapshot, paths, dominator, retainedBytes, gathered)
  const guide = new Guide(snapshot, paths)
  const points = new Map<number, number>()
  for (const [point, bytes] of [...gathered].sort(([, left], [, right]) => right - left)) {
    if (bytes < Math.max(minBytes, minGatheredShare * retainedBytes[point]!) || points.size === maxHolders) continue
    const owner = knownOwner(snapshot, paths, point)
    if (!points.has(owner) && !isScaffold(snapshot, owner)) points.set(owner, point)
  }
  const held = listHeld(snapshot, [...points.values()], dominator, retainedBytes, guide)
  return [...points].map(([owner, point]) => {
    const bytes = Math.max(retainedBytes[owner]!, retainedBytes[point]!)
    return {
      variable: guide.variable(owner),
      what: guide.what(owner),
      retainedBytes: bytes,
      share: bytes / totalBytes,
      holds: held.get(point)!,
      path: guide.path(owner),
    }
  })
}

/** A list passes everything on to its next element, so that it would gather at its far end: it is counted where it begins. */
function foldLists(
  { nodeType, nodeName, edges }: HeapSnapshot,
  paths: RetainingPaths,
  dominator: Uint32Array,
  retainedBytes: Float64Array,
  gathered: Map<number, number>,
): void {
  // From the far end: who is dominated retains less.
  const nodes = [...gathered.keys()].sort((left, right) => retainedBytes[left]! - retainedBytes[right]!)
  for (const node of nodes) {
    const bytes = gathered.get(node)!
    const above = dominator[node]!
    if (paths.parent[node] !== above || !gathered.has(above)) continue
    const [edge, edgeAbove] = [paths.edge[node]!, paths.edge[above]!]
    const isSame = nodeType[node] === nodeType[above] && nodeName[node] === nodeName[above]
    if (!isSame || edgeAbove === none || edges.type(edge) !== propertyEdge) continue
    if (edges.type(edgeAbove) === propertyEdge && edges.name(edge) !== edges.name(edgeAbove)) continue
    gathered.set(above, gathered.get(above)! + bytes)
    gathered.delete(node)
  }
}

/** The object that a part inside V8 belongs to: the Map of a table, the array of its elements. */
export function knownOwner(snapshot: HeapSnapshot, paths: RetainingPaths, node: number): number {
  let at = node
  while (paths.edge[at] !== none && isInnerPart(snapshot, at, paths.edge[at]!)) at = paths.parent[at]!
  return at
}

/** A part that no program knows of, held by a name that no program gave: a table, a backing store. */
export function isInnerPart(snapshot: HeapSnapshot, node: number, edge: number): boolean {
  const type = snapshot.edges.type(edge)
  return (type === internalEdge || type === hiddenEdge) && innerTypes[snapshot.nodeType[node]!]!
}

const innerTypes = nodeTypes.map((type) => ['array', 'hidden', 'native', 'code', 'object shape'].includes(type))

/** V8's roots and tables hold much and explain nothing. */
function isScaffold(snapshot: HeapSnapshot, node: number): boolean {
  const type = nodeTypes[snapshot.nodeType[node]!]!
  return ['synthetic', 'array', 'hidden', 'code', 'object shape'].includes(type)
}

function listHeld(
  snapshot: HeapSnapshot,
  points: readonly number[],
  dominator: Uint32Array,
  retainedBytes: Float64Array,
  guide: Guide,
): Map<number, Held[]> {
  const byPoint = new Map(points.map((point) => [point, new Map<string, Held>()]))
  for (let node = 1; node < snapshot.nodeCount; node++) {
    const held = byPoint.get(dominator[node]!)
    if (!held) continue
    const what = guide.what(node)
    const known = held.get(what)
    if (known) {
      known.count++
      known.bytes += retainedBytes[node]!
    } else held.set(what, { what, count: 1, bytes: retainedBytes[node]! })
  }
  return new Map(
    [...byPoint].map(([point, held]) => [
      point,
      [...held.values()].sort((left, right) => right.bytes - left.bytes).slice(0, maxHeld),
    ]),
  )
}
