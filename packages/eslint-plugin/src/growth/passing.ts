import { callersOf, callGraph } from './call-graph.ts'
import type { Cell } from './cells.ts'
import { isCheckedKey, isFileKey, isUpdate } from './checked-key.ts'
import { containerOf, declarationOf } from './container.ts'
import { isTakenOutElsewhere } from './elsewhere.ts'
import { endingOf, forgetfulRemover, livesWithEmitter } from './ending.ts'
import { isInLoop } from './frequency.ts'
import { functionName } from './function-name.ts'
import { isLimited, testsAround } from './limit.ts'
import { longevityOf } from './longevity.ts'
import { saidAlready, shortLivedOwner } from './names.ts'
import { calleeName, isCall, isInside, type Node, unwrap } from './node.ts'
import type { Operation } from './operations.ts'
import { isInEnd } from './own-end.ts'
import { isConstructorOf, outermost, rootOf } from './owner.ts'
import type { Program } from './program.ts'
import { functionsAround } from './set-up.ts'
import { isInlineCallback, isOnlyOnFinish, isWhereItFails } from './shrink.ts'
import { isOpenKey, whatPasses } from './what-passes.ts'

/** An entry for something that comes and goes, in a collection that nothing ever leaves. */
export interface Passing {
  write: Operation
  declaration: Node
  /** What comes and goes, as the code calls it. */
  what: string
  /** What in the code tells that it goes, as a clause; `null` where its name alone does. */
  because: string | null
  /** A line that does take something out: only what fails, or all at once when the owner ends. */
  removal: Operation | null
}

/**
 * Told when a collection of something that lives longer than a call gets an entry for each thing that comes and goes (a connection, a
 * request, a timer, a promise), under a key of its own, and no line of the package takes anything out, empties it, or looks at its size.
 */
export function findPassing(program: Program): Passing[] {
  const found: Passing[] = []
  for (const [cell, all] of program.operations) {
    if (!isPlace(cell) || saidAlready.test(cell.name)) continue
    const operations = all.filter(
      (operation) =>
        !isLookedThrough(operation) && !isEndOfAll(operation, program) && !isOnlyOnError(operation, all, program),
    )
    const isLeft = operations.some(({ kind }) => /^(remove|reset|blank|pass)$/.test(kind))
    if (operations.some(({ kind }) => kind === 'measure')) continue
    // Entries that say when they are over have to go by themselves: who asks for them again, and who calls for it, is not enough.
    if (isLeft && !isOnlyLazy(operations, program)) continue
    const container = containerOf(cell, operations)
    if (container !== 'Map' && container !== 'Set' && container !== 'object' && container !== 'array') continue
    // A fresh collection now and then is an end, too.
    if (operations.some((operation) => operation.kind === 'init' && !isFirst(operation, program))) continue
    for (const write of operations) {
      if (write.kind !== 'grow' || !isBoundless(write, program) || livesWithEmitter(write, program)) continue
      const what = isKept(cell) ? whatPasses(write, container, program, isLeft) : null
      const ending =
        what === null && !isLeft && mayEnd(write, container, operations, program) ? endingOf(write, program) : null
      if (what === null && ending === null) continue
      if (isTakenOutElsewhere(cell, program)) break
      const declaration = declarationOf(cell, operations) ?? write.node
      const removal = all.find(({ kind }) => /^(remove|reset|blank)$/.test(kind)) ?? null
      found.push({ write, declaration, what: what ?? ending!.what, because: ending?.because ?? null, removal })
      break
    }
  }
  return found
}

/** An entry of a collection that others are taken out of, and the method that is named for taking one away and leaves it there. */
export interface LeftByRemover {
  write: Operation
  declaration: Node
  remover: Node
}

export function findLeftByRemover(program: Program): LeftByRemover[] {
  const found: LeftByRemover[] = []
  for (const [cell, operations] of program.operations) {
    const container = containerOf(cell, operations)
    if (cell.base?.kind !== 'instance' || (container !== 'Map' && container !== 'object')) continue
    if (operations.some(({ kind }) => kind === 'measure')) continue
    const write = operations.find(({ kind, func }) => kind === 'grow' && program.frequencyOf(func) === 'many')
    const remover = write ? forgetfulRemover(write, program) : null
    if (!write || !remover || isTakenOutElsewhere(cell, program)) continue
    found.push({ write, declaration: declarationOf(cell, operations) ?? write.node, remover })
  }
  return found
}

/** `Object.keys(pending)`, `_.each(timers, …)`: read, not handed to somebody who might take something out. */
export function isLookedThrough({ kind, how }: Operation): boolean {
  return (
    kind === 'pass' &&
    /^(keys|values|entries|each|forEach|map|size|find|filter|some|every|stringify|from|freeze|isEmpty|has|get|inspect|log|debug|warn|info|isArray|hasOwn)$/.test(
      how,
    )
  )
}

/** `child.on('error', () => { delete jobs[id] })` in the function that stores it: what goes well stays. So does what only a finished answer takes out. */
function isOnlyOnError(operation: Operation, all: readonly Operation[], program: Program): boolean {
  if (operation.kind !== 'remove' || operation.key === null) return false
  if (isOnlyOnFinish(operation.node, program)) return true
  const write = all.find(({ kind, func }) => kind === 'grow' && isInside(operation.func, func))
  return (
    write !== undefined &&
    operation.func !== write.func &&
    isWhereItFails(operation, write.func) &&
    isPlainKey(write, operation, program)
  )
}

function isPlainKey(write: Operation, removal: Operation, program: Program): boolean {
  return write.key !== null && program.text(write.key) === program.text(removal.key!)
}

/** `close() { this.clients.clear() }`: the end of the owner, not of what it holds. Nor does a `clear()` that nothing here calls count. */
function isEndOfAll({ kind, func, node, cell }: Operation, program: Program): boolean {
  if (kind !== 'reset' && (kind !== 'init' || node.type !== 'AssignmentExpression')) return false
  if (rootOf(cell).kind !== 'instance') return false
  // remove(this.sockets, socket) takes one.
  if (isCall(node) && (node['arguments'] as Node[]).length > 1) return false
  if (isInEnd(func, program)) return true
  const name = functionName(func) ?? ''
  return (
    empties.test(name) &&
    callersOf(func, program).length === 0 &&
    !(callGraph(program).methodCalls.get(name) ?? []).some((call) => !isOnCollection(call, program))
  )
}

const empties = /^_?(clear|reset|cleanup|removeAll|clearAll)$/

/** `this.clients.clear()` is no call of a method `clear` of this file. */
function isOnCollection(call: Node, program: Program): boolean {
  const cell = program.cells.of(unwrap(call['callee'] as Node)['object'] as Node)
  return cell !== null && containerOf(cell, program.operations.get(cell) ?? []) !== null
}

/** A place of its own, not one for each entry of another collection. */
export function isPlace(cell: Cell): boolean {
  if (cell.kind !== 'variable' && cell.kind !== 'property') return false
  for (let at: Cell | null = cell; at; at = at.base) if (at.kind === 'element') return false
  return true
}

/** A field of what is no request itself, or a variable around the function that writes to it. */
function isKept(cell: Cell): boolean {
  const root = rootOf(cell)
  if (root.kind === 'instance') return cell.base === root && !shortLivedOwner.test(root.variable?.name ?? root.name)
  const { variable } = root
  if (root.kind !== 'variable' || root !== cell || !variable) return false
  return variable.definitions[0]!.kind !== 'param' && variable.definitions[0]!.kind !== 'import'
}

/**
 * Every line that takes something out does so for the key that it was just asked for and found too old, or stands in a method that nobody
 * here calls.
 */
function isOnlyLazy(operations: readonly Operation[], program: Program): boolean {
  return operations
    .filter(({ kind }) => /^(remove|reset|blank|pass)$/.test(kind))
    .every((operation) => {
      const { kind, key, func, node } = operation
      if (kind === 'pass' || program.frequencyOf(func) !== 'many' || isInlineCallback(func)) return false
      const isAskedFor =
        kind === 'remove' &&
        key !== null &&
        !isInLoop(node, program.scopes) &&
        operations.some(
          (other) =>
            other.kind === 'read' && other.func === func && other.key && program.text(other.key) === program.text(key),
        ) &&
        testsAround(node, func).some((test) => /expir|ttl|age|now|time|stale|old|valid/i.test(program.text(test)))
      const name = functionName(func) ?? ''
      return (
        isAskedFor ||
        (byHand.test(name) && !callGraph(program).methodCalls.has(name) && callersOf(func, program).length === 0)
      )
    })
}

const byHand = /^_?(delete|del|remove|destroy|clear|reset|invalidate|flush|unset|evict|empty|purge)/i

/** Where its owner or its variable is made. */
function isFirst({ func, cell }: Operation, program: Program): boolean {
  return (
    isConstructorOf(func, cell, program) ||
    program.frequencyOf(func) !== 'many' ||
    rootOf(cell).variable?.scope.func === func
  )
}

function isBoundless(write: Operation, program: Program): boolean {
  const { cell, func } = write
  if (program.frequencyOf(func) !== 'many') return false
  const { variable } = cell
  // A variable of the function that writes is gone with it; one that is handed out with functions of its own is not.
  if (variable && cell.kind === 'variable' && isWithinCall(variable.scope.func, func, program)) return false
  const outer = outermost(func, cell, program)
  if (functionsAround(write.node, program).some((at) => isConstructorOf(at, cell, program))) return false
  // A pool that fills itself as it is made.
  const callers = callersOf(outer, program)
  if (callers.length > 0 && isHidden(outer) && callers.every((caller) => isConstructorOf(caller, cell, program)))
    return false
  if (
    /^_?(register|define|declare|fill|configure|install|load|import|build|parse|compile|visit)/.test(
      functionName(outer) ?? '',
    )
  )
    return false
  if (isLimited(write, outer, program, true)) return false
  if (write.key === null) return true
  return (
    !isUpdate(write, program) && !isFileKey(write.key, outer, program) && !isCheckedKey(write, outer, cell, program)
  )
}

/**
 * In the function itself, in what goes through a list there, or in a reaction on a promise, which comes once:
 * `rows.forEach((row) => save(row).catch((error) => failed.set(row, error)))`.
 */
function isWithinCall(owner: Node, func: Node, program: Program): boolean {
  let at = func
  while (at !== owner && isOfCall(at)) at = program.scopes.functionOf(at)
  return at === owner
}

function isOfCall(func: Node): boolean {
  return (
    isInlineCallback(func) &&
    /^(forEach|map|filter|some|every|find|reduce|each|flatMap|sort|then|catch|finally)$/.test(
      calleeName(func.parent!) ?? '',
    )
  )
}

/** `#spawn() {}`: nobody else can call it. */
function isHidden(func: Node): boolean {
  return (functionName(func) ?? '').startsWith('#')
}

/** An entry of a collection that lives longer than the call, under a key of which there are many. */
function mayEnd(
  write: Operation,
  container: keyof typeof growsBy,
  operations: readonly Operation[],
  program: Program,
): boolean {
  return (
    growsBy[container].test(write.how) &&
    isOpenKey(write, program) &&
    longevityOf(write.cell, operations, [write], program, true) !== null
  )
}

/** What adds an entry to a collection of that kind. */
const growsBy = { Map: /^set$/, Set: /^add$/, object: /^\[\]=$/, array: /^(push|unshift)$/ }
