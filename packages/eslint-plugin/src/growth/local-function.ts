import { isFunction, type Node, unwrap } from './node.ts'
import type { Scopes } from './scopes.ts'

/** The function that a call runs when that can be read off: `f()` with `f` declared here and never assigned, `(function () {})()`. */
export function localFunction(call: Node, scopes: Scopes): Node | null {
  const callee = unwrap(call['callee'] as Node)
  if (isFunction(callee)) return callee
  if (callee.type !== 'Identifier') return null
  const variable = scopes.variableOf(callee)
  if (!variable || variable.writes.length > 0 || variable.definitions.length !== 1) return null
  const { init, path } = variable.definitions[0]!
  return init && path.length === 0 && isFunction(unwrap(init)) ? unwrap(init) : null
}
