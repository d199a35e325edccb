import type { Finding } from '../finding.ts'
import { isCall, isFunction, isInside, isLiteral, isMember, methodOf, unwrap, type Node } from '../growth/node.ts'
import { isOnlyOnFinish } from '../growth/shrink.ts'
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
function visitAround(call: Node, program: Program): Node | null {
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
