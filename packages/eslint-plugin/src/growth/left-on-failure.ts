import { containerOf } from './container.ts'
import { calleeName, isCall, isFunction, isInside, isLoop, methodOf, type Node, startOf, unwrap } from './node.ts'
import { localFunction, type Operation } from './operations.ts'
import { isInEnd } from './own-end.ts'
import { rootOf } from './owner.ts'
import type { Program } from './program.ts'

/** An entry for the time that something takes, which stays when that fails. */
export interface LeftOnFailure {
  write: Operation
  removal: Operation
  /** What may fail in between, or the way out before the removal. */
  exit: Node
}

/**
 * `inFlight.set(id, …)`, `await work()`, `inFlight.delete(id)` in one function: when the work rejects, nobody comes by the removal. Told
 * when that removal is the only one there is, no `finally` or `catch` has one, and what is awaited is not made safe where it stands.
 */
export function findLeftOnFailure(program: Program): LeftOnFailure[] {
  const found: LeftOnFailure[] = []
  for (const [cell, all] of program.operations) {
    if (!isShared(all, program)) continue
    if (containerOf(cell, all) === null) continue
    // What is emptied when the owner ends has stayed until then.
    const operations = all.filter(({ kind, func }) => !/^(remove|reset|init)$/.test(kind) || !isInEnd(func, program))
    if (operations.some(({ kind }) => kind === 'reset' || kind === 'blank' || kind === 'measure')) continue
    const removals = operations.filter(({ kind }) => kind === 'remove')
    if (removals.length !== 1) continue
    const [removal] = removals as [Operation]
    const isSameKey = ({ kind, key }: Operation): boolean =>
      kind === 'grow' && key !== null && removal.key !== null && program.text(key) === program.text(removal.key)
    const entered = operations.find((operation) => isSameKey(operation) && isAround(operation, removal))
    const way = entered && program.frequencyOf(entered.func) === 'many' ? wayAround(removal, program) : null
    if (entered && way) {
      found.push({ write: entered, removal, exit: way })
      continue
    }
    const write = operations.find(
      (operation) =>
        isSameKey(operation) && operation.func === removal.func && startOf(operation.node) < startOf(removal.node),
    )
    if (!write || program.frequencyOf(write.func) !== 'many') continue
    const exit = exitBetween(write, removal, program) ?? leaveBetween(write, removal, program)
    if (exit) found.push({ write, removal, exit })
  }
  return found
}

/** An entry that was asked for and ended on a way that leaves before it is taken out. */
export interface LeftOnExit {
  write: Operation
  removal: Operation
  exit: Node
}

/**
 * `const call = pending.get(id); if (error) { call.reject(error); return } pending.delete(id)`: whoever ends the entry on one way and takes
 * it out on the other leaves it on the first.
 */
export function findLeftOnExit(program: Program): LeftOnExit[] {
  const found: LeftOnExit[] = []
  for (const [cell, operations] of program.operations) {
    if (!isShared(operations, program) || containerOf(cell, operations) === null) continue
    if (operations.some(({ kind }) => kind === 'reset' || kind === 'blank' || kind === 'measure')) continue
    const write = operations.find(
      ({ kind, key, func }) => kind === 'grow' && key !== null && program.frequencyOf(func) === 'many',
    )
    const removals = operations.filter(({ kind, key }) => kind === 'remove' && key !== null)
    for (const removal of write ? removals : []) {
      const exit = exitWithEntry(removal, operations, program)
      // A removal for the same key elsewhere may come by.
      if (!exit || removals.some((other) => other !== removal)) continue
      found.push({ write: write!, removal, exit })
      break
    }
  }
  return found
}

/** `if (…) { entry.reject(…); return }` between where the entry is looked up and where it is taken out. */
function exitWithEntry(removal: Operation, operations: readonly Operation[], program: Program): Node | null {
  const { func, node } = removal
  const text = program.text(removal.key!)
  const read = operations.find(
    (one) =>
      one.kind === 'read' &&
      one.func === func &&
      one.key !== null &&
      program.text(one.key) === text &&
      startOf(one.node) < startOf(node) &&
      one.node.parent?.type === 'VariableDeclarator',
  )
  const id = read?.node.parent?.['id'] as Node | undefined
  const entry = id?.type === 'Identifier' ? program.scopes.variableOf(id) : null
  if (!read || !entry) return null
  return (
    program.scopes.byType('IfStatement').find((statement) => {
      const then = statement['consequent'] as Node
      if (program.scopes.functionOf(statement) !== func || isInside(node, statement)) return false
      if (startOf(statement) < startOf(read.node) || startOf(statement) > startOf(node)) return false
      const last = then.type === 'BlockStatement' ? (then['body'] as Node[]).at(-1) : then
      if (last?.type !== 'ReturnStatement') return false
      return entry.references.some((reference) => isInside(reference, then) && isSettled(reference))
    }) ?? null
  )
}

/** `entry.reject(…)`, `entry.callback(…)`, `entry(…)` */
function isSettled(reference: Node): boolean {
  const user = reference.parent!
  if (isCall(user)) return user['callee'] === reference
  const call = user.parent
  return (
    user['object'] === reference &&
    call !== undefined &&
    isCall(call) &&
    call['callee'] === user &&
    /^_?(reject|resolve|callback|cb|done|onError|fail|end|destroy)$/.test(methodOf(call) ?? '')
  )
}

/** The removal stands in a function inside of the one that writes. */
function isAround({ func }: Operation, removal: Operation): boolean {
  return removal.func !== func && isInside(removal.func, func)
}

/**
 * How a failure gets around the only removal there is: that stands in `then(…)` alone, which a rejection passes by, or in a callback after
 * `if (error) return …`.
 */
function wayAround(removal: Operation, program: Program): Node | null {
  const { func, node } = removal
  const call = func.parent
  if (!call || !isCall(call) || !(call['arguments'] as Node[]).includes(func) || !isOnMainPath(node, func)) return null
  if (methodOf(call) === 'then') {
    const args = call['arguments'] as Node[]
    // `catch(…).then(…)` comes by in any case.
    const before = program.text(unwrap(unwrap(call['callee'] as Node)['object'] as Node))
    return args.length === 1 &&
      !/\.(catch|finally)\(|allSettled/.test(before) &&
      isStarted(call) &&
      !isSafe(call, program)
      ? call
      : null
  }
  const [error] = func['params'] as Node[]
  if (!error || !/^(e|er|err|error)$/i.test(String(error['name'] ?? ''))) return null
  const statements = ((func['body'] as Node)['body'] ?? []) as Node[]
  return (
    statements.find(
      (statement) =>
        statement.type === 'IfStatement' &&
        startOf(statement) < startOf(node) &&
        !isInside(node, statement) &&
        isErrorTest(statement['test'] as Node, String(error['name'])) &&
        leaves(statement['consequent'] as Node) &&
        // What throws in a callback ends the process; what tries again has not failed.
        !/^\{?\s*(throw\b|return (this\.)?_?(retry|again)\w*\()/i.test(program.text(statement['consequent'] as Node)),
    ) ?? null
  )
}

/** A promise that does not reject: one that was caught before it got its name, or that of a function of this file that catches. */
function isSafe(call: Node, program: Program): boolean {
  const before = unwrap(unwrap(call['callee'] as Node)['object'] as Node)
  const init = before.type === 'Identifier' ? program.scopes.variableOf(before)?.definitions[0]?.init : before
  const made = init && unwrap(init)
  if (!made || !isCall(made)) return false
  if (methodOf(made) === 'catch') return true
  const statements = (localFunction(made, program.scopes)?.['body']['body'] ?? []) as Node[]
  const [only] = statements
  return (
    statements.length === 1 &&
    only!.type === 'TryStatement' &&
    Boolean(only!['handler']) &&
    !leaves(only!['handler']['body'] as Node)
  )
}

/** What is waited for is work of some kind, not a timer. */
function isStarted(call: Node): boolean {
  const before = unwrap(unwrap(call['callee'] as Node)['object'] as Node)
  return !isCall(before) || !/^(delay|sleep|wait|resolve|setTimeout|nextTick)$/.test(calleeName(before) ?? '')
}

function isErrorTest(test: Node, name: string): boolean {
  const node = unwrap(test)
  if (node.type === 'BinaryExpression') return isErrorTest(node['left'] as Node, name)
  return node.type === 'Identifier' && node['name'] === name
}

/** It lives longer than the call that writes to it. */
function isShared([first]: readonly Operation[], program: Program): boolean {
  if (!first) return false
  const root = rootOf(first.cell)
  if (root.kind === 'instance' || root.kind === 'exports') return true
  const { variable } = root
  if (root.kind !== 'variable' || !variable || variable.definitions[0]!.kind === 'param') return false
  return program.frequencyOf(variable.scope.func) === 'once'
}

/** Where a function begins something and where it takes that back. */
type Place = Pick<Operation, 'node' | 'func'>

/** What is awaited between the two, and may reject. */
export function exitBetween(write: Place, removal: Place, program: Program): Node | null {
  const { func } = write
  // A removal in a branch or a loop of its own is another matter: what runs when is not told by order alone.
  if (func['async'] !== true || !isOnMainPath(removal.node, func) || !isOnMainPath(write.node, func)) return null
  const isBetween = (node: Node): boolean =>
    startOf(node) > startOf(write.node) && startOf(node) < startOf(removal.node) && !isInside(removal.node, node)
  return (
    program.scopes
      .byType('AwaitExpression')
      .find(
        (wait) =>
          program.scopes.functionOf(wait) === func && isBetween(wait) && mayThrow(wait) && !isCaught(wait, func),
      ) ?? null
  )
}

/** `if (answers.length === 0) return` between the two. A branch that calls something before it leaves may take it back there. */
export function leaveBetween(write: Place, removal: Place, program: Program): Node | null {
  const { func, node } = write
  if (removal.func !== func || !isOnMainPath(removal.node, func) || !isOnMainPath(node, func)) return null
  return (
    program.scopes.byType('ReturnStatement', 'ThrowStatement').find((leave) => {
      if (program.scopes.functionOf(leave) !== func) return false
      if (startOf(leave) < startOf(node) || startOf(leave) > startOf(removal.node) || isInside(removal.node, leave))
        return false
      return isBareBranch(leave, func)
    }) ?? null
  )
}

/** It stands alone under its test, and nothing around catches or cleans up. */
function isBareBranch(leave: Node, func: Node): boolean {
  let test: Node | null = null
  for (let at = leave; at.parent && at !== func; at = at.parent) {
    const { parent } = at
    if (parent.type === 'TryStatement' || isLoop(parent) || parent.type === 'SwitchCase') return false
    if (parent.type === 'BlockStatement' && parent.parent !== func && (parent['body'] as Node[]).length > 1)
      return false
    if (parent.type === 'IfStatement' && parent['test'] !== at) test = parent
  }
  return test !== null
}

/** A statement of the function's body, or of a `try` there; in a `finally` it always runs. */
function isOnMainPath(node: Node, func: Node): boolean {
  for (let at = node; at.parent && at !== func; at = at.parent) {
    const { parent } = at
    if (
      isLoop(parent) ||
      /^(IfStatement|SwitchCase|CatchClause|ConditionalExpression|LogicalExpression)$/.test(parent.type)
    )
      return false
    if (parent.type === 'TryStatement' && parent['finalizer'] === at) return false
  }
  return true
}

/** `await work().catch(…)`, `await Promise.allSettled(…)` and a timer do not reject. */
function mayThrow(wait: Node): boolean {
  const awaited = unwrap(wait['argument'] as Node)
  if (!isCall(awaited)) return false
  for (let at: Node = awaited; isCall(at);) {
    const callee = unwrap(at['callee'] as Node)
    const name = String(callee['property']?.name ?? callee['name'] ?? '')
    if (/^(catch|finally|allSettled|delay|sleep|wait|setTimeout|setImmediate|nextTick|once)$/.test(name)) return false
    at = callee['object'] ? unwrap(callee['object'] as Node) : callee
  }
  return true
}

/** A `try` around it whose `catch` goes on after it. */
function isCaught(node: Node, func: Node): boolean {
  for (let at = node; at.parent && at !== func; at = at.parent) {
    const { parent } = at
    if (parent.type !== 'TryStatement' || parent['block'] !== at || !parent['handler']) continue
    if (!leaves(parent['handler']['body'] as Node)) return true
  }
  return false
}

/** Some way through a `catch` ends the function. */
function leaves(block: Node): boolean {
  const stack: Node[] = [block]
  while (stack.length > 0) {
    const node = stack.pop()!
    if (node.type === 'ThrowStatement' || node.type === 'ReturnStatement') return true
    if (isFunction(node)) continue
    for (const field of ['body', 'consequent', 'alternate', 'block']) {
      const value = node[field] as Node | Node[] | null | undefined
      if (Array.isArray(value)) stack.push(...value)
      else if (value) stack.push(value)
    }
  }
  return false
}
