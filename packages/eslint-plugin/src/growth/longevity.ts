import type { Cell } from './cells.ts'
import { childOf, escapes } from './escape.ts'
import { isInLoop } from './frequency.ts'
import { isFreshKey } from './fresh-key.ts'
import { keptForLookup, shortLivedOwner } from './names.ts'
import { isInside, type Node, unwrap } from './node.ts'
import { isContainerValue, type Operation } from './operations.ts'
import { rootOf } from './owner.ts'
import type { Program } from './program.ts'
import type { Longevity } from './proof.ts'
import type { Variable } from './scopes.ts'

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
  if (made.length > 0 && !made.some((maker) => isHandedOn(maker, program))) return null
  return isServing ||
    keptForLookup.test(cell.name) ||
    keptForLookup.test(className) ||
    isNumbered(cell, operations, program)
    ? 'instance'
    : null
}

/** `return new Watcher()`, `() => new Watcher()`, and `const watcher = new Watcher(); … return watcher`. */
function isHandedOn(maker: Node, program: Program): boolean {
  const { parent } = maker
  if (parent?.type === 'ReturnStatement' || parent?.type === 'ArrowFunctionExpression') return true
  const id = parent?.type === 'VariableDeclarator' ? (parent['id'] as Node) : null
  const variable = id?.type === 'Identifier' ? program.scopes.variableOf(id) : null
  return (variable?.references ?? []).some((reference) => reference.parent?.type === 'ReturnStatement')
}

/** Entries under a number of their own, which somebody looks up again and nobody takes out: `this.subscriptions[this.nextId++] = …`. */
function isNumbered(cell: Cell, operations: readonly Operation[], program: Program): boolean {
  return (
    cell.kind === 'property' &&
    !operations.some(({ kind }) => kind === 'remove' || kind === 'reset' || kind === 'blank') &&
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

/** The writing function leaves the function whose variable it writes to, and so keeps it alive. */
function isHandedOut(owner: Node, writes: readonly Operation[], program: Program): boolean {
  return writes.some(({ func }) => {
    const inner = childOf(owner, func)
    return inner !== null && inner !== owner && escapes(inner, owner, program)
  })
}
