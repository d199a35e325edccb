import { callsInside } from './call-graph.ts'
import { calleeName, isCall, isFunction, isInside, isNode, methodOf, startOf, type Node, unwrap } from './node.ts'
import { localFunction } from './operations.ts'
import type { Program } from './program.ts'

/** A call that answers what would take back what it begins, and nobody keeps the answer. */
export interface DroppedDisposer {
  call: Node
  /** The function that is answered. */
  disposer: Node
}

const begins = /^(on|once|addListener|addEventListener|prependListener|subscribe|observe|watch|setInterval)$/
const takesBack = /^(off|removeListener|removeEventListener|unsubscribe|unobserve|unwatch|disconnect|clearInterval)$/

/**
 * `const listenTo = (signal, f) => { signal.addEventListener('abort', f); return () => signal.removeEventListener('abort', f) }` of this
 * file, and `listenTo(signal, stop)` as a statement, on something that whoever calls was given himself.
 */
export function findDroppedDisposers(program: Program): DroppedDisposer[] {
  return program.scopes.byType('ExpressionStatement').flatMap((statement) => {
    const call = unwrap(statement['expression'] as Node)
    const helper = isCall(call) ? localFunction(call, program.scopes) : null
    const func = program.scopes.functionOf(statement)
    if (!helper || program.frequencyOf(func) !== 'many') return []
    const disposer = disposersOf(program).get(helper)
    if (!disposer || !(call['arguments'] as Node[]).some((given) => isGiven(given, func, program))) return []
    return [{ call, disposer }]
  })
}

/** A parameter of the caller or of a function around it. */
function isGiven(node: Node, func: Node, program: Program): boolean {
  const variable = unwrap(node).type === 'Identifier' ? program.scopes.variableOf(unwrap(node)) : null
  const isParam = variable?.definitions[0]?.kind === 'param' && isInside(func, variable.scope.func)
  // What an executor is given are the two ends of its own promise.
  return isParam && variable.scope.func.parent?.type !== 'NewExpression'
}

const indexes = new WeakMap<Program, Map<Node, Node>>()

/** Functions that begin something and answer what takes it back. */
function disposersOf(program: Program): ReadonlyMap<Node, Node> {
  const known = indexes.get(program)
  if (known) return known
  const index = new Map<Node, Node>()
  indexes.set(program, index)
  for (const leave of program.scopes.byType('ReturnStatement')) {
    const disposer = leave['argument'] ? unwrap(leave['argument'] as Node) : null
    const helper = program.scopes.functionOf(leave)
    if (!disposer || !isFunction(disposer) || helper === program.root) continue
    const calls = callsInside(helper, program)
    const isTakenBack = calls.some((call) => isInside(call, disposer) && takesBack.test(calleeName(call) ?? ''))
    if (isTakenBack && calls.some((call) => !isInside(call, disposer) && begins.test(calleeName(call) ?? '')))
      index.set(helper, disposer)
  }
  return index
}

/** What registers a function for its caller, and answers a function that does nothing. */
export interface EmptyDisposer {
  call: Node
  disposer: Node
}

/**
 * `setUp(api) { const show = (state) => api.show(state); editor.whenChanged(name, show); return () => {} }`: whoever ends it ends nothing.
 * Told where what is registered holds on to a parameter of the function that answers.
 */
export function findEmptyDisposers(program: Program): EmptyDisposer[] {
  return program.scopes.byType('ReturnStatement').flatMap((leave) => {
    const disposer = leave['argument'] ? unwrap(leave['argument'] as Node) : null
    const func = program.scopes.functionOf(leave)
    if (!disposer || !isFunction(disposer) || !isEmpty(disposer) || program.frequencyOf(func) !== 'many') return []
    // An early way out has nothing to take back.
    if (leave.parent?.parent !== func || (func['params'] as Node[]).length === 0) return []
    const call = callsInside(func, program).find(
      (one) =>
        startOf(one) < startOf(leave) &&
        program.scopes.functionOf(one) === func &&
        one.parent?.type === 'ExpressionStatement' &&
        isRegistering(methodOf(one)) &&
        (one['arguments'] as Node[]).some((given) => holdsParameter(given, func, program)),
    )
    return call ? [{ call, disposer }] : []
  })
}

function isRegistering(method: string | null): boolean {
  return (
    method !== null &&
    /^(on|addListener|addEventListener|subscribe|observe|watch|listen|bind|register\w*|on[A-Z]\w*|\w+(Changed|Listener|Observer|Handler))$/.test(
      method,
    )
  )
}

function isEmpty(func: Node): boolean {
  const body = func['body'] as Node
  return body.type === 'BlockStatement' && (body['body'] as Node[]).length === 0
}

/** A function made in this call that mentions a parameter of it. */
function holdsParameter(given: Node, func: Node, program: Program): boolean {
  const node = unwrap(given)
  const variable = node.type === 'Identifier' ? program.scopes.variableOf(node) : null
  const made = variable?.scope.func === func ? variable.definitions[0]?.init : node
  if (!isNode(made) || !isFunction(unwrap(made))) return false
  return (func['params'] as Node[]).some((param) => {
    const held = param.type === 'Identifier' ? program.scopes.variableOf(param) : null
    return held?.references.some((reference) => isInside(reference, unwrap(made)))
  })
}
