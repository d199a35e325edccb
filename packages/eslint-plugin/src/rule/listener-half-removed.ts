import type { Finding } from '../finding.ts'
import { functionName } from '../growth/function-name.ts'
import { isCall, isFunction, isInside, isLiteral, isMember, methodOf, unwrap, type Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { adding, emitterOf, goesByItself, isGuarded, keepsCall, listenerRule, removing } from './listening.ts'
import { finding } from './report.ts'

/** By these an emitter says that it is over itself: no listener on it has to be taken back then. */
const ends = /^(close|closed|end|ended|exit|finish|finished|disconnect|disconnected|destroy|destroyed|dispose|unload)$/

/** Calls that add, or that take back, by the text of what they are called on. */
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
    const events = new Set(taken.map((removal) => eventOf(removal)))
    for (const call of all) {
      const event = eventOf(call)
      if (event === null || events.has(event) || ends.test(event)) continue
      const func = program.scopes.functionOf(call)
      if (program.frequencyOf(func) !== 'many') continue
      const partner = all.find(
        (other) => other !== call && program.scopes.functionOf(other) === func && events.has(eventOf(other)),
      )
      if (!partner) continue
      const removal = taken.find((one) => eventOf(one) === eventOf(partner) && isLater(one, func, all, program))
      if (!removal || !isLeft(call, func, program)) continue
      found.push(describe(call, partner, removal, program))
    }
  }
  return found
}

function group(calls: readonly Node[], method: RegExp, program: Program): ByEmitter {
  const byEmitter: ByEmitter = new Map()
  for (const call of calls) {
    if (!method.test(methodOf(call) ?? '')) continue
    const text = program.text(rootOfChain(call))
    const list = byEmitter.get(text)
    if (list) list.push(call)
    else byEmitter.set(text, [call])
  }
  return byEmitter
}

/** `a.off(…).off(…)` is on `a`. */
function rootOfChain(call: Node): Node {
  let at = emitterOf(call)
  while (isCall(at) && (removing.test(methodOf(at) ?? '') || adding.test(methodOf(at) ?? ''))) at = emitterOf(at)
  return at
}

function eventOf(call: Node): string | null {
  const [event] = call['arguments'] as Node[]
  const node = event && unwrap(event)
  return node && isLiteral(node) ? String(node['value']) : null
}

/** In a function of its own, which is not only told that the emitter is over: then its listeners go with it. */
function isLater(removal: Node, func: Node, all: readonly Node[], program: Program): boolean {
  const remover = program.scopes.functionOf(removal)
  if (remover === program.root || isInside(func, remover)) return false
  return !all.some((call) => {
    const event = eventOf(call)
    if (event === null || !ends.test(event)) return false
    const listener = unwrap((call['arguments'] as Node[])[1] ?? call)
    if (isFunction(listener)) return isInside(remover, listener)
    const variable = listener.type === 'Identifier' ? program.scopes.variableOf(listener) : null
    const name = functionName(remover)
    return variable !== null && name === variable.name
  })
}

function isLeft(call: Node, func: Node, program: Program): boolean {
  const [, listener, options] = call['arguments'] as Node[]
  if (!listener || (options && goesByItself(options, program)) || /once/i.test(methodOf(call) ?? '')) return false
  const emitter = rootOfChain(call)
  if (emitter.type === 'ThisExpression' || isCall(emitter)) return false
  if (isMadeIn(emitter, func, program) || !keepsCall(listener, func, program)) return false
  return !isGuarded(call, func, program)
}

/** What this function makes goes when it is over. */
function isMadeIn(emitter: Node, func: Node, program: Program): boolean {
  let root = emitter
  while (isMember(root)) root = unwrap(root['object'] as Node)
  const variable = root.type === 'Identifier' ? program.scopes.variableOf(root) : null
  const [definition] = variable?.definitions ?? []
  return definition !== undefined && definition.kind !== 'param' && isInside(variable!.scope.node, func)
}

function describe(call: Node, partner: Node, removal: Node, program: Program): Finding {
  const emitter = program.text(rootOfChain(call))
  const event = program.text((call['arguments'] as Node[])[0]!)
  const other = program.text((partner['arguments'] as Node[])[0]!)
  const line = removal.loc?.start.line ?? '?'
  const remove = methodOf(call) === 'addEventListener' ? 'removeEventListener' : 'off'
  return finding(program, listenerRule, call, {
    severity: 'medium',
    sentence: `${emitter} keeps this listener for ${event}, while the one for ${other} is taken back`,
    why: `Both are added in one breath. Line ${line} takes back the one for ${other}, so ${emitter} lives on; nothing takes back this one and what it closes over.`,
    entryBytes: 300,
    declaration: partner,
    fix: `Keep the listener in a variable, and call ${emitter}.${remove}(${event}, listener) where the other is taken back (line ${line}).`,
  })
}
