import { calleeName, isCall, isLiteral, isMember, propertyName, unwrap, type Node } from './node.ts'
import type { Program } from './program.ts'

/** Where a name came from: the module, and the export of it (`default` for all of a CommonJS module). */
export interface Origin {
  module: string
  name: string
}

/** `new LRU()`, `lru.LRUCache`, `_.memoize`: the module behind an expression, through `import`, `require` and destructuring. */
export function originOf(expression: Node, program: Program): Origin | null {
  const node = unwrap(expression)
  if (isMember(node)) {
    const base = originOf(node['object'] as Node, program)
    const name = propertyName(node)
    return base && name !== null ? { module: base.module, name } : null
  }
  if (isRequire(node)) return { module: requiredModule(node)!, name: 'default' }
  if (node.type !== 'Identifier') return null
  const definition = program.scopes.variableOf(node)?.definitions[0]
  if (!definition?.init) return null
  const name = definition.path.at(-1)
  if (definition.kind === 'import') return { module: String(definition.init['source'].value), name: name ?? 'default' }
  const init = unwrap(definition.init)
  const required = requiredModule(init) ?? (isMember(init) ? requiredModule(unwrap(init['object'] as Node)) : null)
  if (required === null) return null
  return { module: required, name: name ?? (isMember(init) ? (propertyName(init) ?? 'default') : 'default') }
}

function isRequire(node: Node): boolean {
  return requiredModule(node) !== null
}

function requiredModule(node: Node): string | null {
  if (!isCall(node)) return null
  const args = node['arguments'] as Node[]
  // require('x'), and __importDefault(require('x')) as compilers write it.
  if (calleeName(node) === 'require' && args[0] && isLiteral(args[0])) return String(args[0]['value'])
  return args.length === 1 && /^(_*interop\w*|__import\w+|__toESM)$/.test(calleeName(node) ?? '')
    ? requiredModule(unwrap(args[0]!))
    : null
}

/** A property of an object literal, or `null`; `unknown` when a spread could bring it. */
export function optionOf(literal: Node | undefined, name: string): Node | null | 'unknown' {
  if (!literal) return null
  const node = unwrap(literal)
  if (node.type !== 'ObjectExpression') return 'unknown'
  const properties = node['properties'] as Node[]
  const property = properties.find((part) => /Property$/.test(part.type) && propertyName(part) === name)
  if (property) return property['value'] as Node
  return properties.some((part) => /^(Spread|Experimental)/.test(part.type)) ? 'unknown' : null
}

export function hasNone(literal: Node | undefined, names: readonly string[]): boolean {
  return names.every((name) => optionOf(literal, name) === null)
}
