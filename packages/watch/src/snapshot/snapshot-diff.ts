import { ColumnPool } from './column-pool.ts'
import { Guide } from './describe-path.ts'
import { findDominators } from './dominators.ts'
import type { HeapSnapshot } from './heap-snapshot.ts'
import { countKinds, type Kind } from './kinds.ts'
import { parseSnapshot } from './parse-snapshot.ts'
import { findRetainingPaths, type RetainingPaths } from './retaining-paths.ts'
import { growShapeTree, type ShapeTree } from './shape-tree.ts'
import { isInnerPart, type Held } from './snapshot-summary.ts'

/** What holds more than before, and what it has gathered. */
export interface Grower {
  /** The same for the same holder in any pair of snapshots of the program. */
  signature: string
  variable: string | null
  what: string
  /** The holder's own, before and after; of the largest when there are several alike. */
  retainedBytesBefore: number
  retainedBytesAfter: number
  /** What came to be held below it. */
  grownBytes: number
  /** Of all that grew; above 1 when other things shrank. */
  share: number
  /** What there is more of, largest first. */
  gathered: Held[]
  path: string[]
}

export interface SnapshotDiff {
  before: { totalBytes: number; objectCount: number }
  after: { totalBytes: number; objectCount: number }
  growers: Grower[]
  /** Classes by how much more they hold themselves. */
  kinds: { name: string; countBefore: number; countAfter: number; grownBytes: number }[]
}

const maxGrowers = 10
const maxKinds = 10
const maxGathered = 3
/** Below this, what differs is the work of the moment: compiled code, a request under way. */
const minGrownBytes = 64 * 1024
const minGrownShare = 0.01
/** A holder is one that stays while what it holds becomes more, so many times more at least. */
const minFanOut = 4
const minGrownCount = 10

/**
 * Compares two snapshots of one program, of the same process or not. Holders are told apart by how they are held and not by object
 * numbers, so a worker's last snapshot can be compared with that of a young one.
 * @throws `SnapshotFormatError` when one of the files is no whole snapshot
 */
export function diffSnapshots(pathBefore: string, pathAfter: string): SnapshotDiff {
  // One after the other: only what is compared of the first is kept while the second is read.
  const { tree: treeBefore, kinds: kindsBefore, totalBytes, objectCount } = digest(pathBefore)
  const after = digest(pathAfter)
  return {
    before: { totalBytes, objectCount },
    after: { totalBytes: after.totalBytes, objectCount: after.objectCount },
    growers: findGrowers(treeBefore, after),
    kinds: compareKinds(kindsBefore, after.kinds),
  }
}

interface Digest {
  snapshot: HeapSnapshot
  paths: RetainingPaths
  guide: Guide
  tree: ShapeTree
  kinds: Kind[]
  totalBytes: number
  objectCount: number
}

function digest(path: string): Digest {
  const snapshot = parseSnapshot(path)
  const pool = new ColumnPool()
  const { dominator, order, retainedBytes } = findDominators(snapshot, pool)
  pool.give(dominator, order)
  const paths = findRetainingPaths(snapshot, pool, { withOrder: true })
  const guide = new Guide(snapshot, paths)
  const tree = growShapeTree(snapshot, paths, retainedBytes, guide)
  const { kinds } = countKinds(snapshot)
  return { snapshot, paths, guide, tree, kinds, totalBytes: retainedBytes[0]!, objectCount: snapshot.nodeCount }
}

function findGrowers(before: ShapeTree, { tree: after, snapshot, paths, guide }: Digest): Grower[] {
  const grown = (column: 'nodeCount' | 'selfBytes' | 'totalBytes', branch: number): number => {
    const then = before.indexOf(after.key[branch]!)
    return after[column][branch]! - (then === undefined ? 0 : before[column][then]!)
  }
  const totalGrown = grown('totalBytes', 0)
  const minBytes = Math.max(minGrownBytes, minGrownShare * Math.max(0, totalGrown))
  const isCounted = new Uint8Array(after.count)
  const byHolder = new Map<number, { branch: number; bytes: number; count: number }[]>()
  for (let branch = 1; branch < after.count; branch++) {
    const parent = after.parent[branch]!
    isCounted[branch] = isCounted[parent]!
    if (isCounted[branch]) continue
    const bytes = grown('totalBytes', branch)
    if (bytes < minBytes) continue
    const count = grown('nodeCount', branch)
    const isGathered = count >= minGrownCount && count >= minFanOut * grown('nodeCount', parent)
    // One thing that became larger itself: a table, a long text, a buffer.
    const isSwollen = !isGathered && grown('selfBytes', branch) >= minBytes
    if (!isGathered && !isSwollen) continue
    isCounted[branch] = isGathered ? 1 : 0
    const holder = holderOf(isGathered ? parent : branch)
    const parts = byHolder.get(holder) ?? []
    parts.push({ branch, bytes: isGathered ? bytes : grown('selfBytes', branch), count })
    byHolder.set(holder, parts)
  }
  return [...byHolder]
    .map(([holder, parts]) => {
      const node = after.example[holder]!
      const then = before.indexOf(after.key[holder]!)
      const grownBytes = parts.reduce((sum, { bytes }) => sum + bytes, 0)
      return {
        signature: after.key[holder]!.toString(36),
        variable: guide.variable(node),
        what: guide.what(node),
        retainedBytesBefore: then === undefined ? 0 : before.exampleBytes[then]!,
        retainedBytesAfter: after.exampleBytes[holder]!,
        grownBytes,
        share: totalGrown > 0 ? grownBytes / totalGrown : 1,
        gathered: parts
          .map(({ branch, bytes, count }) => ({ what: guide.what(after.example[branch]!), count, bytes }))
          .sort((left, right) => right.bytes - left.bytes)
          .slice(0, maxGathered),
        path: guide.path(node),
      }
    })
    .sort((left, right) => right.grownBytes - left.grownBytes)
    .slice(0, maxGrowers)

  /** The Map of a table, the array of its elements: what people know. */
  function holderOf(branch: number): number {
    let at = branch
    while (after.parent[at] !== 0 && isInnerPart(snapshot, after.example[at]!, paths.edge[after.example[at]!]!)) {
      at = after.parent[at]!
    }
    return at
  }
}

function compareKinds(before: readonly Kind[], after: readonly Kind[]): SnapshotDiff['kinds'] {
  const then = new Map(before.map((kind) => [kind.name, kind]))
  return after
    .map(({ name, count, selfBytes }) => ({
      name,
      countBefore: then.get(name)?.count ?? 0,
      countAfter: count,
      grownBytes: selfBytes - (then.get(name)?.selfBytes ?? 0),
    }))
    .filter(({ grownBytes }) => grownBytes >= 1024)
    .sort((left, right) => right.grownBytes - left.grownBytes)
    .slice(0, maxKinds)
}
