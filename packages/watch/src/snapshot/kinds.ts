import { ColumnPool } from './column-pool.ts'
import { nodeTypes, type HeapSnapshot } from './heap-snapshot.ts'

/** All objects of one class, or of one kind that has no class. */
export interface Kind {
  name: string
  count: number
  /** Of the objects themselves. */
  selfBytes: number
}

/** Counts a heap by class. All texts are one kind, since each is named by its content. */
export function countKinds(snapshot: HeapSnapshot, pool = new ColumnPool()): { kinds: Kind[]; kindOf: Uint32Array } {
  const { nodeCount, nodeType, nodeName, selfBytes } = snapshot
  const kindOf = pool.take(nodeCount)
  const indexes = new Map<number, number>()
  const kinds: Kind[] = []
  const byName = new Map<string, number>()
  for (let node = 0; node < nodeCount; node++) {
    const type = nodeType[node]!
    const id = isUnnamed[type] ? type : nodeName[node]! * 32 + type + 32
    let index = indexes.get(id)
    if (index === undefined) {
      const name = kindName(snapshot, node)
      index = byName.get(name) ?? kinds.length
      if (index === kinds.length) kinds.push({ name, count: 0, selfBytes: 0 })
      byName.set(name, index)
      indexes.set(id, index)
    }
    const kind = kinds[index]!
    kind.count++
    kind.selfBytes += selfBytes.get(node)
    kindOf[node] = index
  }
  return { kinds, kindOf }
}

function kindName({ nodeType, nodeName, strings }: HeapSnapshot, node: number): string {
  const type = nodeTypes[nodeType[node]!]!
  if (isUnnamed[nodeType[node]!]) return unnamed[type] ?? `(${type})`
  const name = strings.get(nodeName[node]!)
  if (type === 'object' || type === 'native') return name || `(${type})`
  return `(${type}) ${name}`.trim()
}

const unnamed: Readonly<Record<string, string>> = {
  string: '(string)',
  'concatenated string': '(string)',
  'sliced string': '(string)',
  closure: '(function)',
  code: '(compiled code)',
  array: '(array)',
  hidden: '(V8’s own)',
  'object shape': '(V8’s own)',
}
const none = 0xffffffff

/** Whose names say nothing about a class. */
const isUnnamed = nodeTypes.map(
  (type) => type in unnamed || type === 'number' || type === 'regexp' || type === 'bigint',
)

/**
 * What the objects of each kind retain together: nothing is counted twice where one retains another of its kind. Walks the
 * dominator tree once.
 */
export function retainedByKind(
  kindOf: Uint32Array,
  kindCount: number,
  dominator: Uint32Array,
  retainedBytes: Float64Array,
  pool = new ColumnPool(),
): Float64Array {
  const nodeCount = kindOf.length
  const firstChild = pool.take(nodeCount).fill(none)
  const nextSibling = pool.take(nodeCount).fill(none)
  for (let node = nodeCount - 1; node > 0; node--) {
    const over = dominator[node]!
    nextSibling[node] = firstChild[over]!
    firstChild[over] = node
  }

  const retained = new Float64Array(kindCount)
  const openCount = new Uint32Array(kindCount)
  // The way back up is the dominator itself, so the walk needs no stack.
  for (let node = 0; ;) {
    if (openCount[kindOf[node]!]!++ === 0) retained[kindOf[node]!]! += retainedBytes[node]!
    let next = firstChild[node]!
    while (next === none && node !== 0) {
      openCount[kindOf[node]!]!--
      next = nextSibling[node]!
      node = dominator[node]!
    }
    if (next === none) break
    node = next
  }
  pool.give(firstChild, nextSibling)
  return retained
}
