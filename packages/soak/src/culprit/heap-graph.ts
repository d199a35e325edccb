import { readFileSync } from 'node:fs'

interface RawSnapshot {
  snapshot: {
    meta: {
      node_fields: string[]
      node_types: [string[], ...unknown[]]
      edge_fields: string[]
      edge_types: [string[], ...unknown[]]
    }
    node_count: number
    edge_count: number
  }
  nodes: number[]
  edges: number[]
  locations?: number[]
  strings: string[]
}

/** How an object is held by the one before it. */
export interface Edge {
  kind: string
  /** Name of the variable or property; the index as text for elements. */
  name: string
  to: number
}

/** Where the source of a function begins. */
export interface Location {
  scriptId: string
  line: number
  column: number
}

/**
 * A heap snapshot as a graph of numbered nodes. V8 gives an object the same id in every snapshot of one process, and new objects
 * larger ids than all before: that is how two snapshots are compared.
 */
export class HeapGraph {
  readonly nodeCount: number
  /** Whatever the heap holds later has a larger id (and an odd one). */
  readonly maxId: number
  readonly #kinds: string[]
  readonly #edgeKinds: string[]
  readonly #strings: string[]
  readonly #kindOf: Uint8Array
  readonly #nameOf: Uint32Array
  readonly #idOf: Float64Array
  readonly #sizeOf: Float64Array
  readonly #firstEdge: Uint32Array
  readonly #edgeKindOf: Uint8Array
  readonly #edgeNameOf: Uint32Array
  readonly #edgeTarget: Uint32Array
  readonly #locations = new Map<number, Location>()
  #indexById: Map<number, number> | null = null

  constructor(raw: RawSnapshot) {
    const { meta, node_count: nodeCount, edge_count: edgeCount } = raw.snapshot
    const width = meta.node_fields.length
    const at = (field: string) => meta.node_fields.indexOf(field)
    const [kindAt, nameAt, idAt, sizeAt, edgesAt] = ['type', 'name', 'id', 'self_size', 'edge_count'].map(at) as [
      number,
      number,
      number,
      number,
      number,
    ]
    this.nodeCount = nodeCount
    this.#kinds = meta.node_types[0]
    this.#edgeKinds = meta.edge_types[0]
    this.#strings = raw.strings
    this.#kindOf = new Uint8Array(nodeCount)
    this.#nameOf = new Uint32Array(nodeCount)
    this.#idOf = new Float64Array(nodeCount)
    this.#sizeOf = new Float64Array(nodeCount)
    this.#firstEdge = new Uint32Array(nodeCount + 1)
    let edge = 0
    let maxId = 0
    for (let node = 0, base = 0; node < nodeCount; node++, base += width) {
      this.#kindOf[node] = raw.nodes[base + kindAt]!
      this.#nameOf[node] = raw.nodes[base + nameAt]!
      this.#idOf[node] = raw.nodes[base + idAt]!
      this.#sizeOf[node] = raw.nodes[base + sizeAt]!
      this.#firstEdge[node] = edge
      edge += raw.nodes[base + edgesAt]!
      // Objects of the heap have odd ids that count upwards; what native code announces has even ones made of addresses.
      const id = raw.nodes[base + idAt]!
      if (id % 2 === 1) maxId = Math.max(maxId, id)
    }
    this.#firstEdge[nodeCount] = edge
    this.maxId = maxId
    this.#edgeKindOf = new Uint8Array(edgeCount)
    this.#edgeNameOf = new Uint32Array(edgeCount)
    this.#edgeTarget = new Uint32Array(edgeCount)
    for (let index = 0; index < edgeCount; index++) {
      this.#edgeKindOf[index] = raw.edges[index * 3]!
      this.#edgeNameOf[index] = raw.edges[index * 3 + 1]!
      this.#edgeTarget[index] = raw.edges[index * 3 + 2]! / width
    }
    const { locations = [] } = raw
    for (let index = 0; index + 3 < locations.length; index += 4) {
      const [node, scriptId, line, column] = locations.slice(index, index + 4) as [number, number, number, number]
      this.#locations.set(node / width, { scriptId: String(scriptId), line: line + 1, column: column + 1 })
    }
  }

  /** @throws when the file is no snapshot */
  static read(file: string): HeapGraph {
    return new HeapGraph(JSON.parse(readFileSync(file, 'utf8')) as RawSnapshot)
  }

  kind(node: number): string {
    return this.#kinds[this.#kindOf[node]!]!
  }

  name(node: number): string {
    return this.#strings[this.#nameOf[node]!]!
  }

  id(node: number): number {
    return this.#idOf[node]!
  }

  bytes(node: number): number {
    return this.#sizeOf[node]!
  }

  location(node: number): Location | null {
    return this.#locations.get(node) ?? null
  }

  nodeOf(id: number): number | null {
    this.#indexById ??= new Map(Array.from(this.#idOf, (own, node) => [own, node]))
    return this.#indexById.get(id) ?? null
  }

  /** Edge numbers of a node: from the first to before the second. */
  edgeRange(node: number): [from: number, to: number] {
    return [this.#firstEdge[node]!, this.#firstEdge[node + 1]!]
  }

  target(edge: number): number {
    return this.#edgeTarget[edge]!
  }

  edge(edge: number): Edge {
    const kind = this.#edgeKinds[this.#edgeKindOf[edge]!]!
    const name = this.#edgeNameOf[edge]!
    const isIndexed = kind === 'element' || kind === 'hidden'
    return { kind, name: isIndexed ? String(name) : this.#strings[name]!, to: this.#edgeTarget[edge]! }
  }

  edges(node: number): Edge[] {
    const [from, to] = this.edgeRange(node)
    return Array.from({ length: to - from }, (_, offset) => this.edge(from + offset))
  }

  isWeak(edge: number): boolean {
    return this.#edgeKinds[this.#edgeKindOf[edge]!] === 'weak'
  }

  /** The number a property or variable holds; null when it holds something else. */
  numberAt(node: number): number | null {
    if (this.kind(node) !== 'number') return null
    const value = this.edges(node).find(({ name }) => name === 'value')
    const number = value ? Number(this.name(value.to)) : Number.NaN
    return Number.isFinite(number) ? number : null
  }

  /** A scope with variables, as functions close over it. */
  isContext(node: number): boolean {
    return /^system \/ (?:\w*Context)/.test(this.name(node)) && !this.name(node).includes('NativeContext')
  }
}
