import { calledFrom, callsInside } from './call-graph.ts'
import type { Cell } from './cells.ts'
import { containerOf, declarationOf } from './container.ts'
import { functionName } from './function-name.ts'
import { judgeKey } from './keys.ts'
import { longevityOf } from './longevity.ts'
import { saidAlready, shortLivedOwner } from './names.ts'
import { endOf, isInside, methodOf, startOf, unwrap, type Node } from './node.ts'
import { isContainerValue, type Operation } from './operations.ts'
import { isConstructorOf, rootOf } from './owner.ts'
import type { Program } from './program.ts'

/** Two collections that get an entry under the same key at once, of which only one is ever let go. */
export interface HalfCleanup {
  /** The one that keeps its entries. */
  kept: Operation
  declaration: Node
  /** Where the other gets its entry, and where it loses it. */
  partner: Operation
  removal: Operation
}

/**
 * A key that is taken out of one collection at run time stands for something that ends. What was stored for the same thing, under the
 * same key, in the same function, on the same owner, has to end with it; a collection that nothing ever takes anything out of does not.
 */
export function findHalfCleanups(program: Program): HalfCleanup[] {
  const found: HalfCleanup[] = []
  for (const writes of writesByOwner(program).values()) {
    const told = new Set<Cell>()
    for (const kept of writes) {
      if (told.has(kept.cell) || !isNeverLetGo(kept, program)) continue
      for (const partner of writes) {
        if (partner.cell === kept.cell || !isTogether(kept, partner, program)) continue
        const removal = removalOf(partner, program)
        if (!removal) continue
        told.add(kept.cell)
        if (isShown(kept.cell) && program.elsewhere?.takesOut(kept.cell.name)) break
        const declaration = declarationOf(kept.cell, program.operations.get(kept.cell) ?? []) ?? kept.node
        found.push({ kept, declaration, partner, removal })
        break
      }
    }
  }
  return found
}

/** A method empties what an object holds, and forgets one collection of what is written in the same breath. */
export interface Forgotten {
  kept: Operation
  declaration: Node
  /** What is emptied there. */
  partner: Cell
  emptier: Node
}

/** Not `flush()`: what that empties is what is still to be written, not what is held. */
const emptiesAll = /^_?(clear|reset|purge|empty|removeAll|clearAll|resetAll)$/

/** `clear() { this.values.fill(undefined) }` beside `set(key, value) { this.places.set(key, at); this.values[at] = value }`. */
export function findForgotten(program: Program): Forgotten[] {
  const emptiers = program.scopes
    .byType('FunctionExpression', 'FunctionDeclaration', 'ArrowFunctionExpression')
    .filter((func) => emptiesAll.test(functionName(func) ?? '') && program.cells.ofThis(func)?.kind === 'instance')
  const fieldsByOwner = emptiers.length > 0 ? fieldsOf(program) : null
  return emptiers.flatMap((emptier) => {
    const owner = program.cells.ofThis(emptier)!
    const fields = fieldsByOwner!.get(owner) ?? []
    const emptied = [...emptiedIn(emptier, owner, fields, program)]
    if (emptied.length === 0) return []
    const text = program.source.slice(startOf(emptier), endOf(emptier))
    for (const [cell, operations] of fields) {
      if (cell.kind !== 'property' || saidAlready.test(cell.name)) continue
      const container = containerOf(cell, operations)
      if (container === null || text.includes(cell.name)) continue
      // It has an end of its own: what is emptied beside it is a set of marks (dirty, selected), and it is not meant to go with them.
      if (operations.some((one) => /^(remove|reset|blank)$/.test(one.kind) || isFresh(one, program))) continue
      if ([emptier, ...calledFrom(emptier, program)].some((func) => operations.some((one) => one.func === func)))
        continue
      const kept = operations.find(
        (operation) =>
          operation.kind === 'grow' &&
          (operation.key === null) === (container === 'array') &&
          program.frequencyOf(operation.func) === 'many' &&
          !isConstructorOf(operation.func, cell, program) &&
          (operation.key === null ||
            !/^(finite|few|file)$/.test(
              judgeKey(operation.key, program.scopes, program.text, program.frequencyOf).kind,
            )),
      )
      const partner = kept && emptied.find((other) => isWrittenIn(kept.func, other, program))
      if (!kept || !partner) continue
      if (program.elsewhere?.takesOut(cell.name)) continue
      return [{ kept, declaration: declarationOf(cell, operations) ?? kept.node, partner, emptier }]
    }
    return []
  })
}

/** What is done to each field, by what the field belongs to. */
function fieldsOf(program: Program): Map<Cell, [Cell, readonly Operation[]][]> {
  const fields = new Map<Cell, [Cell, readonly Operation[]][]>()
  for (const [cell, operations] of program.operations) {
    if (!cell.base) continue
    const list = fields.get(cell.base)
    if (list) list.push([cell, operations])
    else fields.set(cell.base, [[cell, operations]])
  }
  return fields
}

/** `this.records = new Map()` after its owner was made. */
function isFresh(operation: Operation, program: Program): boolean {
  return operation.kind === 'init' && isRestart(operation, program)
}

/** Fields that the method empties: `clear()`, `= new Map()`, `length = 0`, `fill(undefined)`. */
function emptiedIn(
  func: Node,
  owner: Cell,
  fields: readonly [Cell, readonly Operation[]][],
  program: Program,
): Set<Cell> {
  const emptied = new Set<Cell>()
  for (const [cell, operations] of fields)
    if (
      operations.some(
        (one) =>
          one.func === func &&
          (one.kind === 'reset' || (one.kind === 'init' && one.value !== null && isContainerValue(one.value))),
      )
    )
      emptied.add(cell)
  for (const call of callsInside(func, program)) {
    const [value] = call['arguments'] as Node[]
    if (methodOf(call) !== 'fill' || !value) continue
    const cell = program.cells.of(unwrap(call['callee'] as Node)['object'] as Node)
    if (cell?.base === owner) emptied.add(cell)
  }
  return emptied
}

function isWrittenIn(func: Node, cell: Cell, program: Program): boolean {
  return (program.operations.get(cell) ?? []).some((one) => one.kind === 'grow' && one.func === func)
}

/** Whoever holds the owner sees it. */
function isShown(cell: Cell): boolean {
  return cell.kind === 'property'
}

/** Keyed writes that run after start-up, by what holds the collection. */
function writesByOwner(program: Program): Map<string, Operation[]> {
  const owners = new Map<string, Operation[]>()
  for (const [cell, operations] of program.operations) {
    const owner = ownerOf(cell, operations, program)
    if (owner === null) continue
    for (const operation of operations) {
      if (operation.kind !== 'grow' || operation.key === null || program.frequencyOf(operation.func) !== 'many')
        continue
      if (operation.node.type === 'UpdateExpression') continue
      const list = owners.get(owner)
      if (list) list.push(operation)
      else owners.set(owner, [operation])
    }
  }
  return owners
}

/** An instance that outlives a request, the module, or the variables of a factory. */
function ownerOf(cell: Cell, operations: readonly Operation[], program: Program): string | null {
  const root = rootOf(cell)
  if (root.kind === 'instance')
    return cell.base === root && !shortLivedOwner.test(root.variable?.name ?? root.name) ? root.key : null
  const { variable } = root
  if (root.kind !== 'variable' || !variable || root !== cell) return null
  const [definition] = variable.definitions
  if (definition!.kind === 'import') return null
  if (program.frequencyOf(variable.scope.func) === 'once') return 'module'
  // What a factory hands out keeps what the factory made.
  const isKept =
    longevityOf(
      cell,
      operations,
      operations.filter(({ kind }) => kind === 'grow'),
      program,
    ) === 'closure'
  return isKept && definition!.kind !== 'param' ? `closure ${startOf(variable.scope.node)}` : null
}

function isNeverLetGo({ cell, key, value, func }: Operation, program: Program): boolean {
  const operations = program.operations.get(cell) ?? []
  const container = containerOf(cell, operations)
  if (container === null || container === 'array' || saidAlready.test(cell.name)) return false
  if (operations.some(({ kind }) => /^(remove|reset|blank|measure|pass)$/.test(kind))) return false
  if (operations.some((operation) => isFresh(operation, program))) return false
  // Looked up before it is made: the key comes back, and so it is one of a few things, or of what the cache rules tell.
  const isLookedUp = operations.some(
    (other) =>
      other.kind === 'read' && other.func === func && other.key && program.text(other.key) === program.text(key!),
  )
  if (isLookedUp) return false
  // A count by key, a default and a name are written time and again under keys that stay.
  if (value?.type === 'Literal' && typeof value['value'] === 'number') return false
  const source = judgeKey(key!, program.scopes, program.text, program.frequencyOf).kind
  return source !== 'finite' && source !== 'few' && source !== 'file'
}

/** It gets a fresh collection after its owner was made. */
function isRestart({ func, cell }: Operation, program: Program): boolean {
  return program.frequencyOf(func) === 'many' && !isConstructorOf(func, cell, program) && rootOf(cell) !== cell
}

function isTogether(one: Operation, other: Operation, program: Program): boolean {
  return (
    program.text(one.key!) === program.text(other.key!) &&
    (one.func === other.func || isInside(one.func, other.func) || isInside(other.func, one.func))
  )
}

/** Where the partner's entry is taken out by key, other than to make room for the next one in the same breath. */
function removalOf(partner: Operation, program: Program): Operation | null {
  return (
    (program.operations.get(partner.cell) ?? []).find(
      ({ kind, key, func, node }) =>
        kind === 'remove' &&
        key !== null &&
        program.frequencyOf(func) === 'many' &&
        !(func === partner.func && startOf(node) < startOf(partner.node)),
    ) ?? null
  )
}
