import type { Rule } from '../finding.ts'
import { isCall, isFunction, isLiteral, methodOf, unwrap, type Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'

export const noUnmatchedRemoval: Rule = {
  name: 'no-unmatched-removal',
  severity: 'high',
  summary: 'A listener that is made in the call that should remove it is another one: the one that was added stays.',
  find: (program) =>
    program.scopes
      .byType('CallExpression', 'OptionalCallExpression')
      .filter((call) => /^(off|removeListener|removeEventListener)$/.test(methodOf(call) ?? ''))
      .filter((call) => {
        const [event, listener] = call['arguments'] as Node[]
        return event && listener && isLiteral(unwrap(event)) && isMadeHere(unwrap(listener))
      })
      .map((call) => {
        const listener = program.text((call['arguments'] as Node[])[1]!)
        const [added, ...others] = addedFor(call, program)
        return finding(program, 'no-unmatched-removal', call, {
          ...(added ? { declaration: added, others: [added, ...others] } : {}),
          sentence: `This removes nothing: ${listener} was never added`,
          why: 'Listeners are compared by identity, and a function expression or bind() makes a new function each time.',
          fix: 'Keep the listener in a variable (or a bound field made once), add that, and remove that.',
        })
      }),
}

/** Where a listener for the same event is added to what has the same name: those stay. */
function addedFor(removal: Node, program: Program): Node[] {
  const describe = (call: Node): string =>
    `${program.text(unwrap(call['callee'] as Node)['object'] as Node)} ${program.text((call['arguments'] as Node[])[0]!)}`
  const wanted = describe(removal)
  return program.scopes
    .byType('CallExpression', 'OptionalCallExpression')
    .filter((call) => /^(on|once|addListener|addEventListener)$/.test(methodOf(call) ?? ''))
    .filter((call) => (call['arguments'] as Node[]).length > 1 && describe(call) === wanted)
}

export function isMadeHere(listener: Node): boolean {
  return isFunction(listener) || (isCall(listener) && methodOf(listener) === 'bind')
}
