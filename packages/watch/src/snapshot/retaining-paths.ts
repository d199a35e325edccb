import { ColumnPool } from './column-pool.ts'
import {
  contextEdge,
  elementEdge,
  internalEdge,
  nameOf,
  nodeTypes,
  propertyEdge,
  shortcutEdge,
  weakEdge,
  type HeapSnapshot,
} from './heap-snapshot.ts'

/** For every node one way from the root, the one a reader understands best. */
export interface RetainingPaths {
  /** The edge by which it is reached, `none` for the root and for what nothing holds. */
  readonly edge: Uint32Array
  /** Where that edge begins. */
  readonly parent: Uint32Array
  /** What is reached, each node after its parent; empty unless asked for. */
  readonly order: Uint32Array
}

export const none = 0xffffffff

/**
 * What one step costs a reader. A way by names of the program's own is better than a shorter one through V8's inner tables: those
 * hold nearly everything in two steps and explain nothing.
 */
const costs = { named: 1, internal: 2, hidden: 12, synthetic: 24, passing: 200 } as const
/** More than the largest step. */
const bucketCount = 256
/** What is held only because somebody is at work on it right now says nothing about who keeps it. */
const passingRoots: ReadonlySet<string> = new Set(['(Stack roots)', '(Handle scope)'])

const syntheticType = nodeTypes.indexOf('synthetic')

/** Shortest ways by cost, with a ring of buckets (Dial's form of Dijkstra's algorithm), since costs are small whole numbers. */
export function findRetainingPaths(
  snapshot: HeapSnapshot,
  pool = new ColumnPool(),
  { withOrder = false }: { withOrder?: boolean } = {},
): RetainingPaths {
  const { nodeCount, firstEdge, edges, nodeType } = snapshot
  const edge = pool.take(nodeCount).fill(none)
  const parent = pool.take(nodeCount).fill(0)
  const distance = pool.take(nodeCount).fill(none)
  const order = withOrder ? pool.take(nodeCount) : new Uint32Array(0)
  const reserve = pool.take(nodeCount)
  const blocks = new BlockList(reserve)
  const buckets = Array.from({ length: bucketCount }, () => new NodeStack(blocks))
  let reachedCount = 0
  let waitingCount = 1
  distance[0] = 0
  buckets[0]!.push(0)
  for (let now = 0; waitingCount > 0; now++) {
    const bucket = buckets[now % bucketCount]!
    while (!bucket.isEmpty) {
      const node = bucket.pop()
      waitingCount--
      // A shorter way was found since, and it was settled then.
      if (distance[node] !== now) continue
      if (withOrder) order[reachedCount++] = node
      const isPassing = nodeType[node] === syntheticType && passingRoots.has(nameOf(snapshot, node))
      for (let at = firstEdge[node]!; at < firstEdge[node + 1]!; at++) {
        const target = edges.target(at)
        if (distance[target]! <= now || edges.type(at) === weakEdge) continue
        const cost =
          node === 0 ? rootCost(edges.type(at)) : isPassing ? costs.passing : costOf(edges.type(at), nodeType[node]!)
        if (now + cost >= distance[target]!) continue
        distance[target] = now + cost
        edge[target] = at
        parent[target] = node
        buckets[(now + cost) % bucketCount]!.push(target)
        waitingCount++
      }
    }
  }
  pool.give(distance, reserve)
  return { edge, parent, order: order.subarray(0, reachedCount) }
}

/** The root's shortcuts lead to what belongs to the program (its global object), everything else to V8's tables. */
function rootCost(edgeType: number): number {
  return edgeType === shortcutEdge ? costs.named : costs.hidden
}

function costOf(edgeType: number, sourceType: number): number {
  if (sourceType === syntheticType) return costs.synthetic
  if (edgeType === contextEdge || edgeType === propertyEdge || edgeType === elementEdge) return costs.named
  return edgeType === internalEdge ? costs.internal : costs.hidden
}

const blockLength = 16_384

/** Blocks that no bucket needs now: most of what waits moves on from bucket to bucket, and each would keep what it once had. */
class BlockList {
  readonly #spare: Uint32Array[] = []

  /** Blocks are cut from `reserve` first. */
  constructor(reserve: Uint32Array) {
    for (let end = blockLength; end <= reserve.length; end += blockLength) {
      this.#spare.push(reserve.subarray(end - blockLength, end))
    }
  }

  take(): Uint32Array {
    return this.#spare.pop() ?? new Uint32Array(blockLength)
  }

  give(block: Uint32Array): void {
    this.#spare.push(block)
  }
}

class NodeStack {
  readonly #list: BlockList
  readonly #full: Uint32Array[] = []
  #block: Uint32Array | null = null
  #length = 0

  constructor(list: BlockList) {
    this.#list = list
  }

  get isEmpty(): boolean {
    return this.#block === null
  }

  push(node: number): void {
    if (this.#block === null || this.#length === blockLength) {
      if (this.#block) this.#full.push(this.#block)
      this.#block = this.#list.take()
      this.#length = 0
    }
    this.#block[this.#length++] = node
  }

  /** Of one that is not empty. */
  pop(): number {
    const block = this.#block!
    const node = block[--this.#length]!
    if (this.#length === 0) {
      this.#list.give(block)
      this.#block = this.#full.pop() ?? null
      this.#length = blockLength
    }
    return node
  }
}
