import type { Rule } from '../finding.ts'
import { functionName } from '../growth/function-name.ts'
import { calleeName, isCall, isFunction, isInside, isMember, methodOf, unwrap, type Node } from '../growth/node.ts'
import { localFunction } from '../growth/operations.ts'
import { isConstructorOf } from '../growth/owner.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'

const rule = 'no-recursive-promise-chain'

export const noRecursivePromiseChain: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'A promise that waits for the next round of its own function keeps every round that came before.',
  find: (program) =>
    program.scopes
      .byType('CallExpression', 'OptionalCallExpression')
      .flatMap((call) => {
        const loop = repeated(call, program)
        return loop && isAnswered(call, loop, program) && !advances(call, loop, program) ? [{ call, loop }] : []
      })
      .map(({ call, loop }) => {
        const name = functionName(loop) ?? 'the function'
        return finding(program, rule, call, {
          severity: 'medium',
          sentence: `Each round of ${name} leaves a promise that waits for the next one`,
          why: `The promise of the first round settles with that of the last: until then all of them, and what their reactions close over, stay.`,
          declaration: loop,
          entryBytes: 500,
          fix: `Make it a loop (for (;;) { await … }) in an async function, or wrap the rounds in one new Promise and start the next without returning it.`,
        })
      }),
}

/** The function around a call that the call runs again, if it does: `next()` in `next`, `this.poll()` or `self.poll()` in `poll`. */
function repeated(call: Node, program: Program): Node | null {
  const callee = unwrap(call['callee'] as Node)
  const target = localFunction(call, program.scopes)
  const receiver = isMember(callee) ? program.cells.of(callee['object'] as Node) : null
  const method = receiver ? methodOf(call) : null
  if (!target && method === null) return null
  for (let at = program.scopes.functionOf(call); at !== program.root; at = program.scopes.functionOf(at)) {
    if (at === target) return at
    if (method !== null && functionName(at) === method && program.cells.ofThis(at) === receiver) return at
  }
  return null
}

/** What the call answers becomes what the function answers: through `return`, and through the reactions it stands in. */
function isAnswered(call: Node, loop: Node, program: Program): boolean {
  let answer = call
  let isLater = false
  for (;;) {
    const func = program.scopes.functionOf(answer)
    if (!isReturned(answer, func)) return false
    if (func === loop) return isLater || (func['async'] === true && awaitsIn(func, program))
    const reaction = func.parent
    if (!reaction || !isCall(reaction) || !/^(then|catch|finally)$/.test(calleeName(reaction) ?? '')) return false
    if (isSettledOnce(unwrap(unwrap(reaction['callee'] as Node)['object'] as Node), program)) return false
    isLater = true
    answer = reaction
  }
}

/** `this.ready`, which the constructor alone sets: there is one round that waits for it, and none after that. */
function isSettledOnce(promise: Node, program: Program): boolean {
  const cell = isMember(promise) ? program.cells.of(promise) : null
  if (cell?.base?.kind !== 'instance') return false
  const inits = (program.operations.get(cell) ?? []).filter(({ kind }) => kind === 'init')
  return inits.length > 0 && inits.every(({ func }) => isConstructorOf(func, cell, program))
}

/** The value of a `return`, an arrow's body, or the head of a chain of reactions that is one. */
function isReturned(node: Node, func: Node): boolean {
  let at = node
  for (let parent = at.parent; parent; at = parent, parent = at.parent) {
    if (parent.type === 'ReturnStatement') return true
    if (parent === func) return func['body'] === at
    const isHead =
      (isMember(parent) &&
        parent['object'] === at &&
        /^(then|catch|finally)$/.test(String(parent['property']?.name))) ||
      (isCall(parent) && parent['callee'] === at)
    const isPart =
      /^(ConditionalExpression|LogicalExpression|AwaitExpression|ChainExpression|ParenthesizedExpression)$/.test(
        parent.type,
      ) && parent['test'] !== at
    if (!isHead && !isPart) return false
  }
  return false
}

function awaitsIn(func: Node, program: Program): boolean {
  return program.scopes.byType('AwaitExpression').some((node) => program.scopes.functionOf(node) === func)
}

/** Rounds that are counted, that take from a list or that are given something new come to an end. */
function advances(call: Node, loop: Node, program: Program): boolean {
  const params = (loop['params'] as Node[]).map((param) => param['name'] as string | undefined)
  const args = call['arguments'] as Node[]
  if (args.some((arg, place) => arg.type !== 'Identifier' || arg['name'] !== params[place])) return true
  const counts = program.scopes
    .byType('UpdateExpression', 'AssignmentExpression')
    .some((node) => node['operator'] !== '=' && isInside(node, loop))
  const takes = program.scopes
    .byType('CallExpression')
    .some((node) => /^(shift|pop|splice|read|delete)$/.test(methodOf(node) ?? '') && isInside(node, loop))
  return counts || takes || reassigns(loop, program)
}

/** A variable that a round leaves changed for the next: `cursor = page.next`. */
function reassigns(loop: Node, program: Program): boolean {
  return program.scopes.byType('AssignmentExpression').some((node) => {
    if (!isInside(node, loop) || isFunction(unwrap(node['right'] as Node))) return false
    const left = unwrap(node['left'] as Node)
    const variable = left.type === 'Identifier' ? program.scopes.variableOf(left) : null
    return isMember(left) || (variable !== null && !isInside(variable.scope.node, loop))
  })
}
