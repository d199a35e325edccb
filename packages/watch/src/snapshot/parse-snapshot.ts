import { statSync } from 'node:fs'
import { messageOf } from '@plimsoll/core'
import { ByteReader, UnexpectedByte } from './byte-reader.ts'
import { SnapshotFormatError } from './errors.ts'
import { Edges, edgeTypes, isIndexed, maxNodes, nodeTypes, SelfBytes, type HeapSnapshot } from './heap-snapshot.ts'
import { StringTable } from './string-table.ts'

/** V8 writes a few hundred bytes; a page of it is generous. */
const maxHeaderBytes = 64 * 1024
const batchRows = 4096
/** Beyond this an edge no longer fits the columns; V8 itself ends long before. */
const maxEdges = 2 ** 31

interface Header {
  nodeFields: string[]
  nodeTypes: string[]
  edgeFields: string[]
  edgeTypes: string[]
  locationFields: string[]
  nodeCount: number
  edgeCount: number
}

export interface ParseOptions {
  /** Keeps V8's numbers of objects, 4 bytes each; default false. */
  withIds?: boolean
}

/**
 * Reads a `.heapsnapshot` as V8 and Chrome write it. It is read once, from front to back, in pieces of 1 MB: a file of any length
 * costs only its columns (see {@link HeapSnapshot}) and the names, never the contents of the host's strings.
 * @throws {@link SnapshotFormatError} when it is no snapshot, or not a whole one
 */
export function parseSnapshot(path: string, { withIds = false }: ParseOptions = {}): HeapSnapshot {
  const reader = openFile(path)
  try {
    return new SnapshotParser(path, reader, withIds).parse()
  } catch (error) {
    if (!(error instanceof UnexpectedByte)) throw error
    throw new SnapshotFormatError(path, describeFault(error), { cause: error })
  } finally {
    reader.close()
  }
}

function describeFault({ message, offset, isEnd }: UnexpectedByte): string {
  if (offset === 0) return 'this is no heap snapshot: it does not begin with an object of JSON.'
  if (!isEnd) return `this is no heap snapshot: at byte ${offset} there should be ${message}.`
  return `it ends after ${offset} bytes where there should be ${message}. The snapshot is cut short: the disk was full, or the process ended while it wrote. Take another one.`
}

function openFile(path: string): ByteReader {
  try {
    if (statSync(path).isDirectory()) throw new Error('it is a folder')
    return new ByteReader(path)
  } catch (error) {
    throw new SnapshotFormatError(path, `cannot be read: ${messageOf(error)}.`, { cause: error })
  }
}

class SnapshotParser {
  readonly #path: string
  readonly #reader: ByteReader
  readonly #withIds: boolean
  #header: Header | null = null
  #nodes: Pick<HeapSnapshot, 'nodeType' | 'nodeName' | 'nodeId' | 'selfBytes' | 'firstEdge'> | null = null
  #edges: Edges | null = null
  #locations: HeapSnapshot['locations'] = {
    node: new Uint32Array(0),
    script: new Uint32Array(0),
    line: new Uint32Array(0),
    count: 0,
  }
  #strings: StringTable | null = null

  constructor(path: string, reader: ByteReader, withIds: boolean) {
    this.#path = path
    this.#reader = reader
    this.#withIds = withIds
  }

  parse(): HeapSnapshot {
    for (const key of this.#reader.keys('"{"')) {
      if (key === 'snapshot') this.#header = this.#readHeader()
      else if (key === 'nodes') this.#nodes = this.#readNodes(this.#need(this.#header, 'snapshot'))
      else if (key === 'edges') this.#edges = this.#readEdges(this.#need(this.#header, 'snapshot'))
      else if (key === 'locations') this.#readLocations(this.#need(this.#header, 'snapshot'))
      else if (key === 'strings') this.#strings = this.#readStrings()
      else this.#reader.skipValue()
    }
    const { nodeCount, edgeCount } = this.#need(this.#header, 'snapshot')
    const nodes = this.#need(this.#nodes, 'nodes')
    const edges = this.#need(this.#edges, 'edges')
    const strings = this.#need(this.#strings, 'strings')
    return { nodeCount, edgeCount, ...nodes, edges, strings, locations: this.#locations }
  }

  #need<T>(part: T | null, name: string): T {
    if (part === null) this.#refuse(`this is no heap snapshot: it has no "${name}" where it is needed.`)
    return part
  }

  #refuse(what: string): never {
    throw new SnapshotFormatError(this.#path, what)
  }

  #readHeader(): Header {
    const raw = this.#reader.readRaw(maxHeaderBytes)
    try {
      const { meta, node_count, edge_count } = JSON.parse(raw) as {
        meta: Record<string, unknown>
        node_count: unknown
        edge_count: unknown
      }
      const list = (value: unknown): string[] => (value as unknown[]).map(String)
      const header = {
        nodeFields: list(meta['node_fields']),
        nodeTypes: list((meta['node_types'] as unknown[])[0]),
        edgeFields: list(meta['edge_fields']),
        edgeTypes: list((meta['edge_types'] as unknown[])[0]),
        locationFields: list(meta['location_fields'] ?? []),
        nodeCount: Number(node_count),
        edgeCount: Number(edge_count),
      }
      this.#checkCounts(header)
      return header
    } catch (error) {
      if (error instanceof SnapshotFormatError) throw error
      throw new SnapshotFormatError(this.#path, 'this is no heap snapshot: its description is not one of V8’s.', {
        cause: error,
      })
    }
  }

  /** Nobody reserves memory for rows that cannot be in the file: each number takes two bytes with its comma. */
  #checkCounts({ nodeCount, edgeCount, nodeFields, edgeFields }: Header): void {
    const fileBytes = statSync(this.#path).size
    const leastBytes = 2 * (nodeCount * nodeFields.length + edgeCount * edgeFields.length)
    const isCount = (count: number, max: number): boolean => Number.isInteger(count) && count >= 0 && count < max
    if (!isCount(nodeCount, maxNodes) || !isCount(edgeCount, maxEdges) || nodeCount === 0)
      this.#refuse('this is no heap snapshot: it does not say how much it holds.')
    if (leastBytes > fileBytes) {
      this.#refuse(
        `it should hold ${nodeCount} objects and ${edgeCount} references, and is too short for them. The snapshot is cut short: the disk was full, or the process ended while it wrote. Take another one.`,
      )
    }
  }

  #readNodes({ nodeFields, nodeTypes: types, nodeCount, edgeCount }: Header) {
    const width = nodeFields.length
    const [type, name, id, self, edges] = this.#fields(nodeFields, ['type', 'name', 'id', 'self_size', 'edge_count'])
    const ours = types.map((text) => {
      const index = nodeTypes.indexOf(text as (typeof nodeTypes)[number])
      return index === -1 ? nodeTypes.length - 1 : index
    })
    const nodeType = new Uint8Array(nodeCount)
    const nodeName = new Uint32Array(nodeCount)
    const nodeId = new Uint32Array(this.#withIds ? nodeCount : 0)
    const selfBytes = new SelfBytes(nodeCount)
    const firstEdge = new Uint32Array(nodeCount + 1)
    const withIds = this.#withIds
    let node = 0
    let edge = 0
    this.#readRows('objects', width, nodeCount, (batch, rowCount) => {
      for (let row = 0, at = 0; row < rowCount; row++, at += width) {
        nodeType[node] = ours[batch[at + type!]!] ?? nodeTypes.length - 1
        nodeName[node] = batch[at + name!]!
        if (withIds) nodeId[node] = batch[at + id!]!
        selfBytes.set(node, batch[at + self!]!)
        firstEdge[node++] = edge
        edge += batch[at + edges!]!
      }
    })
    if (edge !== edgeCount) this.#refuse(`its objects have ${edge} references, and it announced ${edgeCount}.`)
    firstEdge[nodeCount] = edge
    return { nodeType, nodeName, nodeId, selfBytes, firstEdge }
  }

  #readEdges({ edgeFields, edgeTypes: types, nodeFields, nodeCount, edgeCount }: Header): Edges {
    const width = edgeFields.length
    const [type, name, to] = this.#fields(edgeFields, ['type', 'name_or_index', 'to_node'])
    const ours = types.map((text) => edgeTypes.indexOf(text as (typeof edgeTypes)[number]))
    const edges = new Edges(edgeCount)
    const nodeWidth = nodeFields.length
    let edge = 0
    this.#readRows('references', width, edgeCount, (batch, rowCount) => {
      for (let row = 0, at = 0; row < rowCount; row++, at += width) {
        const kind = ours[batch[at + type!]!] ?? -1
        const target = batch[at + to!]! / nodeWidth
        if (kind === -1) this.#refuse(`reference ${edge} is of a kind that V8 does not describe.`)
        if (!Number.isInteger(target) || target >= nodeCount) {
          this.#refuse(`reference ${edge} points to no object.`)
        }
        edges.set(edge++, kind, target, batch[at + name!]!)
      }
    })
    return edges
  }

  #readLocations({ locationFields, nodeFields, nodeCount }: Header): void {
    const width = locationFields.length
    const [object, script, line] = this.#fields(locationFields, ['object_index', 'script_id', 'line'])
    const columns = { node: [] as number[], script: [] as number[], line: [] as number[] }
    const batch = new Float64Array(batchRows * width)
    const { nodeType } = this.#need(this.#nodes, 'nodes')
    const seenNames = new Set<number>()
    const { nodeName } = this.#need(this.#nodes, 'nodes')
    this.#reader.readNumbers(batch, (count) => {
      for (let at = 0; at + width <= count; at += width) {
        const node = batch[at + object!]! / nodeFields.length
        if (!Number.isInteger(node) || node >= nodeCount) this.#refuse('a location belongs to no object.')
        // Every instance of a class says where the class stands: one will do.
        if (nodeType[node] === objectType && seenNames.size === seenNames.add(nodeName[node]!).size) continue
        columns.node.push(node)
        columns.script.push(batch[at + script!]!)
        columns.line.push(batch[at + line!]!)
      }
    })
    this.#locations = {
      node: Uint32Array.from(columns.node),
      script: Uint32Array.from(columns.script),
      line: Uint32Array.from(columns.line),
      count: columns.node.length,
    }
  }

  #readStrings(): StringTable {
    const { edgeCount } = this.#need(this.#header, 'snapshot')
    const nodes = this.#need(this.#nodes, 'nodes')
    const edges = this.#need(this.#edges, 'edges')
    let count = 0
    for (const name of nodes.nodeName) if (name >= count) count = name + 1
    for (let edge = 0; edge < edgeCount; edge++) if (edges.name(edge) >= count) count = edges.name(edge) + 1
    // A bogus name must not reserve memory: each text takes three bytes with its comma.
    if (count * 3 > statSync(this.#path).size) this.#refuse('its names point beyond its texts.')
    const isName = new Uint8Array(count)
    for (let node = 0; node < nodes.nodeName.length; node++) {
      if (!textTypes.has(nodes.nodeType[node]!)) isName[nodes.nodeName[node]!] = 1
    }
    for (let edge = 0; edge < edgeCount; edge++) if (!isIndexed(edges.type(edge))) isName[edges.name(edge)] = 1
    const table = new StringTable()
    const sink = StringTable.createSink()
    let open = -1
    const close = (): void => {
      if (open !== -1) table.set(open, sink)
      open = -1
    }
    const readCount = this.#reader.readTexts((index) => {
      close()
      if (!isName[index]) return null
      open = index
      sink.clear()
      return sink
    })
    close()
    if (readCount < count) this.#refuse(`its names point to ${count} texts, and it holds ${readCount}.`)
    return table
  }

  #readRows(
    what: string,
    width: number,
    rowCount: number,
    take: (batch: Float64Array, rowCount: number) => void,
  ): void {
    const batch = new Float64Array(batchRows * width)
    let total = 0
    this.#reader.readNumbers(batch, (count) => {
      const rows = count / width
      total += rows
      if (!Number.isInteger(rows) || total > rowCount) {
        this.#refuse(`it announced ${rowCount} ${what} and holds another number of them.`)
      }
      take(batch, rows)
    })
    if (total !== rowCount) this.#refuse(`it announced ${rowCount} ${what} and holds ${total}.`)
  }

  #fields(fields: readonly string[], wanted: readonly string[]): number[] {
    return wanted.map((field) => {
      const index = fields.indexOf(field)
      if (index === -1) this.#refuse(`this is no heap snapshot of V8: it does not tell "${field}".`)
      return index
    })
  }
}

const objectType = nodeTypes.indexOf('object')
/** Nodes of these are named by their content. */
const textTypes = new Set(
  (['string', 'concatenated string', 'sliced string', 'number'] as const).map((type) => nodeTypes.indexOf(type)),
)
