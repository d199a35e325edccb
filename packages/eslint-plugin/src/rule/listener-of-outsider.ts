import type { Finding } from '../finding.ts'
import { endEvent } from '../growth/ending.ts'
import { functionName } from '../growth/function-name.ts'
import { setsUp } from '../growth/names.ts'
import {
  calleeName,
  isCall,
  isInside,
  isLiteral,
  isMember,
  methodOf,
  propertyName,
  unwrap,
  type Node,
} from '../growth/node.ts'
import { isConstructorOf } from '../growth/owner.ts'
import type { Program } from '../growth/program.ts'
import { comesFromParameter, goesAlong, outlives } from './given.ts'
import {
  goesByItself,
  isAnswerKept,
  isGuarded,
  keepsCall,
  listenerRule,
  listeningMethod,
  removing,
  rootOfChain,
  startsUp,
} from './listening.ts'
import { finding } from './report.ts'

/** What is heard once for each emitter, for as long as it lives. */
const standing =
  /^(error|data|readable|drain|message|warning|request|response|connection|connect|open|ready|timeout|upgrade|load|listening|log|progress|debug|stdout|stderr|line|SIG\w+|uncaught\w*|unhandled\w*|newListener|removeListener)$/

/** Called once for each program or page, or for what it is handed. */
const handles =
  /^(default|module|plugin|apply|handle\w*|on[A-Z]\w*|add\w*|wire\w*|hook\w*|wrap\w*|forward\w*|proxy\w*|pipe\w*|_?init\w*|connect\w*|install\w*|create\w*|register\w*)$/

/**
 * `follow(id) { this.hub.on('moved', (one) => this.draw(id, one)) }`: what is there before the call and after it is listened to with each
 * call, what listens holds on to that, and no line of the file takes such a listener back.
 */
export function findLeftOnOutsider(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  let removed: ReadonlySet<string> | null = null
  return calls.flatMap((call) => {
    if (!/^(on|addListener|prependListener|addEventListener)$/.test(listeningMethod(call, program))) return []
    const [event, listener, options] = call['arguments'] as Node[]
    if (!event || !listener || !isLiteral(unwrap(event)) || isAnswerKept(call)) return []
    const name = String(unwrap(event)['value'])
    if (endEvent.test(name) || (options && goesByItself(options, program))) return []
    const func = program.scopes.functionOf(call)
    if (func === program.root || program.frequencyOf(func) !== 'many') return []
    const emitter = rootOfChain(call)
    const shown = lastName(emitter, program)
    if (shown === null || (shown !== 'this' && goesAlong.test(shown)) || /call$/i.test(shown)) return []
    const isKept = isKeptByOwner(emitter, func, program)
    if (!isKept && (standing.test(name) || !isFromOutside(emitter, func, program))) return []
    if (!keepsCall(listener, func, program) || !isCalledForEach(func, program)) return []
    removed ??= takenBack(calls, program)
    if (removed.has(`'${name}'`) || removed.has(shown)) return []
    if (!outlives(shown, calls, (other) => lastName(other, program)) || isGuarded(call, func, program)) return []
    const remove = methodOf(call) === 'addEventListener' ? 'removeEventListener' : 'off'
    const text = program.text(emitter)
    return [
      finding(program, listenerRule, call, {
        severity: 'medium',
        sentence: `${text} keeps this listener for '${name}', one for each call`,
        why: `${isKept ? `${text} is the same each time` : `${text} comes from outside and may well outlive what listens here`}, and no line of this file takes a listener for '${name}' back.`,
        entryBytes: 300,
        fix: `Keep the listener in a variable or a field, and call ${text}.${remove}('${name}', listener) when what listens is over.`,
      }),
    ]
  })
}

/** Events whose listeners some line takes back, in quotes, and what all listeners or those of any event are taken from. */
function takenBack(calls: readonly Node[], program: Program): Set<string> {
  return new Set(
    calls
      .filter((call) => removing.test(listeningMethod(call, program)))
      .map((call) => {
        const [event] = call['arguments'] as Node[]
        return event && isLiteral(unwrap(event))
          ? `'${String(unwrap(event)['value'])}'`
          : (lastName(rootOfChain(call), program) ?? '')
      }),
  )
}

/** A parameter, a field that the constructor got, a part of one of these, what an accessor answers. */
function isFromOutside(emitter: Node, func: Node, program: Program): boolean {
  if (isCall(emitter)) return isAccessor(emitter) && !isInstance(emitter, program)
  let root = emitter
  while (isMember(root)) root = unwrap(root['object'] as Node)
  if (root.type === 'ThisExpression') return isGivenField(emitter, program)
  const variable = root.type === 'Identifier' ? program.scopes.variableOf(root) : null
  const [definition] = variable?.definitions ?? []
  if (!variable || !definition || variable.writes.length > 0) return false
  if (definition.kind === 'param') {
    // What a promise waits for may be over with it.
    if (func.parent?.type === 'NewExpression') return false
    // What a callback is handed belongs to whoever calls it: a new socket, a node, a result.
    const taker = variable.scope.func
    return functionName(taker) !== null && isInside(func, taker)
  }
  const init = definition.init && definition.path.length === 0 ? unwrap(definition.init) : null
  if (init && isInside(variable.scope.node, func))
    return (isCall(init) || isMember(init)) && isFromOutside(init, func, program)
  return false
}

/** `getClient()`, `Registry.shared()` */
function isAccessor(call: Node): boolean {
  return (
    (call['arguments'] as Node[]).length === 0 &&
    /^(get[A-Z]\w*|get|getInstance|instance|shared|current|default)$/.test(calleeName(call) ?? '')
  )
}

/** `this.getSocket()`: of its own. */
function isInstance(call: Node, program: Program): boolean {
  const callee = unwrap(call['callee'] as Node)
  return isMember(callee) && program.cells.of(callee['object'] as Node)?.kind === 'instance'
}

function isGivenField(emitter: Node, program: Program): boolean {
  let field = emitter
  while (isMember(field) && isMember(unwrap(field['object'] as Node))) field = unwrap(field['object'] as Node)
  const cell = program.cells.of(field)
  const inits = cell ? (program.operations.get(cell) ?? []).filter(({ kind }) => kind === 'init') : []
  return (
    inits.length > 0 && inits.every(({ value, func }) => value !== null && comesFromParameter(value, func, program))
  )
}

/** The object itself, or what its constructor alone puts into a field: each call of a method finds the same one. */
function isKeptByOwner(emitter: Node, func: Node, program: Program): boolean {
  const cell = program.cells.of(emitter)
  if (!cell) return false
  if (cell.kind === 'instance') return true
  if (cell.base?.kind !== 'instance') return false
  const inits = (program.operations.get(cell) ?? []).filter(({ kind }) => /^(init|reset|blank)$/.test(kind))
  return (
    inits.length > 0 && inits.every((one) => isConstructorOf(one.func, cell, program) && one.value?.type !== 'Literal')
  )
}

/** A method that works: not what makes or sets up something, which may well live as long as what it is given. */
function isCalledForEach(func: Node, program: Program): boolean {
  const name = functionName(namedAround(func, program))
  return (
    name !== null &&
    name !== 'constructor' &&
    !/^[A-Z]/.test(name) &&
    !startsUp.test(name) &&
    !setsUp.test(name) &&
    !handles.test(name)
  )
}

/** The function, or the first around it that has a name. */
function namedAround(func: Node, program: Program): Node {
  let at = func
  while (functionName(at) === null && program.scopes.functionOf(at) !== program.root) at = program.scopes.functionOf(at)
  return at
}

function lastName(emitter: Node, program: Program): string | null {
  if (isCall(emitter)) return calleeName(emitter)
  if (program.cells.of(emitter)?.kind === 'instance') return 'this'
  return isMember(emitter) ? propertyName(emitter) : emitter.type === 'Identifier' ? String(emitter['name']) : null
}
