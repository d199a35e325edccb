import { containerOf, declarationOf } from './container.ts'
import { isTakenOutElsewhere } from './elsewhere.ts'
import { functionName } from './function-name.ts'
import { loopsOver } from './loops-over.ts'
import { type Node, unwrap } from './node.ts'
import type { Operation } from './operations.ts'
import { isPlace } from './passing.ts'
import type { Program } from './program.ts'

/** Those who subscribed, of whom none can leave. */
export interface NoWayOut {
  write: Operation
  declaration: Node
}

/**
 * `subscribe(one) { this.subscribers.push(one) }`, all of whom are told what happens, in a class that has no way to take one out and answers
 * none: what subscribes and is over stays.
 */
export function findNoWayOut(program: Program): NoWayOut[] {
  const found: NoWayOut[] = []
  for (const [cell, operations] of program.operations) {
    if (cell.base?.kind !== 'instance' || !isPlace(cell) || loopsOver(cell, program).length === 0) continue
    if (!/^(array|Set)$/.test(containerOf(cell, operations) ?? '')) continue
    if (operations.some(({ kind }) => /^(remove|reset|blank|measure)$/.test(kind))) continue
    const [write, ...others] = operations.filter(({ kind }) => kind === 'grow')
    if (!write || others.length > 0 || !subscribes.test(functionName(write.func) ?? '')) continue
    if (!isParameter(write, program) || answers(write.func, program) || isTakenOutElsewhere(cell, program)) continue
    found.push({ write, declaration: declarationOf(cell, operations) ?? write.node })
  }
  return found
}

const subscribes = /^_?(subscribe|observe|follow|addSubscriber|addObserver|addFollower)$/

function isParameter({ value, func }: Operation, program: Program): boolean {
  const stored = value && unwrap(value)
  const variable = stored?.type === 'Identifier' ? program.scopes.variableOf(stored) : null
  return variable?.definitions[0]?.kind === 'param' && variable.scope.func === func
}

/** Whatever it answers may be the way out. */
function answers(func: Node, program: Program): boolean {
  return program.scopes
    .byType('ReturnStatement')
    .some((leave) => leave['argument'] && program.scopes.functionOf(leave) === func)
}
