import { declarationOf, containerOf } from './container.ts'
import { isTakenOutElsewhere } from './elsewhere.ts'
import { functionName } from './function-name.ts'
import { isLimited } from './limit.ts'
import { saidAlready, setsUp } from './names.ts'
import type { Node } from './node.ts'
import type { Operation } from './operations.ts'
import { isConstructorOf, outermost, rootOf } from './owner.ts'
import type { Program } from './program.ts'
import type { Growth } from './proof.ts'
import { keepsCallback } from './set-up.ts'
import { isEffective } from './shrink.ts'

/** A line that may keep something for ever: nothing proves that it does, and nothing that it does not. */
export interface Suspect {
  write: Operation
  declaration: Node
  container: Growth['container']
  func: Node
}

/**
 * Where entries are added after start-up to what outlives the call, and no code is known to take them out. The growth proof
 * (proof.ts) asks for more: how long the owner lives, what the key is made of, that no comparison bounds it. Reading the code leaves
 * that open too often for a finding; running it tells.
 */
export function findSuspects(program: Program): Suspect[] {
  const found = new Map<Node, Suspect>()
  for (const [cell, operations] of program.operations) {
    const { kind, variable } = rootOf(cell)
    const isOwn = kind === 'variable' && program.frequencyOf(variable!.scope.func) === 'many' && !isParam(variable!)
    if (isOwn || saidAlready.test(cell.name) || isTakenOutElsewhere(cell, program)) continue
    // A limit that a few thousand calls do not reach bounds it all the same.
    if (operations.some(({ kind: what }) => what === 'measure')) continue
    const shrinks = operations.filter(({ kind: what }) => what === 'remove' || what === 'reset')
    for (const write of operations) {
      if (write.kind !== 'grow' || program.frequencyOf(write.func) !== 'many' || found.has(write.node)) continue
      const func = outermost(write.func, cell, program)
      if (isConstructorOf(write.func, cell, program)) continue
      if (keepsCallback(write) || setsUp.test(functionName(func) ?? '')) continue
      if (isLimited(write, func, program)) continue
      // Whoever is offered a way to take one out may use it; how he is driven here does not.
      if (shrinks.some((shrink) => isEffective(shrink, write, func, 'instance', false, program))) continue
      const container = containerOf(cell, operations) ?? (write.how === '[]=' ? 'object' : 'collection')
      // What is added to an object of a class that is not here may be work, which a queue forgets when it is done.
      if (container === 'collection' && write.how !== 'set') continue
      found.set(write.node, { write, declaration: declarationOf(cell, operations) ?? write.node, container, func })
    }
  }
  return [...found.values()]
}

function isParam({ definitions }: { definitions: readonly { kind: string }[] }): boolean {
  return definitions.some(({ kind }) => kind === 'param')
}
