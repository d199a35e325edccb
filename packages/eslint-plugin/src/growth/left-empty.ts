import type { Cell } from './cells.ts'
import { containerOf, declarationOf } from './container.ts'
import { isTakenOutElsewhere } from './elsewhere.ts'
import { saidAlready, shortLivedOwner } from './names.ts'
import { isMember, type Node, propertyName, unwrap } from './node.ts'
import type { Operation } from './operations.ts'
import { rootOf } from './owner.ts'
import type { Program } from './program.ts'
import { isLookedThrough } from './passing.ts'
import { opensGroup } from './set-up.ts'

/** A group that is opened when its first member comes, and stays, empty, when its last one has left. */
export interface LeftEmpty {
  /** Where a group is opened. */
  write: Operation
  /** Where a member leaves its group. */
  leaving: Operation
  declaration: Node
}

/** Keys of which there are as many as there are users: the names of an emitter's events are few. */
const manyKeys = /(^id|Id|room|topic|channel|group|key|url|uri|path|address|user|session|socket|client|query|hash)$/

/**
 * `rooms.set(room, new Set())`, `rooms.get(room).delete(socket)`, and never `rooms.delete(room)`. Told when members leave one by one, and
 * no line takes a group out or looks at how many there are.
 */
export function findLeftEmpty(program: Program): LeftEmpty[] {
  const found: LeftEmpty[] = []
  for (const [cell, all] of program.operations) {
    const operations = all.filter((operation) => !isLookedThrough(operation))
    if (cell.kind === 'element' || saidAlready.test(cell.name)) continue
    if (operations.some(({ kind }) => /^(remove|reset|blank|measure|pass)$/.test(kind))) continue
    const container = containerOf(cell, operations)
    if (container !== 'Map' && container !== 'object') continue
    const root = rootOf(cell)
    if (
      root.kind === 'instance'
        ? shortLivedOwner.test(root.variable?.name ?? root.name)
        : !/^(variable|object)$/.test(root.kind)
    )
      continue
    const write = operations.find(
      (operation) =>
        operation.kind === 'grow' &&
        program.frequencyOf(operation.func) === 'many' &&
        operation.key !== null &&
        manyKeys.test(nameOf(operation.key)) &&
        opens(operation, program),
    )
    if (!write || (root.kind === 'variable' && root.variable?.scope.func === write.func)) continue
    const leaving = leavingOf(cell, program)
    if (!leaving) continue
    if (isTakenOutElsewhere(cell, program)) continue
    found.push({ write, leaving, declaration: declarationOf(cell, operations) ?? write.node })
  }
  return found
}

/** `map.set(k, new Set())`, `o[k] = o[k] || {}`, and `set = new Set()` before `map.set(k, set)`. */
function opens(write: Operation, program: Program): boolean {
  if (opensGroup(write)) return true
  const value = write.value && unwrap(write.value)
  if (value?.type === 'LogicalExpression') return opensGroup({ ...write, value: value['right'] as Node })
  const variable = value?.type === 'Identifier' ? program.scopes.variableOf(value) : null
  return (variable?.writes ?? []).some(({ parent }) =>
    parent?.type === 'AssignmentExpression' ? opensGroup({ ...write, value: parent['right'] as Node }) : false,
  )
}

const groupIndexes = new WeakMap<Program, Map<Cell, Cell[]>>()

/** Where a member is taken out of a group: `map.get(k).delete(x)`, or by a name for it. */
function leavingOf(cell: Cell, program: Program): Operation | null {
  let index = groupIndexes.get(program)
  if (!index) groupIndexes.set(program, (index = indexGroups(program)))
  for (const group of index.get(cell) ?? []) {
    const leaving = (program.operations.get(group) ?? []).find(
      ({ kind, how, func }) => kind === 'remove' && !/^(pop|shift)$/.test(how) && program.frequencyOf(func) === 'many',
    )
    if (leaving) return leaving
  }
  return null
}

/** The groups of each collection, by what they are called. */
function indexGroups(program: Program): Map<Cell, Cell[]> {
  const index = new Map<Cell, Cell[]>()
  for (const group of program.operations.keys()) {
    const base = collectionOf(group, program)
    const list = base && index.get(base)
    if (list) list.push(group)
    else if (base) index.set(base, [group])
  }
  return index
}

function collectionOf(group: Cell, program: Program): Cell | null {
  if (group.kind === 'element') return group.base
  const init = group.kind === 'variable' ? group.variable?.definitions[0]?.init : null
  const named = init ? program.cells.of(init) : null
  return named?.kind === 'element' ? named.base : null
}

function nameOf(key: Node): string {
  const node = unwrap(key)
  return node.type === 'Identifier' ? String(node['name']) : isMember(node) ? (propertyName(node) ?? '') : ''
}
