import type { Finding, Rule } from '../finding.ts'
import type { Cell } from '../growth/cells.ts'
import {
  calleeName,
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
import { callersOf, callsInside } from '../growth/call-graph.ts'
import { functionName } from '../growth/function-name.ts'
import type { Program } from '../growth/program.ts'
import { setsUp } from '../growth/names.ts'
import { argumentsOf } from '../growth/keys.ts'
import { ownEndOf } from '../growth/own-end.ts'
import { rootOf } from '../growth/owner.ts'
import { servingFunction } from '../growth/serving.ts'
import { isMadeHere } from './no-unmatched-removal.ts'
import { finding } from './report.ts'
import { findLeftByComponent, findLeftByEnd } from './left-by-end.ts'
import { findLeftByMaker } from './left-by-maker.ts'
import { findHalfRemoved } from './listener-half-removed.ts'
import { findExitHooks, findOtherOfTwo } from './listener-left.ts'
import { findAddedByWrapper, findDroppedSubscriptions, findLeftByWork } from './listener-of-work.ts'
import { findLeftOnOutsider } from './listener-of-outsider.ts'
import { findLeftByTimer } from './listener-of-timer.ts'
import { findLeftOnError, findLeftOnWay, findWaitingForOne } from './listener-on-way.ts'
import { findAddedToKept } from './listener-on-kept.ts'
import { findAddedOnReconnect, findLeftByVisitor } from './listener-of-visitor.ts'
import {
  adding,
  emitterOf,
  emitterText,
  goesByItself,
  isGuarded,
  isOnOneWay,
  keepsCall,
  listenerRule,
  listeningMethod,
  removing,
  startsUp,
} from './listening.ts'

/** An emitter of another module, by the name it has here. */
const sharedEmitter = /(emitter|bus|hub|broker)$/i

/** Called once by whoever starts a program, and what it starts lasts as long. */
const startsProgram =
  /^_?(main|start\w*|serve\w*|listen\w*|boot\w*|launch|daemon\w*|setup\w*|graceful\w*|\w*(Shutdown|Signals?))$/i

export const noListenerPerCall: Rule = {
  name: listenerRule,
  severity: 'high',
  summary: 'A listener on something that lives as long as the program is added with every call, and none is removed.',
  find(program) {
    const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
    const removals = calls.filter(
      (call) => removing.test(listeningMethod(call, program)) && !removesNothing(call) && !isOnOneWay(call, program),
    )
    const found = [
      ...calls.filter((call) => isLeft(call, removals, program)).map((call) => describe(call, program)),
      ...findLeftByEnd(program),
      ...findExitHooks(program),
      ...findOtherOfTwo(program),
      ...findDroppedSubscriptions(program),
      ...findAddedByWrapper(program),
    ]
    const told = new Set(found.map(({ node }) => node))
    const further = [
      ...findLeftByVisitor(program),
      ...findAddedOnReconnect(program),
      ...findLeftByWork(program),
      ...findHalfRemoved(program),
      ...findAddedToKept(program),
      ...findLeftByTimer(program),
      ...findLeftByMaker(program),
      ...findLeftByComponent(program),
      ...findLeftOnOutsider(program),
      ...findLeftOnWay(program),
      ...findWaitingForOne(program),
      ...findLeftOnError(program),
    ].filter(({ node }) => !told.has(node) && told.add(node))
    return inOne([...found, ...further], program)
  },
}

/** What one function leaves for one reason is told once, and repaired in one place. */
function inOne(found: readonly Finding[], program: Program): Finding[] {
  const first = new Map<string, Finding & { others: Node[] }>()
  for (const one of found) {
    const key = `${startOf(program.scopes.functionOf(one.node))} ${one.why}`
    const known = first.get(key)
    if (known) known.others.push(one.node, ...one.others)
    else first.set(key, { ...one, others: [...one.others] })
  }
  return [...first.values()]
}

function isHandedOn(event: Node, program: Program): boolean {
  const node = unwrap(event)
  return node.type === 'Identifier' && program.scopes.variableOf(node)?.definitions[0]?.kind === 'param'
}

/** `on('x', () => …)`: no removal that names a listener can mean this one. */
function isNameless(listener: Node): boolean {
  const node = unwrap(listener)
  return isMadeHere(node) && !node['id']
}

/** A function of this file whose name is used to add it and for nothing else: no removal can mean it. */
function isOnlyAdded(listener: Node, program: Program): boolean {
  const node = unwrap(listener)
  const variable = node.type === 'Identifier' ? program.scopes.variableOf(node) : null
  const made = variable?.definitions[0]
  if (!variable || variable.isExported || !made || made.kind === 'param' || made.kind === 'import') return false
  return variable.references.every(
    (reference) =>
      (isCall(reference.parent!) &&
        adding.test(methodOf(reference.parent!) ?? '') &&
        reference.parent!['arguments'].includes(reference)) ||
      variable.writes.includes(reference),
  )
}

/** `off('x', () => …)`: a function that was made just now was never added. */
function removesNothing(removal: Node): boolean {
  const listener = (removal['arguments'] as Node[])[1]
  return listener !== undefined && isMadeHere(unwrap(listener))
}

/** `socket.setTimeout(ms, listener)` listens for `timeout`, and its event stands nowhere. */
function isTimeoutOfSocket(call: Node, program: Program): boolean {
  return (
    methodOf(call) === 'setTimeout' &&
    (call['arguments'] as Node[]).length === 2 &&
    isSharedSocket(emitterOf(call), program)
  )
}

function isLeft(call: Node, removals: readonly Node[], program: Program): boolean {
  const isTimeout = isTimeoutOfSocket(call, program)
  if (!adding.test(listeningMethod(call, program)) && !isTimeout) return false
  const [event, listener] = call['arguments'] as Node[]
  if (!event || !listener || !(isTimeout || isLiteral(unwrap(event)) || unwrap(event).type === 'Identifier'))
    return false
  const options = (call['arguments'] as Node[])[2]
  if (options && goesByItself(options, program)) return false
  const func = program.scopes.functionOf(call)
  if (func === program.root || program.frequencyOf(func) !== 'many') return false
  const emitter = emitterOf(call)
  const kind = kindOf(emitter, func, program)
  if (!kind) return false
  // `on(event, f) { addEventListener(event, …) }` listens for whoever calls it, under another name.
  if (kind === 'page' && isHandedOn(event, program)) return false
  const isUnnamed = isNameless(listener) || isOnlyAdded(listener, program)
  const mayRemove = (removal: Node): boolean => !isUnnamed || (removal['arguments'] as Node[]).length < 2
  if (
    removals.some((removal) => mayRemove(removal) && concerns(removal, emitter, isTimeout ? 'timeout' : event, program))
  )
    return false
  if (isGuarded(call, func, program)) return false
  if (kind === 'server') return true
  // A function that is made with each call is another listener each time, whatever it holds.
  if (kind === 'borrowed') return isNameless(listener) || keepsCall(listener, func, program) || keepsObject(listener)
  const serving = servingFunction(call, program)
  const outer = outermostFunction(func, program)
  if (isLeftByItsEnd(call, kind, func, program)) return true
  if (kind === 'page') return isUnnamed && isPartOfMaking(func, program)
  if (kind === 'field') return keepsCall(listener, func, program) && isCalledOften(func, program)
  if (serving) return true
  // Signals and exits of the process are heard where a program starts; an object that is made many times is another matter.
  if (kind === 'process' && startsChild(call, outer, program)) return isUnnamed || keepsCall(listener, func, program)
  if (kind === 'process')
    return (
      keepsCall(listener, func, program) &&
      (isMaker(outer) || (!startsProgram.test(functionName(outer) ?? '') && isJob(call, func, program)))
    )
  if (kind === 'socket') return true
  const names = [functionName(func), functionName(outer)].map((name) => name ?? '')
  if (names.some((name) => startsUp.test(name) || setsUp.test(name))) return false
  return keepsCall(listener, func, program)
}

/** A function that a constructor calls, of what can be ended and so is made more than once. */
function isPartOfMaking(func: Node, program: Program): boolean {
  return callersOf(func, program).some((caller) => {
    const owner = program.cells.ofThis(caller)
    return isMaker(caller) && ownEndOf(caller, program) !== null && !(owner && isMadeOnce(owner, program))
  })
}

const endsProcess = /^(SIG(INT|TERM|QUIT|BREAK|ABRT)|exit|beforeExit|disconnect|uncaught\w*|unhandled\w*)$/

/**
 * What it belongs to offers an end, so it is made and ended more than once, and that end leaves the listener. Signals by which a
 * program ends are heard by the program itself, of which there is one.
 */
function isLeftByItsEnd(call: Node, kind: EmitterKind, func: Node, program: Program): boolean {
  if (kind !== 'process' && kind !== 'page' && kind !== 'program') return false
  const [event, listener] = call['arguments'] as [Node, Node]
  if (kind === 'process' && endsProcess.test(String(unwrap(event)['value'] ?? '')) && !isFactory(func)) return false
  if (!keepsCall(listener, func, program) || ownEndOf(func, program) === null) return false
  const owner = program.cells.ofThis(func)
  return !(owner && isMadeOnce(owner, program))
}

/** What is called `createServer` makes one for each call, and what it makes can be closed again. */
function isFactory(func: Node): boolean {
  return /^_?(create|make)[A-Z]/.test(functionName(func) ?? '')
}

/** Start-up makes the only one. */
function isMadeOnce(owner: Cell, program: Program): boolean {
  const { variable } = rootOf(owner)
  return (variable?.references ?? []).some(
    ({ parent }) =>
      parent?.type === 'NewExpression' && program.frequencyOf(program.scopes.functionOf(parent)) !== 'many',
  )
}

function isMaker(func: Node): boolean {
  const name = functionName(func) ?? ''
  return name === 'constructor' || /^[A-Z][a-z]/.test(name)
}

/**
 * `program`: a module's variable that holds an emitter. `field`: what an instance was given and keeps. `socket`: what a request was
 * given, and an agent that keeps connections alive gives to the next. `server`: what accepted a request's connection. `page`: the window
 * or document of a browser. `borrowed`: what this function takes from a pool and gives back.
 */
type EmitterKind = 'process' | 'program' | 'field' | 'socket' | 'server' | 'page' | 'borrowed'

function kindOf(emitter: Node, func: Node, program: Program): EmitterKind | null {
  if (isSharedSocket(emitter, program)) return 'socket'
  if (isServerOfRequest(emitter, program)) return 'server'
  if (isGivenBack(emitter, func, program)) return 'borrowed'
  if (emitter.type === 'Identifier' && !program.scopes.variableOf(emitter)) {
    if (emitter['name'] === 'process') return 'process'
    if (/^(window|document)$/.test(emitterText(emitter, program))) return 'page'
  }
  const cell = program.cells.of(emitter)
  if (!cell) return null
  const inits = (program.operations.get(cell) ?? []).filter(({ kind }) => kind === 'init')
  if (cell.variable && cell.kind === 'variable') {
    const isModules =
      program.frequencyOf(cell.variable.scope.func) === 'once' && !isInside(cell.variable.scope.node, func)
    const [definition] = cell.variable.definitions
    if (!isModules || !definition || definition.kind === 'param') return null
    const isImported =
      definition.kind === 'import' || /^require\(/.test(definition.init ? program.text(definition.init) : '')
    if (isImported && sharedEmitter.test(cell.name) && !/^[A-Z]/.test(cell.name)) return 'program'
    // What answers requests and hears something of the module's hears it for each of them.
    if (!/^[A-Z]/.test(cell.name) && servingFunction(emitter, program)) return 'program'
    if (definition.kind === 'import') return null
    return inits.some(({ value }) => value && makesEmitter(value, program)) ? 'program' : null
  }
  return isKeptField(cell, emitter, program) ? 'field' : null
}

/** `const connection = await pool.connect()`, and `connection.release()` or `pool.release(connection)` in the same function. */
function isGivenBack(emitter: Node, func: Node, program: Program): boolean {
  const variable = emitter.type === 'Identifier' ? program.scopes.variableOf(emitter) : null
  const outer = outermostFunction(func, program)
  const [definition] = variable?.definitions ?? []
  if (!variable || !definition || !isInside(variable.scope.node, outer)) return false
  if (definition.kind === 'param' ? !takesFromPool(definition.name) : !definition.init) return false
  return variable.references.some((reference) => {
    const user = reference.parent!
    if (isCall(user) && (user['arguments'] as Node[])[0] === reference) return methodOf(user) === 'release'
    const call = user.parent
    return (
      isMember(user) &&
      user['object'] === reference &&
      call !== undefined &&
      isCall(call) &&
      call['callee'] === user &&
      methodOf(call) === 'release'
    )
  })
}

/** `pool.getConnection((error, connection) => …)` */
function takesFromPool(param: Node): boolean {
  const taker = param.parent
  const call = taker?.parent
  return (
    taker !== undefined &&
    call !== undefined &&
    isFunction(taker) &&
    isCall(call) &&
    (call['arguments'] as Node[]).includes(taker) &&
    /^(connect|getConnection|acquire|checkout|borrow)$/.test(methodOf(call) ?? '')
  )
}

/** `request.on('socket', (socket) => socket.on(…))`, `request.socket.on(…)`: connections that are kept alive serve many. */
function isSharedSocket(emitter: Node, program: Program): boolean {
  if (isSocketOfRequest(emitter)) return true
  const definition = emitter.type === 'Identifier' ? program.scopes.variableOf(emitter)?.definitions[0] : undefined
  const taker = definition?.kind === 'param' ? definition.name.parent : undefined
  const hearing = taker?.parent
  if (!taker || !hearing || !isFunction(taker) || !isCall(hearing) || !adding.test(methodOf(hearing) ?? ''))
    return false
  const [event, listener] = hearing['arguments'] as Node[]
  return listener === taker && event !== undefined && isLiteral(event, 'socket')
}

/** `req.socket.server`, or a parameter that callers in this file hand such a one. */
function isServerOfRequest(emitter: Node, program: Program): boolean {
  if (isMember(emitter))
    return propertyName(emitter) === 'server' && isSocketOfRequest(unwrap(emitter['object'] as Node))
  const definition = emitter.type === 'Identifier' ? program.scopes.variableOf(emitter)?.definitions[0] : undefined
  if (!definition) return false
  const given =
    definition.kind === 'param' ? (argumentsOf(definition.name, program.scopes) ?? []) : [definition.init ?? null]
  return given.some((arg) => arg !== null && isMember(unwrap(arg)) && isServerOfRequest(unwrap(arg), program))
}

function isSocketOfRequest(emitter: Node): boolean {
  if (!isMember(emitter) || !/^(socket|connection)$/.test(propertyName(emitter) ?? '')) return false
  const owner = unwrap(emitter['object'] as Node)
  const name = owner.type === 'Identifier' ? String(owner['name']) : isMember(owner) ? (propertyName(owner) ?? '') : ''
  return /^_?(req|request|incoming)$/i.test(name)
}

/**
 * A piece of work that comes to an end while the process goes on: it calls back, it is awaited, or what it started tells its end.
 * Work whose end is the end of the process is the program itself.
 */
function isJob(call: Node, func: Node, program: Program): boolean {
  const [event, listener] = call['arguments'] as [Node, Node]
  // Told to read its settings anew, or to say how it is: that is a program, not a piece of work.
  if (/^SIG(HUP|USR[12])$/.test(String(unwrap(event)['value'] ?? ''))) return false
  const around = [func]
  for (let at = func; (at = program.scopes.functionOf(at)) !== program.root;) around.push(at)
  const outer = around.at(-1)!
  const calls = program.scopes
    .byType('CallExpression', 'OptionalCallExpression')
    .filter((other) => isInside(other, outer) && !isInside(other, listener))
  if (calls.some((other) => /^process\.(exit|kill|abort)$/.test(program.text(other['callee'] as Node)))) return false
  const callsBack = around.some(({ params }) =>
    (params as Node[]).some((param) => /^(cb|callback|done|resolve)$/.test(String(param['name'] ?? ''))),
  )
  const isAwaited = program.scopes
    .byType('AwaitExpression')
    .some((wait) => program.scopes.functionOf(wait) === func && startOf(wait) > startOf(call))
  const tellsEnd = calls.some(
    (other) =>
      adding.test(methodOf(other) ?? '') &&
      ['exit', 'close', 'end', 'finish', 'disconnect'].some((end) =>
        (other['arguments'] as Node[]).slice(0, 1).some((event) => isLiteral(event, end)),
      ) &&
      program.text(emitterOf(other)) !== 'process',
  )
  return callsBack || isAwaited || tellsEnd
}

/** It starts a process of its own and hears the end of that: there can be another, and this one goes on. */
function startsChild(call: Node, outer: Node, program: Program): boolean {
  const calls = callsInside(outer, program)
  const [, listener] = call['arguments'] as [Node, Node]
  if (
    calls.some(
      (other) => /^process\.(exit|abort)$/.test(program.text(other['callee'] as Node)) && !isInside(other, listener),
    )
  )
    return false
  return calls.some((other) => {
    const [event] = other['arguments'] as Node[]
    if (!adding.test(methodOf(other) ?? '') || !event || !/^(exit|close)$/.test(String(unwrap(event)['value'] ?? '')))
      return false
    const child = emitterOf(other)
    const definition = child.type === 'Identifier' ? program.scopes.variableOf(child)?.definitions[0] : undefined
    const made = definition?.init && definition.path.length === 0 ? unwrap(definition.init) : null
    return made !== null && isCall(made) && startsProcess.test(calleeName(made) ?? '') && isInside(made, outer)
  })
}

const startsProcess = /^(spawn|fork|exec|execFile|execa|execaNode)$/

function makesEmitter(value: Node, program: Program): boolean {
  const text = program.text(value)
  return /new \w*(Emitter|EventTarget|Server|Bus|Hub|Client|Pool|Broker|Store)\b|createServer\(|createClient\(/.test(
    text,
  )
}

/** `this.cache`, assigned by the constructor alone from what it was given. */
function isKeptField(cell: Cell, emitter: Node, program: Program): boolean {
  if (!isMember(emitter) || unwrap(emitter['object'] as Node).type !== 'ThisExpression') return false
  if (cell.base?.kind !== 'instance') return false
  const inits = (program.operations.get(cell) ?? []).filter(({ kind }) => kind === 'init' || kind === 'reset')
  return (
    inits.length > 0 &&
    inits.every(({ func, value }) => isConstructor(func, cell, program) && value !== null && value.type !== 'Literal')
  )
}

function isConstructor(func: Node, cell: Cell, program: Program): boolean {
  if (func.parent?.type === 'MethodDefinition') return func.parent['kind'] === 'constructor'
  return program.cells.ofThis(func)?.variable?.definitions[0]?.init === func && cell.base === program.cells.ofThis(func)
}

function concerns(removal: Node, emitter: Node, event: Node | string, program: Program): boolean {
  const target = emitterOf(removal)
  // `request.socket` is the socket that a request was given.
  const isSocket = isSharedSocket(emitter, program) && isMember(target) && propertyName(target) === 'socket'
  if (
    !isSocket &&
    emitterText(target, program) !== emitterText(emitter, program) &&
    program.cells.of(target) !== program.cells.of(emitter)
  )
    return false
  const [removed] = removal['arguments'] as Node[]
  if (!removed || !isLiteral(unwrap(removed))) return true
  return typeof event === 'string' ? isLiteral(unwrap(removed), event) : program.text(removed) === program.text(event)
}

/** `this.fail.bind(this)`, `this.fail`: each object that borrows leaves one of its own. */
function keepsObject(listener: Node): boolean {
  const node = unwrap(listener)
  return isCall(node) && methodOf(node) === 'bind'
}

/** A method that is handed out, or a function inside one: not the constructor, nor what sets up. */
function isCalledOften(func: Node, program: Program): boolean {
  const outer = outermostFunction(func, program)
  // A part of the constructor that has a name of its own.
  const callers = func === outer ? callersOf(outer, program) : []
  if (callers.length > 0 && callers.every((caller) => functionName(caller) === 'constructor')) return false
  const name = functionName(outer) ?? ''
  if (
    func !== outer &&
    func.parent?.type !== 'ReturnStatement' &&
    !/^(get|request|fetch|call|query|send|execute)/.test(functionName(func) ?? '')
  )
    return false
  return (
    (func !== outer || /^(get|fetch|query|request|call|load|find|resolve|read|handle)/.test(name)) &&
    !/^(constructor|connect|open|start|init|setup|listen|attach|close)/.test(name)
  )
}

function outermostFunction(func: Node, program: Program): Node {
  let outer = func
  for (
    let at = program.scopes.functionOf(func);
    at !== program.root && program.frequencyOf(at) === 'many';
    at = program.scopes.functionOf(at)
  )
    outer = at
  return outer
}

function describe(call: Node, program: Program): Finding {
  const emitter = emitterOf(call)
  const name = emitterText(emitter, program)
  const event = isTimeoutOfSocket(call, program) ? `'timeout'` : program.text((call['arguments'] as Node[])[0]!)
  const func = program.scopes.functionOf(call)
  const cell = program.cells.of(emitter)
  const init = cell && (program.operations.get(cell) ?? []).find(({ kind }) => kind === 'init')
  const remove = calleeName(call) === 'addEventListener' ? 'removeEventListener' : 'off'
  const kind = kindOf(emitter, func, program)
  const end = kind !== null && isLeftByItsEnd(call, kind, func, program) ? ownEndOf(func, program) : null
  const endName = end && functionName(end)
  const removal = `${name}.${remove}(${event}, listener)`
  return finding(program, listenerRule, call, {
    severity: cell?.base?.kind === 'instance' || !servingFunction(call, program) ? 'medium' : 'high',
    sentence: endName
      ? `${name} keeps this listener for ${event} after ${endName}()`
      : `${name} gets another listener for ${event} with every call`,
    why: endName
      ? `${name} outlives what listens here, and ${endName}() takes nothing back: each one that is made and ended leaves a listener and what it closes over.`
      : kind === 'borrowed'
        ? `release() gives ${name} back with this listener on it, and whoever gets it next adds another.`
        : `${name} outlives the call, and nothing here removes a listener from it.`,
    entryBytes: 200,
    declaration: init?.node ?? call,
    fix: endName
      ? `Keep the listener in a variable or a field made once, and call ${removal} in ${endName}().`
      : kind === 'borrowed'
        ? `Keep the listener in a variable, and call ${removal} before each release().`
        : `Add one listener once (behind a flag, or where the program starts), or keep this one in a variable and call ${removal} when the work is done, in a finally.`,
  })
}
