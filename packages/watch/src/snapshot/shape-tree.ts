import { moduleRecord, type Guide } from './describe-path.ts'
import { contextEdge, isIndexed, nodeTypes, propertyEdge, type HeapSnapshot } from './heap-snapshot.ts'
import type { RetainingPaths } from './retaining-paths.ts'
import { hashBytes, indexHash } from './string-table.ts'

/**
 * All objects that are held in the same way, as one branch: `pageCache` → Map → its table → any entry → Object. Branches have keys
 * made of names alone, so the same branch is found again in a later snapshot, of another process too; objects come and go, and
 * their numbers differ from process to process, but the way they are held is what a program does.
 *
 *     root ─ … ─ pageCache: Map (1) ─ table: (array) (1) ─ []: Object (12,000) ─ html: string (12,000)
 *                               one holder ───────────────► what it collects
 */
export interface ShapeTree {
  readonly count: number
  /** Parents come before their children; the root is 0. */
  readonly parent: Uint32Array
  readonly key: Float64Array
  readonly nodeCount: Float64Array
  /** Of the objects themselves. */
  readonly selfBytes: Float64Array
  /** Of the objects and of all that hangs below them in this tree. */
  readonly totalBytes: Float64Array
  /** The object of the branch that retains most, to look at and to name it by. */
  readonly example: Uint32Array
  /** What that one retains. */
  readonly exampleBytes: Float64Array
  indexOf(key: number): number | undefined
}

/** An object with more properties than this is used as a dictionary: its property names are keys and no structure. */
const maxProperties = 64
/** Recursive structures (lists, trees) are folded when a period up to this long repeats itself. */
const maxPeriod = 4
/** A program that is stranger than this is summed up at the branches known so far. */
const maxBranches = 400_000

export function growShapeTree(
  snapshot: HeapSnapshot,
  paths: RetainingPaths,
  retainedBytes: Float64Array,
  guide: Guide,
): ShapeTree {
  /** By scope; 0 for the scope of a call. */
  const moduleHashes = new Map<number, number>()
  const { nodeType, nodeName, strings, selfBytes } = snapshot
  const branchOf = new Uint32Array(snapshot.nodeCount)
  const isDictionary = findDictionaries(snapshot)
  const byKey = new Map<number, number>([[0, 0]])
  const parent: number[] = [0]
  /** What distinguishes a branch from its siblings. */
  const step: number[] = [0]
  const key: number[] = [0]
  const nodeCount: number[] = [1]
  const bytes: number[] = [selfBytes.get(0)]
  const example: number[] = [0]

  for (let at = 1; at < paths.order.length; at++) {
    const node = paths.order[at]!
    const source = paths.parent[node]!
    const isOfModule = snapshot.edges.type(paths.edge[node]!) === contextEdge || isModuleRecord(nodeName[node]!)
    const moduleHash = isOfModule ? moduleHashOf(source) : 0
    // A module's variable is known by file and name: the way to the module is Node's affair and changes with every request.
    const above = moduleHash === 0 ? branchOf[source]! : 0
    const label = mix(labelOf(paths.edge[node]!, source), moduleHash)
    const kind = textTypes[nodeType[node]!] ? 1 : strings.hash(nodeName[node]!)
    const stepHash = mix(mix(label, kind), nodeType[node]! + 1)
    let branch = fold(above, stepHash)
    if (branch === -1) {
      const branchKey = combine(key[above]!, stepHash)
      const known = byKey.get(branchKey)
      if (known !== undefined) branch = known
      else if (parent.length >= maxBranches) branch = above
      else {
        branch = parent.length
        byKey.set(branchKey, branch)
        parent.push(above)
        step.push(stepHash)
        key.push(branchKey)
        nodeCount.push(0)
        bytes.push(0)
        example.push(node)
      }
    }
    branchOf[node] = branch
    nodeCount[branch]!++
    bytes[branch]! += selfBytes.get(node)
    if (retainedBytes[node]! > retainedBytes[example[branch]!]!) example[branch] = node
  }
  const totalBytes = Float64Array.from(bytes)
  for (let branch = parent.length - 1; branch > 0; branch--) totalBytes[parent[branch]!]! += totalBytes[branch]!
  return {
    count: parent.length,
    parent: Uint32Array.from(parent),
    key: Float64Array.from(key),
    nodeCount: Float64Array.from(nodeCount),
    selfBytes: Float64Array.from(bytes),
    totalBytes,
    example: Uint32Array.from(example),
    exampleBytes: Float64Array.from(example, (node) => retainedBytes[node]!),
    indexOf: (wanted) => byKey.get(wanted),
  }

  function isModuleRecord(name: number): boolean {
    return strings.hash(name) === moduleRecordHash
  }

  function moduleHashOf(scope: number): number {
    const known = moduleHashes.get(scope)
    if (known !== undefined) return known
    const file = guide.moduleOf(scope)
    const hash = file === null ? 0 : hashBytes(Buffer.from(file))
    moduleHashes.set(scope, hash)
    return hash
  }

  function labelOf(edge: number, source: number): number {
    const type = snapshot.edges.type(edge)
    if (isIndexed(type)) return indexHash
    if (type === propertyEdge && isDictionary[source]) return indexHash + 1
    return strings.hash(snapshot.edges.name(edge))
  }

  /** The branch one period up, when the last two periods are the same; −1 when nothing repeats. */
  function fold(above: number, stepHash: number): number {
    let branch = above
    for (let period = 1; period <= maxPeriod && branch !== 0; period++) {
      if (step[branch] === stepHash && (period === 1 || step[parent[branch]!] === step[above])) return branch
      branch = parent[branch]!
    }
    return -1
  }
}

const moduleRecordHash = hashBytes(Buffer.from(moduleRecord))

function findDictionaries({ nodeCount, firstEdge, edges }: HeapSnapshot): Uint8Array {
  const isDictionary = new Uint8Array(nodeCount)
  for (let node = 0; node < nodeCount; node++) {
    if (firstEdge[node + 1]! - firstEdge[node]! <= maxProperties) continue
    let count = 0
    for (let edge = firstEdge[node]!; edge < firstEdge[node + 1]!; edge++) {
      if (edges.type(edge) === propertyEdge) count++
    }
    if (count > maxProperties) isDictionary[node] = 1
  }
  return isDictionary
}

const textTypes = nodeTypes.map((type) => /string$|^number$/.test(type))

function mix(left: number, right: number): number {
  const hash = Math.imul(left ^ (right + 0x9e3779b9 + (left << 6) + (left >>> 2)), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** A key of 52 bits: with the largest trees, two branches share one by accident in one case of fifty thousand. */
function combine(key: number, step: number): number {
  const low = key % 2 ** 26
  const high = Math.floor(key / 2 ** 26)
  return (
    (mix(high ^ 0x5bd1e995, mix(low, step)) % 2 ** 26) * 2 ** 26 + (mix(low ^ 0x27d4eb2f, mix(high, step)) % 2 ** 26)
  )
}
