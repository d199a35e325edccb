import type { Cell } from './cells.ts'
import { isCheckedKey, isFileKey, isUpdate } from './checked-key.ts'
import { containerOf, declarationOf, isAtEnd } from './container.ts'
import { isTakenOutElsewhere } from './elsewhere.ts'
import { isFreshKey } from './fresh-key.ts'
import { judgeKey, type KeySource } from './keys.ts'
import { isLimited, testsAround } from './limit.ts'
import { longevityOf } from './longevity.ts'
import { saidAlready } from './names.ts'
import { isInside, isLiteral, type Node, propertyName, unwrap } from './node.ts'
import type { Operation } from './operations.ts'
import { isConstructorOf, outermost, rootOf } from './owner.ts'
import type { Program } from './program.ts'
import { isSetUp, opensGroup } from './set-up.ts'
import { isEffective } from './shrink.ts'

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

/**
 * The growth proof. A collection is told when it lives long, a function that runs after start-up adds to it under keys that nothing
 * bounds, and no code that ever runs takes anything out or looks at how many there are. Each of these is a file beside this one
 * (what it is: container.ts; how long it lives: longevity.ts, escape.ts; what bounds it: limit.ts, checked-key.ts; whether the program
 * only sets itself up: set-up.ts; whether anything makes it smaller: shrink.ts); a
 * collection that fails one of them is left alone, since a reader forgives a miss sooner than a false alarm.
 */
export function findGrowth(program: Program): Growth[] {
  const found: Growth[] = []
  for (const [cell, operations] of program.operations) {
    const growth = judge(cell, operations, program)
    if (!growth || isTakenOutElsewhere(cell, program)) continue
    // What a function does to its parameter it does to all it is called with: one line, told once.
    if (!found.some(({ write }) => write.node === growth.write.node)) found.push(growth)
  }
  return found
}

function judge(cell: Cell, recorded: readonly Operation[], program: Program): Growth | null {
  const operations = recorded
    .filter((operation) => !isOfOneName(operation))
    .map((operation) => (isFreshStart(operation, program) ? { ...operation, kind: 'reset' as const } : operation))
  const writes = operations.filter(({ kind, func }) => kind === 'grow' && program.frequencyOf(func) === 'many')
  if (writes.length === 0) return null
  if (cell.kind === 'element' || cell.kind === 'exports' || cell.kind === 'global' || cell.kind === 'instance')
    return null
  const container = containerOf(cell, operations)
  if (!container) return null
  if (operations.some((operation) => operation.kind === 'measure' || isTable(operation))) return null
  if (saidAlready.test(cell.name)) return null
  const longevity = longevityOf(cell, operations, writes, program)
  if (!longevity) return null

  let first: Growth | null = null
  const others: Node[] = []
  for (const write of writes) {
    if (container === 'array' && write.how === '[]=' && !isAtEnd(write, program)) continue
    if (container === 'object' && !['[]=', '='].includes(write.how)) continue
    const func = outermost(write.func, cell, program)
    const isMemo =
      !opensGroup(write) &&
      operations.some(
        ({ kind, func: reader, node }) =>
          kind === 'read' && node !== write.node && (reader === write.func || isInside(reader, func)) && !refuses(node),
      )
    // What was taken out of somewhere once may be again; where nothing is, a key that no two calls share says enough.
    const isFresh =
      write.key !== null &&
      container !== 'array' &&
      !operations.some(({ kind }) => kind === 'remove' || kind === 'reset' || kind === 'blank') &&
      isFreshKey(write.key, program)
    const key =
      write.key && container !== 'array' ? judgeKey(write.key, program.scopes, program.text, program.frequencyOf) : null
    if (!isFresh && key && (key.kind === 'finite' || key.kind === 'few' || key.kind === 'file')) continue
    if (isLimited(write, func, program)) continue
    if (write.key && (isUpdate(write, program) || isFileKey(write.key, func, program))) continue
    if (write.key && isCheckedKey(write, func, cell, program)) continue
    if (isSetUp(write, func, cell, { longevity, container, isMemo, isFresh, key }, program)) continue
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

/** `delete waiting.connect`, `cache.delete('default')`: takes out what has that name, and none of all that grow beside it. */
function isOfOneName({ kind, node, key, how }: Operation): boolean {
  if (kind !== 'remove' || how !== 'delete' || !key) return false
  return isLiteral(key) || (node.type === 'UnaryExpression' && propertyName(unwrap(node['argument'] as Node)) !== null)
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

/** Entries that the code spells out by then: it is a table of what there is, and what is added to it is of the same kind. */
const tableEntries = 10

function isTable({ kind, value }: Operation): boolean {
  return (
    kind === 'init' &&
    value?.type === 'ObjectExpression' &&
    (value['properties'] as Node[]).filter(({ value: entry }) => entry).length >= tableEntries
  )
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
