import type { Finding } from '../finding.ts'
import { callsInside } from '../growth/call-graph.ts'
import { endEvent } from '../growth/ending.ts'
import { functionName } from '../growth/function-name.ts'
import { calleeName, isCall, isFunction, isLiteral, methodOf, unwrap, type Node } from '../growth/node.ts'
import { isInEnd } from '../growth/own-end.ts'
import type { Program } from '../growth/program.ts'
import type { Variable } from '../growth/scopes.ts'
import { adding, isAnswerKept, isGuarded, listenerRule, removing, rootOfChain } from './listening.ts'
import { finding } from './report.ts'

/** Called once for each object, or again only when what it began before is over. */
const begins = /^(constructor|[A-Z]\w*|_?(re)?(connect|open|start|init|listen|setup|begin|attach|mount|run|load)\w*)$/

/**
 * `wait() { const timer = setTimeout(…); this.on('close', () => clearTimeout(timer)) }`: the timer is over soon, and the listener that would
 * stop it stays with the object, one for each call.
 */
export function findLeftByTimer(program: Program): Finding[] {
  const timers = program.scopes.byType('CallExpression').flatMap((call) => {
    const func = program.scopes.functionOf(call)
    const handle = calleeName(call) === 'setTimeout' ? handleOf(call, program) : null
    return handle &&
      program.frequencyOf(func) === 'many' &&
      !begins.test(functionName(func) ?? '') &&
      !isInEnd(func, program)
      ? [{ call, func, handle }]
      : []
  })
  return timers.flatMap(({ call: timer, func, handle }) =>
    callsInside(func, program).flatMap((call) => {
      if (program.scopes.functionOf(call) !== func || !adding.test(methodOf(call) ?? '') || isAnswerKept(call))
        return []
      const [event, listener] = call['arguments'] as Node[]
      if (!event || !listener || !isLiteral(unwrap(event)) || !isItself(rootOfChain(call), program)) return []
      // `once` goes with its event, unless that is the end of all.
      if (/once/i.test(methodOf(call)!) && !endEvent.test(String(unwrap(event)['value']))) return []
      if (!clears(listener, handle, program) || isGuarded(call, func, program)) return []
      return isTakenBack(listener, program) ? [] : [describe(call, event, timer, program)]
    }),
  )
}

/** `this`, by whatever name. What it keeps in a field may be ended there, and another one come in its place. */
function isItself(emitter: Node, program: Program): boolean {
  return program.cells.of(emitter)?.kind === 'instance'
}

/** The variable of the call that holds a timer: `const timer = setTimeout(…)`, `timer = setTimeout(…)`. */
function handleOf(call: Node, program: Program): Variable | null {
  const { parent } = call
  const name =
    parent?.type === 'VariableDeclarator'
      ? parent['id']
      : parent?.type === 'AssignmentExpression'
        ? parent['left']
        : null
  const variable = name?.type === 'Identifier' ? program.scopes.variableOf(name as Node) : null
  return variable?.scope.func === program.scopes.functionOf(call) ? variable : null
}

/** All that the listener does is to stop the timer. */
function clears(listener: Node, handle: Variable, program: Program): boolean {
  const func = functionBehind(listener, program)
  const calls = func ? callsInside(func, program) : []
  return (
    calls.length === 1 &&
    calleeName(calls[0]!) === 'clearTimeout' &&
    (calls[0]!['arguments'] as Node[]).some(
      (arg) => arg.type === 'Identifier' && program.scopes.variableOf(arg) === handle,
    )
  )
}

function functionBehind(listener: Node, program: Program): Node | null {
  const node = unwrap(listener)
  const init = node.type === 'Identifier' ? program.scopes.variableOf(node)?.definitions[0]?.init : node
  return init && isFunction(unwrap(init)) ? unwrap(init) : null
}

/** Its name stands in a removal, or in what may be one. */
function isTakenBack(listener: Node, program: Program): boolean {
  const node = unwrap(listener)
  const variable = node.type === 'Identifier' ? program.scopes.variableOf(node) : null
  return (variable?.references ?? []).some(
    ({ parent }, place) =>
      parent !== undefined &&
      isCall(parent) &&
      parent['callee'] !== variable!.references[place] &&
      (removing.test(methodOf(parent) ?? '') || !adding.test(methodOf(parent) ?? '')),
  )
}

function describe(call: Node, event: Node, timer: Node, program: Program): Finding {
  const emitter = program.text(rootOfChain(call))
  return finding(program, listenerRule, call, {
    severity: 'medium',
    sentence: `${emitter} keeps a listener for ${program.text(event)} for every timer that is over`,
    why: `It is there to stop the timer of this call (line ${timer.loc?.start.line ?? '?'}), and stays when that has run.`,
    entryBytes: 300,
    declaration: timer,
    fix: `Keep the listener in a variable, and take it back where the timer runs and where it is stopped.`,
  })
}
