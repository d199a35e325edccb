import type { Finding } from '../finding.ts'
import { calledFrom } from '../growth/call-graph.ts'
import type { Cell } from '../growth/cells.ts'
import { functionName } from '../growth/function-name.ts'
import { isCall, isFunction, isInside, isLiteral, methodOf, startOf, unwrap, type Node } from '../growth/node.ts'
import { testsAround } from '../growth/limit.ts'
import { setsUp } from '../growth/names.ts'
import { localFunction } from '../growth/operations.ts'
import { rootOf } from '../growth/owner.ts'
import type { Program } from '../growth/program.ts'
import {
  adding,
  emitterOf,
  goesByItself,
  isGuarded,
  keepsCall,
  listenerRule,
  removing,
  rootOfChain,
  startsUp,
} from './listening.ts'
import { finding } from './report.ts'

/**
 * `let link = links.get(host); if (!link) links.set(host, (link = open(host))); link.on('data', …)`: what was found in a collection has the
 * listeners of the calls before, and gets them again. Told where the listener is added on both ways, and none is taken back.
 */
export function findAddedToKept(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  return calls.flatMap((call) => {
    const [event, listener, options] = call['arguments'] as Node[]
    if (!adding.test(methodOf(call) ?? '') || /once/i.test(methodOf(call)!)) return []
    if (!event || !listener || !isLiteral(unwrap(event)) || (options && goesByItself(options, program))) return []
    const func = program.scopes.functionOf(call)
    const emitter = rootOfChain(call)
    if (program.frequencyOf(func) !== 'many') return []
    const isOfCall = keepsCall(listener, func, program) || settles(listener, func, program)
    if (!isFunction(unwrap(listener)) && !isOfCall) return []
    const kept =
      (emitter.type === 'Identifier' ? foundOrMade(emitter, func, program) : null) ??
      answeredBy(emitter, func, isOfCall && !isOfStart(func, program), program)
    if (!kept || isGuarded(call, func, program) || isOnlyForNew(call, emitter, kept, func, program)) return []
    const name = program.text(emitter)
    if (calls.some((one) => removing.test(methodOf(one) ?? '') && program.text(rootOfChain(one)) === name)) return []
    return [describe(call, event, kept, program)]
  })
}

/** `new Promise((resolve, reject) => { link.on('error', reject) })` */
function settles(listener: Node, func: Node, program: Program): boolean {
  const node = unwrap(listener)
  return (
    func.parent?.type === 'NewExpression' &&
    func.parent['callee']?.name === 'Promise' &&
    node.type === 'Identifier' &&
    program.scopes.variableOf(node)?.scope.func === func
  )
}

/** The collection that a variable of this call was looked up in, and stored in where it was not there yet. */
function foundOrMade(emitter: Node, func: Node, program: Program): Cell | null {
  const variable = program.scopes.variableOf(emitter)
  const [definition] = variable?.definitions ?? []
  if (!variable || !definition || !/^(var|let|const)$/.test(definition.kind) || variable.scope.func !== func)
    return null
  const values = [
    ...(definition.init && definition.path.length === 0 ? [definition.init] : []),
    ...variable.writes.flatMap(({ parent }) =>
      parent?.type === 'AssignmentExpression' ? [parent['right'] as Node] : [],
    ),
  ].flatMap(waysOf)
  for (const value of values) {
    const place = program.cells.of(value)
    // `this[symbol]` is a field by another name.
    if (place?.kind !== 'element' || !place.base || place.base.kind === 'instance') continue
    if (isOfCall(place.base, func)) continue
    const isStored = (program.operations.get(place.base) ?? []).some(
      ({ kind, func: at, value: stored }) =>
        kind === 'grow' && at === func && stored !== null && isTheSame(stored, emitter, values, program),
    )
    if (isStored) return place.base
  }
  return null
}

/**
 * The same of what a function of this file answers: `const link = linkTo(host)`, `this.linkTo(host).on(…)`; `withOnly`: also where it
 * makes a single one when that is first asked for.
 */
function answeredBy(emitter: Node, func: Node, withOnly: boolean, program: Program): Cell | null {
  const variable = emitter.type === 'Identifier' ? program.scopes.variableOf(emitter) : null
  const [definition] = variable?.definitions ?? []
  if (variable && (variable.scope.func !== func || variable.writes.length > 0 || definition!.path.length > 0))
    return null
  let call = unwrap(variable ? (definition!.init ?? emitter) : emitter)
  if (call.type === 'AwaitExpression') call = unwrap(call['argument'] as Node)
  if (!isCall(call)) return null
  for (const finder of functionsCalled(call, program))
    for (const answer of answersOf(finder, program)) {
      const kept =
        (answer.type === 'Identifier' ? foundOrMade(answer, finder, program) : null) ??
        (withOnly ? onlyOne(answer, finder, program) : null)
      if (kept) return kept
    }
  return null
}

/** `if (!client) client = connect()`, `this.client ??= connect()`, in what answers it. */
function onlyOne(answer: Node, finder: Node, program: Program): Cell | null {
  const cell = program.cells.of(answer.type === 'AssignmentExpression' ? (answer['left'] as Node) : answer)
  const owner = cell && rootOf(cell)
  const isKept = owner?.kind === 'instance' || (owner?.kind === 'variable' && !isOfCall(owner, finder))
  if (!cell || !isKept || (cell.kind !== 'variable' && cell.kind !== 'property')) return null
  const inits = (program.operations.get(cell) ?? []).filter(({ kind, value }) => kind === 'init' && value !== null)
  const isFirst = inits.some(
    ({ node, func, value }) =>
      func === finder &&
      /^(Call|New|Await)Expression$/.test(unwrap(value!).type) &&
      (/^(\?\?|\|\|)=$/.test(String(node['operator'])) ||
        testsAround(node, finder).some((test) => program.text(test).includes(cell.name))),
  )
  return isFirst ? cell : null
}

function isOfStart(func: Node, program: Program): boolean {
  for (let at = func; at !== program.root; at = program.scopes.functionOf(at)) {
    const name = functionName(at) ?? ''
    if (startsUp.test(name) || setsUp.test(name)) return true
  }
  return false
}

function functionsCalled(call: Node, program: Program): Node[] {
  const local = localFunction(call, program.scopes)
  if (local) return [local]
  const method = methodOf(call)
  const receiver = method === null ? null : program.cells.of(emitterOf(call))
  if (!receiver) return []
  return calledFrom(program.scopes.functionOf(call), program).filter(
    (target) => functionName(target) === method && program.cells.ofThis(target) === receiver,
  )
}

function answersOf(func: Node, { scopes }: Program): Node[] {
  return scopes
    .byType('ReturnStatement')
    .filter((leave) => leave['argument'] && scopes.functionOf(leave) === func)
    .map((leave) => unwrap(leave['argument'] as Node))
}

/** `a || b`, `a ?? b`, `test ? a : b`, and what an assignment in there assigns. */
function waysOf(value: Node): Node[] {
  const node = unwrap(value)
  if (node.type === 'LogicalExpression') return [node['left'] as Node, node['right'] as Node].flatMap(waysOf)
  if (node.type === 'ConditionalExpression')
    return [node['consequent'] as Node, node['alternate'] as Node].flatMap(waysOf)
  return [node]
}

function isOfCall(collection: Cell, func: Node): boolean {
  const { variable } = rootOf(collection)
  return variable !== null && isInside(variable.scope.node, func)
}

/** What is stored is the variable, or what is assigned to it there: `links[host] = link`, `link = links[host] = open(host)`. */
function isTheSame(stored: Node, emitter: Node, values: readonly Node[], program: Program): boolean {
  const node = unwrap(stored)
  if (node.type === 'Identifier') return program.scopes.variableOf(node) === program.scopes.variableOf(emitter)
  if (node.type === 'AssignmentExpression') return isTheSame(node['left'] as Node, emitter, values, program)
  return values.some((value) => isInside(node, value))
}

/** Under a test of the variable or the collection, or after a way out under one. */
function isOnlyForNew(call: Node, emitter: Node, collection: Cell, func: Node, program: Program): boolean {
  const words = [...(emitter.type === 'Identifier' ? [program.text(emitter)] : []), collection.name]
  const names = new RegExp(`(^|[^\\w$])(${words.map(escaped).join('|')})([^\\w$]|$)`)
  const stands = (node: Node): boolean => {
    for (let at = node; at.parent && at !== func; at = at.parent) {
      const { parent } = at
      if (/^(IfStatement|ConditionalExpression)$/.test(parent.type) && parent['test'] !== at)
        if (names.test(program.text(parent['test'] as Node))) return true
      if (parent.type === 'LogicalExpression' && parent['right'] === at)
        if (names.test(program.text(parent['left'] as Node))) return true
    }
    return false
  }
  return (
    stands(call) ||
    program.scopes
      .byType('ReturnStatement', 'ContinueStatement', 'ThrowStatement')
      .some((exit) => program.scopes.functionOf(exit) === func && startOf(exit) < startOf(call) && stands(exit))
  )
}

function escaped(name: string): string {
  return name.replaceAll(/[$#]/g, '\\$&')
}

function describe(call: Node, event: Node, collection: Cell, program: Program): Finding {
  const emitter = program.text(rootOfChain(call))
  return finding(program, listenerRule, call, {
    severity: 'high',
    sentence: `${emitter} gets another listener for ${program.text(event)} with every call that finds it in ${collection.name}`,
    why: `What an earlier call has made and kept in ${collection.name} still has the listeners of the calls before; nothing here takes one back.`,
    entryBytes: 300,
    fix: `Add the listener where ${emitter} is made and stored, and not where it is found.`,
  })
}
