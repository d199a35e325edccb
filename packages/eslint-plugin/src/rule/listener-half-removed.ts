import type { Finding } from '../finding.ts'
import type { Cell } from '../growth/cells.ts'
import { endEvent } from '../growth/ending.ts'
import { functionName } from '../growth/function-name.ts'
import { testsAround } from '../growth/limit.ts'
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
import type { Program } from '../growth/program.ts'
import {
  adding,
  emitterText,
  goesByItself,
  isAnswerKept,
  isGuarded,
  keepsCall,
  listenerRule,
  listeningMethod,
  removing,
  rootOfChain,
} from './listening.ts'
import { finding } from './report.ts'

/** What an emitter is heard for as long as it lives: whoever was given it may well mean to. */
const standing = /^(error|warning|data|readable|drain|message|log|debug|stdout|stderr)$/

/** Calls that add, or that take back, by what they are called on. */
type ByEmitter = Map<string, Node[]>

/**
 * A function adds listeners to something that it was given or keeps, and what it takes back later is not all of them: if one has to go
 * while the emitter lives on, so have the others.
 */
export function findHalfRemoved(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  const removals = group(calls, removing, program)
  if (removals.size === 0) return []
  const added = group(calls, adding, program)
  const found: Finding[] = []
  for (const [text, all] of added) {
    const taken = removals.get(text) ?? []
    if (taken.length === 0 || all.length < 2) continue
    // Without an event, or with one that is a variable, any may be meant.
    if (taken.some((removal) => eventOf(removal) === null)) continue
    const takenByEvent = byEvent(taken)
    const partners = partnersByFunction(all, takenByEvent, program)
    const whenOver = listenersOfEnd(all, program)
    for (const call of all) {
      const event = eventOf(call)
      if (event === null || takenByEvent.has(event)) continue
      const func = program.scopes.functionOf(call)
      const partner = partners.get(func)
      if (!partner || program.frequencyOf(func) !== 'many' || isAnswerKept(call)) continue
      const emitter = rootOfChain(call)
      const isItself = isObjectItself(emitter, program)
      if (!isItself && (endEvent.test(event) || /once/i.test(methodOf(call) ?? ''))) continue
      const isGiven = isParameter(emitter, program)
      if (isGiven && standing.test(event)) continue
      const removal = (takenByEvent.get(eventOf(partner)!) ?? []).find(
        (one) =>
          isLater(one, func, isItself ? null : whenOver, program) &&
          !(isGiven && isListener(program.scopes.functionOf(one))),
      )
      if (!removal || !isLeft(call, func, program)) continue
      found.push(describe(call, partner, removal, program))
    }
  }
  return found
}

function group(calls: readonly Node[], method: RegExp, program: Program): ByEmitter {
  const byEmitter: ByEmitter = new Map()
  for (const call of calls) {
    if (!method.test(listeningMethod(call, program))) continue
    const text = nameOf(rootOfChain(call), program)
    const list = byEmitter.get(text)
    if (list) list.push(call)
    else byEmitter.set(text, [call])
  }
  return byEmitter
}

function nameOf(emitter: Node, program: Program): string {
  const cell = fieldOf(emitter, program) ?? program.cells.of(emitter)
  const isField = cell?.kind === 'property' && cell.base?.kind === 'instance'
  return isField || cell?.kind === 'instance' ? cell.key : emitterText(emitter, program)
}

/** `this.bus`, where `constructor(bus) { this.bus = bus; bus.on(…) }`. */
function fieldOf(emitter: Node, program: Program): Cell | null {
  const variable = emitter.type === 'Identifier' ? program.scopes.variableOf(emitter) : null
  if (variable?.definitions[0]?.kind !== 'param') return null
  const kept = variable.references.find(
    ({ parent }, place) => parent?.type === 'AssignmentExpression' && parent['right'] === variable.references[place],
  )
  const cell = kept ? program.cells.of(kept.parent!['left'] as Node) : null
  return cell?.base?.kind === 'instance' ? cell : null
}

function eventOf(call: Node): string | null {
  const [event] = call['arguments'] as Node[]
  const node = event && unwrap(event)
  return node && isLiteral(node) ? String(node['value']) : null
}

function byEvent(calls: readonly Node[]): Map<string, Node[]> {
  const index = new Map<string, Node[]>()
  for (const call of calls) {
    const event = eventOf(call)!
    const list = index.get(event)
    if (list) list.push(call)
    else index.set(event, [call])
  }
  return index
}

/** For each function the first listener it adds that is taken back. */
function partnersByFunction(
  all: readonly Node[],
  taken: ReadonlyMap<string, unknown>,
  program: Program,
): Map<Node, Node> {
  const partners = new Map<Node, Node>()
  for (const call of all) {
    const event = eventOf(call)
    const func = program.scopes.functionOf(call)
    if (event !== null && taken.has(event) && !partners.has(func)) partners.set(func, call)
  }
  return partners
}

/** A parameter, or something of one. */
function isParameter(emitter: Node, program: Program): boolean {
  let root = emitter
  while (isMember(root)) root = unwrap(root['object'] as Node)
  const variable = root.type === 'Identifier' ? program.scopes.variableOf(root) : null
  return variable?.definitions[0]?.kind === 'param'
}

/** `bus.on('x', () => { … })` */
function isListener(func: Node): boolean {
  const call = func.parent
  return call !== undefined && isCall(call) && adding.test(methodOf(call) ?? '')
}

/** What hears only that the emitter is over: functions that are written there, and names of others that nobody else calls. */
interface EndListeners {
  functions: Set<Node>
  names: Set<string>
}

function listenersOfEnd(all: readonly Node[], program: Program): EndListeners {
  const listeners: EndListeners = { functions: new Set(), names: new Set() }
  for (const call of all) {
    const event = eventOf(call)
    if (event === null || !endEvent.test(event)) continue
    const listener = unwrap((call['arguments'] as Node[])[1] ?? call)
    if (isFunction(listener)) listeners.functions.add(listener)
    const variable = listener.type === 'Identifier' ? program.scopes.variableOf(listener) : null
    // Called by others as well, it takes them back while the emitter lives on.
    if (variable && !variable.references.some(({ parent }, place) => parent?.['callee'] === variable.references[place]))
      listeners.names.add(variable.name)
  }
  return listeners
}

/** In a function of its own, which is not only told that the emitter is over: then its listeners go with it. */
function isLater(removal: Node, func: Node, whenOver: EndListeners | null, program: Program): boolean {
  const remover = program.scopes.functionOf(removal)
  if (remover === program.root || isInside(func, remover)) return false
  if (whenOver === null) return true
  if (whenOver.names.has(functionName(remover) ?? '')) return false
  for (let at = remover; at !== program.root; at = program.scopes.functionOf(at))
    if (whenOver.functions.has(at)) return false
  return true
}

function isLeft(call: Node, func: Node, program: Program): boolean {
  const [, listener, options] = call['arguments'] as Node[]
  if (!listener || (options && goesByItself(options, program))) return false
  const emitter = rootOfChain(call)
  if (isCall(emitter) && !isAccessor(emitter)) return false
  // What it hears of itself from the beginning it hears to its end.
  if (
    isObjectItself(emitter, program) &&
    /^(constructor|[A-Z]\w*|_?init\w*|_?setup\w*)$/.test(nameAround(func, program))
  )
    return false
  if (isMadeIn(emitter, func, program) || !keepsCall(listener, func, program)) return false
  return !isGuarded(call, func, program)
}

/** `Registry.get()`, `Client.instance()`: the same each time. */
function isAccessor(call: Node): boolean {
  return (
    (call['arguments'] as Node[]).length === 0 &&
    /^(get|getInstance|instance|shared|current|default)$/.test(methodOf(call) ?? '')
  )
}

/** `this`, or another name for it: it outlives its methods, and `once` takes back only the listener whose event comes. */
function isObjectItself(emitter: Node, program: Program): boolean {
  return emitter.type === 'ThisExpression' || program.cells.of(emitter)?.kind === 'instance'
}

function nameAround(func: Node, program: Program): string {
  for (let at = func; at !== program.root; at = program.scopes.functionOf(at)) {
    const name = functionName(at)
    if (name !== null) return name
  }
  return ''
}

/** What this function makes goes when it is over; what it puts into a field, when the next call puts another there. */
function isMadeIn(emitter: Node, func: Node, program: Program): boolean {
  const cell = program.cells.of(emitter)
  const isReplaced = (cell ? (program.operations.get(cell) ?? []) : []).some(
    ({ kind, node, func: maker, value }) =>
      kind === 'init' &&
      maker === func &&
      value?.type === 'NewExpression' &&
      node['operator'] === '=' &&
      testsAround(node, func).length === 0,
  )
  if (isReplaced) return true
  let root = emitter
  while (isMember(root)) root = unwrap(root['object'] as Node)
  const variable = root.type === 'Identifier' ? program.scopes.variableOf(root) : null
  const [definition] = variable?.definitions ?? []
  return definition !== undefined && definition.kind !== 'param' && isInside(variable!.scope.node, func)
}

function describe(call: Node, partner: Node, removal: Node, program: Program): Finding {
  const emitter = emitterText(rootOfChain(call), program)
  const event = program.text((call['arguments'] as Node[])[0]!)
  const other = program.text((partner['arguments'] as Node[])[0]!)
  const line = removal.loc?.start.line ?? '?'
  const remove = calleeName(call) === 'addEventListener' ? 'removeEventListener' : 'off'
  return finding(program, listenerRule, call, {
    severity: 'medium',
    sentence: `${emitter} keeps this listener for ${event}, while the one for ${other} is taken back`,
    why: `Both are added in one breath. Line ${line} takes back the one for ${other}, so ${emitter} lives on; nothing takes back this one and what it closes over.`,
    entryBytes: 300,
    declaration: partner,
    fix: `Keep the listener in a variable, and call ${emitter}.${remove}(${event}, listener) where the other is taken back (line ${line}).`,
  })
}
