import type { Rule } from '../finding.ts'
import { callsInside } from '../growth/call-graph.ts'
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
import type { Program } from '../growth/program.ts'
import { adding, emitterOf } from './listening.ts'
import { finding } from './report.ts'

/** What takes back the one listener that it is given. */
const takesBack = /^(off|removeListener|removeEventListener)$/

export const noUnmatchedRemoval: Rule = {
  name: 'no-unmatched-removal',
  severity: 'high',
  summary: 'A listener that is made in the call that should remove it is another one: the one that was added stays.',
  find(program) {
    const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
    const removals = calls.filter((call) => takesBack.test(methodOf(call) ?? ''))
    return removals.flatMap((call) => {
      const [event, listener] = call['arguments'] as Node[]
      if (!event || !listener || !isLiteral(unwrap(event))) return []
      const isFresh = isMadeHere(unwrap(listener))
      const wrapped = isFresh ? [] : onlyWrapped(unwrap(listener), call, calls, program)
      const called = isFresh || wrapped.length > 0 ? [] : onlyCalled(unwrap(listener), call, program)
      const later = isFresh ? [] : addedLater(unwrap(listener), call, program)
      const other = isFresh ? [] : addedByAnotherName(unwrap(listener), call, program)
      const [added, ...others] = isFresh ? addedFor(call, program) : [...wrapped, ...called, ...later, ...other]
      if (!isFresh && !added) return []
      const name = program.text(listener)
      return [
        finding(program, 'no-unmatched-removal', call, {
          ...(added ? { declaration: added, others: [added, ...others] } : {}),
          sentence: `This removes nothing: ${name} was never added`,
          why: isFresh
            ? 'Listeners are compared by identity, and a function expression or bind() makes a new function each time.'
            : later.length > 0
              ? `${name} is made anew with each call, so that what the call before added (line ${added?.loc?.start.line ?? '?'}) is another function.`
              : other.length > 0
                ? `What was added (line ${added?.loc?.start.line ?? '?'}) is ${program.text((added!['arguments'] as Node[])[1]!)}, and ${name} is another function.`
                : `What was added (line ${added?.loc?.start.line ?? '?'}) is ${isMadeOfIt(added) ? 'what a call made of it' : 'a function that calls it'}, which is another function.`,
          fix: 'Keep the listener in a variable (or a bound field made once), add that, and remove that.',
        }),
      ]
    })
  },
}

/**
 * `bus.on('x', this.f.bind(this))`, `bus.on('x', () => this.f())` and `bus.on('x', debounce(this.f))`, where nothing adds `this.f` itself or
 * puts another one into its place.
 */
function onlyWrapped(listener: Node, removal: Node, calls: readonly Node[], program: Program): Node[] {
  if (!isMember(listener)) return []
  const [event] = removal['arguments'] as [Node]
  const name = program.text(listener)
  const adds = calls.filter((call) => {
    const [added, taker] = call['arguments'] as Node[]
    return (
      adding.test(methodOf(call) ?? '') &&
      added !== undefined &&
      taker !== undefined &&
      program.text(added) === program.text(event)
    )
  })
  const isWrapped = (call: Node): boolean => {
    const taker = unwrap((call['arguments'] as Node[])[1]!)
    if (isCall(taker) && methodOf(taker) === 'bind')
      return program.text(unwrap(taker['callee'] as Node)['object'] as Node) === name
    if (program.text(emitterOf(call)) !== program.text(emitterOf(removal)) || !isSameThis(call, removal, program))
      return false
    if (isFunction(taker))
      return callsInside(taker, program).some((inner) => program.text(inner['callee'] as Node) === name)
    return (
      isCall(taker) &&
      /^(debounce|throttle)$/.test(calleeName(taker) ?? '') &&
      (taker['arguments'] as Node[]).some((arg) => program.text(arg) === name)
    )
  }
  const isPut = program.scopes
    .byType('AssignmentExpression')
    .some((assignment) => program.text(assignment['left'] as Node) === name)
  return isPut || adds.length === 0 || !adds.every(isWrapped) ? [] : adds
}

/**
 * `bus.off('x', tell); if (isOn) bus.on('x', tell)`, where `tell` is a function of this call: what is taken back is that of an earlier call,
 * and was another one.
 */
function addedLater(listener: Node, removal: Node, program: Program): Node[] {
  const variable = listener.type === 'Identifier' ? program.scopes.variableOf(listener) : null
  const func = program.scopes.functionOf(removal)
  const init = variable?.definitions[0]?.init
  if (!variable || !init || !isFunction(unwrap(init)) || variable.scope.func !== func || variable.writes.length > 0)
    return []
  if (func === program.root || program.frequencyOf(func) !== 'many') return []
  const added = addedFor(removal, program).filter(
    (call) => program.text((call['arguments'] as Node[])[1]!) === variable.name,
  )
  return added.every((call) => program.scopes.functionOf(call) === func && startOf(call) > startOf(removal))
    ? added
    : []
}

/**
 * `window.addEventListener('resize', onResize)`, kept as `{ callback }`, and `const { callback } = …; window.removeEventListener('resize',
 * callback)`: nothing puts what was added under that name.
 */
function addedByAnotherName(listener: Node, removal: Node, program: Program): Node[] {
  const emitter = program.text(emitterOf(removal))
  const [definition] = listener.type === 'Identifier' ? (program.scopes.variableOf(listener)?.definitions ?? []) : []
  const key =
    definition && definition.kind !== 'param' && definition.kind !== 'import' ? definition.path.at(-1) : undefined
  if (!/^(window|document|process)$/.test(emitter) || key === undefined) return []
  const added = addedFor(removal, program)
  const names = added.map((call) => program.text((call['arguments'] as Node[])[1]!))
  if (!names.every((name) => /^[\w$]+$/.test(name) && name !== key)) return []
  const kept = program.scopes
    .byType('Property', 'ObjectProperty')
    .filter((property) => property.parent?.type === 'ObjectExpression' && propertyName(property) === key)
    .map((property) => program.text(property['value'] as Node))
  return kept.length > 0 && !kept.some((value) => names.includes(value)) ? added : []
}

function isSameThis(one: Node, other: Node, { cells, scopes }: Program): boolean {
  const owner = cells.ofThis(scopes.functionOf(one))
  return owner !== null && owner === cells.ofThis(scopes.functionOf(other))
}

/** `f.bind(…)`, `debounce(f)` */
function isMadeOfIt(added: Node | undefined): boolean {
  return added !== undefined && isCall(unwrap((added['arguments'] as Node[])[1]!))
}

/**
 * `bus.on('x', () => f())` and `bus.off('x', f)`, where `f` is made here, called and handed to removals, and to nobody who might add it.
 * Told once for `f`.
 */
function onlyCalled(listener: Node, removal: Node, program: Program): Node[] {
  const variable = listener.type === 'Identifier' ? program.scopes.variableOf(listener) : null
  const init = variable?.definitions[0]?.init
  if (!variable || variable.isExported || variable.writes.length > 0 || !init || !isFunction(unwrap(init))) return []
  const isRemoval = (call: Node): boolean => takesBack.test(methodOf(call) ?? '')
  const isKnown = variable.references.every((reference) => {
    const user = reference.parent!
    return isCall(user) && (user['callee'] === reference || isRemoval(user))
  })
  const first = variable.references.find(({ parent }) => isCall(parent!) && isRemoval(parent!))
  if (!isKnown || first !== listener) return []
  const added = addedFor(removal, program).filter((call) => isInside(call, variable.scope.node))
  const callsIt = (call: Node): boolean => {
    const inline = unwrap((call['arguments'] as Node[])[1]!)
    return isFunction(inline) && variable.references.some((reference) => isInside(reference, inline))
  }
  return added.every(callsIt) ? added : []
}

/** Where a listener for the same event is added to what has the same name: those stay. */
function addedFor(removal: Node, program: Program): Node[] {
  const describe = (call: Node): string =>
    `${program.text(unwrap(call['callee'] as Node)['object'] as Node)} ${program.text((call['arguments'] as Node[])[0]!)}`
  const wanted = describe(removal)
  return program.scopes
    .byType('CallExpression', 'OptionalCallExpression')
    .filter((call) => adding.test(methodOf(call) ?? ''))
    .filter((call) => (call['arguments'] as Node[]).length > 1 && describe(call) === wanted)
}

export function isMadeHere(listener: Node): boolean {
  return isFunction(listener) || (isCall(listener) && methodOf(listener) === 'bind')
}
