import { callsInside } from './call-graph.ts'
import { isFunction, isInside, methodOf, type Node, unwrap } from './node.ts'
import type { Program } from './program.ts'
import { isInlineCallback } from './shrink.ts'

/** What is begun late, and ended by a function that may have been called before. */
export interface LateHandle {
  /** Where it is begun. */
  begun: Node
  /** What is handed out to end it. */
  end: Node
  name: string
}

/**
 * `let handle; ready.then(() => { handle = source.subscribe(…) }); return () => { if (handle) handle.unsubscribe() }`: whoever ends it before
 * it was begun ends nothing, and then it begins. Told when the end leaves no mark that the beginning could ask for.
 */
export function findLateHandles(program: Program): LateHandle[] {
  return program.scopes.byType('ReturnStatement').flatMap((leave) => {
    const end = leave['argument'] ? unwrap(leave['argument'] as Node) : null
    const maker = program.scopes.functionOf(leave)
    if (!end || !isFunction(end) || (end['params'] as Node[]).length > 0 || maker === program.root) return []
    return callsInside(end, program).flatMap((call) => {
      const handle = unwrap((unwrap(call['callee'] as Node)['object'] as Node | undefined) ?? call)
      if (!/^(unsubscribe|close|destroy|dispose|cancel|abort|stop|off|remove)$/.test(methodOf(call) ?? '')) return []
      const variable = handle.type === 'Identifier' ? program.scopes.variableOf(handle) : null
      const [write, ...more] = variable?.writes ?? []
      if (!variable || !write || more.length > 0 || variable.scope.func !== maker) return []
      // One mark is as good as another: whatever else the end calls may leave it.
      if (callsInside(end, program).length > 1 || !isReaction(program.scopes.functionOf(write), maker)) return []
      if (program.scopes.byType('AssignmentExpression').some((mark) => isInside(mark, end))) return []
      return [{ begun: write.parent ?? write, end, name: variable.name }]
    })
  })
}

/** `….then(() => …)` in the function that hands out the end. */
function isReaction(func: Node, maker: Node): boolean {
  return isInlineCallback(func) && methodOf(func.parent!) === 'then' && isInside(func, maker)
}
