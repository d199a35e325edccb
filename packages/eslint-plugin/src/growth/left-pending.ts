import { calledFrom } from './call-graph.ts'
import type { Cell } from './cells.ts'
import { containerOf, declarationOf } from './container.ts'
import { isTakenOutElsewhere } from './elsewhere.ts'
import { endEvent } from './ending.ts'
import { functionName } from './function-name.ts'
import { loopsOver } from './loops-over.ts'
import {
  calleeName,
  endOf,
  isFunction,
  isInside,
  isNode,
  methodOf,
  type Node,
  propertyName,
  startOf,
  unwrap,
} from './node.ts'
import type { Operation } from './operations.ts'
import { methodAround } from './own-end.ts'
import { isConstructorOf, outermost, rootOf } from './owner.ts'
import { isPlace } from './passing.ts'
import type { Program } from './program.ts'
import { isInlineCallback } from './shrink.ts'

/** Who waits for an answer, and goes on waiting when what would bring it is over. */
export interface LeftPending {
  write: Operation
  declaration: Node
  /** Where an answer takes it out. */
  removal: Operation
  /** What hears or makes the end, and does not mention it. */
  end: Node
}

/**
 * `this.waiting[id] = callback` and `delete this.waiting[id]` when the answer comes, in something that can be closed or lose its
 * connection: after that no answer comes. Told when nothing that hears the end, nor what it calls, mentions the collection, no line goes
 * through all of it, and no timer takes one out.
 */
export function findLeftPending(program: Program): LeftPending[] {
  const found: LeftPending[] = []
  for (const [cell, operations] of program.operations) {
    if (!isPlace(cell) || containerOf(cell, operations) === null) continue
    if (operations.some((one) => /^(reset|measure|blank)$/.test(one.kind) || isRestart(one, program))) continue
    const removals = operations.filter(({ kind }) => kind === 'remove')
    const [removal] = removals
    if (!removal || removals.some((one) => isOfTimer(one, program))) continue
    const write = operations.find(
      (one) =>
        one.kind === 'grow' &&
        one.key !== null &&
        program.frequencyOf(one.func) === 'many' &&
        (isWaiting(one) || (one.how !== 'add' && isPendingName.test(cell.name))),
    )
    if (!write || /handler|listener|subscri|hook/i.test(cell.name)) continue
    // A reaction on what is stored takes it out, however it settles.
    if (removals.some(({ func }) => func !== write.func && isInside(func, outermost(write.func, cell, program))))
      continue
    const ends = endsOf(cell, program)
    const [end] = ends
    if (!end || loopsOver(cell, program).length > 0) continue
    if (reachedFrom(ends, program).some((func) => mentions(func, cell.name, program))) continue
    if (isTakenOutElsewhere(cell, program)) continue
    found.push({ write, declaration: declarationOf(cell, operations) ?? write.node, removal, end })
  }
  return found
}

const isPendingName = /^[_#]?(pending|awaiting|waiting)/i

/** What is called when something has happened, by its name. */
const callsBack = /^_?(cb|callback|done|resolve|reject|deferred|defer|dfd|ack|onResponse|onReply|resolver|resolvers)$/i

/** `callback`, `(answer) => …`, `{ resolve, reject }` */
function isWaiting({ value }: Operation): boolean {
  const stored = value && unwrap(value)
  if (!stored) return false
  if (stored.type !== 'ObjectExpression') return isCallback(stored)
  return (stored['properties'] as Node[]).some(
    (property) =>
      callsBack.test(propertyName(property) ?? '') ||
      (isNode(property['value']) && isCallback(unwrap(property['value']))),
  )
}

function isCallback(node: Node): boolean {
  if (node.type === 'NewExpression') return /Deferred/.test(calleeName(node) ?? '')
  return isFunction(node) || (node.type === 'Identifier' && callsBack.test(String(node['name'])))
}

/** A fresh collection after its owner was made. */
function isRestart({ kind, node, func, cell }: Operation, program: Program): boolean {
  return (
    kind === 'init' &&
    node.type === 'AssignmentExpression' &&
    program.frequencyOf(func) === 'many' &&
    !isConstructorOf(func, cell, program) &&
    cell.variable?.scope.func !== func
  )
}

function isOfTimer({ func }: Operation, program: Program): boolean {
  for (let at = func; at !== program.root; at = program.scopes.functionOf(at))
    if (isInlineCallback(at) && /^set(Timeout|Interval)/.test(calleeName(at.parent!) ?? '')) return true
  return false
}

const endName =
  /^_?(on|handle|force|do)?_?(close|destroy|dispose|shutdown|teardown|terminate|stop|quit|end|kill|disconnect)(d|ed)?(Connection|Socket)?$/i

/** Functions of the same owner by which it ends, or which hear that its connection does. */
function endsOf(cell: Cell, program: Program): Node[] {
  const root = rootOf(cell)
  const isOfOwner = (func: Node): boolean => {
    if (root.kind === 'instance') return program.cells.ofThis(methodAround(func)) === root
    // What ends beside it at module scope, or in a bundle, may be any of what is made there.
    const maker = cell.variable?.scope.func ?? program.root
    return program.frequencyOf(maker) === 'many' && isInside(func, maker)
  }
  return endFunctions(program).filter(isOfOwner)
}

const endIndexes = new WeakMap<Program, Node[]>()

function endFunctions(program: Program): readonly Node[] {
  let ends = endIndexes.get(program)
  if (!ends) {
    ends = program.scopes
      .byType('FunctionExpression', 'FunctionDeclaration', 'ArrowFunctionExpression')
      .filter((func) => isNode(func['body']) && (endName.test(functionName(func) ?? '') || hearsEnd(func)))
    endIndexes.set(program, ends)
  }
  return ends
}

/** `socket.on('close', () => …)` */
function hearsEnd(func: Node): boolean {
  if (!isInlineCallback(func)) return false
  const call = func.parent!
  const [event] = call['arguments'] as Node[]
  return (
    /^(on|once|addListener|addEventListener)$/.test(methodOf(call) ?? '') &&
    event?.type === 'Literal' &&
    endEvent.test(String(event['value']))
  )
}

function reachedFrom(ends: readonly Node[], program: Program): Node[] {
  const reached = new Set(ends)
  for (const func of reached) for (const callee of calledFrom(func, program)) reached.add(callee)
  return [...reached]
}

function mentions(func: Node, name: string, program: Program): boolean {
  return new RegExp(`(^|[^\\w$])${name.replaceAll(/[^\w]/g, '')}([^\\w$]|$)`).test(
    program.source.slice(startOf(func), endOf(func)),
  )
}
