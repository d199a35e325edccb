import type { Finding } from '../finding.ts'
import { calledFrom, callersOf, callsInside } from '../growth/call-graph.ts'
import type { Cell } from '../growth/cells.ts'
import { functionName } from '../growth/function-name.ts'
import {
  calleeName,
  isCall,
  isFunction,
  isInside,
  isLiteral,
  isMember,
  methodOf,
  unwrap,
  type Node,
} from '../growth/node.ts'
import type { Operation } from '../growth/operations.ts'
import { isOnlyOnFinish } from '../growth/shrink.ts'
import { isConstructorOf } from '../growth/owner.ts'
import type { Program } from '../growth/program.ts'
import { servingFunction } from '../growth/serving.ts'
import { emitterOf, goesByItself, isAnswerKept, isGuarded, keepsCall, listenerRule, removing } from './listening.ts'
import { finding } from './report.ts'

/** Whoever comes with these comes again and again, and each goes. */
const visits = /^(connection|secureConnection|request|session|stream|client|peer)$/

/**
 * `server.on('connection', (socket) => { this.hub.on('news', (text) => socket.write(text)) })`: a listener for everyone who comes, on
 * something that stays when he goes, and nothing takes it back.
 */
export function findLeftByVisitor(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  const removals = new Map<string, Node[]>()
  for (const call of calls) {
    if (!removing.test(methodOf(call) ?? '')) continue
    const name = program.text(emitterOf(call))
    removals.set(name, [...(removals.get(name) ?? []), call])
  }
  return calls.flatMap((call) => {
    if (!/^(on|addListener|prependListener|addEventListener)$/.test(methodOf(call) ?? '') || isAnswerKept(call))
      return []
    const [event, listener, options] = call['arguments'] as Node[]
    if (!event || !listener || !isLiteral(unwrap(event)) || (options && goesByItself(options, program))) return []
    const visit = visitAround(call, program)
    const emitter = emitterOf(call)
    if (!visit || !staysAfter(emitter, visit, program) || !keepsCall(listener, visit, program)) return []
    if (!usesVisitor(listener, visit, program)) return []
    const name = program.text(emitter)
    const taken = (removals.get(name) ?? []).filter((one) =>
      [null, String(unwrap(event)['value'])].includes(eventOf(one)),
    )
    if (!taken.every((one) => isOnlyOnFinish(one, program))) return []
    if (isGuarded(call, program.scopes.functionOf(call), program)) return []
    return [
      finding(program, listenerRule, call, {
        severity: 'medium',
        sentence: `${name} keeps a listener for ${program.text(event)} of everyone who comes`,
        why: `It is added whenever somebody comes (line ${visit.loc?.start.line ?? '?'}), ${name} stays when he goes, and ${taken.length === 0 ? 'nothing takes the listener back' : `only 'finish' takes the listener back (line ${taken[0]!.loc?.start.line ?? '?'}), which never comes when he goes early`}.`,
        entryBytes: 300,
        declaration: visit,
        fix: `Keep the listener in a variable, and call ${name}.off(${program.text(event)}, listener) when he goes ('close').`,
      }),
    ]
  })
}

function eventOf(call: Node): string | null {
  const [event] = call['arguments'] as Node[]
  return event && isLiteral(unwrap(event)) ? String(unwrap(event)['value']) : null
}

/** The function that is called for each who comes. */
export function visitAround(call: Node, program: Program): Node | null {
  for (let at = program.scopes.functionOf(call); at !== program.root; at = program.scopes.functionOf(at)) {
    const user = at.parent
    if (!user || !isCall(user) || !(user['arguments'] as Node[]).includes(at)) continue
    if (!/^(on|addListener)$/.test(methodOf(user) ?? '') || !visits.test(eventOf(user) ?? '')) continue
    return (at['params'] as Node[]).length > 0 ? at : null
  }
  return servingFunction(call, program)
}

/** A field, or a variable from outside of the function: not what it was given, and not what it made. */
function staysAfter(emitter: Node, visit: Node, program: Program): boolean {
  let root = emitter
  while (isMember(root)) root = unwrap(root['object'] as Node)
  if (root.type === 'ThisExpression') return visit.type === 'ArrowFunctionExpression' && !isFunction(emitter)
  const variable = root.type === 'Identifier' ? program.scopes.variableOf(root) : null
  return (
    variable !== null &&
    !/^[A-Z]/.test(variable.name) &&
    variable.definitions[0]!.kind !== 'import' &&
    !isInside(variable.scope.node, visit) &&
    !variable.writes.some((write) => isInside(write, visit))
  )
}

/** The listener holds one of those who came. */
function usesVisitor(listener: Node, visit: Node, program: Program): boolean {
  const node = unwrap(listener)
  const variable = node.type === 'Identifier' ? program.scopes.variableOf(node) : null
  const init = variable?.definitions[0]?.init
  const func = isFunction(node) ? node : init && isFunction(unwrap(init)) ? unwrap(init) : null
  if (!func) return false
  return (visit['params'] as Node[]).some((param) => {
    const given = param.type === 'Identifier' ? program.scopes.variableOf(param) : null
    return (given?.references ?? []).some((reference) => isInside(reference, func))
  })
}

/** What comes again each time that a connection which was lost is there again. */
const again = /^(ready|connect|connected|reconnect|reconnected|reconnecting|open|login|online)$/

/** Its owner makes a new one for each connection, so that the event comes once. */
const oncePerObject = /\b(net|tls)\.connect\(|createConnection\(|new [\w.]*(WebSocket|Socket)\b|\b(spawn|fork)\(/

/**
 * `client.on('ready', () => this.subscribe())` with `subscribe() { this.client.on('message', …) }`: a client that connects again is the same
 * one, and gets the listener once more.
 */
export function findAddedOnReconnect(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  const removals = calls.filter((call) => removing.test(methodOf(call) ?? ''))
  return calls.flatMap((call) => {
    if (!/^(on|addListener|prependListener|addEventListener)$/.test(methodOf(call) ?? '')) return []
    const [event, listener] = call['arguments'] as Node[]
    if (!event || !listener || !isLiteral(unwrap(event)) || isAnswerKept(call)) return []
    const emitter = emitterOf(call)
    const cell = program.cells.of(emitter)
    if (cell?.kind !== 'property' || cell.base?.kind !== 'instance') return []
    const func = program.scopes.functionOf(call)
    const heard = isOneFor(cell, program)
      ? [func, ...callersOf(func, program)].find((at) => isHeardAgain(at, cell, program))
      : undefined
    const start = heard ?? repeats(func, cell, program)
    if (!start) return []
    const name = program.text(emitter)
    if (
      removals.some((one) => program.cells.of(emitterOf(one)) === cell && [null, eventOf(call)].includes(eventOf(one)))
    )
      return []
    if (isGuarded(call, func, program)) return []
    return [
      finding(program, listenerRule, call, {
        severity: 'medium',
        sentence: `${name} gets another listener for ${program.text(event)} each time that it ${heard ? 'connects' : 'is set up'}`,
        why: heard
          ? `It is added when '${eventOf(start.parent!)}' comes (line ${start.loc?.start.line ?? '?'}), which comes again after a connection was lost, and ${name} is still the same then.`
          : `The constructor adds it, and so does ${functionName(start)}() (line ${start.loc?.start.line ?? '?'}) each time that it is called, while ${name} is still the same.`,
        entryBytes: 300,
        declaration: start,
        fix: `Add the listener once, where ${name} is made, or remove the one of before first.`,
      }),
    ]
  })
}

/** The constructor makes it, or is given it, and nobody puts another one in its place. */
function isOneFor(cell: Cell, program: Program): boolean {
  return initsOf(cell, program).every(
    ({ value, func }) => isConstructorOf(func, cell, program) && !(value && oncePerObject.test(program.text(value))),
  )
}

function initsOf(cell: Cell, program: Program): Operation[] {
  return (program.operations.get(cell) ?? []).filter(({ kind }) => kind === 'init' || kind === 'reset')
}

/** `constructor() { this.listen() }`, and `async open() { await this.client.connect(); this.listen() }`, which puts no other client there. */
function repeats(func: Node, cell: Cell, program: Program): Node | undefined {
  const callers = callersOf(func, program)
  if (!callers.some((caller) => isConstructorOf(caller, cell, program))) return undefined
  const inits = initsOf(cell, program)
  return callers.find((caller) => {
    if (isConstructorOf(caller, cell, program) || functionName(caller) === null) return false
    const together = [caller, ...calledFrom(caller, program)]
    if (inits.some((init) => together.includes(init.func))) return false
    return callsInside(caller, program).every(
      (call) => calleeName(call) !== functionName(func) || !isGuarded(call, caller, program),
    )
  })
}

/** `client.on('ready', () => …)` of the same client. */
function isHeardAgain(func: Node, cell: Cell, program: Program): boolean {
  const call = func.parent
  return (
    call !== undefined &&
    isCall(call) &&
    (call['arguments'] as Node[]).includes(func) &&
    /^(on|addListener)$/.test(methodOf(call) ?? '') &&
    again.test(eventOf(call) ?? '') &&
    program.cells.of(emitterOf(call)) === cell
  )
}
