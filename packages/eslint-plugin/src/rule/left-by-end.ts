import type { Finding } from '../finding.ts'
import { calledFrom, callGraph, callsInside } from '../growth/call-graph.ts'
import { endEvent } from '../growth/ending.ts'
import { functionName } from '../growth/function-name.ts'
import { originOf } from '../growth/imports.ts'
import {
  calleeName,
  endOf,
  isCall,
  isClass,
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
import { appears, goes } from '../growth/shrink.ts'
import { emitterOf, goesByItself, isAnswerKept, listenerRule } from './listening.ts'
import { goesAlong, isGivenLater, nameOf, outlives } from './given.ts'
import { finding } from './report.ts'

/**
 * An object that can be ended listens to something it was given, and its end does not so much as mention that: each one that is made and
 * ended stays with it. `constructor(server) { server.on('upgrade', (request) => this.accept(request)) }` beside `close() {…}`.
 */
export function findLeftByEnd(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  return calls.flatMap((call) => {
    const isSubscription = methodOf(call) === 'subscribe' && call.parent?.type === 'ExpressionStatement'
    if (!isSubscription && (!/^(on|addListener|addEventListener)$/.test(methodOf(call) ?? '') || isAnswerKept(call)))
      return []
    const args = call['arguments'] as Node[]
    const [event, listener] = isSubscription ? [args[0], args.at(-1)] : args
    if (!event || !listener || !keepsThis(listener, program)) return []
    if (!isSubscription && !isLiteral(unwrap(event))) return []
    // Whoever waits for the other's end ends with it, and means to.
    if (!isSubscription && endEvent.test(String(unwrap(event)['value']))) return []
    const emitter = unwrap(unwrap(call['callee'] as Node)['object'] as Node)
    const name = nameOf(emitter)
    const func = program.scopes.functionOf(call)
    if (isSubscription && isChannel(emitter) && functionName(func) === 'constructor') {
      const end = ownEndOf(func, program)
      if (end && !/\bunsubscribe\b/.test(program.source)) return [describeSubscription(call, emitter, end, program)]
    }
    if (name === null) return []
    const isShared = !goesAlong.test(name) && isGiven(emitter, func, program)
    if (!isShared && !(isGivenLater(emitter, func, program) && outlives(name, calls))) return []
    const end = ownEndOf(func, program)
    if (!end) return []
    const ending = [end, ...calledFrom(end, program)]
    if (ending.some((inner) => mentions(inner, name, program) || handsItselfOn(inner, program))) return []
    const removers = calls.filter((other) =>
      /^(off|removeListener|removeAllListeners|removeEventListener)$/.test(methodOf(other) ?? ''),
    )
    if (removers.some((other) => nameOf(unwrap(unwrap(other['callee'] as Node)['object'] as Node)) === name)) return []
    const endName = functionName(end) ?? 'end'
    const shown = program.text(emitter)
    if (isSubscription) return [describeSubscription(call, emitter, end, program)]
    return [
      finding(program, listenerRule, call, {
        severity: 'medium',
        sentence: `${shown} keeps this listener for ${program.text(event)} after ${endName}()`,
        why: `${shown} was given from outside, so it may well outlive what listens here, and ${endName}() takes nothing back.`,
        entryBytes: 200,
        fix: `Keep the listener in a field, and call ${shown}.off(${program.text(event)}, …) with it in ${endName}().`,
      }),
    ]
  })
}

/**
 * `componentDidMount() { user.on('change', this.update) }`, and nothing that a framework calls when the component goes takes anything back:
 * there is no such function, or its name is misspelt, so that nobody calls it.
 */
export function findLeftByComponent(program: Program): Finding[] {
  return program.scopes.byType('CallExpression', 'OptionalCallExpression').flatMap((call) => {
    if (!/^(on|addListener|addEventListener)$/.test(methodOf(call) ?? '') || isAnswerKept(call)) return []
    const [event, listener] = call['arguments'] as Node[]
    const func = program.scopes.functionOf(call)
    if (!event || !listener || !isLiteral(unwrap(event)) || !appears.test(functionName(func) ?? '')) return []
    const emitter = unwrap(unwrap(call['callee'] as Node)['object'] as Node)
    if (!keepsThis(listener, program) || isOfComponent(emitter, program)) return []
    const ends = functionsOf(func, program).filter((other) => goes.test(functionName(other) ?? ''))
    const [, , options] = call['arguments'] as Node[]
    if ((options && goesByItself(options, program)) || hasUnknownBase(func, program)) return []
    const isTakenBack = [...ends, ...ends.flatMap((end) => calledFrom(end, program))].some((end) =>
      /\b(off|remove|un[a-z]|abort|destroy|dispose|close|disconnect|clean|stop)/i.test(sourceOf(end, program)),
    )
    if (isTakenBack) return []
    const shown = program.text(emitter)
    return [
      finding(program, listenerRule, call, {
        severity: 'medium',
        sentence: `${shown} keeps this listener for ${program.text(event)} of every component that was shown`,
        why: `${functionName(func)}() runs for each, ${shown} was there before, and nothing that is called when one goes takes the listener back.`,
        entryBytes: 500,
        fix: `Call ${shown}.${methodOf(call) === 'addEventListener' ? 'removeEventListener' : 'off'}(${program.text(event)}, listener) when the component goes.`,
      }),
    ]
  })
}

/** A base of this program, or mixins, may take back what is written here. */
function hasUnknownBase(func: Node, program: Program): boolean {
  for (let at = func.parent; at; at = at.parent) {
    if (at.type === 'ObjectExpression')
      return (at['properties'] as Node[]).some((one) => propertyName(one) === 'mixins')
    if (!isClass(at)) continue
    const base = at['superClass'] as Node | null
    if (!base) return false
    const name = isMember(base) ? propertyName(base) : base['name']
    const isOfProgram = /^\.{1,2}\//.test(originOf(base, program)?.module ?? '')
    return isOfProgram || !/^(Pure)?Component$|^(HTML|SVG|Lit)\w*Element$/.test(String(name ?? ''))
  }
  return false
}

/** What the component made or was rendered to: an own field, what the same function makes. */
function isOfComponent(emitter: Node, program: Program): boolean {
  if (isMember(emitter)) return /^this\.(?!props\b|context\b)/.test(program.text(emitter))
  const variable = emitter.type === 'Identifier' ? program.scopes.variableOf(emitter) : null
  const init = variable?.definitions[0]?.init
  return (
    emitter.type === 'ThisExpression' ||
    (init !== null &&
      init !== undefined &&
      (/^(New|Call|Await)Expression$/.test(unwrap(init).type) || isOfComponent(unwrap(init), program)))
  )
}

function functionsOf(func: Node, program: Program): Node[] {
  const owner = program.cells.ofThis(func)
  return program.scopes
    .byType('FunctionExpression', 'ArrowFunctionExpression', 'FunctionDeclaration')
    .filter((other) => owner !== null && program.cells.ofThis(other) === owner)
}

function sourceOf(node: Node, program: Program): string {
  return program.source.slice(startOf(node), endOf(node))
}

/** `channel('undici:request')` of node:diagnostics_channel. */
function isChannel(emitter: Node): boolean {
  return isCall(emitter) && calleeName(emitter) === 'channel'
}

function describeSubscription(call: Node, emitter: Node, end: Node, program: Program): Finding {
  const shown = program.text(emitter)
  const endName = functionName(end) ?? 'end'
  return finding(program, listenerRule, call, {
    severity: 'medium',
    sentence: `${shown} keeps this subscription after ${endName}()`,
    why: `${shown} was given from outside, so it may well outlive what subscribes here, and ${endName}() does not end the subscription.`,
    entryBytes: 200,
    fix: `Keep what ends the subscription in a field, and end it in ${endName}().`,
  })
}

/** A parameter of the constructor or of a method that others call, or the field that it was put into. */
function isGiven(emitter: Node, func: Node, program: Program): boolean {
  if (isCalledByItself(func, program)) return false
  if (emitter.type === 'Identifier') return isParameterOf(emitter, func, program)
  const cell = program.cells.of(emitter)
  const inits = cell
    ? (program.operations.get(cell) ?? []).filter(({ kind, func: at }) => kind === 'init' && at === func)
    : []
  return inits.length === 1 && inits[0]!.value !== null && isParameterOf(inits[0]!.value, func, program)
}

/** `this.listen(connection)`, of the same class or of one it extends: what is given there may be of its own making. */
function isCalledByItself(func: Node, program: Program): boolean {
  const calls = callGraph(program).methodCalls.get(functionName(func) ?? '') ?? []
  return calls.some((call) => emitterOf(call).type === 'ThisExpression')
}

function isParameterOf(node: Node, func: Node, program: Program): boolean {
  const variable = node.type === 'Identifier' ? program.scopes.variableOf(node) : null
  return (
    variable?.definitions[0]?.kind === 'param' &&
    variable.definitions[0].path.length === 0 &&
    variable.scope.func === func
  )
}

/** `unbindAll(this)`: whoever gets the object may take back what it listens to. */
function handsItselfOn(func: Node, program: Program): boolean {
  return callsInside(func, program).some((call) =>
    (call['arguments'] as Node[]).some((argument) => argument.type === 'ThisExpression'),
  )
}

/** `() => this.x()`, `this.x.bind(this)`, `this.x` */
function keepsThis(listener: Node, program: Program): boolean {
  const node = unwrap(listener)
  if (node.type === 'ArrowFunctionExpression' || node.type === 'CallExpression' || isMember(node))
    return /\bthis\b/.test(program.source.slice(startOf(node), endOf(node)))
  return false
}

function mentions(func: Node, name: string, program: Program): boolean {
  // `this.client = null` forgets the client; the client does not forget.
  const text = program.source.slice(startOf(func), endOf(func))
  return new RegExp(`\\b${name}\\b(?!\\s*=\\s*(null|undefined|void 0)\\b)`).test(text)
}
