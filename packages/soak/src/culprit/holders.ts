import type { HeapGraph, Location } from './heap-graph.ts'
import { readNumbers, readNumbersOfMakers } from './numbers-of-holder.ts'

/** Something that was there before and keeps what came since. Holders of one shape (`rooms[].listeners`) are one. */
export interface Holder {
  /** What people call it: `sessions`, `store.#entries`, `rooms[].listeners`. */
  path: string
  /** Id of the script whose variable the path begins with; null when no variable leads to it. */
  scriptId: string | null
  /** File of the module, when it hangs on a module's exports. */
  moduleFile: string | null
  /** Where the function that closes over it begins. */
  near: Location | null
  /** The largest of this path: its id in the heap, and what kind of thing it is. */
  objectId: string
  className: string
  /** The object the holder is a property of: where a limit would stand. */
  ownerId: string | null
  /** Objects on the way from the variable to it, outermost first, itself included. */
  wayIds: string[]
  /** Ids of the scripts that hold the methods of those: what is kept may be let go of there. */
  methodScriptIds: string[]
  /** The object of a cache that accounts for it, when there is one. */
  keeperId: string | null
  /** Bytes that came since the snapshot before and are reached through it. */
  grownBytes: number
  /** `grownBytes` without the bytes let go in exchange: a cache that is full takes as much as it lets go, a copied list takes more. */
  netBytes: number
  /** Of `grownBytes`, those of buffers, for which the heap needs no room. */
  offHeapBytes: number
  /** Things directly in it: how many at the first snapshot, how many of those are still in the heap, how many came since. */
  countBefore: number
  countLeft: number
  countNew: number
  /** Numbers beside it, by name: variables of the same scope, properties of the owner. */
  numbers: { name: string; value: number; isOfOwner: boolean }[]
  /** Whether Node's own timers hold it: those let go by themselves. */
  isTimer: boolean
  /** Whether intervals hold it, which go off for ever: `near` is then what they call. */
  isInterval: boolean
  /** How many objects have this path. */
  alikeCount: number
  /** Entries of the list that is copied at each change and put in the place of the one before; null where none is. */
  copiedCount: number | null
}

export interface Reach {
  parent: Int32Array
  edge: Int32Array
  order: Uint32Array
}

const MAX_HOLDERS = 30
const MAX_GROWN = 2000
const MAX_PATH_STEPS = 40
/** Of the objects on the way to a holder, the innermost. */
const MAX_WAY = 6

/**
 * Who holds what came between two snapshots? Every new object is given to the last old one on the shortest way to it from the roots,
 * and holders are named by the way that leads to them. `keeperIds`: objects of caches that account for what they keep. What V8 has
 * compiled of functions that were there before (`compiledBytes`) is nobody's, and ends when all of it is.
 */
export function findHolders(
  before: HeapGraph,
  after: HeapGraph,
  keeperIds: readonly string[] = [],
): { holders: Holder[]; grownBytes: number; compiledBytes: number } {
  const reach = reachAll(after)
  const fresh = new Uint8Array(after.nodeCount)
  const isNew = (node: number) => fresh[node] === 1
  const owner = new Int32Array(after.nodeCount).fill(-1)
  const entry = new Int32Array(after.nodeCount).fill(-1)
  const grown = new Map<number, { bytes: number; offHeapBytes: number; byEdge: Map<string, number> }>()
  const isCompiled = new Uint8Array(after.nodeCount)
  let grownBytes = 0
  let compiledBytes = 0
  for (const node of reach.order) {
    const parent = reach.parent[node]!
    if (parent < 0) continue
    // What native code holds for a new object (the bytes of a buffer) has an id that tells nothing, and came with it.
    const isNative = after.id(node) % 2 === 0
    fresh[node] = Number(isNative ? isNew(parent) : after.id(node) > before.maxId)
    if (!isNew(node)) continue
    if (after.kind(node) === 'code' && isOfKnownFunction(after, node, parent, before.maxId, isCompiled)) {
      isCompiled[node] = 1
      compiledBytes += after.bytes(node)
    }
    if (isNew(parent)) {
      owner[node] = owner[parent]!
      entry[node] = entry[parent]!
    } else {
      owner[node] = liftToObject(after, reach, parent)
      entry[node] = owner[node] === parent ? reach.edge[node]! : -1
    }
    const holder = owner[node]!
    if (holder < 0 || isMachinery(after, node)) continue
    const bytes = after.bytes(node)
    grownBytes += bytes
    const known = grown.get(holder) ?? { bytes: 0, offHeapBytes: 0, byEdge: new Map<string, number>() }
    grown.set(holder, known)
    known.bytes += bytes
    if (isNative) known.offHeapBytes += bytes
    if (entry[node]! >= 0) {
      const { kind, name } = after.edge(entry[node]!)
      if (kind === 'context' || kind === 'property') known.byEdge.set(name, (known.byEdge.get(name) ?? 0) + bytes)
    }
  }
  const { bytes: gone, codeBytes } = findGone(before, after)
  const keepers = findKept(after, keeperIds)
  const groups = new Map<string, Holder>()
  const largest = [...grown].sort(([, left], [, right]) => right.bytes - left.bytes).slice(0, MAX_GROWN)
  for (const [node, { bytes, offHeapBytes, byEdge }] of largest) {
    const way = describeInterval(after, reach, node) ?? { ...describeWay(after, reach, node), isInterval: false }
    // A variable or property that is given a new value each time (a list copied and replaced, a chain): the name is on the edge.
    const single = [...byEdge].find(([, part]) => part >= 0.8 * bytes)?.[0]
    const path =
      single === undefined || way.isInterval ? way.path : after.isContext(node) ? single : `${way.path}.${single}`
    const keeperId = keepers.get(node) ?? null
    const key = `${way.scriptId ?? way.moduleFile} ${keeperId ?? ''} ${path}`
    // A chain of timers has no entries to count, and intervals never leave it by themselves.
    const counts = way.isInterval ? { countBefore: 0, countLeft: 0, countNew: 0 } : countEntries(before, after, node)
    const netBytes = bytes - (gone.get(after.id(node)) ?? 0)
    const known = groups.get(key)
    if (known) {
      known.alikeCount++
      known.grownBytes += bytes
      known.netBytes += netBytes
      known.offHeapBytes += offHeapBytes
      known.countBefore += counts.countBefore
      known.countLeft += counts.countLeft
      known.countNew += counts.countNew
      continue
    }
    const ownerNode = findOwner(after, reach, node)
    const copiedCount = single === undefined ? null : countCopied(after, node, single, isNew)
    groups.set(key, {
      ...way,
      ...counts,
      path,
      keeperId,
      objectId: String(after.id(node)),
      className: after.name(node),
      ownerId: ownerNode === null ? null : String(after.id(ownerNode)),
      methodScriptIds: findMethodScripts(after, way.wayIds),
      grownBytes: bytes,
      netBytes,
      offHeapBytes,
      numbers: [
        ...readNumbers(after, reach, node, ownerNode),
        ...(copiedCount === null ? [] : readNumbersOfMakers(after, node, isNew)),
      ],
      alikeCount: 1,
      copiedCount,
    })
  }
  for (const holder of groups.values()) holder.netBytes = Math.max(0, holder.netBytes)
  const holders = [...groups.values()].sort((left, right) => right.netBytes - left.netBytes).slice(0, MAX_HOLDERS)
  return { holders, grownBytes, compiledBytes: Math.max(0, compiledBytes - codeBytes) }
}

/**
 * Whether new code, which hangs on `parent`, is of a function whose source was there before. A closure made since, of such a source,
 * brings none of its own.
 */
function isOfKnownFunction(
  graph: HeapGraph,
  node: number,
  parent: number,
  maxIdBefore: number,
  isCompiled: Uint8Array,
): boolean {
  const isOld = (one: number) => graph.id(one) <= maxIdBefore
  if (graph.kind(parent) === 'closure')
    return graph.edges(parent).some(({ name, to }) => name === 'shared' && isOld(to))
  // What V8 knows of one source, all closures share.
  const isSource = graph.edges(node).some(({ name }) => name === 'name_or_scope_info')
  return !isSource && isMachinery(graph, parent) && (isOld(parent) || isCompiled[parent] === 1)
}

/** Bytes that are gone in the second snapshot, by the id of what held them in the first and is still there; and those of code. */
function findGone(before: HeapGraph, after: HeapGraph): { bytes: Map<number, number>; codeBytes: number } {
  const reach = reachAll(before)
  const owner = new Int32Array(before.nodeCount).fill(-1)
  const isGone = new Uint8Array(before.nodeCount)
  const bytes = new Map<number, number>()
  let codeBytes = 0
  for (const node of reach.order) {
    const parent = reach.parent[node]!
    if (parent < 0) continue
    const id = before.id(node)
    isGone[node] = Number(id % 2 === 0 ? isGone[parent] : after.nodeOf(id) === null)
    if (isGone[node] === 0) continue
    if (before.kind(node) === 'code') codeBytes += before.bytes(node)
    owner[node] = isGone[parent] === 1 ? owner[parent]! : liftToObject(before, reach, parent)
    if (owner[node] === -1 || isMachinery(before, node)) continue
    const ownerId = before.id(owner[node]!)
    bytes.set(ownerId, (bytes.get(ownerId) ?? 0) + before.bytes(node))
  }
  return { bytes, codeBytes }
}

/** Own methods first, then those of so many classes above. */
const MAX_CLASSES = 3

/** Scripts of the methods of these objects, of the innermost first. */
function findMethodScripts(graph: HeapGraph, objectIds: readonly string[]): string[] {
  const scripts = new Set<string>()
  for (const id of [...objectIds].reverse()) {
    let node = graph.nodeOf(Number(id))
    for (let steps = 0; node !== null && steps <= MAX_CLASSES; steps++) {
      const edges = graph.edges(node).filter(({ kind }) => kind === 'property')
      for (const { to } of edges) {
        const location = graph.kind(to) === 'closure' ? graph.location(to) : null
        if (location) scripts.add(location.scriptId)
      }
      node = edges.find(({ name }) => name === '__proto__')?.to ?? null
    }
  }
  return [...scripts]
}

/** From a cache's own object to the collections of its parts. */
const MAX_KEPT_STEPS = 5

/** What caches are made of, by node: over properties, never into their entries, nor into functions, which know the rest of the service. */
function findKept(graph: HeapGraph, keeperIds: readonly string[]): Map<number, string> {
  const kept = new Map<number, string>()
  for (const id of keeperIds) {
    const keeper = graph.nodeOf(Number(id))
    let nodes = keeper === null ? [] : [keeper]
    for (let step = 0; step <= MAX_KEPT_STEPS && nodes.length > 0; step++) {
      for (const node of nodes) kept.set(node, id)
      const next = nodes.flatMap((node) => graph.edges(node).filter(({ kind }) => kind === 'property'))
      nodes = next.flatMap(({ name, to }) =>
        graph.kind(to) === 'object' && !kept.has(to) && !/^(?:__proto__|constructor)$/.test(name) ? [to] : [],
      )
    }
  }
  return kept
}

/**
 * Breadth first from the roots; ways over the host's own objects before ways over V8's machinery. Timers of one duration are a chain: whoever
 * keeps one of them would seem to keep all that come after it, so the chain is followed from its list, and from a single timer last. So is
 * what a free parser of Node still refers to, which is whatever its last request happened to reach, until the next one comes.
 */
function reachAll(graph: HeapGraph): Reach {
  const parent = new Int32Array(graph.nodeCount).fill(-2)
  const edge = new Int32Array(graph.nodeCount).fill(-1)
  const order: number[] = []
  const plain: number[] = [0]
  const last: number[] = []
  parent[0] = -1
  const later: [node: number, edge: number][] = []
  let plainAt = 0
  let lastAt = 0
  let laterAt = 0
  const kinds = new Map<number, boolean>()
  const listed = new Set<number>()
  const isLast = (node: number): boolean => {
    let known = kinds.get(node)
    if (known === undefined) kinds.set(node, (known = isMachinery(graph, node) || graph.kind(node) === 'synthetic'))
    return known
  }
  for (;;) {
    const node = plainAt < plain.length ? plain[plainAt++]! : last[lastAt++]
    if (node === undefined) {
      const link = later[laterAt++]
      if (!link) break
      const target = graph.target(link[1])
      if (parent[target] !== -2) continue
      parent[target] = link[0]
      edge[target] = link[1]
      plain.push(target)
      continue
    }
    order.push(node)
    const isList = graph.name(node) === 'TimersList'
    const isTimer = isList || graph.name(node) === 'Timeout'
    const isFree = graph.name(node) === 'FreeList'
    const [from, to] = graph.edgeRange(node)
    for (let index = from; index < to; index++) {
      const target = graph.target(index)
      if (parent[target] !== -2 || graph.isWeak(index)) continue
      if (isFree) {
        later.push([node, index])
        continue
      }
      if (isTimer && isNextTimer(graph, index)) {
        if (!isList && !listed.has(node)) {
          later.push([node, index])
          continue
        }
        listed.add(target)
      }
      parent[target] = node
      edge[target] = index
      if (isLast(target)) last.push(target)
      else plain.push(target)
    }
  }
  return { parent, edge, order: Uint32Array.from(order) }
}

function isNextTimer(graph: HeapGraph, index: number): boolean {
  const { name } = graph.edge(index)
  return name === '_idleNext' || name === '_idlePrev'
}

/** Compiled code, hidden classes and the like: they come and go with optimisation and are nobody's data. */
function isMachinery(graph: HeapGraph, node: number): boolean {
  const kind = graph.kind(node)
  if (kind === 'code' || kind === 'object shape') return true
  return kind === 'hidden' && !graph.isContext(node)
}

/** Backing stores of collections and objects. */
function isStore(graph: HeapGraph, node: number): boolean {
  return graph.kind(node) === 'array' || graph.kind(node) === 'hidden'
}

function liftToObject(graph: HeapGraph, { parent }: Reach, start: number): number {
  let node = start
  for (let steps = 0; steps < MAX_PATH_STEPS && node >= 0; steps++) {
    const kind = graph.kind(node)
    if (kind === 'object' || kind === 'closure' || kind === 'native' || graph.isContext(node)) return node
    node = parent[node]!
  }
  return -1
}

/** The object that has the holder as a property, over at most a table or two; none when a scope holds it. */
function findOwner(graph: HeapGraph, reach: Reach, node: number): number | null {
  const above = reach.parent[node]!
  if (above < 0) return null
  const owner = liftToObject(graph, reach, above)
  return owner >= 0 && graph.kind(owner) === 'object' && !graph.isContext(owner) ? owner : null
}

function describeWay(
  graph: HeapGraph,
  { parent, edge }: Reach,
  start: number,
): Pick<Holder, 'path' | 'scriptId' | 'moduleFile' | 'near' | 'isTimer' | 'wayIds'> {
  let path = ''
  const wayIds: string[] = []
  // Only what hangs on timers themselves goes when they go off: a collection that a timer happens to lead to does not.
  const isTimer = /^(?:Timeout|TimersList|Immediate|PriorityQueue)$/.test(graph.name(start))
  let hasVariable = graph.isContext(start)
  let near: Location | null = null
  let moduleFile: string | null = null
  const prepend = (part: string): void =>
    void (path = path === '' || path.startsWith('[') ? part + path : `${part}.${path}`)
  for (let node = start, steps = 0; node > 0 && steps < MAX_PATH_STEPS; node = parent[node]!, steps++) {
    near ??= graph.kind(node) === 'closure' ? graph.location(node) : null
    if (near && hasVariable) break
    const above = parent[node]!
    if (above < 0) break
    if (!hasVariable) {
      if (graph.kind(node) === 'object' && wayIds.length < MAX_WAY) wayIds.unshift(String(graph.id(node)))
      const { kind, name } = graph.edge(edge[node]!)
      if (kind === 'context') {
        prepend(name)
        hasVariable = true
      } else if (kind === 'property' && !/^(?:__proto__|prototype|constructor)$/.test(name)) {
        if (graph.name(above) === 'Module' && name === 'exports') {
          moduleFile = stringProperty(graph, above, 'filename')
          prepend('exports')
          break
        }
        prepend(/^[#\w$]{1,60}$/.test(name) ? name : '[]')
      } else if (
        kind === 'element' ||
        (kind === 'internal' && isStore(graph, above) && !/^\w*(?:table|elements|properties)$/.test(name))
      ) {
        if (!path.startsWith('[]')) path = path === '' || path.startsWith('[') ? `[]${path}` : `[].${path}`
      }
    }
  }
  // Timers are a chain, and how long it is tells nothing.
  path = path.replace(/(?:\b_idle(?:Next|Prev)\.)+/, '')
  return { path: path || graph.name(start), scriptId: near?.scriptId ?? null, moduleFile, near, isTimer, wayIds }
}

/** Of the timers of a list that are looked at, how many. */
const MAX_TIMERS = 500

/** When intervals hold it: where what most of them call begins. */
function describeInterval(
  graph: HeapGraph,
  { parent }: Reach,
  start: number,
): (Pick<Holder, 'path' | 'scriptId' | 'moduleFile' | 'near' | 'isTimer' | 'wayIds'> & { isInterval: true }) | null {
  let timer = start
  for (let steps = 0; timer > 0 && !/^(?:Timeout|TimersList)$/.test(graph.name(timer)); timer = parent[timer]!)
    if (++steps > MAX_PATH_STEPS) return null
  const called = new Map<string, { near: Location; count: number }>()
  let count = 0
  for (let steps = 0; timer > 0 && steps < MAX_TIMERS; steps++) {
    const edges = graph.edges(timer)
    const valueOf = (wanted: string) => edges.find(({ kind, name }) => kind === 'property' && name === wanted)?.to
    if (graph.name(timer) === 'Timeout') {
      count++
      const [repeat, callback] = [valueOf('_repeat'), valueOf('_onTimeout')]
      const near = callback === undefined ? null : graph.location(callback)
      if (repeat !== undefined && graph.numberAt(repeat) !== null && near) {
        const key = `${near.scriptId}:${near.line}:${near.column}`
        called.set(key, { near, count: (called.get(key)?.count ?? 0) + 1 })
      }
    }
    const next = valueOf('_idleNext')
    if (next === undefined || graph.name(next) !== 'Timeout') break
    timer = next
  }
  const [most] = [...called.values()].sort((left, right) => right.count - left.count)
  if (!most || most.count < Math.max(2, count / 2)) return null
  const { near } = most
  return {
    path: 'setInterval',
    scriptId: near.scriptId,
    moduleFile: null,
    near,
    isTimer: false,
    isInterval: true,
    wayIds: [],
  }
}

function stringProperty(graph: HeapGraph, node: number, wanted: string): string | null {
  const found = graph.edges(node).find(({ kind, name }) => kind === 'property' && name === wanted)
  return found ? graph.name(found.to) : null
}

function countEntries(
  before: HeapGraph,
  after: HeapGraph,
  node: number,
): Pick<Holder, 'countBefore' | 'countLeft' | 'countNew'> {
  const then = before.nodeOf(after.id(node))
  const earlier = then === null ? new Set<number>() : entryIds(before, then)
  // What has left it for good: a link of a chain that is no longer its first is still held by it.
  let countLeft = 0
  for (const id of earlier) if (after.nodeOf(id) !== null) countLeft++
  let countNew = 0
  for (const id of entryIds(after, node)) if (!earlier.has(id)) countNew++
  return { countBefore: earlier.size, countLeft, countNew }
}

/** Ids of the things directly in an object, or in its tables. */
function entryIds(graph: HeapGraph, holder: number): Set<number> {
  const ids = new Set<number>()
  const visit = (at: number, depth: number): void => {
    const [from, to] = graph.edgeRange(at)
    for (let index = from; index < to; index++) {
      if (graph.isWeak(index)) continue
      const target = graph.target(index)
      if (isMachinery(graph, target)) continue
      if (isStore(graph, target) && depth < 2) visit(target, depth + 1)
      else ids.add(graph.id(target))
    }
  }
  visit(holder, 0)
  return ids
}

/** From what replaces a value to the list in it, at most. */
const MAX_COPY_STEPS = 4
/** Fewer that were there before make no copy. */
const MIN_COPIED = 20

/** Of the value that a variable or property has been given lately: entries of the longest list in it that is new and holds what is not. */
function countCopied(graph: HeapGraph, holder: number, name: string, isNew: (node: number) => boolean): number | null {
  let nodes = graph.edges(holder).flatMap((edge) => (edge.name === name ? [edge.to] : []))
  let longest = 0
  for (let step = 0; step < MAX_COPY_STEPS; step++) {
    nodes = nodes.filter((node) => isNew(node) && graph.kind(node) === 'object')
    for (const node of nodes.filter((one) => graph.name(one) === 'Array')) {
      const entries = [...entryIds(graph, node)].map((id) => graph.nodeOf(id)!)
      const keptCount = entries.filter((entry) => !isNew(entry)).length
      if (keptCount >= MIN_COPIED) longest = Math.max(longest, entries.length)
    }
    nodes = nodes.flatMap((node) => graph.edges(node).flatMap(({ kind, to }) => (kind === 'property' ? [to] : [])))
  }
  return longest > 0 ? longest : null
}
