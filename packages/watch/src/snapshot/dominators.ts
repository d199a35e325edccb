import { ColumnPool } from './column-pool.ts'
import { shortcutEdge, weakEdge, type HeapSnapshot } from './heap-snapshot.ts'

/** For every node the one through which every way from the root leads, and the bytes that would go with it. */
export interface Dominators {
  /** The root's is itself. Nodes that nothing holds are the root's. */
  readonly dominator: Uint32Array
  readonly retainedBytes: Float64Array
  /** All nodes, each after its dominator. */
  readonly order: Uint32Array
}

const none = 0xffffffff

/**
 * Semi-NCA: semidominators as Lengauer and Tarjan find them, then each dominator as the nearest common ancestor of parent and
 * semidominator. Near-linear, and on arrays of plain numbers faster than the iterative way, whose passes grow with the depth of
 * lists. Everything is numbered in depth-first preorder, so that an ancestor is always the smaller number.
 * @see Georgiadis. “Linear-Time Algorithms for Dominators and Related Problems.” Princeton, 2005
 */
export function findDominators(snapshot: HeapSnapshot, pool = new ColumnPool()): Dominators {
  const { nodeCount } = snapshot
  // On a large heap these arrays are most of the memory, so each is used again as soon as its first use is over.
  const { order, numberOf, parent, heldCount, memory, spare } = walkDepthFirst(snapshot, pool)
  const { first, from } = listPredecessors(snapshot, numberOf, parent, heldCount, pool)
  const [idom, label] = spare
  const semi = numberOf
  idom.set(parent)
  for (let number = 0; number < nodeCount; number++) label[number] = semi[number] = number
  const trail: number[] = []

  // The best semidominator on the way up to what is already linked, with the way shortened behind us.
  const evaluate = (node: number, lastLinked: number): number => {
    if (parent[node]! < lastLinked) return label[node]!
    let at = node
    while (parent[at]! >= lastLinked) {
      trail.push(at)
      at = parent[at]!
    }
    let above = at
    while (trail.length > 0) {
      const below = trail.pop()!
      if (semi[label[above]!]! < semi[label[below]!]!) label[below] = label[above]!
      parent[below] = parent[above]!
      above = below
    }
    return label[node]!
  }

  for (let node = nodeCount - 1; node > 0; node--) {
    let best = parent[node]!
    for (let at = first[node]!; at < first[node + 1]!; at++) {
      const candidate = semi[evaluate(from[at]!, node + 1)]!
      if (candidate < best) best = candidate
    }
    semi[node] = best
  }
  for (let node = 1; node < nodeCount; node++) {
    let dominator = idom[node]!
    while (dominator > semi[node]!) dominator = idom[dominator]!
    idom[node] = dominator
  }

  const retainedBytes = new Float64Array(memory).fill(0)
  const dominator = label
  for (let number = nodeCount - 1; number >= 0; number--) {
    const node = order[number]!
    const over = order[idom[number]!]!
    retainedBytes[node]! += snapshot.selfBytes.get(node)
    dominator[node] = over
    if (number > 0) retainedBytes[over]! += retainedBytes[node]!
  }
  pool.give(idom, first, from)
  return { dominator, retainedBytes, order }
}

/**
 * Whether an edge holds its target. Weak ones do not. A `shortcut` is a second name for a way that is there already, except from the
 * root, where it names what belongs to the user.
 */
function holds(edgeType: number, source: number): boolean {
  return edgeType !== weakEdge && (edgeType !== shortcutEdge || source === 0)
}

interface Walk {
  /** Nodes by number, numbers by node. */
  order: Uint32Array
  numberOf: Uint32Array
  parent: Uint32Array
  /** That of `numberOf` and `parent`, for what needs 8 bytes a node when both are done with. */
  memory: ArrayBuffer
  /** Numbers below this are reached from the root; the others nothing holds any more. */
  heldCount: number
  /** Two more of that length, for whoever needs them next. */
  spare: [Uint32Array, Uint32Array]
}

function walkDepthFirst(snapshot: HeapSnapshot, pool: ColumnPool): Walk {
  const { nodeCount, firstEdge, edges } = snapshot
  const memory = new ArrayBuffer(nodeCount * 8)
  const numberOf = new Uint32Array(memory, 0, nodeCount).fill(none)
  const parent = new Uint32Array(memory, nodeCount * 4, nodeCount)
  const order = pool.take(nodeCount)
  const cursor = pool.take(nodeCount)
  cursor.set(firstEdge.subarray(0, nodeCount))
  const stack = pool.take(nodeCount)
  let next = 0
  const visit = (start: number): void => {
    let depth = 0
    stack[0] = start
    parent[next] = 0
    numberOf[start] = next
    order[next++] = start
    while (depth >= 0) {
      const node = stack[depth]!
      const edge = cursor[node]!
      if (edge === firstEdge[node + 1]!) {
        depth--
        continue
      }
      cursor[node] = edge + 1
      const target = edges.target(edge)
      if (numberOf[target] !== none || !holds(edges.type(edge), node)) continue
      parent[next] = numberOf[node]!
      numberOf[target] = next
      order[next++] = target
      stack[++depth] = target
    }
  }
  visit(0)
  const heldCount = next
  // What nothing holds is still there until the next collection; it counts as the root's.
  for (let node = 0; node < nodeCount; node++) if (numberOf[node] === none) visit(node)
  return { order, numberOf, parent, memory, heldCount, spare: [cursor, stack] }
}

/** Who points to a node besides its parent in the walk, in preorder numbers. What nothing holds does not hold anything else. */
function listPredecessors(
  { nodeCount, firstEdge, edges }: HeapSnapshot,
  numberOf: Uint32Array,
  parent: Uint32Array,
  heldCount: number,
  pool: ColumnPool,
): { first: Uint32Array; from: Uint32Array } {
  const first = pool.take(nodeCount + 1).fill(0)
  const counts = (edge: number, node: number, source: number, target: number): boolean =>
    parent[target] !== source && holds(edges.type(edge), node) && (source < heldCount || target >= heldCount)
  for (let node = 0; node < nodeCount; node++) {
    const source = numberOf[node]!
    for (let edge = firstEdge[node]!; edge < firstEdge[node + 1]!; edge++) {
      const target = numberOf[edges.target(edge)]!
      if (counts(edge, node, source, target)) first[target]!++
    }
  }
  let total = 0
  for (let number = 0; number <= nodeCount; number++) total = first[number] = total + first[number]!
  const from = pool.take(total)
  for (let node = 0; node < nodeCount; node++) {
    const source = numberOf[node]!
    for (let edge = firstEdge[node]!; edge < firstEdge[node + 1]!; edge++) {
      const target = numberOf[edges.target(edge)]!
      if (counts(edge, node, source, target)) from[--first[target]!] = source
    }
  }
  return { first, from }
}
