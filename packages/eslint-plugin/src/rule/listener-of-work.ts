import type { Finding } from '../finding.ts'
import type { Cell } from '../growth/cells.ts'
import { callGraph, callsInside } from '../growth/call-graph.ts'
import { endEvent } from '../growth/ending.ts'
import { functionName } from '../growth/function-name.ts'
import { shortLivedOwner } from '../growth/names.ts'
import {
  isCall,
  isFunction,
  isInside,
  isLiteral,
  isMember,
  methodOf,
  propertyName,
  startOf,
  unwrap,
} from '../growth/node.ts'
import type { Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { servingFunction } from '../growth/serving.ts'
import {
  adding,
  emitterOf,
  isAnswerKept,
  isGuarded,
  isOnOneWay,
  keepsCall,
  removing,
  listenerRule,
} from './listening.ts'
import { goesAlong } from './given.ts'
import { finding } from './report.ts'

/** Events that a piece of work which goes well never sees: `once` takes nothing back then. */
const rare = /^(error|close|closed|end|ended|exit|abort|aborted|timeout|disconnect(ed)?|destroy(ed)?|shutdown|cancel)$/

/** Done once in the life of what listens: what it hears, it is meant to hear until the end. */
const doneOnce =
  /^_{0,2}(seed|migrate|constructor|connect|reconnect|open|start|init|ready|listen|close|end|stop|destroy|quit|disconnect|launch|boot|load|wait|shutdown|terminate|run|kill|attach|bind|setup|set[A-Z]|watch|monitor|instrument|patch|wrap|create|make|new|on[A-Z]|handle|subscribe|register|add|pipe|forward|use|mount|install|enable|join|main|serve|configure|upgrade|accept|extend|hook|track|observe|spawn|fork|dispose|detach|cleanup|teardown|log|stream)/i

/** The same for what answers a promise: `run(task)` and `add(job)` are work then. */
const waitedOnce =
  /^_{0,2}(constructor|connect|reconnect|open|start|init|ready|listen|close|end|stop|destroy|quit|disconnect|launch|boot|wait|shutdown|terminate|kill|attach|setup|dispose|join|main|serve|login|logout|auth|handshake|upgrade|accept|spawn|install|finish|complete|exit|whenReady|drain|flush|pause|resume|on[A-Z])/i

/** What a module makes and keeps, and others hear. */
const makesShared =
  /\bfork\(|\bspawn\(|\bcreate(Client|Connection|Pool)\(|\bnew [\w.]*(Worker|Client|Socket|WebSocket|Redis|Emitter|Pool|Queue|Channel)\b/

/** What is given to many and outlives a piece of work, by its name. */
const sharedName =
  /(^|[a-z_$])(client|channel|conn|connection|pool|db|redis|emitter|eventBus|bus|broker|worker|agent|publisher|subscriber|producer|consumer|transport|cluster|driver|store|queue)$/i

/** Calls that take listeners back, by the last name of what they take them from. */
type Removals = Map<string, Node[]>

/**
 * A piece of work (what answers a promise or calls back) listens to something that outlives it, and takes no listener back:
 * `return new Promise((resolve, reject) => { this.client.once('error', reject); … })`. The one listener that is not called stays, one
 * for each piece of work.
 */
export function findLeftByWork(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  const removals: Removals = new Map()
  for (const call of calls) {
    if (!removing.test(methodOf(call) ?? '') || isOnOneWay(call, program)) continue
    const name = placeName(emitterOf(call), program)
    const list = removals.get(name)
    if (list) list.push(call)
    else removals.set(name, [call])
  }
  return calls
    .filter((call) => adding.test(methodOf(call) ?? ''))
    .flatMap((call) => {
      if (isAddedAgain(call, removals, program)) return [describeAgain(call, program)]
      if (!isLeft(call, removals, program)) return []
      const emitter = program.text(emitterOf(call))
      const event = program.text((call['arguments'] as Node[])[0]!)
      const remove = methodOf(call) === 'addEventListener' ? 'removeEventListener' : 'off'
      const found = finding(program, listenerRule, call, {
        severity: 'medium',
        sentence: `${emitter} keeps a listener for ${event} of every piece of work`,
        why: `${emitter} outlives the work that is done here, and nothing takes this listener back when it is done${/^once|Once/.test(methodOf(call) ?? '') ? '; once() does so only when the event comes' : ''}.`,
        entryBytes: 300,
        fix: `Keep the listener in a variable, and call ${emitter}.${remove}(${event}, listener) when the work is done, whichever way it ends.`,
      })
      return [found]
    })
}

/**
 * `changes.subscribe((change) => response.write(change))` for every request, or in any function that goes on to answer something else: what
 * would end it is dropped.
 */
export function findDroppedSubscriptions(program: Program): Finding[] {
  return program.scopes
    .byType('CallExpression', 'OptionalCallExpression')
    .filter((call) => methodOf(call) === 'subscribe' && call.parent?.type === 'ExpressionStatement')
    .flatMap((call) => {
      const serving = isSubscribedForRequest(call, program)
      if (!serving && !isSubscribedForAnswer(call, program)) return []
      return [
        finding(program, listenerRule, call, {
          severity: 'medium',
          sentence: `${program.text(emitterOf(call))} keeps a subscription of every ${serving ? 'request' : 'call'}`,
          why: `What subscribe() answers would end it, and nobody keeps that: the subscription stays when ${serving ? 'the request is over' : 'whoever called has gone'}.`,
          entryBytes: 500,
          fix: `Keep what subscribe() answers, and end it when ${serving ? 'the request closes' : 'the caller is done with what he was answered'}.`,
        }),
      ]
    })
}

function isSubscribedForRequest(call: Node, program: Program): boolean {
  const serving = servingFunction(call, program)
  const listener = (call['arguments'] as Node[]).at(-1)
  const emitter = emitterOf(call)
  if (!serving || !listener || !isFunction(unwrap(listener)) || !keepsCall(listener, serving, program)) return false
  let root = emitter
  while (isMember(root)) root = unwrap(root['object'] as Node)
  if (root.type === 'ThisExpression') return isMember(emitter)
  const variable = root.type === 'Identifier' ? program.scopes.variableOf(root) : null
  return variable !== null && program.frequencyOf(variable.scope.func) === 'once'
}

/** `observable.subscribe({ next: (value) => topic.publish(value) }); return topic.iterator()` */
function isSubscribedForAnswer(call: Node, program: Program): boolean {
  const func = program.scopes.functionOf(call)
  const [given, ...rest] = call['arguments'] as Node[]
  if (!given || rest.length > 0 || emitterOf(call).type !== 'Identifier') return false
  if (program.frequencyOf(func) !== 'many' || doneOnce.test(functionName(func) ?? 'answer')) return false
  const variable = given.type === 'Identifier' ? program.scopes.variableOf(given) : null
  const observer = unwrap(variable?.definitions[0]?.init ?? given)
  if (observer.type !== 'ObjectExpression') return false
  const names = (observer['properties'] as Node[]).map((property) => propertyName(property))
  // Who hears the end passes it on, and the other may have one.
  if (!names.includes('next') || names.includes('complete')) return false
  return program.scopes
    .byType('ReturnStatement')
    .some(
      (leave) =>
        program.scopes.functionOf(leave) === func &&
        startOf(leave) > startOf(call) &&
        isMadeToHear(leave['argument'] as Node | null, func, observer, program),
    )
}

/** What is answered is made here, and the subscription feeds it: the caller's own sink may end it some other way. */
function isMadeToHear(answer: Node | null, func: Node, observer: Node, program: Program): boolean {
  const made = answer && initBehind(answer, program)
  if (!made || !(isCall(made) || made.type === 'NewExpression')) return false
  let root = unwrap(answer)
  while (isMember(root) || isCall(root)) root = unwrap((isMember(root) ? root['object'] : root['callee']) as Node)
  const variable = root.type === 'Identifier' ? program.scopes.variableOf(root) : null
  const isCallers = variable?.definitions[0]?.kind === 'param' && variable.scope.func === func
  return !isCallers && (variable?.references ?? []).some((reference) => isInside(reference, observer))
}

/**
 * `return function connect(callback) { this.on('release', () => count(this)); return original.call(this, callback) }`: what stands in for a
 * method is called as often as that, and its object is still the same.
 */
export function findAddedByWrapper(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  const byFunction = new Map<Node, Node[]>()
  for (const call of calls) {
    if (!/^(on|addListener|prependListener)$/.test(methodOf(call) ?? '')) continue
    const func = program.scopes.functionOf(call)
    if (emitterOf(call).type !== 'ThisExpression' || isAnswerKept(call) || !isWrapper(func, program)) continue
    const [event, listener] = call['arguments'] as Node[]
    if (!event || !listener || !isFunction(unwrap(listener)) || isGuarded(call, func, program)) continue
    // What ends comes once for each object.
    if (endEvent.test(String(unwrap(event)['value'])) || rare.test(functionName(func) ?? '')) continue
    byFunction.set(func, [...(byFunction.get(func) ?? []), call])
  }
  return [...byFunction].flatMap(([func, [first, ...others]]) => {
    const isTakenBack = callsInside(func, program).some((call) => removing.test(methodOf(call) ?? ''))
    if (!first || isTakenBack) return []
    const name = functionName(func) ?? 'the method'
    return [
      finding(program, listenerRule, first, {
        severity: 'medium',
        others,
        sentence: `Each call of ${name}() leaves a listener for ${program.text((first['arguments'] as Node[])[0]!)} on its object`,
        why: `It stands in for a method of that object and is called as often as that; nothing asks whether the object has the listener already, and nothing takes it back.`,
        entryBytes: 300,
        fix: 'Add the listener once for each object: mark the object, or keep those that have it in a WeakSet.',
      }),
    ]
  })
}

/** It hands its own `this` on to a function that was there before: `original.call(this, …)`, `original.apply(this, arguments)`. */
function isWrapper(func: Node, program: Program): boolean {
  if (func === program.root || func.type === 'ArrowFunctionExpression' || program.frequencyOf(func) !== 'many')
    return false
  return callsInside(func, program).some((call) => {
    if (!/^(call|apply)$/.test(methodOf(call) ?? '')) return false
    if ((call['arguments'] as Node[])[0]?.type !== 'ThisExpression') return false
    const wrapped = emitterOf(call)
    const variable = wrapped.type === 'Identifier' ? program.scopes.variableOf(wrapped) : null
    // `Parent.call(this)` is how a constructor calls its base.
    return (
      variable !== null &&
      !/^[A-Z_]/.test(variable.name) &&
      isInside(func, variable.scope.node) &&
      !isInside(variable.scope.node, func) &&
      variable.scope.node !== program.root
    )
  })
}

function isLeft(call: Node, removals: Removals, program: Program): boolean {
  const [event, listener] = call['arguments'] as Node[]
  if (!event || !listener) return false
  const name = isLiteral(unwrap(event)) ? String(unwrap(event)['value']) : null
  if (name === null || (/once/i.test(methodOf(call)!) && !rare.test(name))) return false
  // Of a signal, no-abort-listener-left tells.
  if (name === 'abort' && methodOf(call) === 'addEventListener') return false
  const func = program.scopes.functionOf(call)
  const work = workAround(func, program)
  if (!work || program.frequencyOf(work) !== 'many') return false
  const named = nameAround(work, program)
  if ((isExecutor(func) ? waitedOnce : doneOnce).test(named ?? (isExecutor(func) ? '' : 'create'))) return false
  const emitter = emitterOf(call)
  if (!outlives(emitter, work, isExecutor(func), program) || endingsOf(work, program).closed.has(program.text(emitter)))
    return false
  if (!keepsCall(listener, work, program) && !isSettler(listener, func)) return false
  if (isRemoved(emitter, name, removals, program)) return false
  if (isHandedOn(listener, func, program)) return false
  return !isGuarded(call, func, program)
}

/**
 * `connect() { …; this.emitter.on('send', (m) => socket.write(m)); socket.on('close', () => this.connect()) }`: what starts itself over adds
 * its listener once more, to what is still the same.
 */
function isAddedAgain(call: Node, removals: Removals, program: Program): boolean {
  const [event, listener] = call['arguments'] as Node[]
  if (!event || !listener || !isLiteral(unwrap(event)) || /once/i.test(methodOf(call)!)) return false
  const func = program.scopes.functionOf(call)
  if (program.frequencyOf(func) !== 'many' || !startsOver(func, program)) return false
  if (!isFunction(unwrap(listener)) || !keepsCall(listener, func, program)) return false
  const emitter = emitterOf(call)
  const cell = program.cells.of(emitter)
  const isOwn =
    cell?.kind === 'property' &&
    cell.base?.kind === 'instance' &&
    !(program.operations.get(cell) ?? []).some(({ kind, func: at }) => kind === 'init' && !isMaker(at))
  const isSelf = emitter.type === 'ThisExpression' || cell?.kind === 'instance'
  if (!isOwn && !isSelf && program.text(emitter) !== 'process') return false
  if (isOwn && assigns(func, program.text(emitter), program)) return false
  if (isRemoved(emitter, String(unwrap(event)['value']), removals, program)) return false
  return !isGuarded(call, func, program)
}

function assigns(func: Node, name: string, program: Program): boolean {
  return program.scopes
    .byType('AssignmentExpression')
    .some((assignment) => isInside(assignment, func) && program.text(assignment['left'] as Node) === name)
}

function isMaker(func: Node): boolean {
  const name = functionName(func) ?? ''
  return name === 'constructor' || /^[A-Z]/.test(name)
}

/** A function inside of it calls it again: from a timer, or when what it opened has closed. */
function startsOver(func: Node, program: Program): boolean {
  const name = functionName(func)
  if (name === null) return false
  return (callGraph(program).methodCalls.get(name) ?? []).some((again) => {
    const receiver = program.cells.of(emitterOf(again))
    const inner = program.scopes.functionOf(again)
    return inner !== func && isInside(inner, func) && receiver !== null && receiver === program.cells.ofThis(func)
  })
}

function describeAgain(call: Node, program: Program): Finding {
  const emitter = program.text(emitterOf(call))
  const event = program.text((call['arguments'] as Node[])[0]!)
  const name = functionName(program.scopes.functionOf(call)) ?? 'this function'
  return finding(program, listenerRule, call, {
    severity: 'medium',
    sentence: `${emitter} gets another listener for ${event} each time that ${name}() starts over`,
    why: `${name}() is called again from inside of itself, ${emitter} is still the same then, and nothing takes the listener of before back.`,
    entryBytes: 500,
    fix: `Add the listener once, where ${emitter} is made, or remove the one of before first.`,
  })
}

/** The function whose promise this is the executor of, or the function itself when it awaits or calls back. */
function workAround(func: Node, program: Program): Node | null {
  if (func === program.root) return null
  if (isExecutor(func)) {
    let at = program.scopes.functionOf(func)
    while (at !== program.root && functionName(at) === null && isExecutor(at)) at = program.scopes.functionOf(at)
    return at === program.root ? null : at
  }
  const callsBack = (func['params'] as Node[]).some((param) => /^(cb|callback|done)$/.test(String(param['name'] ?? '')))
  const isAwaiting =
    func['async'] === true &&
    program.scopes.byType('AwaitExpression').some((wait) => program.scopes.functionOf(wait) === func)
  return callsBack || isAwaiting ? func : null
}

/** The name of the function, or of the one that it is handed on in. */
function nameAround(func: Node, program: Program): string | null {
  for (let at = func; at !== program.root; at = program.scopes.functionOf(at)) {
    const name = functionName(at)
    if (name !== null) return name
  }
  return null
}

function isExecutor({ parent }: Node): boolean {
  return parent?.type === 'NewExpression' && (parent['callee'] as Node)['name'] === 'Promise'
}

/** A field of the object, the object itself, what a module keeps, or a parameter whose name says that it is shared. */
function outlives(emitter: Node, work: Node, isPromised: boolean, program: Program): boolean {
  // A stream that reads itself to its end ends with that.
  if (emitter.type === 'ThisExpression') return isPromised && !isStream(program.cells.of(emitter))
  const cell = program.cells.of(emitter)
  if (isMember(emitter)) {
    const owner = cell?.base
    if (!cell || owner?.kind !== 'instance') return false
    const isShared = sharedName.test(propertyName(emitter) ?? '')
    if (!isShared && (!isPromised || shortLivedOwner.test(owner.variable?.name ?? owner.name))) return false
    // What this work puts there is its own.
    return !(program.operations.get(cell) ?? []).some(({ kind, func }) => kind === 'init' && isInside(func, work))
  }
  if (emitter.type !== 'Identifier') return false
  const variable = program.scopes.variableOf(emitter)
  const [definition] = variable?.definitions ?? []
  if (!variable || !definition) return false
  if (cell?.kind === 'instance') return isPromised && !isStream(cell)
  if (isInside(variable.scope.node, work) && definition.kind !== 'param') return false
  if (definition.kind === 'param')
    return (
      isInside(definition.name, work) &&
      definition.path.length === 0 &&
      (isPromised
        ? sharedName.test(variable.name) || (!goesAlong.test(variable.name) && !waitsForEnd(emitter, work, program))
        : sharedName.test(variable.name) && isUsedHere(emitter, work, program))
    )
  if (/^[A-Z]/.test(variable.name) || program.frequencyOf(variable.scope.func) !== 'once') return false
  return sharedName.test(variable.name) || (definition.init !== null && makesShared.test(program.text(definition.init)))
}

/** The work waits for the end of what it hears: `child.on('exit', resolve)`, `parser.on('parsed', () => resolve(rows))`. */
function waitsForEnd(emitter: Node, work: Node, program: Program): boolean {
  return endingsOf(work, program).awaited.has(program.text(emitter))
}

/** What a piece of work listens to, by how the code writes it. */
interface Endings {
  /** Its end is waited for. */
  awaited: Set<string>
  /** The work closes it. */
  closed: Set<string>
}

const endingIndexes = new WeakMap<Node, Endings>()

// Once for each piece of work: asked anew for each listener, a function of thousands of them takes seconds.
function endingsOf(work: Node, program: Program): Endings {
  let endings = endingIndexes.get(work)
  if (endings) return endings
  endingIndexes.set(work, (endings = { awaited: new Set(), closed: new Set() }))
  const resolving: string[] = []
  const uses = new Map<string, number>()
  for (const call of callsInside(work, program)) {
    const method = methodOf(call)
    if (method === null || isCall(emitterOf(call))) continue
    const emitter = program.text(emitterOf(call))
    uses.set(emitter, (uses.get(emitter) ?? 0) + 1)
    if (/^(end|destroy|close|terminate|kill|disconnect|quit|abort|removeAllListeners)$/.test(method))
      endings.closed.add(emitter)
    const [event, listener] = call['arguments'] as Node[]
    if (!adding.test(method) || !event || !listener) continue
    if (isLiteral(unwrap(event)) && endEvent.test(String(unwrap(event)['value']))) endings.awaited.add(emitter)
    else if (resolves(listener, program.scopes.functionOf(call), program)) resolving.push(emitter)
  }
  // `xfer.on('success', resolve); xfer.begin()`: what the work does no more with than to hear one event goes on after that.
  for (const emitter of resolving) if (uses.get(emitter)! > 1) endings.awaited.add(emitter)
  return endings
}

/** Whatever comes with the event, the promise is kept then: `resolve`, `() => resolve(rows)`. */
function resolves(listener: Node, executor: Node, program: Program): boolean {
  return isExecutor(executor) && resolversOf(executor, program).has(initBehind(listener, program))
}

const resolverIndexes = new WeakMap<Node, Set<Node>>()

/** `resolve` wherever it is named in an executor, and the functions there that call it and do not ask before. */
function resolversOf(executor: Node, program: Program): Set<Node> {
  let resolvers = resolverIndexes.get(executor)
  if (resolvers) return resolvers
  resolverIndexes.set(executor, (resolvers = new Set()))
  const [resolve] = executor['params'] as Node[]
  const variable = resolve?.type === 'Identifier' ? program.scopes.variableOf(resolve) : null
  for (const reference of variable?.references ?? []) {
    resolvers.add(reference)
    for (let at = reference; at !== executor && at.parent; at = at.parent) {
      if (/^(If|Switch)Statement$|^(Conditional|Logical)Expression$/.test(at.parent.type)) break
      if (isFunction(at)) resolvers.add(at)
    }
  }
  return resolvers
}

function initBehind(given: Node, program: Program): Node {
  const node = unwrap(given)
  const init = node.type === 'Identifier' ? program.scopes.variableOf(node)?.definitions[0]?.init : null
  return init ? unwrap(init) : node
}

function isStream(owner: Cell | null): boolean {
  return owner === null || shortLivedOwner.test(owner.variable?.name ?? owner.name)
}

/** `channel.publish(message, callback)`: the work is done through it. */
function isUsedHere(emitter: Node, work: Node, program: Program): boolean {
  return callsInside(work, program).some((call) => {
    const callee = unwrap(call['callee'] as Node)
    if (!isMember(callee) || program.text(unwrap(callee['object'] as Node)) !== program.text(emitter)) return false
    if (adding.test(methodOf(call) ?? '') || removing.test(methodOf(call) ?? '')) return false
    const last = (call['arguments'] as Node[]).at(-1)
    return call.parent?.type === 'AwaitExpression' || (last !== undefined && isFunction(unwrap(last)))
  })
}

/** `resolve`, `reject` of the executor. */
function isSettler(listener: Node, func: Node): boolean {
  const node = unwrap(listener)
  return (
    node.type === 'Identifier' &&
    isExecutor(func) &&
    (func['params'] as Node[]).some((param) => param['name'] === node['name'])
  )
}

/** On what has the same name at its end, for this event or for all. */
function isRemoved(emitter: Node, event: string, removals: Removals, program: Program): boolean {
  return (removals.get(placeName(emitter, program)) ?? []).some((removal) => {
    const [removed] = removal['arguments'] as Node[]
    return !removed || !isLiteral(unwrap(removed)) || isLiteral(unwrap(removed), event)
  })
}

function placeName(node: Node, program: Program): string {
  if (program.cells.of(node)?.kind === 'instance') return 'this'
  return isMember(node) ? (propertyName(node) ?? '') : program.text(node)
}

/** Somebody else gets the listener too: to call it, or to take it back. */
function isHandedOn(listener: Node, func: Node, program: Program): boolean {
  const node = unwrap(listener)
  if (node.type !== 'Identifier' || isSettler(node, func)) return false
  return (program.scopes.variableOf(node)?.references ?? []).some((reference) => {
    const user = reference.parent!
    return isCall(user) && (user['arguments'] as Node[]).includes(reference) && !adding.test(methodOf(user) ?? '')
  })
}
