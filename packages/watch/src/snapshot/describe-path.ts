import {
  contextEdge,
  elementEdge,
  internalEdge,
  isIndexed,
  isNodeType,
  nameOf,
  nodeTypes,
  propertyEdge,
  type HeapSnapshot,
} from './heap-snapshot.ts'
import { none, type RetainingPaths } from './retaining-paths.ts'
import { indexName } from './string-table.ts'

/** One step of a way: by what name, to what. */
export interface PathStep {
  /** `pageCache`, `.byUrl`, `[]`; null for a step inside V8 that no source names. */
  name: string | null
  /** `Map`, `Session`, `render()`, `string`. */
  what: string
  node: number
}

/** Names code and the ways to objects, as a programmer would. */
export class Guide {
  readonly #snapshot: HeapSnapshot
  readonly #paths: RetainingPaths
  #scripts: Map<number, string> | null = null
  #locations: Map<number, number> | null = null
  /** A function for each scope. */
  #closures: Map<number, number> | null = null

  constructor(snapshot: HeapSnapshot, paths: RetainingPaths) {
    this.#snapshot = snapshot
    this.#paths = paths
  }

  /** `Map`, `Object {html, at}`, `render()`, `(anonymous)() at /app/pages.js:41`, `string`. */
  what(node: number): string {
    const type = nodeTypes[this.#snapshot.nodeType[node]!]!
    if (textNames.has(type)) return 'string'
    if (type === 'number') return 'number'
    const name = nameOf(this.#snapshot, node)
    if (type === 'closure') return `${name || '(anonymous)'}()${this.#suffix(' at ', this.place(node))}`
    if (type === 'regexp') return 'RegExp'
    if (type === 'object' && name === 'Object') return this.#shape(node)
    if (type === 'array') return name || '(array)'
    if (name === 'system / Context') return '(scope)'
    return name || `(${type})`
  }

  /** The way in words: from the module it begins in, else from the root, V8's own steps included. */
  path(node: number): string[] {
    const steps = this.steps(node)
    const from = steps.findLastIndex(
      (step) => step.what === moduleRecord || (this.#isContextEdge(step.node) && isOwnName(step.name)),
    )
    const file = from === -1 ? null : this.#fileOf(steps.slice(0, from))
    const words = (file === null ? steps : steps.slice(from)).map(({ name, what }) =>
      name === null || name === '[]' ? what : name,
    )
    if (file !== null) words.unshift(file)
    return words.length > maxPathWords ? [words[0]!, '…', ...words.slice(2 - maxPathWords)] : words
  }

  /** The file whose outermost scope this is; null for the scope of a call, and for what is no scope. */
  moduleOf(scope: number): string | null {
    const outer = this.#internal(scope, 'previous')
    if (outer === null || nameOf(this.#snapshot, outer) !== 'system / NativeContext') return null
    const closure = this.#closureOf(scope)
    return closure === undefined ? null : this.#scriptOf(closure)
  }

  #suffix(joint: string, text: string | null): string {
    return text === null ? '' : joint + text
  }

  steps(node: number): PathStep[] {
    const steps: PathStep[] = []
    for (let at = node; this.#paths.edge[at] !== none && steps.length < maxSteps; at = this.#paths.parent[at]!) {
      steps.push({ name: this.#stepName(this.#paths.edge[at]!), what: this.what(at), node: at })
    }
    return steps.reverse()
  }

  /**
   * The name by which a programmer finds it: `pageCache in /app/pages.js`, `shop.pages.byUrl`, and null when no name of the
   * program's leads there.
   */
  variable(node: number): string | null {
    const steps = this.steps(node)
    const from = steps.findLastIndex((step) => this.#isContextEdge(step.node) && isOwnName(step.name))
    const module = steps.findLastIndex(({ what }) => what === moduleRecord)
    if (module > from) {
      const names = steps.slice(module + 1).flatMap(({ name }) => (isOwnName(name) ? name : []))
      return `an export${names.slice(0, 3).join('')}${this.#suffix(' of ', this.#fileOf(steps.slice(0, module)))}`
    }
    if (from === -1) {
      const names = steps.flatMap(({ name }) => (isOwnName(name) ? name : []))
      if (names.length === 0) return null
      return names
        .slice(-4)
        .map((name, index) => (index === 0 ? name.replace(/^\./, '') : name))
        .join('')
    }
    const tail = steps.slice(from).flatMap(({ name }, index) => (index === 0 || isOwnName(name) ? name! : []))
    const file = this.#fileOf(steps.slice(0, from))
    return tail.slice(0, 4).join('') + this.#suffix(' in ', file)
  }

  /** `/app/pages.js:41`: where a function or a class stands; null when the snapshot does not tell. */
  place(node: number): string | null {
    const { locations } = this.#snapshot
    this.#locations ??= new Map(Array.from(locations.node, (object, index) => [object, index]))
    const index = this.#locations.get(node)
    if (index === undefined) return null
    const file = this.#scriptNames().get(locations.script[index]!)
    return file ? `${file}:${locations.line[index]! + 1}` : null
  }

  #stepName(edge: number): string | null {
    const { edges, strings } = this.#snapshot
    const type = edges.type(edge)
    if (isIndexed(type)) return type === elementEdge ? indexName : null
    const name = strings.get(edges.name(edge))
    if (type === contextEdge) return name
    if (type === propertyEdge)
      return name === indexName ? indexName : /^[\w$]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
    return null
  }

  #isContextEdge(node: number): boolean {
    const edge = this.#paths.edge[node]!
    return edge !== none && this.#snapshot.edges.type(edge) === contextEdge
  }

  /** A scope is in the file of every function that sees it: of one that has it, else of the nearest one on the way. */
  #fileOf(steps: readonly PathStep[]): string | null {
    const scope = steps.at(-1)?.node
    const inside = scope === undefined ? undefined : this.#closureOf(scope)
    const closure = inside ?? steps.findLast(({ node }) => isNodeType(this.#snapshot, node, 'closure'))?.node
    const file = closure === undefined ? null : this.#scriptOf(closure)
    return file?.replace(/^file:\/\//, '') ?? null
  }

  #closureOf(scope: number): number | undefined {
    if (this.#closures === null) {
      this.#closures = new Map()
      for (let node = 0; node < this.#snapshot.nodeCount; node++) {
        if (!isNodeType(this.#snapshot, node, 'closure')) continue
        const seen = this.#internal(node, 'context')
        if (seen !== null && !this.#closures.has(seen)) this.#closures.set(seen, node)
      }
    }
    return this.#closures.get(scope)
  }

  #scriptOf(closure: number): string | null {
    const shared = this.#internal(closure, 'shared')
    if (shared === null) return null
    const next = this.#internal(shared, 'script') ?? this.#internal(shared, 'script_or_debug_info')
    // While a debugger is attached, its notes stand between a function and its script.
    const isNote = next !== null && nameOf(this.#snapshot, next) === 'system / DebugInfo'
    const script = isNote ? this.#internal(next, 'script') : next
    return script === null ? null : nameOf(this.#snapshot, script) || null
  }

  #internal(node: number, name: string): number | null {
    const { firstEdge, edges, strings } = this.#snapshot
    for (let edge = firstEdge[node]!; edge < firstEdge[node + 1]!; edge++) {
      if (edges.type(edge) === internalEdge && strings.get(edges.name(edge)) === name) return edges.target(edge)
    }
    return null
  }

  /** Scripts have numbers in locations and names in nodes; a function that has both introduces them. */
  #scriptNames(): Map<number, string> {
    if (this.#scripts) return this.#scripts
    this.#scripts = new Map()
    const { locations } = this.#snapshot
    for (let index = 0; index < locations.count; index++) {
      const script = locations.script[index]!
      if (this.#scripts.has(script) || !isNodeType(this.#snapshot, locations.node[index]!, 'closure')) continue
      const name = this.#scriptOf(locations.node[index]!)
      if (name) this.#scripts.set(script, name.replace(/^file:\/\//, ''))
    }
    return this.#scripts
  }

  #shape(node: number): string {
    const { firstEdge, edges, strings } = this.#snapshot
    const names: string[] = []
    let count = 0
    for (let edge = firstEdge[node]!; edge < firstEdge[node + 1]!; edge++) {
      if (edges.type(edge) !== propertyEdge) continue
      const name = strings.get(edges.name(edge))
      if (name === '__proto__' || name === '') continue
      if (++count <= maxShapeNames) names.push(name)
    }
    if (count > maxProperties) return `Object of ${count.toLocaleString('en')} keys`
    if (count > maxShapeNames) return `Object {${names.join(', ')}, …}`
    return names.length === 0 ? 'Object' : `Object {${names.join(', ')}}`
  }
}

/** Holds what an ES module exports, in cells without a name. */
export const moduleRecord = 'system / SourceTextModule'
/** A reader follows the end of a way; its beginning is Node's own. */
const maxPathWords = 10
/** Far down a list nobody counts. */
const maxSteps = 100
const maxShapeNames = 4
/** With more properties it is a dictionary, and the names are keys. */
const maxProperties = 64
const textNames = new Set(['string', 'concatenated string', 'sliced string'])

/** A name of the program's: not an index, not one of V8's steps. */
function isOwnName(name: string | null): name is string {
  return name !== null && name !== '[]' && name !== '.__proto__'
}
