import { createCells, type Cell, type Cells } from './cells.ts'
import { createFrequencies, isInLoop, nameNode, type Frequency } from './frequency.ts'
import { judgeKey, type KeySource } from './keys.ts'
import { countWord, keptForLookup, limitWord, saidAlready, setsUp, shortLivedOwner, takesIn } from './names.ts'
import {
  calleeName,
  isCall,
  isFunction,
  isMember,
  methodOf,
  propertyName,
  startOf,
  unwrap,
  endOf,
  type Node,
} from './node.ts'
import { collectOperations, isContainerValue, localFunction, type Operation } from './operations.ts'
import { buildScopes, type Scopes, type Variable } from './scopes.ts'

/** How long a collection lives. */
export type Longevity =
  /** As long as the program: a module's variable, a property of one, a static field, a global. */
  | 'program'
  /** As its owner, of which start-up makes one. */
  | 'singleton'
  /** As its owner, and nobody here says how long that is. */
  | 'instance'
  /** As a function that was handed out. */
  | 'closure'

/** A collection that grows for every call and has nothing that makes it smaller. */
export interface Growth {
  cell: Cell
  write: Operation
  declaration: Node
  container: 'Map' | 'Set' | 'object' | 'array' | 'string' | 'collection'
  longevity: Longevity
  key: KeySource | null
  /** The same function looks up what it stores: a cache. */
  isMemo: boolean
  /** Other lines where it grows in the same way. */
  others: readonly Node[]
  /** Functions that would make it smaller, if anybody called them. */
  idleShrinks: readonly Operation[]
  func: Node
}

/** One file, understood as far as rules need it. Built once, shared by all rules. */
export interface Program {
  root: Node
  scopes: Scopes
  cells: Cells
  operations: ReadonlyMap<Cell, readonly Operation[]>
  frequencyOf(func: Node): Frequency
  /** The source of a node, shortened to one line. */
  text(node: Node): string
  source: string
  /** TypeScript: what is suggested has to satisfy a type checker. */
  isTyped: boolean
}

const longestText = 80

export function understand(root: Node, source: string, isTyped = false): Program {
  const scopes = buildScopes(root)
  const cells = createCells(scopes)
  return {
    root,
    scopes,
    cells,
    operations: collectOperations(scopes, cells),
    frequencyOf: createFrequencies(scopes),
    source,
    isTyped,
    text(node) {
      const text = source.slice(startOf(node), endOf(node)).replaceAll(/\s+/g, ' ')
      return text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text
    },
  }
}

/**
 * The growth proof. A collection is told when it lives long, a function that runs after start-up adds to it under keys that nothing
 * bounds, and no code that ever runs takes anything out or looks at how many there are. Each of these is a function below; a
 * collection that fails one of them is left alone, since a reader forgives a miss sooner than a false alarm.
 */
export function findGrowth(program: Program): Growth[] {
  const found: Growth[] = []
  for (const [cell, operations] of program.operations) {
    const growth = judge(cell, operations, program)
    if (growth) found.push(growth)
  }
  return found
}

function judge(cell: Cell, recorded: readonly Operation[], program: Program): Growth | null {
  const operations = recorded.map((operation) =>
    isFreshStart(operation, program) ? { ...operation, kind: 'reset' as const } : operation,
  )
  const writes = operations.filter(({ kind, func }) => kind === 'grow' && program.frequencyOf(func) === 'many')
  if (writes.length === 0) return null
  if (cell.kind === 'element' || cell.kind === 'exports' || cell.kind === 'global' || cell.kind === 'instance')
    return null
  const container = containerOf(cell, operations)
  if (!container) return null
  if (operations.some(({ kind }) => kind === 'measure')) return null
  if (saidAlready.test(cell.name)) return null
  const longevity = longevityOf(cell, operations, writes, program)
  if (!longevity) return null

  let first: Growth | null = null
  const others: Node[] = []
  for (const write of writes) {
    if (container === 'array' && write.how === '[]=' && !isAtEnd(write, program)) continue
    if (container === 'object' && !['[]=', '='].includes(write.how)) continue
    const func = outermost(write.func, cell, program)
    const isMemo = operations.some(
      ({ kind, func: reader, node }) =>
        kind === 'read' && node !== write.node && (reader === write.func || isInside(reader, func)) && !refuses(node),
    )
    const key =
      write.key && container !== 'array' ? judgeKey(write.key, program.scopes, program.text, program.frequencyOf) : null
    if (key && (key.kind === 'finite' || key.kind === 'few' || key.kind === 'file')) continue
    if (isLimited(write, func, program)) continue
    if (write.key && (isUpdate(write, program) || isFileKey(write.key, func, program))) continue
    if (write.key && isCheckedKey(write, func, cell, program)) continue
    if (isSetUp(write, func, cell, { longevity, container, isMemo, key }, program)) continue
    const shrinks = operations.filter(({ kind }) => kind === 'remove' || kind === 'reset')
    if (shrinks.some((shrink) => isEffective(shrink, write, func, longevity, isMemo, program))) continue
    if (first) {
      others.push(write.node)
      continue
    }
    first = {
      cell,
      write,
      declaration: declarationOf(cell, operations) ?? write.node,
      container,
      longevity,
      key,
      isMemo,
      others,
      idleShrinks: shrinks,
      func,
    }
  }
  return first
}

/** `list = []` in a function that runs after start-up empties it; `cache = cache || {}` and `if (!cache) cache = {}` only begin it. */
function isFreshStart({ kind, node, func, cell, value }: Operation, program: Program): boolean {
  if (kind !== 'init' || node.type !== 'AssignmentExpression' || node['operator'] !== '=') return false
  if (program.frequencyOf(func) !== 'many' || isConstructorOf(func, cell, program)) return false
  // Where its owner is made, it is made with it.
  if (rootOf(cell).variable?.scope.func === program.scopes.functionOf(node)) return false
  if (!value || value.type === 'LogicalExpression' || value.type === 'AssignmentExpression') return false
  const name = program.text(node['left'] as Node)
  return !testsAround(node, func).some((test) => {
    const text = program.text(test)
    return text.includes(name) && /!|undefined|void 0|null|typeof/.test(text)
  })
}

/** `if (registry[id]) throw …`: what is looked up there is whether the name is taken. */
function refuses(read: Node): boolean {
  let at = read
  while (
    at.parent &&
    /^(UnaryExpression|LogicalExpression|BinaryExpression|CallExpression|MemberExpression)$/.test(at.parent.type)
  )
    at = at.parent
  const user = at.parent
  if (user?.type !== 'IfStatement' || user['test'] !== at) return false
  const then = user['consequent'] as Node
  const [first] = then.type === 'BlockStatement' ? (then['body'] as Node[]) : [then]
  return first?.type === 'ThrowStatement'
}

// ─── What is it? ────────────────────────────────────────────────────────────────────────────────────────────────────

function containerOf(cell: Cell, operations: readonly Operation[]): Growth['container'] | null {
  let container: Growth['container'] | null = null
  for (const { kind, value, how } of operations) {
    if (kind === 'grow' && how === '=' && value?.type === 'ArrayExpression') container ??= 'array'
    if (kind !== 'init' || !value) continue
    const inner =
      value.type === 'LogicalExpression'
        ? unwrap(value['right'] as Node)
        : value.type === 'AssignmentExpression'
          ? unwrap(value['right'] as Node)
          : value
    if (inner.type === 'NewExpression') {
      const name = calleeName(inner) ?? ''
      if (name === 'Map' || name === 'Set') container = name
      else if (name === 'Array') container = 'array'
      else if (name === 'Object') container = 'object'
      else return null
    } else if (inner.type === 'ArrayExpression') container = 'array'
    else if (isContainerValue(inner)) container = 'object'
  }
  return container
}

function declarationOf(cell: Cell, operations: readonly Operation[]): Node | null {
  const init =
    operations.find(({ kind, value }) => kind === 'init' && value && isContainerish(value)) ??
    operations.find(({ kind }) => kind === 'init')
  if (init) return init.node
  return cell.variable?.definitions[0]?.name ?? null
}

function isContainerish(value: Node): boolean {
  return isContainerValue(value.type === 'LogicalExpression' ? unwrap(value['right'] as Node) : value)
}

/** `list[list.length] = x`, `list[n++] = x` */
function isAtEnd(write: Operation, program: Program): boolean {
  const key = write.key && unwrap(write.key)
  if (!key) return false
  if (key.type === 'UpdateExpression') return true
  return isMember(key) && propertyName(key) === 'length' && program.cells.of(key['object'] as Node) === write.cell
}

// ─── How long does it live? ─────────────────────────────────────────────────────────────────────────────────────────

function longevityOf(
  cell: Cell,
  operations: readonly Operation[],
  writes: readonly Operation[],
  program: Program,
): Longevity | null {
  const root = rootOf(cell)
  switch (root.kind) {
    case 'global':
      return 'program'
    case 'exports':
      return isMadeAtStart(operations, program) ? 'program' : null
    case 'variable': {
      const variable = root.variable!
      const { scope } = variable
      if (variable.definitions.some(({ kind }) => kind === 'import')) return null
      const isParam = variable.definitions.some(({ kind }) => kind === 'param')
      if (program.frequencyOf(scope.func) === 'once') {
        if (isParam && root === cell && !isGivenAtStart(root, operations)) return null
        if (root !== cell && (isSwapped(variable, program) || !isMadeAtStart(operations, program))) return null
        return isInLoop(variable.definitions[0]!.name, program.scopes) && scope.node !== scope.func ? null : 'program'
      }
      if (isParam && !operations.some(({ kind, value }) => kind === 'init' && value && isContainerValue(value)))
        return null
      // A function expression that keeps something on itself: `return function memo() { memo.cache = … }`.
      const own = scope.func === scope.node && variable.definitions[0]!.init === scope.func ? scope.func : null
      if (own && root !== cell) return escapes(own, program.scopes.functionOf(own), program) ? 'closure' : null
      return isHandedOut(scope.func, writes, program) ? 'closure' : null
    }
    case 'instance':
      return longevityOfInstance(root, cell, program)
    case 'object':
      return longevityOfObject(root.node!, writes, program)
    default:
      return null
  }
}

/** A variable that points at something else for each call (`current = component`): what hangs on it is not one object. */
function isSwapped(variable: Variable, program: Program): boolean {
  return variable.writes.some((write) => program.frequencyOf(program.scopes.functionOf(write)) === 'many')
}

/**
 * An object whose methods make their collection when they first need it may be a prototype, of which each request gets a copy.
 * Where start-up makes it, or code that names the object, there is one.
 */
function isMadeAtStart(operations: readonly Operation[], program: Program): boolean {
  return operations.some(
    ({ kind, node, func }) =>
      kind === 'init' &&
      (program.frequencyOf(func) !== 'many' ||
        !(node.type === 'AssignmentExpression' && /^this\b/.test(program.text(node['left'] as Node)))),
  )
}

function rootOf(cell: Cell): Cell {
  let root = cell
  while (root.base) root = root.base
  return root
}

function isGivenAtStart(root: Cell, operations: readonly Operation[]): boolean {
  return operations.some(({ kind, cell }) => kind === 'init' && cell === root)
}

function longevityOfInstance(root: Cell, cell: Cell, program: Program): Longevity | null {
  const { variable } = root
  const className = variable?.name ?? ''
  const makers = variable
    ? variable.references.map((reference) => reference.parent!).filter((parent) => parent.type === 'NewExpression')
    : []
  const made = makers.filter((maker) => maker['callee'] && unwrap(maker['callee'] as Node).type === 'Identifier')
  if (
    made.some(
      (maker) => program.frequencyOf(program.scopes.functionOf(maker)) === 'once' && !isInLoop(maker, program.scopes),
    )
  ) {
    return 'singleton'
  }
  if (shortLivedOwner.test(className)) return null
  if (
    made.length > 0 &&
    !made.some((maker) => maker.parent?.type === 'ReturnStatement' || maker.parent?.type === 'ArrowFunctionExpression')
  )
    return null
  return keptForLookup.test(cell.name) || keptForLookup.test(className) ? 'instance' : null
}

/** An object literal with methods, made by a factory and returned. */
function longevityOfObject(literal: Node, writes: readonly Operation[], program: Program): Longevity | null {
  const maker = program.scopes.functionOf(literal)
  if (program.frequencyOf(maker) === 'once') return 'program'
  return literal.parent?.type === 'ReturnStatement' && writes.every(({ func }) => isInside(func, maker))
    ? 'closure'
    : null
}

/** The writing function leaves the function whose variable it writes to, and so keeps it alive. */
function isHandedOut(owner: Node, writes: readonly Operation[], program: Program): boolean {
  return writes.some(({ func }) => {
    const inner = childOf(owner, func)
    return inner !== null && inner !== owner && escapes(inner, owner, program)
  })
}

/** The function directly inside `owner` that holds `func`. */
function childOf(owner: Node, func: Node): Node | null {
  let inner: Node | null = null
  for (let at: Node | undefined = func; at && at !== owner; at = at.parent) if (isFunction(at)) inner = at
  return inner
}

function escapes(func: Node, owner: Node, program: Program, depth = 0): boolean {
  const parent = func.parent!
  if (parent.type === 'ReturnStatement') return true
  if (parent.type === 'ArrowFunctionExpression' && parent['body'] === func) return true
  if (/Property$/.test(parent.type)) {
    const user = parent.parent?.parent
    if (user?.type === 'ReturnStatement') return true
    if (user?.type === 'VariableDeclarator') return isReturned(user['id'] as Node, owner, program)
    return isCall(user ?? parent) && user?.parent?.type === 'ReturnStatement'
  }
  // const memoized = wrap(function () {}); … return memoized
  if (
    isCall(parent) &&
    parent.parent?.type === 'VariableDeclarator' &&
    !/^(setTimeout|setInterval|on|once|then|map|reduce)$/.test(calleeName(parent) ?? '')
  )
    if (isReturned(parent.parent['id'] as Node, owner, program)) return true
  // return Object.assign(function () {}, …), return wrap(function () {})
  if (
    isCall(parent) &&
    parent.parent?.type === 'ReturnStatement' &&
    !/^(then|catch|map|forEach|filter|reduce|some|every|find|on|once|setTimeout|Promise)$/.test(
      calleeName(parent) ?? '',
    )
  )
    return true
  const name =
    nameNode(func) ??
    (func.type === 'FunctionExpression' && parent.type === 'AssignmentExpression' ? (parent['left'] as Node) : null)
  if (name?.type === 'Identifier') return depth < 3 && isReturned(name, owner, program, depth)
  if (parent.type === 'AssignmentExpression' && isMember(unwrap(parent['left'] as Node))) {
    const cell = program.cells.of(unwrap(parent['left'] as Node)['object'] as Node)
    return cell?.variable ? isReturned(cell.variable.definitions[0]!.name, owner, program, depth) : false
  }
  return false
}

function isReturned(name: Node, owner: Node, program: Program, depth = 0): boolean {
  const variable = name.type === 'Identifier' ? program.scopes.variableOf(name) : null
  if (!variable) return false
  return variable.references.some((reference) => {
    let at = reference
    while (
      at.parent &&
      /^(ConditionalExpression|LogicalExpression|SequenceExpression|AssignmentExpression)$/.test(at.parent.type)
    )
      at = at.parent
    const parent = at.parent!
    if (program.scopes.functionOf(reference) !== owner) {
      // A closure in turn: one that is handed out calls it.
      const inner = childOf(owner, program.scopes.functionOf(reference))
      return inner !== null && depth < 2 && isCall(parent) && escapes(inner, owner, program, depth + 1)
    }
    if (parent.type === 'ReturnStatement') return true
    if (/Property$/.test(parent.type)) {
      const user = parent.parent?.parent
      return (
        user?.type === 'ReturnStatement' ||
        (user?.type === 'VariableDeclarator' && depth < 2 && isReturned(user['id'] as Node, owner, program, depth + 1))
      )
    }
    return (
      isCall(parent) &&
      (parent['arguments'] as Node[]).includes(at) &&
      parent.parent?.type === 'ReturnStatement' &&
      /^(assign|defineProperties|freeze|mimicFn|extend|toMemoized)$/i.test(calleeName(parent) ?? '')
    )
  })
}

// ─── Does anything bound it? ────────────────────────────────────────────────────────────────────────────────────────

/** The write stands under a comparison with a limit, or its function compares a count with one. */
function isLimited(write: Operation, func: Node, program: Program): boolean {
  if (testsAround(write.node, func).some((test) => isLimitTest(test, program))) return true
  const functions = [func, ...calledFrom(func, program), ...callersOf(write.func, program)]
  return functions.some((inner) => comparisonsIn(inner, program).some((comparison) => isLimitTest(comparison, program)))
}

function testsAround(node: Node, func: Node): Node[] {
  const tests: Node[] = []
  for (let at = node; at.parent && at !== func; at = at.parent) {
    const { parent } = at
    if ((parent.type === 'IfStatement' || parent.type === 'ConditionalExpression') && parent['test'] !== at)
      tests.push(parent['test'] as Node)
    if (parent.type === 'LogicalExpression' && parent['right'] === at) tests.push(parent['left'] as Node)
  }
  return tests
}

function isLimitTest(test: Node, program: Program): boolean {
  const node = unwrap(test)
  if (node.type === 'LogicalExpression')
    return isLimitTest(node['left'] as Node, program) || isLimitTest(node['right'] as Node, program)
  if (node.type === 'UnaryExpression') return isLimitTest(node['argument'] as Node, program)
  if (node.type !== 'BinaryExpression' || !/^([<>]=?|===?)$/.test(node['operator'] as string)) return false
  const sides = [unwrap(node['left'] as Node), unwrap(node['right'] as Node)]
  const words = sides.map((side) => lastWord(side, program))
  // An equality with a limit counts only beside a count: `if (mode === MAX)` bounds nothing.
  const isEquality = (node['operator'] as string).startsWith('==')
  const hasLimit = words.some((word) => limitWord.test(word) && !/maxAge|maxWait|maxDelay|maxTime/i.test(word))
  const hasCount = words.some((word) => countWord.test(word))
  // The length of what a caller handed in says nothing about how much is kept.
  if (sides.some((side) => isLocalLength(side, program))) return false
  if (hasLimit) return !isEquality || hasCount
  return sides.some((side) => isKeptCount(side, program))
}

function isLocalLength(side: Node, program: Program): boolean {
  if (!isMember(side) || propertyName(side) !== 'length') return false
  const { variable, kind } = program.cells.of(side['object'] as Node) ?? {}
  return kind === 'variable' && variable !== undefined && variable !== null && variable.definitions[0]!.kind === 'param'
}

/** A variable or property that counts beyond the call: changed by `++` or `+=` and not local. */
function isKeptCount(side: Node, program: Program): boolean {
  const node = side.type === 'UpdateExpression' ? unwrap(side['argument'] as Node) : side
  const word = lastWord(node, program)
  if (!countWord.test(word) || /length$/i.test(word)) return false
  const cell = program.cells.of(node)
  if (!cell) return false
  if (cell.kind === 'property') return true
  return cell.variable !== null && program.frequencyOf(cell.variable.scope.func) === 'once'
}

function lastWord(node: Node, program: Program): string {
  if (node.type === 'Identifier') return node['name'] as string
  if (node.type === 'UpdateExpression') return lastWord(unwrap(node['argument'] as Node), program)
  if (isMember(node)) return propertyName(node) ?? ''
  return ''
}

function comparisonsIn(func: Node, program: Program): Node[] {
  return comparisonIndex(program).get(func) ?? []
}

const comparisonIndexes = new WeakMap<Program, Map<Node, Node[]>>()

function comparisonIndex(program: Program): Map<Node, Node[]> {
  const known = comparisonIndexes.get(program)
  if (known) return known
  const index = new Map<Node, Node[]>()
  for (const binary of program.scopes.byType('BinaryExpression')) {
    if (!/^([<>]=?|===?)$/.test(binary['operator'] as string)) continue
    let user = binary.parent
    while (user && /^(LogicalExpression|UnaryExpression|ParenthesizedExpression)$/.test(user.type)) user = user.parent
    if (!user || user.type === 'ForStatement') continue
    for (
      let func: Node | undefined = program.scopes.functionOf(binary);
      func && func !== program.root;
      func = program.scopes.functionOf(func)
    ) {
      const list = index.get(func)
      if (list) list.push(binary)
      else index.set(func, [binary])
    }
  }
  comparisonIndexes.set(program, index)
  return index
}

/** Functions of this file that a function calls: by name, or as `this.method()`. */
function calledFrom(func: Node, program: Program): Node[] {
  return callGraph(program).callees.get(func) ?? []
}

function callersOf(func: Node, program: Program): Node[] {
  return callGraph(program).callers.get(func) ?? []
}

interface CallGraph {
  callees: Map<Node, Node[]>
  callers: Map<Node, Node[]>
  /** Functions whose name is used other than by exporting it: called, or passed on to whoever will call. */
  methodCalls: Map<string, Node[]>
}

const callGraphs = new WeakMap<Program, CallGraph>()

function callGraph(program: Program): CallGraph {
  const known = callGraphs.get(program)
  if (known) return known
  const graph: CallGraph = { callees: new Map(), callers: new Map(), methodCalls: new Map() }
  callGraphs.set(program, graph)
  const methods = methodsByName(program)
  const link = (caller: Node, callee: Node): void => {
    for (const [map, from, to] of [
      [graph.callees, caller, callee],
      [graph.callers, callee, caller],
    ] as const) {
      const list = map.get(from)
      if (list) list.push(to)
      else map.set(from, [to])
    }
  }
  for (const call of program.scopes.byType('CallExpression', 'OptionalCallExpression', 'NewExpression')) {
    const caller = program.scopes.functionOf(call)
    const local = localFunction(call, program.scopes)
    const targets = local ? [local] : []
    const method = methodOf(call)
    if (method !== null) {
      const list = graph.methodCalls.get(method)
      if (list) list.push(call)
      else graph.methodCalls.set(method, [call])
      const receiver = program.cells.of(unwrap(call['callee'] as Node)['object'] as Node)
      for (const target of methods.get(method) ?? [])
        if (receiver && receiver === program.cells.ofThis(target)) targets.push(target)
    }
    for (const target of targets)
      for (let at: Node = caller; at !== program.root; at = program.scopes.functionOf(at)) link(at, target)
    for (const target of targets) if (caller === program.root) link(program.root, target)
  }
  return graph
}

const methodIndexes = new WeakMap<Program, Map<string, Node[]>>()

function methodsByName(program: Program): Map<string, Node[]> {
  const known = methodIndexes.get(program)
  if (known) return known
  const index = new Map<string, Node[]>()
  for (const func of program.scopes.byType('FunctionExpression', 'ArrowFunctionExpression', 'FunctionDeclaration')) {
    const name = functionName(func)
    if (name === null) continue
    const list = index.get(name)
    if (list) list.push(func)
    else index.set(name, [func])
  }
  methodIndexes.set(program, index)
  return index
}

/** The key was compared with a finite set first, or an unknown one throws. */
function isCheckedKey(write: Operation, func: Node, cell: Cell, program: Program): boolean {
  const keyText = program.text(write.key!)
  const body = func
  for (const operation of knownKeyReads(program)) {
    if (operation.cell === cell || !isInside(operation.func, body) || startOf(operation.node) > startOf(write.node))
      continue
    if (!operation.key || program.text(operation.key) !== keyText) continue
    // A set that nothing adds to after start-up, consulted in a test that leaves or guards.
    const others = program.operations.get(operation.cell) ?? []
    const isFixed = !others.some(({ kind, func: writer }) => kind === 'grow' && program.frequencyOf(writer) === 'many')
    if (
      isFixed &&
      rootOf(operation.cell).kind !== 'instance' &&
      isInTest(operation.node) &&
      isDeclaredHere(operation.cell, program)
    )
      return true
  }
  return program.scopes.byType('ThrowStatement').some((statement) => {
    const thrower = program.scopes.functionOf(statement)
    if (thrower !== write.func && !isInside(thrower, body)) return false
    const text = program.source.slice(startOf(statement), endOf(statement))
    if (!unknownKey.test(text)) return false
    const params = (body['params'] as Node[]).filter(({ type }) => type === 'Identifier')
    return [keyText, ...params.map((param) => param['name'] as string)].some((name) => text.includes(name))
  })
}

/** The key is there already: under `if (map.has(key))`, or after `if (map[key] === undefined) return`. */
function isUpdate(write: Operation, program: Program): boolean {
  const keyText = program.text(write.key!)
  const reads = (program.operations.get(write.cell) ?? []).filter(
    ({ kind, key, func }) => kind === 'read' && func === write.func && key !== null && program.text(key) === keyText,
  )
  return reads.some(({ node }) => {
    let test = node
    let isMissing = false
    while (
      test.parent &&
      /^(UnaryExpression|LogicalExpression|BinaryExpression|CallExpression|MemberExpression)$/.test(test.parent.type)
    ) {
      test = test.parent
      if (test.type === 'LogicalExpression') return false
      if (test['operator'] === '!') isMissing = !isMissing
      if (/^===?$/.test(String(test['operator'])) && /undefined|void 0|null/.test(program.text(test))) isMissing = true
    }
    const user = test.parent
    if (user?.type !== 'IfStatement' || user['test'] !== test) return false
    const then = user['consequent'] as Node
    if (!isMissing) return isInside(write.node, then)
    const leaves = /^(return|throw)\b/.test(program.text(then).replace(/^\{\s*/, ''))
    return leaves && !isInside(write.node, user) && startOf(user) < startOf(write.node)
  })
}

/** The same function asks the file system for the key: there are as many as there are files. */
function isFileKey(key: Node, func: Node, program: Program): boolean {
  const keyText = program.text(key)
  return program.scopes
    .byType('CallExpression')
    .some(
      (call) =>
        /^(readFile|readFileSync|existsSync|statSync|stat|lstatSync|realpathSync|readdirSync|createReadStream|require|readSync|access|accessSync)$/.test(
          calleeName(call) ?? '',
        ) &&
        (call['arguments'] as Node[]).some((arg) => program.text(arg) === keyText) &&
        isInside(call, func),
    )
}

const unknownKey =
  /unknown|not recogni[sz]ed|unrecogni[sz]ed|unsupported|not supported|no such|does ?n[o'’]?t exist|not registered/i

const keyReadIndexes = new WeakMap<Program, Operation[]>()

function knownKeyReads(program: Program): readonly Operation[] {
  const known = keyReadIndexes.get(program)
  if (known) return known
  const reads = [...program.operations.values()].flat().filter(({ kind, key }) => kind === 'read' && key !== null)
  keyReadIndexes.set(program, reads)
  return reads
}

function isDeclaredHere(cell: Cell, program: Program): boolean {
  return (program.operations.get(cell) ?? []).some(
    ({ kind, value }) => kind === 'init' && value !== null && isContainerValue(value),
  )
}

function isInTest(node: Node): boolean {
  let at = node
  while (
    at.parent &&
    /^(UnaryExpression|LogicalExpression|ParenthesizedExpression|CallExpression|MemberExpression|BinaryExpression)$/.test(
      at.parent.type,
    )
  )
    at = at.parent
  return at.parent?.type === 'IfStatement' && at.parent['test'] === at
}

// ─── Is it growth, or the program setting itself up? ────────────────────────────────────────────────────────────────

interface Signs {
  longevity: Longevity
  container: Growth['container']
  isMemo: boolean
  key: KeySource | null
}

function isSetUp(write: Operation, func: Node, cell: Cell, signs: Signs, program: Program): boolean {
  const name = functionName(func) ?? functionName(write.func) ?? ''
  if (
    signs.longevity === 'closure' &&
    !isListOfMade(write, cell, signs) &&
    (!signs.isMemo || !/cache|memo|pool|store|lookup|registry|interned|compiled/i.test(cell.name))
  )
    return true
  if (keepsCallback(write)) return true
  if (
    signs.longevity === 'instance' &&
    !signs.isMemo &&
    signs.container !== 'array' &&
    !isBareStore(write, cell, program)
  )
    return true
  if (signs.longevity === 'instance' && signs.container === 'array') return true
  // The first of a group opens it (`if (!groups.has(k)) groups.set(k, [])`): keeping order is what such an object is for.
  if (
    signs.longevity === 'instance' &&
    write.value &&
    isContainerValue(assigned(write.value)) &&
    isEmptyContainer(assigned(write.value))
  )
    return true
  if (signs.isMemo && signs.container !== 'array')
    return signs.key?.kind !== 'stranger' && /^(register|define|declare)/.test(name)
  if (functionsAround(write.node, program).some((at) => isConstructorOf(at, cell, program)))
    return signs.longevity !== 'program'
  if (isServing(func)) return false
  return setsUp.test(name) && !isBareStore(write, cell, program)
}

/** `map.set(key, (list = []))` */
function assigned(value: Node): Node {
  const node = unwrap(value)
  return node.type === 'AssignmentExpression' ? unwrap(node['right'] as Node) : node
}

function isEmptyContainer(value: Node): boolean {
  return ((value['elements'] ?? value['properties'] ?? value['arguments']) as unknown[]).length === 0
}

/** `instances.push(instance)` in what makes instances: the factory that was handed out remembers all it made. */
function isListOfMade({ value }: Operation, cell: Cell, { container }: Signs): boolean {
  return (
    container === 'array' && value?.type === 'Identifier' && /^_?(instances|clones|created|registry)$/i.test(cell.name)
  )
}

/** What is stored is a function or a class that the caller brings: he tells the program something about itself. */
function keepsCallback({ value, func }: Operation): boolean {
  const kept = value && unwrap(value)
  if (kept?.type !== 'Identifier') return false
  const isParam = ((func['params'] as Node[] | undefined) ?? []).some((param) => param['name'] === kept['name'])
  return (
    isParam &&
    /(fn|func|function|callback|cb|handler|listener|parser|converter|factory|ctor|constructor|class|cls|plugin|impl|strategy|formatter|serializer|resolver|middleware|hook|observer|subscriber|provider|visitor|transform\w*|adapter|driver)$/i.test(
      String(kept['name']),
    )
  )
}

/** `set(key, value) { this.cache[key] = value }`: the whole of a store's writing half. */
function isBareStore(write: Operation, cell: Cell, program: Program): boolean {
  if (!/^(set|put|add|save|store|write)$/.test(functionName(write.func) ?? '')) return false
  if (!/cache|memo|sessions?$/i.test(cell.name)) return false
  const owner = rootOf(cell)
  return owner.kind === 'instance' || owner.kind === 'object' || owner.kind === 'variable'
    ? (program.operations.get(cell) ?? []).some(({ kind }) => kind === 'read')
    : false
}

/** The function around a node, and those around it as far as they run at once: `keys.forEach(key => …)`. */
function functionsAround(node: Node, program: Program): Node[] {
  const around = [program.scopes.functionOf(node)]
  while (isInlineCallback(around.at(-1)!)) around.push(program.scopes.functionOf(around.at(-1)!))
  return around
}

function isConstructorOf(func: Node, cell: Cell, program: Program): boolean {
  const own = program.cells.ofThis(func)
  if (func.parent?.type === 'MethodDefinition' && func.parent['kind'] === 'constructor') return own === rootOf(cell)
  return own?.kind === 'instance' && own === rootOf(cell) && own.variable?.definitions[0]?.init === func
}

/** Its parameters say that it answers requests. */
function isServing(func: Node): boolean {
  return ((func['params'] as Node[] | undefined) ?? []).some((param) =>
    /^(req|request|res|response|ctx|socket|event|msg|message)$/.test(String(param['name'] ?? '')),
  )
}

// ─── Does anything make it smaller? ─────────────────────────────────────────────────────────────────────────────────

function isEffective(
  shrink: Operation,
  write: Operation,
  func: Node,
  longevity: Longevity,
  isMemo: boolean,
  program: Program,
): boolean {
  const place = shrink.func
  if (place === program.root || program.frequencyOf(place) !== 'many') return false
  if (isInside(place, func) || isInside(func, place)) return true
  if (isInlineCallback(place)) return true
  // Whoever takes the next one does it because he needs it: a queue, a list of spare objects.
  if (/^(pop|shift)$/.test(shrink.how)) return true
  if (isEverCalled(place, write, program)) return true
  if (shrink.kind === 'reset') return false
  // One entry can be taken out, and only a caller elsewhere would. Where writing is just as much the caller's act, he is in charge.
  if (longevity === 'instance')
    return !isMemo || !/^_?(get|find|resolve|compile|parse|of|for|lookup|fetch)/.test(functionName(func) ?? '')
  const name = functionName(func) ?? ''
  return takesIn.test(name) && !/^create/.test(name) && !isMemo
}

/** Passed where it will be called: `on('close', () => …)`, `setInterval(function () {…})`, `{ finally() {} }` do not count alike. */
function isInlineCallback(func: Node): boolean {
  const { parent } = func
  return (
    parent !== undefined &&
    (isCall(parent) || parent.type === 'NewExpression') &&
    (parent['arguments'] as Node[]).includes(func)
  )
}

/** Somebody in this file calls the function, or hands it to somebody who will. */
function isEverCalled(func: Node, write: Operation, program: Program, depth = 0): boolean {
  if (depth > 3) return false
  if (isInlineCallback(func)) return true
  const enclosing = program.scopes.functionOf(func)
  if (
    enclosing !== program.root &&
    program.frequencyOf(enclosing) === 'many' &&
    isInside(write.func, enclosing) === false &&
    isCalledAlong(func)
  )
    return true
  const name = nameNode(func) ?? (func['id'] as Node | null)
  const variable = name?.type === 'Identifier' ? program.scopes.variableOf(name) : null
  const isUsed = variable?.references.some((reference) => {
    const parent = reference.parent!
    const user = program.scopes.functionOf(reference)
    if (isInside(user, func) || turnsOff(parent, user, program)) return false
    if (isCall(parent) || parent.type === 'NewExpression') {
      if (parent['callee'] === reference)
        return program.frequencyOf(user) === 'many' && reaches(user, write, program, depth)
      return !/^(registerCache|assign|defineProperty)$/.test(calleeName(parent) ?? '')
    }
    return false
  })
  if (isUsed) return true
  const own = functionName(func)
  if (own === null) return false
  return (callGraph(program).methodCalls.get(own) ?? []).some((call) => {
    const user = program.scopes.functionOf(call)
    if (isInside(user, func) || turnsOff(call, user, program)) return false
    const receiver = program.cells.of(unwrap(call['callee'] as Node)['object'] as Node)
    const owner = program.cells.ofThis(func)
    return receiver !== null && receiver === owner && reaches(user, write, program, depth)
  })
}

/** It stands under an option by which a caller does without the cache: nobody who uses the cache comes by. */
function turnsOff(node: Node, func: Node, program: Program): boolean {
  return testsAround(node, func).some((test) =>
    /\bcache\w*\s*===?\s*false|!\s*\w+\.(cache|memo)|noCache|disableCache/.test(program.text(test)),
  )
}

/** A caller that is itself an exported function which nobody calls proves nothing, unless it also writes. */
function reaches(user: Node, write: Operation, program: Program, depth: number): boolean {
  if (user === program.root) return false
  if (isInside(write.func, user) || isInside(user, write.func)) return true
  if (isInlineCallback(user)) return true
  const name = functionName(user) ?? ''
  if (/^_?(clear|reset|flush|purge|destroy|close|shutdown|dispose|stop|end|teardown|invalidate)/i.test(name))
    return isEverCalled(user, write, program, depth + 1)
  // What sets a program up (`addToken`) may empty a cache that it made stale; it does not bound it.
  return !setsUp.test(name)
}

function isCalledAlong(func: Node): boolean {
  return func.parent?.type === 'ReturnStatement'
}

// ─── Small things ───────────────────────────────────────────────────────────────────────────────────────────────────

/** The function that is called from outside of this write: the outermost one below the owner that runs many times. */
function outermost(func: Node, cell: Cell, program: Program): Node {
  const root = rootOf(cell)
  // What makes the owner holds all its methods, and calls none of them by holding it.
  const owner = root.variable?.scope.func ?? (root.node ? program.scopes.functionOf(root.node) : program.root)
  let outer = func
  for (
    let at = program.scopes.functionOf(func);
    at !== program.root && at !== owner && program.frequencyOf(at) === 'many' && !isConstructorOf(at, cell, program);
    at = program.scopes.functionOf(at)
  )
    outer = at
  return outer
}

export function isInside(inner: Node, outer: Node): boolean {
  for (let at: Node | undefined = inner; at; at = at.parent) if (at === outer) return true
  return false
}

/** What a function is called in words: its own name, or what it is assigned to. */
export function functionName(func: Node): string | null {
  const own = nameNode(func) ?? (func['id'] as Node | null | undefined)
  if (own?.type === 'Identifier') return own['name'] as string
  const { parent } = func
  if (!parent) return null
  if (/Property$|MethodDefinition$|PropertyDefinition$/.test(parent.type)) {
    const name = propertyName(parent)
    return name === 'value' && parent.parent?.type === 'ObjectExpression'
      ? (keyOfClassMember(parent.parent) ?? name)
      : name
  }
  if (parent.type === 'AssignmentExpression') {
    const left = unwrap(parent['left'] as Node)
    return left.type === 'Identifier' ? (left['name'] as string) : isMember(left) ? propertyName(left) : null
  }
  return null
}

/** The name in `{ key: 'm', value: function () {} }`, which is how classes look after older compilers. */
function keyOfClassMember(literal: Node): string | null {
  const key = (literal['properties'] as Node[]).find((property) => propertyName(property) === 'key')
  return key && key['value']?.type === 'Literal' ? String(key['value'].value) : null
}
