import type { Rule } from '../finding.ts'
import { calleeName, isCall, isLoop, isMember, methodOf, propertyName, unwrap, type Node } from '../growth/node.ts'
import { isInside } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'

/** Promises that settle when something ends, and until then gather whoever waits. */
const endOfSomething =
  /shutdown|shutting|closed|closing|exit|abort|cancel|stopp|stopSignal|terminat|disconnect|forever|never|destroyed|ended|killed|quit/i

export const noThenOnLongLivedPromise: Rule = {
  name: 'no-then-on-long-lived-promise',
  severity: 'high',
  summary: 'A reaction on a promise that settles late or never stays on it, one for each call.',
  find: (program) =>
    program.scopes
      .byType('CallExpression', 'OptionalCallExpression')
      .filter((call) => methodOf(call) === 'then' && program.frequencyOf(program.scopes.functionOf(call)) === 'many')
      .filter((call) => isLongLived(unwrap(unwrap(call['callee'] as Node)['object'] as Node), call, program))
      .map((call) => {
        const promise = program.text(unwrap(call['callee'] as Node)['object'] as Node)
        return finding(program, 'no-then-on-long-lived-promise', call, {
          sentence: `Each call leaves a reaction on ${promise}`,
          why: `A promise has no way to take a reaction back: until ${promise} settles it keeps every one, and what they close over.`,
          entryBytes: 300,
          fix: 'Keep a Set of callbacks beside the promise: add on entry, delete in a finally, and let one reaction run them all; or listen on an AbortSignal of this call.',
        })
      }),
}

export const noRaceWithLongLivedPromise: Rule = {
  name: 'no-race-with-long-lived-promise',
  severity: 'high',
  summary: 'Promise.race leaves a reaction on the losers: a long-lived one among them gathers those of every race.',
  find: (program) =>
    program.scopes.byType('CallExpression').flatMap((call) => {
      if (!/^(race|any)$/.test(methodOf(call) ?? '') || !/Promise/.test(program.text(call['callee'] as Node))) return []
      const [list] = call['arguments'] as Node[]
      const elements =
        list && unwrap(list).type === 'ArrayExpression' ? (unwrap(list)['elements'] as (Node | null)[]) : []
      const long = elements.find((element) => element && isLongLived(unwrap(element), call, program))
      if (!long) return []
      if (program.frequencyOf(program.scopes.functionOf(call)) !== 'many' && !isInLoop(call, program)) return []
      const promise = program.text(long)
      return [
        finding(program, 'no-race-with-long-lived-promise', call, {
          sentence: `Each race leaves a reaction on ${promise}`,
          why: `${promise} was made before this call and outlives it; what the race resolved to stays reachable from it.`,
          entryBytes: 300,
          declaration: declarationOf(long, program) ?? call,
          fix: `Race with a promise of this call: subscribe to what settles ${promise}, and unsubscribe in a finally.`,
        }),
      ]
    }),
}

function isLongLived(promise: Node, use: Node, program: Program): boolean {
  if (isMember(promise) && propertyName(promise) === 'promise') {
    const owner = unwrap(promise['object'] as Node)
    const name =
      owner.type === 'Identifier' ? (owner['name'] as string) : isMember(owner) ? (propertyName(owner) ?? '') : ''
    return /token|signal|abort|cancel/i.test(name)
  }
  const cell = program.cells.of(promise)
  if (!cell) return false
  const inits = (program.operations.get(cell) ?? []).filter(({ kind }) => kind === 'init')
  const isPending = inits.some(({ value }) => value && isOpenPromise(value))
  if (!isPending) return false
  const func = program.scopes.functionOf(use)
  if (cell.kind === 'variable') {
    const { scope } = cell.variable!
    if (program.frequencyOf(scope.func) === 'once')
      return program.frequencyOf(func) === 'many' || isInLoop(use, program)
    // Made before a loop of the same function, and raced in every turn of it.
    const loop = loopAround(use, func)
    return loop !== null && scope.func === func && !isInside(scope.node, loop)
  }
  if (cell.base?.kind !== 'instance') return false
  return endOfSomething.test(cell.name) && inits.every(({ func: maker }) => maker !== func)
}

/** `new Promise(…)` that somebody else settles, or one of an event. */
function isOpenPromise(value: Node): boolean {
  if (value.type === 'NewExpression') return calleeName(value) === 'Promise'
  return isCall(value) && /^(once|withResolvers)$/.test(calleeName(value) ?? '')
}

function isInLoop(node: Node, program: Program): boolean {
  return loopAround(node, program.scopes.functionOf(node)) !== null
}

function loopAround(node: Node, func: Node): Node | null {
  let outer: Node | null = null
  for (let at = node.parent; at && at !== func; at = at.parent) if (isLoop(at)) outer = at
  return outer
}

function declarationOf(promise: Node, program: Program): Node | null {
  const cell = program.cells.of(promise)
  return cell ? ((program.operations.get(cell) ?? []).find(({ kind }) => kind === 'init')?.node ?? null) : null
}
