import type { Rule } from '../finding.ts'
import { callsInside } from '../growth/call-graph.ts'
import { endEvent } from '../growth/ending.ts'
import { functionName } from '../growth/function-name.ts'
import {
  calleeName,
  endOf,
  isCall,
  isInside,
  isLiteral,
  isLoop,
  isMember,
  methodOf,
  propertyName,
  startOf,
  unwrap,
  type Node,
} from '../growth/node.ts'
import { isInEnd } from '../growth/own-end.ts'
import type { Program } from '../growth/program.ts'
import { isInlineCallback } from '../growth/shrink.ts'
import { adding } from './listening.ts'
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
      const elements = list ? elementsOf(unwrap(list), program) : []
      const long = elements.find(
        (element) => isLongLived(element, call, program) || interrupts(element, elements, call, program),
      )
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

/** What a list is made of: a literal, or a variable of this call that begins as one and gets more. */
function elementsOf(list: Node, program: Program): Node[] {
  const cell = list.type === 'Identifier' ? program.cells.of(list) : null
  const operations = cell ? (program.operations.get(cell) ?? []) : []
  const literals = [list, ...operations.filter(({ kind }) => kind === 'init').map(({ value }) => value)]
  const elements = [
    ...literals.flatMap((node) => (node?.type === 'ArrayExpression' ? (node['elements'] as (Node | null)[]) : [])),
    ...operations.filter(({ how }) => how === 'push').map(({ value }) => value),
  ]
  return elements.filter((element) => element !== null).map(unwrap)
}

function isLongLived(promise: Node, use: Node, program: Program): boolean {
  if (isMember(promise) && propertyName(promise) === 'promise') {
    const owner = unwrap(promise['object'] as Node)
    const variable = owner.type === 'Identifier' ? program.scopes.variableOf(owner) : null
    const made = variable?.definitions[0]
    const func = program.scopes.functionOf(use)
    // What this call made, or this round of its loop, goes with it.
    if (variable?.scope.func === func && made?.init && isCall(unwrap(made.init))) {
      const loop = loopAround(use, func)
      if (loop === null || isInside(made.name, loop)) return false
    }
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
    return loop !== null && scope.func === func && !inits.some(({ node }) => isInside(node, loop))
  }
  if (cell.base?.kind !== 'instance' || inits.some(({ func: maker }) => maker === func)) return false
  return (
    endOfSomething.test(cell.name) ||
    (inits.every(({ value }) => value && hearsEnd(value, program)) && !isInEnd(func, program))
  )
}

/** `new Promise((resolve) => this.once('close', resolve))`, `once(socket, 'end')` */
function hearsEnd(value: Node, program: Program): boolean {
  const [executor] = value['arguments'] as Node[]
  const hearing =
    value.type === 'NewExpression' && executor
      ? callsInside(unwrap(executor), program).filter((call) => adding.test(methodOf(call) ?? ''))
      : [value]
  return hearing.some((call) =>
    (call['arguments'] as Node[]).some((event) => isLiteral(event) && endEvent.test(String(event['value']))),
  )
}

/**
 * Each call races something of its own with a promise that was there before and is not replaced. That one is pending in all of these
 * races but the last: once it has settled, it wins them all. It may be what is waited for where the others are timers.
 */
function interrupts(promise: Node, all: readonly Node[], race: Node, program: Program): boolean {
  // `stopped.promise` of Promise.withResolvers()
  const isPart = isMember(promise) && propertyName(promise) === 'promise'
  const holder = isPart ? unwrap(promise['object'] as Node) : promise
  const variable = holder.type === 'Identifier' ? program.scopes.variableOf(holder) : null
  const [definition] = variable?.definitions ?? []
  const func = program.scopes.functionOf(race)
  if (!variable || !definition || variable.writes.length > 0 || isTimer(holder, program)) return false
  const isOfCall = (node: Node): boolean => {
    if (node === promise || isTimer(node, program)) return false
    if (node.type !== 'Identifier') return isCall(node) || node.type === 'NewExpression'
    return program.scopes.variableOf(node)?.scope.func === func
  }
  if (!all.some(isOfCall)) return false
  const loop = loopAround(race, func)
  // What this call made goes with it, and a loop may be through after a few turns.
  if (variable.scope.func === func) return definition.kind === 'param' && loop !== null && goesOn(loop, program)
  if (program.frequencyOf(variable.scope.func) === 'once' || definition.kind === 'param' || !definition.init)
    return false
  return isOpenPromise(unwrap(definition.init)) && isCalledAgain(func) && !isInEnd(func, program)
}

/** `delay(1000)`, and a name for `new Promise((resolve) => setTimeout(resolve, 1000))`. */
function isTimer(node: Node, program: Program): boolean {
  const init = node.type === 'Identifier' ? program.scopes.variableOf(node)?.definitions[0]?.init : null
  return [node, init].some(
    (part) => part && /time|delay|sleep|deadline|(?<!a)wait/i.test(program.source.slice(startOf(part), endOf(part))),
  )
}

/** A loop that counts nothing: `while (!closed)`, `for (;;)`, `for await (…)`. */
function goesOn(loop: Node, program: Program): boolean {
  if (loop.type === 'ForOfStatement') return loop['await'] === true
  const test = loop['test'] as Node | null | undefined
  return loop.type !== 'ForInStatement' && (!test || !/[<>]|--|\+\+/.test(program.text(test)))
}

/** A method of an object or class that does not just begin it, and what hears every event. */
function isCalledAgain(func: Node): boolean {
  const { parent } = func
  if (/^_?(constructor|start|setup|init\w*|open|connect)$/.test(functionName(func) ?? '')) return false
  if (/Property$|^MethodDefinition$/.test(parent?.type ?? '')) return true
  return isInlineCallback(func) && /^(on|addListener|addEventListener|setInterval)$/.test(calleeName(parent!) ?? '')
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
