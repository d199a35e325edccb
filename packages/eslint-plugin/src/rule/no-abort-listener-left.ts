import type { Finding, Rule } from '../finding.ts'
import {
  isCall,
  isFunction,
  isInside,
  isLiteral,
  isMember,
  methodOf,
  propertyName,
  unwrap,
  type Node,
} from '../growth/node.ts'
import { callGraph } from '../growth/call-graph.ts'
import { optionOf } from '../growth/imports.ts'
import { functionName } from '../growth/function-name.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'

const rule = 'no-abort-listener-left'

export const noAbortListenerLeft: Rule = {
  name: rule,
  severity: 'high',
  summary:
    'A listener on a signal that outlives the call stays on it when the call is over, and keeps what it closes over.',
  find(program) {
    const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
    const removals = calls.filter((call) => methodOf(call) === 'removeEventListener' && isAbort(call))
    const isPerCall = (call: Node): boolean =>
      program.frequencyOf(program.scopes.functionOf(call)) === 'many' && !isInStart(call, program)
    const added = calls
      .filter((call) => methodOf(call) === 'addEventListener' && isAbort(call) && isPerCall(call))
      .filter((call) => isForeignSignal(signalOf(call), program) && !isRemoved(call, removals, program))
    const combined = calls.filter((call) => isAny(call) && isPerCall(call) && foreignPart(call, program) !== null)
    return [...added.map((call) => describe(call, program)), ...combined.map((call) => describeAny(call, program))]
  },
}

/** `AbortSignal.any([…])` */
function isAny(call: Node): boolean {
  return methodOf(call) === 'any' && signalOf(call)['name'] === 'AbortSignal'
}

/** The signal among those combined that was given from outside, and so may live on; in a list that is filled above, too. */
function foreignPart(call: Node, program: Program): Node | null {
  const [given] = call['arguments'] as Node[]
  if (!given) return null
  const list = unwrap(given)
  if (isGivenList(list, program)) return list
  const cell = list.type === 'Identifier' ? program.cells.of(list) : null
  const operations = cell ? (program.operations.get(cell) ?? []) : []
  const literals = [list, ...operations.filter(({ kind }) => kind === 'init').map(({ value }) => value)]
  const parts = [
    ...literals.flatMap((node) => (node?.type === 'ArrayExpression' ? (node['elements'] as (Node | null)[]) : [])),
    ...operations.filter(({ kind }) => kind === 'grow').map(({ value }) => value),
  ]
  return parts.find((part) => part && part.type !== 'SpreadElement' && isForeignSignal(unwrap(part), program)) ?? null
}

/** `(…signals) => AbortSignal.any(signals)`: whoever calls brings them, and some of them live on. */
function isGivenList(list: Node, program: Program): boolean {
  const variable = list.type === 'Identifier' ? program.scopes.variableOf(list) : null
  const [definition] = variable?.definitions ?? []
  if (!variable || definition?.kind !== 'param' || !/signal/i.test(variable.name)) return false
  return !givenByCallers(list, program).some((arg) => arg.type === 'ArrayExpression')
}

/** A program listens, serves and starts once, and its signal ends it; also where `listen` stands inside of what makes a server. */
function isInStart(call: Node, program: Program): boolean {
  for (let at = program.scopes.functionOf(call); at !== program.root; at = program.scopes.functionOf(at)) {
    const name = functionName(at) ?? ''
    if (/^(listen|serve)$/.test(name)) return true
    const isOutermost = program.scopes.functionOf(at) === program.root
    if (isOutermost && /^(listen|start|serve|boot|run)/.test(name)) return true
  }
  return false
}

function isAbort(call: Node): boolean {
  const [event] = call['arguments'] as Node[]
  return event !== undefined && isLiteral(unwrap(event), 'abort')
}

function signalOf(call: Node): Node {
  return unwrap(unwrap(call['callee'] as Node)['object'] as Node)
}

/** Given from outside: by name a signal, and neither made here nor by the object itself. */
function isForeignSignal(signal: Node, program: Program): boolean {
  const name =
    signal.type === 'Identifier' ? (signal['name'] as string) : isMember(signal) ? (propertyName(signal) ?? '') : ''
  if (!/signal|abort|cancel/i.test(name) || /^(xhr|request)$/i.test(name)) return false
  if (isMember(signal) && propertyName(signal) === 'signal') {
    const controller = unwrap(signal['object'] as Node)
    if (isMadeHere(controller, program) && !isOptions(controller)) return false
    // controller.signal belongs to a controller, and whoever keeps that made it. One that came as a parameter is a caller's.
    if (/controller/i.test(program.text(controller)) && !isParameter(controller, program)) return false
  }
  return !isMadeHere(signal, program)
}

/** `this.options = new Options(given)` hands on the signal that it was given. */
function isOptions(node: Node): boolean {
  const name = isMember(node) ? (propertyName(node) ?? '') : String(node['name'] ?? '')
  return /^_?(options|opts|config|settings|params|init)$/i.test(name)
}

function isParameter(node: Node, program: Program): boolean {
  if (node.type !== 'Identifier') return false
  const definition = program.scopes.variableOf(node)?.definitions[0]
  return definition?.kind === 'param' && definition.path.length === 0
}

function isMadeHere(node: Node, program: Program, depth = 0): boolean {
  const given = depth < 3 && isParameter(node, program) ? givenByCallers(node, program) : []
  if (given.length > 0) return given.every((arg) => isSignalMadeHere(arg, program, depth + 1))
  const cell = program.cells.of(node)
  const inits = cell ? (program.operations.get(cell) ?? []).filter(({ kind }) => kind === 'init') : []
  return inits.some(({ value }) => {
    if (!value) return false
    if (value.type === 'NewExpression') return true
    return isSignalMadeHere(value, program, depth)
  })
}

function isSignalMadeHere(value: Node, program: Program, depth: number): boolean {
  if (isMember(value) && propertyName(value) === 'signal') {
    const controller = unwrap(value['object'] as Node)
    return controller.type === 'NewExpression' || isMadeHere(controller, program, depth)
  }
  if (value.type === 'Identifier') return isMadeHere(value, program, depth)
  return isCall(value) && /^(timeout|any|abort)$/.test(methodOf(value) ?? '') && /AbortSignal/.test(program.text(value))
}

/** What this file hands to a method for its parameter: `this.wait(controller.signal)`. */
function givenByCallers(param: Node, program: Program): Node[] {
  const name = program.scopes.variableOf(param)!.definitions[0]!.name
  const func = name.parent
  const method = func && /MethodDefinition$/.test(func.parent?.type ?? '') ? functionName(func) : null
  if (!func || method === null || method === 'constructor') return []
  const place = (func['params'] as Node[]).indexOf(name)
  const owner = program.cells.ofThis(func)
  const calls = (callGraph(program).methodCalls.get(method) ?? []).filter(
    (call) => !isInside(call, func) && program.cells.of(unwrap(call['callee'] as Node)['object'] as Node) === owner,
  )
  return calls.flatMap((call) => (call['arguments'] as Node[])[place] ?? []).map((arg) => unwrap(arg))
}

function isRemoved(call: Node, removals: readonly Node[], program: Program): boolean {
  const [, listener, options] = call['arguments'] as Node[]
  if (!listener) return true
  if (options && optionOf(options, 'signal') !== null && unwrap(options).type === 'ObjectExpression') return true
  const added = unwrap(listener)
  if (isFunction(added)) return false
  return removals.some((removal) => {
    const removed = (removal['arguments'] as Node[])[1]
    if (!removed || isFunction(unwrap(removed))) return false
    // By then the signal has fired. Where it never does, nobody comes by, unless somebody else was given the listener as well.
    if (isInside(removal, functionBehind(added, program)) && !isCalledOtherwise(added, program)) return false
    const one = program.cells.of(added)
    // The listener may be kept under another name meanwhile (`this.onAbort = listener`): a removal of something kept is taken for it.
    return (
      one === null ||
      one === program.cells.of(removed) ||
      unwrap(removed).type !== added.type ||
      program.text(removed) === program.text(added)
    )
  })
}

/** `setTimeout(listener, ms)`. A call of it on the spot is for a signal that has fired already. */
function isCalledOtherwise(listener: Node, program: Program): boolean {
  const variable = listener.type === 'Identifier' ? program.scopes.variableOf(listener) : null
  return (variable?.references ?? []).some((reference) => {
    const call = reference.parent!
    if (!isCall(call) || call['callee'] === reference || isInside(reference, functionBehind(listener, program)))
      return false
    return !/^(add|remove)EventListener$/.test(methodOf(call) ?? '')
  })
}

/** The function that an expression names, as far as this file tells; otherwise the expression itself. */
function functionBehind(listener: Node, program: Program): Node {
  const variable = listener.type === 'Identifier' ? program.scopes.variableOf(listener) : null
  const init = variable?.definitions[0]?.init
  return init && isFunction(unwrap(init)) ? unwrap(init) : listener
}

function describe(call: Node, program: Program): Finding {
  const signal = program.text(signalOf(call))
  const options = (call['arguments'] as Node[])[2]
  const isOnce = options !== undefined && /once/.test(program.text(options))
  return finding(program, rule, call, {
    sentence: `Each call leaves a listener on ${signal}`,
    why: isOnce
      ? `once only removes it when the signal fires; a signal that never does keeps a listener of every call.`
      : `Nothing removes it; a signal that lives as long as the program keeps a listener of every call.`,
    entryBytes: 300,
    fix: `Keep the listener in a variable and call ${signal}.removeEventListener('abort', listener) in a finally.`,
    declaration: declarationOf(signalOf(call), program) ?? call,
  })
}

/** Measured with a listener on what came of it: 1.2 kB a call stay with the outer signal on Node 20, 22 and 24 after a full collection. */
const anyBytes = 1200

function describeAny(call: Node, program: Program): Finding {
  const outer = unwrap(foreignPart(call, program)!)
  const signal = program.text(outer)
  return finding(program, rule, call, {
    severity: 'medium',
    sentence: `${signal} may keep the combined signal of every call`,
    why: `As long as ${signal} lives and has not fired, Node.js holds on to what AbortSignal.any() made of it once somebody listens there, although this call is over.`,
    entryBytes: anyBytes,
    fix: `Make an AbortController for this call, abort it in a listener on ${signal}, and remove that listener in a finally.`,
    declaration: declarationOf(outer, program) ?? call,
  })
}

function declarationOf(signal: Node, program: Program): Node | null {
  const inner = isMember(signal) ? unwrap(signal['object'] as Node) : signal
  return inner.type === 'Identifier' ? (program.scopes.variableOf(inner)?.definitions[0]?.name ?? null) : null
}
