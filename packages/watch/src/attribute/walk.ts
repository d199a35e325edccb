import { Socket } from 'node:net'
import { types } from 'node:util'
import { sourceOf } from './built-in.ts'
import { kindOf, sampleEntries, type CollectionKind } from './collection.ts'
import type { ScopeReader } from './scope-reader.ts'

/** Where a walk begins. */
export interface Root {
  value: unknown
  path: string
  /** Script whose variable it is, where that is known. */
  scriptId?: string | null
  /** Only the listeners of this emitter are walked into, and only where nothing led to it before. */
  isEmitter?: boolean
}

/** A collection met on the way, with the shortest path to it from a variable of a module. */
export interface FoundCollection {
  collection: object
  kind: CollectionKind
  /** `pages`, `Registry.cache`, `bus.on('tick')`. */
  path: string
  /** Script of the function in whose scope the path begins; null when it begins elsewhere. */
  scriptId: string | null
  /** Whose property it is: the emitter of a listener list. */
  owner: object | null
  /** Class of the nearest instance on the way: what holds the collection is written there. */
  definedBy: object | null
  /** Nearest number on the way that is named like a limit: `max`, `#maxEntries`, `capacity`. */
  bound: number | null
  /** The same, closed over by a function that stands beside it in a scope: a reducer's `limit` beside the state it makes. */
  boundBeside: number | null
}

/** What earlier walks learnt of functions, which makes later ones cheap. */
export class WalkMemory {
  readonly #facts = new WeakMap<object, FunctionFacts>()
  readonly #foreignSources = new Set<string>()
  readonly #bound = new WeakMap<object, unknown[]>()

  /** What a function was bound to, which never changes: every connection brings some, and the inspector takes its time. */
  boundOf(of: object): unknown[] | undefined {
    return this.#bound.get(of)
  }

  noteBound(of: object, bound: unknown[]): void {
    this.#bound.set(of, bound)
  }

  factsOf(of: object): FunctionFacts | undefined {
    return this.#facts.get(of)
  }

  note(of: object, facts: FunctionFacts): void {
    this.#facts.set(of, facts)
  }

  /**
   * The closures that Node makes for each connection have one text. Once its script is known, the next ones need not be
   * asked for theirs, which takes the inspector 0.3 ms each.
   */
  noteForeign(source: string): void {
    if (isTelling(source) && this.#foreignSources.size < MAX_FOREIGN_SOURCES) this.#foreignSources.add(source)
  }

  isForeign(source: string): boolean {
    return isTelling(source) && this.#foreignSources.has(source)
  }
}
/** Texts remembered, and their length: the host may have written a short one as well, and a long one is made once. */
const MAX_FOREIGN_SOURCES = 1000
const [MIN_SOURCE_LENGTH, MAX_SOURCE_LENGTH] = [40, 4000]

function isTelling({ length }: string): boolean {
  return length >= MIN_SOURCE_LENGTH && length <= MAX_SOURCE_LENGTH
}
interface FunctionFacts {
  scriptId: string
  isForeign: boolean
  /** Closes over its module only. */
  isPlain: boolean
}

export interface WalkLimits {
  maxNodes: number
  /** Whose scopes are read, by the inspector. */
  maxFunctions: number
  maxDepth: number
}
/** An Express handler below two mounted routers is fourteen steps from its server, and beyond ten there is little else. */
export const walkLimits: WalkLimits = { maxNodes: 30_000, maxFunctions: 3000, maxDepth: 16 }

/** One scope of one function, and what the functions among its variables close over. */
interface Beside {
  bound: number | null
}

interface Node {
  value: object
  path: string
  depth: number
  scriptId: string | null
  owner: object | null
  definedBy: object | null
  bound: number | null
  beside: Beside | null
  /** A variable of that scope, rather than something below one. */
  isVariable?: boolean
  isEmitter?: boolean
  /** Node's own lists led to it, of handles or of timers: they hold all there are, whoever else keeps some. */
  isListed?: boolean
}

/** Entries of a collection that are walked into: what holds in one entry holds in most. */
const WALKED_ENTRIES = 6
/** Connections of one server that are walked into: what listens on one listens on each, and a busy server has hundreds. */
const WALKED_CONNECTIONS = 4
/** An object with more own properties than this is a map in disguise. */
const MAX_PROPERTIES = 100
const boundName =
  /^[#_]*(?:max|limit|capacity|maximum|size_?limit|bound)(?:[A-Z_].*)?$|^[#_]*max[a-z]*(?:size|length|entries|keys|items|count|bytes)?$/i
/** How long something may live or wait bounds no count, nor how large one message may be. */
const otherName =
  /age$|ttl|time|delay|wait|ms$|seconds$|retries|attempts|redirects|payload|(?:message|header|body|frame|chunk)_?(?:size|length|bytes)/i

/**
 * Walks from the given roots over everything a module's code can reach: own data properties, elements, scopes of functions,
 * private fields, classes of instances. Breadth first, so that the first path to a collection is a short one. Reads no
 * getter, enters no proxy, follows no prototype chain into Node itself. Yields after each object so that the caller can
 * slice the work; holds the queue strongly for as long as it runs.
 */
export class Walk {
  readonly #queue: (Node | null)[] = []
  readonly #functions: (Node | null)[] = []
  readonly #bound: (Node | null)[] = []
  readonly #visited = new WeakSet<object>()
  readonly #readScripts = new Set<string>()
  readonly #walkedConnections = new WeakSet<object>()
  readonly #connectionCounts = new WeakMap<object, number>()
  readonly #reader: ScopeReader | null
  readonly #isForeign: (scriptId: string) => boolean
  readonly #limits: WalkLimits
  readonly #found: (found: FoundCollection) => void
  readonly #memory: WalkMemory
  #readCount = 0
  #isCut = false

  /** `isForeign` tells scripts that are not the host's: Node's own, and ours; `closed` are objects that are not entered. */
  constructor(
    roots: readonly Root[],
    reader: ScopeReader | null,
    isForeign: (scriptId: string) => boolean,
    found: (found: FoundCollection) => void,
    memory = new WalkMemory(),
    limits: WalkLimits = walkLimits,
    closed: Iterable<object> = [],
  ) {
    this.#reader = reader
    this.#isForeign = isForeign
    this.#found = found
    this.#limits = limits
    this.#memory = memory
    for (const object of closed) this.#visited.add(object)
    const start = { depth: 0, owner: null, definedBy: null, bound: null, beside: null }
    for (const { value, path, scriptId = null, isEmitter } of roots)
      this.#enqueue(value, { ...start, path, scriptId, isEmitter, isListed: isEmitter })
  }

  /** Once it has ended: nothing was left out for a limit. */
  get isWhole(): boolean {
    return !this.#isCut
  }

  /** Scripts whose variables were seen. */
  get reachedScripts(): ReadonlySet<string> {
    return this.#readScripts
  }

  *run(): Generator<void> {
    for (let functionCount = 0, boundCount = 0, nodeCount = 0; ;) {
      // Functions first: a path that begins at a variable is what a person wants to read. What earlier walks learnt is free, so that
      // each gets further than the last in a program with more functions than one of them may read.
      if (functionCount < this.#functions.length && this.#readCount < this.#limits.maxFunctions) {
        this.#readFunction(take(this.#functions, functionCount++))
      } else if (boundCount < this.#bound.length) {
        // What is bound has no name; by now it may have got that of a variable.
        this.#readBound(take(this.#bound, boundCount++))
      } else if (nodeCount < this.#queue.length) {
        this.#visit(take(this.#queue, nodeCount++))
      } else {
        this.#isCut ||= functionCount < this.#functions.length
        return
      }
      yield
    }
  }

  #enqueue(value: unknown, node: Omit<Node, 'value'>): void {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
    if (this.#visited.has(value) || node.depth > this.#limits.maxDepth) return
    this.#visited.add(value)
    const target = typeof value === 'function' ? this.#functions : this.#queue
    if (target.length < this.#limits.maxNodes) target.push({ ...node, value })
    else this.#isCut = true
  }

  #readFunction(node: Node): void {
    const of = node.value as (...args: never[]) => unknown
    const known = this.#memory.factsOf(of)
    if (known?.isForeign) return
    const source = sourceOf(of)
    if (source.endsWith('{ [native code] }')) {
      if (of.name.startsWith('bound ')) this.#bound.push(node)
      return
    }
    if (!known && this.#memory.isForeign(source)) return
    const isClass = source.startsWith('class')
    const scriptId = this.#readScopes(of, known, node.isVariable ? node.beside : null) ?? node.scriptId
    if (scriptId !== null && this.#isForeign(scriptId)) return this.#memory.noteForeign(source)
    const path = isClass && of.name !== '' ? of.name : node.path
    const bound = isClass ? boundAmong(of) : node.bound
    const inside = {
      ...node,
      path,
      depth: node.depth + 1,
      scriptId,
      owner: of,
      definedBy: null,
      bound,
      isVariable: false,
    }
    // An app of Express, a client of knex: functions that are emitters as well.
    this.#visitListeners({ ...inside, value: node.value, depth: node.depth })
    this.#enqueueProperties(of, inside)
    if (isClass && source.includes('#')) this.#enqueuePrivateFields(of, inside)
  }

  /** What `handle.bind(app)` leads to: the function, and what was bound. */
  #readBound(node: Node): void {
    const of = node.value as (...args: never[]) => unknown
    let bound = this.#memory.boundOf(of)
    if (!bound) {
      if (!this.#reader) return
      if (this.#readCount >= this.#limits.maxFunctions) {
        this.#isCut = true
        return
      }
      this.#readCount++
      bound = this.#reader.readBound(of)
      this.#memory.noteBound(of, bound)
    }
    for (const value of bound) this.#enqueue(value, { ...node, depth: node.depth + 1 })
  }

  /** A function that sees nothing but its module need not be read when another of the module was. */
  #readScopes(
    of: (...args: never[]) => unknown,
    known: FunctionFacts | undefined,
    beside: Beside | null,
  ): string | null {
    if (known?.isPlain && this.#readScripts.has(known.scriptId)) return known.scriptId
    this.#readCount++
    const read = this.#reader?.readScopes(of)
    if (!read) return null
    const { scriptId, scopes } = read
    const isForeign = this.#isForeign(scriptId)
    this.#memory.note(of, { scriptId, isForeign, isPlain: scopes.every(({ isModule }) => isModule) })
    if (isForeign) return scriptId
    for (const { isModule, variables } of scopes) {
      if (isModule && this.#readScripts.has(scriptId)) continue
      if (isModule) this.#readScripts.add(scriptId)
      else if (beside) beside.bound ??= boundInScope(variables)
      const here = { beside: isModule ? null : { bound: null }, isVariable: true }
      this.#enqueueProperties(variables, {
        path: '',
        depth: 0,
        scriptId,
        owner: null,
        definedBy: null,
        bound: null,
        ...here,
      })
    }
    return scriptId
  }

  #visit(met: Node): void {
    const node = { ...met, isVariable: false, isEmitter: false }
    const { value } = node
    if (types.isProxy(value)) return
    if (node.isListed && this.#isOneMoreConnection(value)) {
      // A collection of the host's may still lead to it.
      this.#visited.delete(value)
      return
    }
    if (met.isEmitter) {
      this.#visited.delete(value)
      return this.#visitListeners(node)
    }
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || types.isPromise(value)) return
    const kind = kindOf(value)
    if (kind !== null) {
      const { path, scriptId, owner, definedBy, bound, beside } = node
      this.#found({
        collection: value,
        kind,
        path,
        scriptId,
        owner,
        definedBy,
        bound,
        boundBeside: beside?.bound ?? null,
      })
    }
    if (kind === 'map' || kind === 'set' || kind === 'array') {
      const inside = { ...node, path: `${node.path}[]`, depth: node.depth + 1, owner: value }
      for (const [, item] of sampleEntries(value, kind, WALKED_ENTRIES)) this.#enqueue(item, inside)
      // A class that extends one may keep what it holds in fields of its own.
      if (kind === 'array' || isBuiltIn(value)) return
    }
    this.#visitObject(node)
  }

  /** The list of timers leads from each connection to all, and Node binds a dozen functions for each. */
  #isOneMoreConnection(value: object): boolean {
    const server = dataProperty(value, 'server')
    if (typeof server !== 'object' || server === null || !(value instanceof Socket)) return false
    if (this.#walkedConnections.has(value)) return false
    const count = this.#connectionCounts.get(server) ?? 0
    if (count >= WALKED_CONNECTIONS) return true
    this.#walkedConnections.add(value)
    this.#connectionCounts.set(server, count + 1)
    return false
  }

  #visitObject(node: Node): void {
    const { value } = node
    const constructor = dataProperty(Object.getPrototypeOf(value) ?? {}, 'constructor')
    const isInstance = typeof constructor === 'function' && constructor !== Object
    const definedBy = isInstance ? constructor : node.definedBy
    const bound = boundAmong(value) ?? node.bound
    const inside = { ...node, depth: node.depth + 1, owner: value, definedBy, bound }
    this.#visitListeners(node)
    this.#enqueueProperties(value, inside)
    if (typeof constructor !== 'function' || constructor === Object) return
    // The class brings its statics, and by its scope the module it stands in.
    this.#enqueue(constructor, { ...node, path: constructor.name, depth: node.depth + 1, bound: null })
    const source = sourceOf(constructor)
    if (source.startsWith('class') && source.includes('#')) this.#enqueuePrivateFields(value, inside)
  }

  /** An emitter keeps each event's listeners in `_events`: one function, or an array of them. */
  #visitListeners(node: Node): void {
    const events = dataProperty(node.value, '_events')
    if (typeof events !== 'object' || events === null || this.#visited.has(events)) return
    this.#visited.add(events)
    for (const event of Object.keys(events).slice(0, MAX_PROPERTIES)) {
      const listeners = dataProperty(events, event)
      const path = `${node.path}.on('${event.slice(0, 60)}')`
      if (Array.isArray(listeners)) {
        this.#visited.add(listeners)
        this.#found({
          collection: listeners,
          kind: 'listeners',
          path,
          scriptId: node.scriptId,
          owner: node.value,
          definedBy: node.definedBy,
          bound: null,
          boundBeside: null,
        })
      }
      const some = Array.isArray(listeners)
        ? sampleEntries(listeners, 'listeners', WALKED_ENTRIES).map(([, listener]) => listener)
        : [listeners]
      for (const listener of some) this.#enqueue(listener, { ...node, path, depth: node.depth + 1, owner: node.value })
    }
  }

  #enqueueProperties(value: object, node: Omit<Node, 'value'>): void {
    const names = Object.getOwnPropertyNames(value)
    const isFunction = typeof value === 'function'
    const walked = names.length > MAX_PROPERTIES && node.path !== '' ? names.slice(-WALKED_ENTRIES) : names
    // Many a library keeps its state under symbols: `this[kClients]`.
    for (const key of [...walked, ...Object.getOwnPropertySymbols(value).slice(0, MAX_PROPERTIES)]) {
      if (isFunction && typeof key === 'string' && skippedOfFunctions.has(key)) continue
      const path = node.path === '' ? String(key) : node.path + step(key)
      const property = describe(value, key)
      const isListed = node.isListed || key === '_idleNext' || key === '_idlePrev'
      this.#enqueue(property?.value, { ...node, path, isListed })
      // A getter is never called, but it closes over what it would answer.
      if (property?.get) this.#enqueue(property.get, { ...node, path })
    }
  }

  #enqueuePrivateFields(value: object, node: Omit<Node, 'value'>): void {
    const fields = this.#reader?.readPrivateFields(value) ?? []
    const bound = fields.find(([name, field]) => isBound(name, field))?.[1] as number | undefined
    for (const [name, field] of fields) {
      this.#enqueue(field, { ...node, path: `${node.path}.${name}`, bound: bound ?? node.bound })
    }
  }
}

function isBuiltIn(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Map.prototype || prototype === Set.prototype
}

/** A key that is data rather than a name stands in brackets, as it would in the source. */
function step(key: string | symbol): string {
  if (typeof key === 'symbol') return `[${String(key).slice(0, 60)}]`
  const short = key.slice(0, 60)
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(short) ? `.${short}` : `[${JSON.stringify(short)}]`
}

const skippedOfFunctions = new Set(['prototype', 'length', 'name', 'arguments', 'caller'])

/** The value of an own property, unless it is an accessor. */
function dataProperty(of: object, name: string): unknown {
  return describe(of, name)?.value
}

function describe(of: object, name: string | symbol): PropertyDescriptor | undefined {
  try {
    return Object.getOwnPropertyDescriptor(of, name)
  } catch {
    // A binding of a module that is not initialised yet.
    return undefined
  }
}

function boundAmong(value: object): number | null {
  const keys = Object.keys(value)
  if (keys.length > MAX_PROPERTIES) return null
  for (const key of keys) {
    const field = dataProperty(value, key)
    if (isBound(key, field)) return field
    // Options kept as they were given: `this.options.max`.
    if (/^[#_]*(?:options|opts|config|settings)$/i.test(key) && typeof field === 'object' && field !== null) {
      const inner = Object.keys(field).find((name) => isBound(name, dataProperty(field, name)))
      if (inner !== undefined) return dataProperty(field, inner) as number
    }
  }
  return null
}

/** A limit among the variables of a scope, or in a plain object of options there, by whatever name. */
function boundInScope(variables: object): number | null {
  const own = boundAmong(variables)
  if (own !== null) return own
  for (const name of Object.keys(variables).slice(0, MAX_PROPERTIES)) {
    const value = dataProperty(variables, name)
    const isPlain = typeof value === 'object' && value !== null && !types.isProxy(value) && kindOf(value) === 'object'
    const bound = isPlain ? boundAmong(value) : null
    if (bound !== null) return bound
  }
  return null
}

function isBound(name: string, value: unknown): value is number {
  return (
    typeof value === 'number' && Number.isFinite(value) && value > 0 && boundName.test(name) && !otherName.test(name)
  )
}

/** What was visited is let go of: a walk lasts for seconds, and a floor that is read meanwhile should not hold what has died since. */
function take(nodes: (Node | null)[], index: number): Node {
  const node = nodes[index]!
  nodes[index] = null
  return node
}
