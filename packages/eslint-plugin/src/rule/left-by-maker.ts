import type { Finding } from '../finding.ts'
import { callsInside } from '../growth/call-graph.ts'
import { endEvent } from '../growth/ending.ts'
import { functionName } from '../growth/function-name.ts'
import {
  calleeName,
  endOf,
  isCall,
  isFunction,
  isInside,
  isLiteral,
  isMember,
  methodOf,
  propertyName,
  startOf,
  unwrap,
  type Node,
} from '../growth/node.ts'
import { ownEndOf } from '../growth/own-end.ts'
import type { Program } from '../growth/program.ts'
import { comesFromParameter, outlives } from './given.ts'
import { emitterOf, goesByItself, isAnswerKept, isGuarded, keepsCall, listenerRule, removing } from './listening.ts'
import { finding } from './report.ts'

/** What takes something back, in a function that was handed out for it. */
const takesBack =
  /^(off|remove\w*|clear\w*|un(subscribe|watch|listen|register|observe|bind|mount)|close|destroy|dispose|disconnect|delete|abort|stop|end|cancel|teardown|cleanup)$/i

/**
 * A function listens to something that it was given, and hands out what ends its work: `return () => clearInterval(timer)`, `return {
 * close() {…} }`. That does not so much as mention what it listens to.
 */
export function findLeftByMaker(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  let removed: Set<string> | null = null
  return calls.flatMap((call) => {
    if (!/^(on|addListener|prependListener|addEventListener)$/.test(methodOf(call) ?? '') || isAnswerKept(call))
      return []
    const [event, listener, options] = call['arguments'] as Node[]
    if (!event || !listener || !isLiteral(unwrap(event)) || endEvent.test(String(unwrap(event)['value']))) return []
    if (options && goesByItself(options, program)) return []
    const func = program.scopes.functionOf(call)
    if (func === program.root || program.frequencyOf(func) !== 'many') return []
    const emitter = emitterOf(call)
    if (!comesFromParameter(emitter, func, program) || !keepsCall(listener, func, program)) return []
    const end = handedOutEnd(func, program)
    const name = lastName(emitter)
    if (!end || name === null || mentions(end, name, program) || isInside(call, end)) return []
    removed ??= new Set(
      calls.filter((other) => removing.test(methodOf(other) ?? '')).map((other) => lastName(emitterOf(other)) ?? ''),
    )
    if (removed.has(name) || !outlives(name, calls, lastName) || isGuarded(call, func, program)) return []
    const shown = program.text(emitter)
    const ender = functionName(end)
    const remove = methodOf(call) === 'addEventListener' ? 'removeEventListener' : 'off'
    return [
      finding(program, listenerRule, call, {
        severity: 'medium',
        sentence: `${shown} keeps this listener for ${program.text(event)} after ${ender ? `${ender}()` : 'the function that is answered has ended the rest'}`,
        why: `${shown} was given from outside, so it may well outlive what listens here, and what ends the rest (line ${end.loc?.start.line ?? '?'}) takes nothing back from it.`,
        entryBytes: 300,
        declaration: end,
        fix: `Keep the listener in a variable, and call ${shown}.${remove}(${program.text(event)}, listener) there too.`,
      }),
    ]
  })
}

/** `close` on the object that a factory makes, or the function that it answers, where that takes something back. */
function handedOutEnd(func: Node, program: Program): Node | null {
  const own = ownEndOf(func, program)
  if (own && program.scopes.functionOf(own) === func) return own
  const answered = answerOf(func, program)
  if (!answered || (answered['params'] as Node[]).length > 0) return null
  return callsInside(answered, program).some((call) => takesBack.test(calleeName(call) ?? '')) ? answered : null
}

const answerIndexes = new WeakMap<Program, Map<Node, Node>>()

/** The function that a function answers. */
function answerOf(func: Node, program: Program): Node | null {
  let index = answerIndexes.get(program)
  if (!index) {
    answerIndexes.set(program, (index = new Map()))
    for (const leave of program.scopes.byType('ReturnStatement')) {
      if (!leave['argument']) continue
      const value = unwrap(leave['argument'] as Node)
      const variable = value.type === 'Identifier' ? program.scopes.variableOf(value) : null
      const init = variable?.definitions[0]?.init
      const made = init ? unwrap(init) : value
      if (isFunction(made)) index.set(program.scopes.functionOf(leave), made)
    }
  }
  return index.get(func) ?? null
}

function lastName(emitter: Node): string | null {
  if (isCall(emitter)) return null
  return isMember(emitter) ? propertyName(emitter) : emitter.type === 'Identifier' ? String(emitter['name']) : null
}

function mentions(func: Node, name: string, program: Program): boolean {
  return new RegExp(`(^|[^\\w$])${name.replaceAll(/[$#]/g, '\\$&')}([^\\w$]|$)`).test(
    program.source.slice(startOf(func), endOf(func)),
  )
}
