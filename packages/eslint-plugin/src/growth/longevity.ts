import type { Cell } from './cells.ts'
import { childOf, escapes } from './escape.ts'
import { isInLoop } from './frequency.ts'
import { isFreshKey } from './fresh-key.ts'
import { testsAround } from './limit.ts'
import { keptForLookup, lastsLong, shortLivedOwner } from './names.ts'
import { calleeName, isCall, isClass, isInside, isMember, type Node, propertyName, unwrap } from './node.ts'
import { isContainerValue, type Operation } from './operations.ts'
import { rootOf } from './owner.ts'
import type { Program } from './program.ts'
import type { Longevity } from './proof.ts'
import type { Variable } from './scopes.ts'
import { isServing } from './serving.ts'

export function longevityOf(
  cell: Cell,
  operations: readonly Operation[],
  writes: readonly Operation[],
  program: Program,
  /** Something else tells that entries come and go while their owner stays. */
  isServing = false,
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
      return longevityOfInstance(root, cell, operations, isServing, program)
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

function isGivenAtStart(root: Cell, operations: readonly Operation[]): boolean {
  return operations.some(({ kind, cell }) => kind === 'init' && cell === root)
}

function longevityOfInstance(
  root: Cell,
  cell: Cell,
  operations: readonly Operation[],
  isServing: boolean,
  program: Program,
): Longevity | null {
  const { variable } = root
  const className = variable?.name ?? ''
  if (operations.some((operation) => isOnPrototype(operation))) return 'program'
  const references = variable ? namesOf(variable, program) : []
  const made = makersAmong(references)
  if (
    made.some(
      (maker) =>
        (program.frequencyOf(program.scopes.functionOf(maker)) === 'once' && !isInLoop(maker, program.scopes)) ||
        isKeptOnce(maker, program),
    ) ||
    isInjected(root, references, program)
  ) {
    return 'singleton'
  }
  if (shortLivedOwner.test(className)) return null
  if (made.length > 0 && !made.some((maker) => isHandedOn(maker, program))) return null
  return isServing ||
    isLookedUpIn(root, cell, operations, program) ||
    (isNeverSmaller(operations) && lastsLong.test(className))
    ? 'instance'
    : null
}

function isLookedUpIn(root: Cell, cell: Cell, operations: readonly Operation[], program: Program): boolean {
  return (
    keptForLookup.test(cell.name) ||
    keptForLookup.test(root.variable?.name ?? '') ||
    isNumbered(cell, operations, program)
  )
}

/** That its owner lasts is told by the owner's name alone: whoever knows more about an entry has the better reason. */
export function lastsByName(cell: Cell, program: Program): boolean {
  return !isLookedUpIn(rootOf(cell), cell, program.operations.get(cell) ?? [], program)
}

function namesOf(variable: Variable, program: Program): Node[] {
  return [variable, ...namesOutside(variable, program)].flatMap(({ references }) => references)
}

function makersAmong(references: readonly Node[]): Node[] {
  return references.flatMap(({ parent }, place) =>
    parent?.type === 'NewExpression' && parent['callee'] === references[place] ? [parent] : [],
  )
}

/** `const tracker = new Tracker()`, only ever asked for its own: each call has one, and it goes with the call. */
export function isMadeForCall({ variable }: Cell, program: Program): boolean {
  const made = variable ? makersAmong(namesOf(variable, program)) : []
  return (
    made.length > 0 &&
    made.every((maker) => {
      const id = maker.parent?.type === 'VariableDeclarator' ? (maker.parent['id'] as Node) : null
      const held = id?.type === 'Identifier' ? program.scopes.variableOf(id) : null
      return (
        held !== null &&
        program.frequencyOf(held.scope.func) === 'many' &&
        held.references.every(
          (reference) =>
            isMember(reference.parent!) &&
            reference.parent!['object'] === reference &&
            program.scopes.functionOf(reference) === held.scope.func,
        )
      )
    })
  )
}

/** `Store.prototype.entries = {}`: all instances share it. */
function isOnPrototype({ kind, node, value }: Operation): boolean {
  const object = node.type === 'AssignmentExpression' ? unwrap(node['left'] as Node)['object'] : null
  return (
    kind === 'init' &&
    value !== null &&
    isContainerValue(value) &&
    isMember(object ?? node) &&
    propertyName(object as Node) === 'prototype'
  )
}

/** `var Store = (function () { function Store() {} return Store })()`, as compilers write a class: the names it has outside. */
function namesOutside(variable: Variable, program: Program): Variable[] {
  return variable.references.flatMap((reference) => {
    const maker = variable.scope.func
    const call = reference.parent?.type === 'ReturnStatement' ? (unwrapped(maker).parent ?? null) : null
    const declarator = call && isCall(call) && unwrap(call['callee'] as Node) === maker ? unwrapped(call).parent : null
    const id = declarator?.type === 'VariableDeclarator' ? (declarator['id'] as Node) : null
    const outer = id?.type === 'Identifier' ? program.scopes.variableOf(id) : null
    return outer ? [outer] : []
  })
}

function unwrapped(node: Node): Node {
  let at = node
  while (at.parent && at.parent !== node && unwrap(at.parent) === unwrap(node)) at = at.parent
  return at
}

/** `if (!instance) instance = new Store()`, `Store.instance ??= new Store()` */
function isKeptOnce(maker: Node, program: Program): boolean {
  let at = maker
  while (at.parent?.type === 'LogicalExpression') at = at.parent
  const assignment = at.parent
  if (assignment?.type !== 'AssignmentExpression' || assignment['right'] !== at) return false
  const place = program.cells.of(assignment['left'] as Node)
  const root = place && rootOf(place)
  if (!root || (root.kind === 'variable' && program.frequencyOf(root.variable!.scope.func) !== 'once')) return false
  if (root.kind !== 'variable' && root.kind !== 'global' && root.kind !== 'exports') return false
  if (at !== maker || assignment['operator'] !== '=') return true
  const name = program.text(assignment['left'] as Node)
  return testsAround(assignment, program.scopes.functionOf(assignment)).some((test) =>
    program.text(test).includes(name),
  )
}

/** `@Injectable() class Store {}`, also as compilers write it: a container makes one and hands it to everybody. */
function isInjected(root: Cell, references: readonly Node[], program: Program): boolean {
  const declared = root.node ?? root.variable?.definitions[0]?.init
  const decorators = ((declared && isClass(declared) ? declared['decorators'] : null) ?? []) as Node[]
  const compiled = references
    .map((reference) => reference.parent!)
    .filter((call) => isCall(call) && calleeName(call) === '__decorate')
    .flatMap((call) => (unwrap((call['arguments'] as Node[])[0]!)['elements'] ?? []) as Node[])
  return [...decorators, ...compiled].some((decorator) => {
    const inner = decorator.type === 'Decorator' ? unwrap(decorator['expression'] as Node) : unwrap(decorator)
    const name = isCall(inner) ? calleeName(inner) : inner['name']
    return (
      /^(Injectable|Controller|RestController|WebSocketGateway|Resolver|Service|Singleton)$/i.test(String(name)) &&
      !/\bscope\b/i.test(program.text(inner))
    )
  })
}

/** `return new Watcher()`, `() => new Watcher()`, and `const watcher = new Watcher(); … return watcher`. */
function isHandedOn(maker: Node, program: Program): boolean {
  const { parent } = maker
  if (parent?.type === 'ReturnStatement' || parent?.type === 'ArrowFunctionExpression') return true
  const id = parent?.type === 'VariableDeclarator' ? (parent['id'] as Node) : null
  const variable = id?.type === 'Identifier' ? program.scopes.variableOf(id) : null
  return (variable?.references ?? []).some((reference) => reference.parent?.type === 'ReturnStatement')
}

export function isNeverSmaller(operations: readonly Operation[]): boolean {
  return !operations.some(({ kind }) => kind === 'remove' || kind === 'reset' || kind === 'blank')
}

/** Entries under a number of their own, which somebody looks up again and nobody takes out: `this.subscriptions[this.nextId++] = …`. */
function isNumbered(cell: Cell, operations: readonly Operation[], program: Program): boolean {
  return (
    cell.kind === 'property' &&
    isNeverSmaller(operations) &&
    operations.some(({ kind, func }) => kind === 'read' && program.frequencyOf(func) === 'many') &&
    operations.some(
      ({ kind, key, how }) => kind === 'grow' && how !== 'push' && key !== null && isFreshKey(key, program),
    )
  )
}

/** An object literal with methods, made by a factory and returned. */
function longevityOfObject(literal: Node, writes: readonly Operation[], program: Program): Longevity | null {
  const maker = program.scopes.functionOf(literal)
  if (program.frequencyOf(maker) === 'once') return 'program'
  return literal.parent?.type === 'ReturnStatement' && writes.every(({ func }) => isInside(func, maker))
    ? 'closure'
    : null
}

/** `function plugin(app) { const seen = {}; app.use((req, res, next) => …) }` */
function answersRequests(func: Node, owner: Node, program: Program): boolean {
  const call = func.parent
  if (!call || !isCall(call) || !isServing(func) || isServing(owner)) return false
  const receiver = unwrap(call['callee'] as Node)['object'] as Node | undefined
  const variable = receiver?.type === 'Identifier' ? program.scopes.variableOf(receiver) : null
  return (
    variable !== null &&
    !isServing(variable.scope.func) &&
    /^(use|all|get|post|put|patch|addHook|ext|on|createServer)$/.test(calleeName(call) ?? '')
  )
}

/** The writing function leaves the function whose variable it writes to, and so keeps it alive. */
function isHandedOut(owner: Node, writes: readonly Operation[], program: Program): boolean {
  return writes.some(({ func }) => {
    const inner = childOf(owner, func)
    return (
      inner !== null && inner !== owner && (escapes(inner, owner, program) || answersRequests(inner, owner, program))
    )
  })
}
