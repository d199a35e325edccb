import type { StringTable } from './string-table.ts'

/** What kind of thing a node is, in V8's words; what a later V8 invents is `other`. */
export const nodeTypes = [
  'hidden',
  'array',
  'string',
  'object',
  'code',
  'closure',
  'regexp',
  'number',
  'native',
  'synthetic',
  'concatenated string',
  'sliced string',
  'symbol',
  'bigint',
  'object shape',
  'wasm object',
  'other',
] as const
export type NodeType = (typeof nodeTypes)[number]

export const edgeTypes = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'] as const
export type EdgeType = (typeof edgeTypes)[number]

/**
 * A heap snapshot in columns: a node is its ordinal, an edge its ordinal; the edges of node `n` are `firstEdge[n]` up to
 * `firstEdge[n + 1]`. Costs 11 bytes a node and 7 an edge, where objects would cost hundreds.
 */
export interface HeapSnapshot {
  readonly nodeCount: number
  readonly edgeCount: number
  /** Index into {@link nodeTypes}. */
  readonly nodeType: Uint8Array
  /** Index into `strings`. */
  readonly nodeName: Uint32Array
  /** Stays the same for the same object in every snapshot of one process; empty unless asked for. */
  readonly nodeId: Uint32Array
  /** Bytes of the object itself. */
  readonly selfBytes: SelfBytes
  readonly firstEdge: Uint32Array
  readonly edges: Edges
  readonly strings: StringTable
  readonly locations: Locations
}

/** Where functions stand, as V8 knows it: script by number, line and column from 0. */
export interface Locations {
  readonly node: Uint32Array
  readonly script: Uint32Array
  readonly line: Uint32Array
  readonly count: number
}

/** Nearly every object is a whole number of words and smaller than 256 KB; the few that are not stand in a map. */
export class SelfBytes {
  readonly #words: Uint16Array
  readonly #odd = new Map<number, number>()

  constructor(count: number) {
    this.#words = new Uint16Array(count)
  }

  set(node: number, bytes: number): void {
    const words = bytes / wordBytes
    if (words < largest && Number.isInteger(words)) this.#words[node] = words
    else {
      this.#words[node] = largest
      this.#odd.set(node, bytes)
    }
  }

  get(node: number): number {
    const words = this.#words[node]!
    return words === largest ? this.#odd.get(node)! : words * wordBytes
  }
}

/**
 * There are several times as many references as objects, so every byte of theirs counts: where one leads and what kind it is share
 * four bytes, and names have three until one needs a fourth.
 *
 *     31   29 28                             0     23      16 15              0
 *     └ type ┘└────────── target ────────────┘     └ middle ─┘└────── low ─────┘
 */
export class Edges {
  readonly #typeAndTarget: Uint32Array
  readonly #nameLow: Uint16Array
  readonly #nameMiddle: Uint8Array
  #nameHigh: Uint8Array | null = null

  constructor(count: number) {
    this.#typeAndTarget = new Uint32Array(count)
    this.#nameLow = new Uint16Array(count)
    this.#nameMiddle = new Uint8Array(count)
  }

  /** `name` is left out where it is only an index: nobody tells one element from another. */
  set(edge: number, type: number, target: number, name: number): void {
    this.#typeAndTarget[edge] = (type << targetBits) | target
    if (isIndexed(type)) return
    this.#nameLow[edge] = name
    this.#nameMiddle[edge] = name >>> 16
    if (name < 2 ** 24) return
    this.#nameHigh ??= new Uint8Array(this.#nameLow.length)
    this.#nameHigh[edge] = name >>> 24
  }

  /** Index into {@link edgeTypes}. */
  type(edge: number): number {
    return this.#typeAndTarget[edge]! >>> targetBits
  }

  /** The node it leads to. */
  target(edge: number): number {
    return this.#typeAndTarget[edge]! & (maxNodes - 1)
  }

  /** Index into `strings`; 0 for `element` and `hidden` edges. */
  name(edge: number): number {
    const high = this.#nameHigh === null ? 0 : this.#nameHigh[edge]! * 2 ** 24
    return high + ((this.#nameMiddle[edge]! << 16) | this.#nameLow[edge]!)
  }
}

const targetBits = 29
/** V8 itself ends long before: a file of so many objects would be larger than 10 GB. */
export const maxNodes = 2 ** targetBits

/** Of V8 with compressed pointers; without them it is twice that. */
const wordBytes = 4
const largest = 0xffff

export const isNodeType = (snapshot: HeapSnapshot, node: number, type: NodeType): boolean =>
  snapshot.nodeType[node] === nodeTypes.indexOf(type)

export function nameOf(snapshot: HeapSnapshot, node: number): string {
  return snapshot.strings.get(snapshot.nodeName[node]!)
}

/** Whether an edge's name is an index and no text. */
export function isIndexed(edgeType: number): boolean {
  return edgeType === elementEdge || edgeType === hiddenEdge
}

export const contextEdge = edgeTypes.indexOf('context')
export const elementEdge = edgeTypes.indexOf('element')
export const propertyEdge = edgeTypes.indexOf('property')
export const internalEdge = edgeTypes.indexOf('internal')
export const hiddenEdge = edgeTypes.indexOf('hidden')
export const shortcutEdge = edgeTypes.indexOf('shortcut')
export const weakEdge = edgeTypes.indexOf('weak')
