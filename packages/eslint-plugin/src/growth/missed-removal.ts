import type { Cell } from './cells.ts'
import { containerOf, declarationOf } from './container.ts'
import { functionName } from './function-name.ts'
import {
  calleeName,
  isCall,
  isFunction,
  isInside,
  isLiteral,
  isMember,
  methodOf,
  type Node,
  propertyName,
  startOf,
  unwrap,
} from './node.ts'
import type { Operation } from './operations.ts'
import type { Program } from './program.ts'
import { assigned, opensGroup } from './set-up.ts'

/** A line that should take something out, and takes out nothing. */
export interface MissedRemoval {
  /** Where an entry is stored that stays. */
  write: Operation
  /** Other lines that store such entries. */
  others: readonly Operation[]
  declaration: Node
  removal: Operation
  /** Under another key than the entries have, only where there is nothing, out of a group that the same line opened, as of an object, or from a copy. */
  reason: 'key' | 'empty' | 'opened' | 'property' | 'copy'
  /** The key under which the entries stand, where that is another. */
  key: Node | null
}

export function findMissedRemovals(program: Program): MissedRemoval[] {
  const found: MissedRemoval[] = []
  for (const [cell, operations] of program.operations) {
    if (cell.kind === 'element' || !operations.some(({ kind }) => kind === 'grow')) continue
    const missed =
      findWrongKey(cell, operations, program) ??
      findWrongWay(cell, operations, program) ??
      findOtherThing(cell, operations, program) ??
      findOnlyWhenEmpty(operations, program) ??
      findFromCopy(cell, operations, program) ??
      findOpenedToEmpty(cell, operations, program)
    if (missed) found.push(missed)
  }
  return found
}

/** `delete requests[request.requestId]`, where no entry has a `requestId`, or stands under more than that. */
function findWrongKey(cell: Cell, operations: readonly Operation[], program: Program): MissedRemoval | null {
  const removals = operations.filter(({ kind, key }) => kind === 'remove' && key && isMember(unwrap(key)))
  if (removals.length === 0) return null
  const container = containerOf(cell, operations)
  if (container !== 'Map' && container !== 'object') return null
  const writes = operations.filter(
    ({ kind, key, func, how }) =>
      kind === 'grow' && key !== null && /^(set|\[\]=)$/.test(how) && program.frequencyOf(func) === 'many',
  )
  const [write, ...others] = writes
  if (!write) return null
  for (const removal of removals) {
    const member = unwrap(removal.key!)
    const name = propertyName(member)
    const owner = unwrap(member['object'] as Node)
    if (name === null || owner.type !== 'Identifier') continue
    const place = program.cells.of(owner)
    const isEntry = place?.kind === 'element' && place.base === cell
    if (writes.every((one) => isWrongKey(one, name, isEntry, program)))
      return {
        write,
        others,
        declaration: declarationOf(cell, operations) ?? write.node,
        removal,
        reason: 'key',
        key: write.key,
      }
  }
  return null
}

/** `delete map[key]` takes a property from a Map, and `map.delete(map.get(key))` asks for an entry by what is stored under it. */
function findWrongWay(cell: Cell, operations: readonly Operation[], program: Program): MissedRemoval | null {
  const removal = operations.find((one) => one.kind === 'remove' && (isOfProperty(one) || isByEntry(one, program)))
  const container = removal ? containerOf(cell, operations) : null
  if (!removal || (container !== 'Map' && container !== 'Set')) return null
  // `store.delete(key); delete store[key]`: what should go, goes beside it.
  const isBeside = (one: Operation): boolean =>
    one.how === 'delete' && one.func === removal.func && !isOfProperty(one) && !isByEntry(one, program)
  if (operations.some(isBeside)) return null
  const entered = operations.filter(({ kind, key, how }) => kind === 'grow' && key !== null && /^(set|add)$/.test(how))
  const write = entered.find(({ func }) => program.frequencyOf(func) === 'many')
  if (!write) return null
  return {
    write,
    others: entered.filter((one) => one !== write),
    declaration: declarationOf(cell, operations) ?? write.node,
    removal,
    reason: isOfProperty(removal) ? 'property' : 'key',
    key: write.key,
  }
}

function isOfProperty({ node }: Operation): boolean {
  return node.type === 'UnaryExpression'
}

/** Its key is what was just looked up in the same collection. What stands under its own key, or both ways, is another matter. */
function isByEntry({ cell, key, how }: Operation, program: Program): boolean {
  if (how !== 'delete' || !key) return false
  const place = program.cells.of(key)
  if (place?.kind !== 'element' || place.base !== cell) return false
  const writes = (program.operations.get(cell) ?? []).filter(({ kind }) => kind === 'grow')
  const keys = new Set(writes.map((one) => one.key && program.text(one.key)))
  return !writes.some((one) => one.value && keys.has(program.text(one.value)))
}

/**
 * `listeners.add(wrapped)` and `() => listeners.delete(fn)` in one function, or `map.delete(map.keys().next())`: what is taken out was never
 * put in.
 */
function findOtherThing(cell: Cell, operations: readonly Operation[], program: Program): MissedRemoval | null {
  const removals = operations.filter(({ kind, key, how }) => kind === 'remove' && how === 'delete' && key !== null)
  const container = removals.length > 0 ? containerOf(cell, operations) : null
  if (container !== 'Set' && container !== 'Map') return null
  const write = operations.find(({ kind, key, func }) => kind === 'grow' && key && program.frequencyOf(func) === 'many')
  if (!write || operations.some(({ kind }) => kind === 'reset')) return null
  const isMissed = (removal: Operation): boolean =>
    isIteratorResult(removal.key!, program) || (container === 'Set' && isSiblingOf(removal, write, operations, program))
  if (!removals.every(isMissed)) return null
  return {
    write,
    others: [],
    declaration: declarationOf(cell, operations) ?? write.node,
    removal: removals[0]!,
    reason: 'key',
    key: write.key,
  }
}

/** `const oldest = map.keys().next()`, without `.value` */
function isIteratorResult(key: Node, program: Program): boolean {
  const made = behind(key, program)
  return isCall(made) && methodOf(made) === 'next' && (made['arguments'] as Node[]).length === 0
}

/** Two names of one function, of which the other is added and this one never. */
function isSiblingOf(
  removal: Operation,
  write: Operation,
  operations: readonly Operation[],
  program: Program,
): boolean {
  const [added, taken] = [unwrap(write.key!), unwrap(removal.key!)]
  if (added.type !== 'Identifier' || taken.type !== 'Identifier' || !isInside(removal.func, write.func)) return false
  const variables = [program.scopes.variableOf(added), program.scopes.variableOf(taken)]
  const [one, other] = variables
  if (!one || !other || one === other || one.scope.func !== write.func || other.scope.func !== write.func) return false
  if (other.definitions[0]!.kind !== 'param' || !isFunction(unwrap(one.definitions[0]!.init ?? added))) return false
  return operations.filter(({ kind }) => kind === 'grow').length === 1
}

/** What is stored has no such property, or one that is only a part of the key it is stored under. */
function isWrongKey(write: Operation, name: string, isEntry: boolean, program: Program): boolean {
  const value = write.value && unwrap(assigned(write.value))
  if (!value) return false
  const stored = propertyOf(value, name, write, program)
  if (stored === 'unknown') return false
  if (stored === null) return isEntry && !isEverAssigned(name, program)
  const key = behind(write.key!, program)
  return program.text(stored) !== program.text(write.key!) && partsOf(key, program).has(program.text(stored))
}

/** The value of a property of what is stored; `null` when it has none, `unknown` when that cannot be read off. */
function propertyOf(value: Node, name: string, write: Operation, program: Program): Node | null | 'unknown' {
  if (value.type === 'ObjectExpression') {
    let isClosed = true
    for (const property of value['properties'] as Node[]) {
      if (propertyName(property) === name) return unwrap(property['value'] as Node)
      if (!/Property$/.test(property.type) || property['computed']) isClosed = false
    }
    return isClosed ? null : 'unknown'
  }
  if (value.type !== 'Identifier') return 'unknown'
  const variable = program.scopes.variableOf(value)
  const put = variable?.references.find(
    ({ parent }) =>
      parent &&
      isMember(parent) &&
      propertyName(parent) === name &&
      parent.parent?.type === 'AssignmentExpression' &&
      parent.parent['left'] === parent &&
      program.scopes.functionOf(parent) === write.func,
  )
  if (put) return unwrap(put.parent!.parent!['right'] as Node)
  // Whoever it is handed to may put anything on it. Storing it hands it to nobody.
  if (variable?.references.some((reference) => isGivenAway(reference, write, program))) return 'unknown'
  const [definition] = variable?.definitions ?? []
  const init = definition?.init && definition.kind !== 'param' ? unwrap(definition.init) : null
  return init?.type === 'ObjectExpression' && variable!.writes.length === 0
    ? propertyOf(init, name, write, program)
    : 'unknown'
}

/** `tag(call, id)`, `Object.assign(call, …)` */
function isGivenAway(reference: Node, write: Operation, program: Program): boolean {
  const call = reference.parent
  return (
    call !== undefined &&
    (isCall(call) || call.type === 'NewExpression') &&
    call !== write.node &&
    (call['arguments'] as Node[]).includes(reference) &&
    !(program.operations.get(write.cell) ?? []).some(({ node }) => node === call)
  )
}

/** Somewhere in this file something gets a property of that name. */
function isEverAssigned(name: string, program: Program): boolean {
  return (
    program.scopes.byType('AssignmentExpression').some((assignment) => {
      const left = unwrap(assignment['left'] as Node)
      return isMember(left) && propertyName(left) === name
    }) || program.scopes.byType('Property', 'ObjectProperty').some((property) => isStored(property, name))
  )
}

/** `{ requestId: id }` in an object, not in a pattern that takes one apart, and not in what is sent away as text. */
function isStored(property: Node, name: string): boolean {
  const literal = property.parent
  const user = literal?.parent
  return (
    literal?.type === 'ObjectExpression' &&
    propertyName(property) === name &&
    !(user && isCall(user) && /^(stringify|encode|send|write|publish|emit)$/.test(calleeName(user) ?? ''))
  )
}

function behind(key: Node, program: Program): Node {
  const node = unwrap(key)
  const variable = node.type === 'Identifier' ? program.scopes.variableOf(node) : null
  const [definition] = variable?.definitions ?? []
  return definition?.init &&
    definition.path.length === 0 &&
    definition.kind !== 'param' &&
    variable!.writes.length === 0
    ? unwrap(definition.init)
    : node
}

/** What a key of at least two parts is put together from. */
function partsOf(key: Node, program: Program): Set<string> {
  let parts: Node[] = []
  if (isCall(key)) parts = key['arguments'] as Node[]
  else if (key.type === 'TemplateLiteral') parts = key['expressions'] as Node[]
  else if (key.type === 'BinaryExpression') parts = [key['left'] as Node, key['right'] as Node]
  const names = parts.filter((part) => !isLiteral(unwrap(part))).map((part) => program.text(unwrap(part)))
  return new Set(names.length > 1 ? names : [])
}

/** `if (!list.length) list = []`, and nothing else that takes anything out. `list = await load()` there fills it. */
function findOnlyWhenEmpty(operations: readonly Operation[], program: Program): MissedRemoval | null {
  const renewals = operations.filter(
    ({ kind, node, func }) =>
      kind === 'init' && node.type === 'AssignmentExpression' && program.frequencyOf(func) === 'many',
  )
  if (!renewals.every(opensGroup)) return null
  const shrinks = [...operations.filter(({ kind }) => kind === 'remove' || kind === 'reset'), ...renewals]
  const write = operations.find(({ kind, func }) => kind === 'grow' && program.frequencyOf(func) === 'many')
  const [removal] = shrinks
  if (!write || !removal || !shrinks.every((shrink) => isWhereEmpty(shrink, program))) return null
  if (removal.func === write.func || isInside(write.func, removal.func)) return null
  return {
    write,
    others: [],
    declaration: declarationOf(write.cell, operations) ?? write.node,
    removal,
    reason: 'empty',
    key: null,
  }
}

/** It stands under a test that there is nothing. */
function isWhereEmpty({ node, cell, func }: Operation, program: Program): boolean {
  for (let at = node; at.parent && at !== func; at = at.parent) {
    const { parent } = at
    if (parent.type !== 'IfStatement' || parent['consequent'] !== at) continue
    const counted = emptyTest(unwrap(parent['test'] as Node))
    return counted !== null && program.cells.of(counted) === cell
  }
  return false
}

/** The list of `!list.length`, `list.length === 0`, `map.size < 1`. */
function emptyTest(test: Node): Node | null {
  let count: Node | null = null
  if (test.type === 'UnaryExpression' && test['operator'] === '!') count = unwrap(test['argument'] as Node)
  if (test.type === 'BinaryExpression') {
    const right = unwrap(test['right'] as Node)
    const isZero = /^===?$/.test(String(test['operator'])) && isLiteral(right, 0)
    if (isZero || (test['operator'] === '<' && isLiteral(right, 1))) count = unwrap(test['left'] as Node)
  }
  return count && isMember(count) && /^(length|size)$/.test(propertyName(count) ?? '')
    ? unwrap(count['object'] as Node)
    : null
}

/** `list.slice(at, 1)`, `list.filter((one) => one !== gone)` as a statement: they answer another list, which nobody takes. */
function findFromCopy(cell: Cell, operations: readonly Operation[], program: Program): MissedRemoval | null {
  const call = droppedCopies(program).get(cell)
  if (!call || operations.some(({ kind }) => kind === 'remove' || kind === 'reset')) return null
  const func = program.scopes.functionOf(call)
  const write = operations.find(
    (one) => one.kind === 'grow' && one.func !== cell.variable?.scope.func && program.frequencyOf(one.func) === 'many',
  )
  if (!write || containerOf(cell, operations) !== 'array') return null
  const removal: Operation = { kind: 'remove', cell, node: call, func, key: null, value: null, how: methodOf(call)! }
  return {
    write,
    others: [],
    declaration: declarationOf(cell, operations) ?? write.node,
    removal,
    reason: 'copy',
    key: null,
  }
}

const copyIndexes = new WeakMap<Program, Map<Cell, Node>>()

function droppedCopies(program: Program): ReadonlyMap<Cell, Node> {
  const known = copyIndexes.get(program)
  if (known) return known
  const index = new Map<Cell, Node>()
  copyIndexes.set(program, index)
  for (const statement of program.scopes.byType('ExpressionStatement')) {
    const call = unwrap(statement['expression'] as Node)
    if (!isCall(call) || !/^(slice|filter)$/.test(methodOf(call) ?? '')) continue
    const [first] = call['arguments'] as Node[]
    // What filters with a function of another name may do something else on the way.
    if (!first || (methodOf(call) === 'filter' && !isComparison(unwrap(first)))) continue
    const cell = program.cells.of(unwrap(call['callee'] as Node)['object'] as Node)
    if (cell) index.set(cell, call)
  }
  return index
}

/** `(one) => one !== gone` */
function isComparison(func: Node): boolean {
  const body = func['body'] as Node | undefined
  const [only] = body?.type === 'BlockStatement' ? (body['body'] as Node[]) : []
  const answer = (only?.type === 'ReturnStatement' ? only['argument'] : body) as Node | null | undefined
  return isFunction(func) && answer?.type === 'BinaryExpression'
}

const takesOne =
  /^_?(del|delete|remove|leave|off|un(subscribe|register|watch|lock|track|bind|link|mount|listen|hook|load|pin|publish|use|observe|join|follow|assign|set|tag)|detach|drop|release|clear|part|exit)(?![a-z])/

/** `leave(id, room) { rooms[id] = rooms[id] || {}; delete rooms[id][room] }`: whoever has left already is entered again. */
function findOpenedToEmpty(cell: Cell, operations: readonly Operation[], program: Program): MissedRemoval | null {
  for (const write of operations) {
    if (write.kind !== 'grow' || write.key === null || !opensWhereMissing(write)) continue
    if (program.frequencyOf(write.func) !== 'many' || !takesOne.test(functionName(write.func) ?? '')) continue
    if (operations.some(({ kind, func }) => (kind === 'remove' || kind === 'reset') && func === write.func)) continue
    const ofEntries = operationsOnEntries(cell, program).filter(({ func }) => func === write.func)
    // What is given back is put into the group.
    if (ofEntries.some(({ kind }) => kind === 'grow')) continue
    const removal = ofEntries.find(({ kind, node }) => kind === 'remove' && startOf(node) > startOf(write.node))
    if (removal)
      return {
        write,
        others: [],
        declaration: declarationOf(cell, operations) ?? write.node,
        removal,
        reason: 'opened',
        key: write.key,
      }
  }
  return null
}

/** `rooms[id] = rooms[id] || {}`, `rooms[id] = {}` */
function opensWhereMissing(write: Operation): boolean {
  if (opensGroup(write)) return true
  const value = write.value && unwrap(assigned(write.value))
  return value?.type === 'LogicalExpression' && opensGroup({ ...write, value: value['right'] as Node })
}

const entryIndexes = new WeakMap<Program, Map<Cell, readonly Operation[]>>()

function operationsOnEntries(cell: Cell, program: Program): readonly Operation[] {
  let index = entryIndexes.get(program)
  if (!index) {
    entryIndexes.set(program, (index = new Map()))
    for (const [entry, operations] of program.operations)
      if (entry.kind === 'element' && entry.base) index.set(entry.base, operations)
  }
  return index.get(cell) ?? []
}
