import type { Rule } from '../finding.ts'
import { isCall, isFunction, isLiteral, isMember, methodOf, unwrap, type Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'

export const noUnmatchedRemoval: Rule = {
  name: 'no-unmatched-removal',
  severity: 'high',
  summary: 'A listener that is made in the call that should remove it is another one: the one that was added stays.',
  find(program) {
    const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
    const removals = calls.filter((call) => /^(off|removeListener|removeEventListener)$/.test(methodOf(call) ?? ''))
    return removals.flatMap((call) => {
      const [event, listener] = call['arguments'] as Node[]
      if (!event || !listener || !isLiteral(unwrap(event))) return []
      const isFresh = isMadeHere(unwrap(listener))
      const bound = isFresh ? [] : onlyBound(unwrap(listener), event, calls, program)
      if (!isFresh && bound.length === 0) return []
      const name = program.text(listener)
      const [added, ...others] = isFresh ? addedFor(call, program) : bound
      return [
        finding(program, 'no-unmatched-removal', call, {
          ...(added ? { declaration: added, others: [added, ...others] } : {}),
          sentence: `This removes nothing: ${name} was never added`,
          why: isFresh
            ? 'Listeners are compared by identity, and a function expression or bind() makes a new function each time.'
            : `What was added (line ${added?.loc?.start.line ?? '?'}) is what bind() made of it, which is another function.`,
          fix: 'Keep the listener in a variable (or a bound field made once), add that, and remove that.',
        }),
      ]
    })
  },
}

/** `bus.on('x', this.f.bind(this))`, where nothing adds `this.f` itself or puts a bound one into its place. */
function onlyBound(listener: Node, event: Node, calls: readonly Node[], program: Program): Node[] {
  if (!isMember(listener)) return []
  const name = program.text(listener)
  const adds = calls.filter((call) => {
    const [added, taker] = call['arguments'] as Node[]
    return (
      /^(on|once|addListener|addEventListener|prependListener)$/.test(methodOf(call) ?? '') &&
      added !== undefined &&
      taker !== undefined &&
      program.text(added) === program.text(event)
    )
  })
  const isBound = (call: Node): boolean => {
    const taker = unwrap((call['arguments'] as Node[])[1]!)
    if (!isCall(taker) || methodOf(taker) !== 'bind') return false
    return program.text(unwrap(taker['callee'] as Node)['object'] as Node) === name
  }
  const isPut = program.scopes
    .byType('AssignmentExpression')
    .some((assignment) => program.text(assignment['left'] as Node) === name)
  return isPut || adds.length === 0 || !adds.every(isBound) ? [] : adds
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
