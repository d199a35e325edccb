import { calledFrom, callsInside } from './call-graph.ts'
import { containerOf } from './container.ts'
import { calleeName, isFunction, isInside, methodOf, type Node, unwrap } from './node.ts'
import type { Operation } from './operations.ts'
import { rootOf } from './owner.ts'
import type { Program } from './program.ts'

/** An entry that waits for an answer, which stays when the time for it is over. */
export interface LeftOnTimeout {
  write: Operation
  /** Where the answer takes it out. */
  removal: Operation
  /** What gives up instead. */
  timer: Node
}

/**
 * `pending.set(id, resolve)` and `setTimeout(() => reject(…))` in one function, while only the answer deletes `pending`'s entry: an answer
 * that never comes leaves it. Told when the timer's callback gives up for good, and neither it nor what it calls takes the entry out.
 */
export function findLeftOnTimeout(program: Program): LeftOnTimeout[] {
  const found: LeftOnTimeout[] = []
  const timers = timersByFunction(program)
  if (timers.size === 0) return found
  for (const [cell, operations] of program.operations) {
    if (operations.some(({ kind }) => kind === 'blank' || kind === 'measure') || containerOf(cell, operations) === null)
      continue
    const removals = operations.filter(({ kind, func }) => kind === 'remove' && program.frequencyOf(func) === 'many')
    if (removals.length === 0) continue
    for (const write of operations) {
      if (write.kind !== 'grow' || !outlivesCall(write, program)) continue
      if (write.key === null && !(write.how === 'push' && removals.every(({ how }) => /^(shift|pop)$/.test(how))))
        continue
      const [asked, timer] = firstTimer(write.func, timers, program)
      if (!timer || removals.some(({ func }) => isInside(func, asked))) continue
      const callback = unwrap((timer['arguments'] as Node[])[0]!)
      if (write.key === null && marks(callback, program)) continue
      if (!givesUp(callback, program) || takesOut(callback, removals, operations, program)) continue
      found.push({ write, removal: removals[0]!, timer })
      break
    }
  }
  return found
}

/** `item.isLate = true`: whoever takes it from the list will see. */
function marks(callback: Node, program: Program): boolean {
  return program.scopes.byType('AssignmentExpression').some((assignment) => isInside(assignment, callback))
}

/** Calls of `setTimeout` with a function that is written there, by the function around them. */
function timersByFunction(program: Program): Map<Node, Node[]> {
  const timers = new Map<Node, Node[]>()
  for (const call of program.scopes.byType('CallExpression')) {
    const [callback] = call['arguments'] as Node[]
    if (calleeName(call) !== 'setTimeout' || !callback || !isFunction(unwrap(callback))) continue
    const func = program.scopes.functionOf(call)
    const list = timers.get(func)
    if (list) list.push(call)
    else timers.set(func, [call])
  }
  return timers
}

/** The timer that is set where the entry is stored: in the same function, or in the one whose promise's executor that is. */
function firstTimer(func: Node, timers: ReadonlyMap<Node, Node[]>, program: Program): [Node, Node | null] {
  const outer = program.scopes.functionOf(func)
  const isExecutor = func.parent?.type === 'NewExpression' && outer !== program.root
  for (const at of isExecutor ? [func, outer] : [func]) {
    const timer = timers.get(at)?.[0]
    if (timer) return [isExecutor ? outer : func, timer]
  }
  return [func, null]
}

function outlivesCall({ cell, func }: Operation, program: Program): boolean {
  if (program.frequencyOf(func) !== 'many') return false
  const root = rootOf(cell)
  if (root.kind === 'instance' || root.kind === 'exports') return true
  const { variable } = root
  if (root.kind !== 'variable' || !variable || variable.definitions[0]!.kind === 'param') return false
  return !isInside(variable.scope.node, func) && variable.scope.func !== func
}

/** `reject(new Error('too late'))`, `callback(error)` */
function givesUp(callback: Node, program: Program): boolean {
  return callsInside(callback, program).some(
    (call) =>
      /^_?(reject|rej|fail|cb|callback|done|onError|errback)$/i.test(calleeName(call) ?? '') ||
      ((call['arguments'] as Node[])[0]?.type === 'NewExpression' &&
        /Error$/.test(calleeName((call['arguments'] as Node[])[0]!) ?? '') &&
        methodOf(call) === null),
  )
}

/** Itself, by what it calls here, or by what it calls elsewhere that is named for it. */
function takesOut(
  callback: Node,
  removals: readonly Operation[],
  all: readonly Operation[],
  program: Program,
): boolean {
  const functions = [callback, ...calledFrom(callback, program)]
  const shrinks = [...removals, ...all.filter(({ kind }) => kind === 'reset')]
  if (shrinks.some(({ func }) => functions.some((inner) => isInside(func, inner)))) return true
  return callsInside(callback, program).some(
    (call) =>
      /remove|delete|clean|clear|cancel|abort|close|destroy|finish|end$|dispose|terminate|disconnect|emit|release|dequeue|splice/i.test(
        calleeName(call) ?? '',
      ) && !/^clear(Timeout|Interval)$/.test(calleeName(call) ?? ''),
  )
}
