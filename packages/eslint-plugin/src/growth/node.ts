/**
 * A node of an ESTree, from whatever parser made it: espree, typescript-eslint, or Babel with its `estree` plugin. Fields differ from
 * type to type and from parser to parser, so they are looked at, never trusted.
 */
export interface Node {
  type: string
  parent?: Node
  range?: [number, number]
  start?: number
  end?: number
  loc?: { start: Position; end: Position } | null
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is the parser's; a union of 80 types would say no more
  [field: string]: any
}

/** Line from 1, column from 0. */
export interface Position {
  line: number
  column: number
}

export function startOf(node: Node): number {
  return node.range?.[0] ?? node.start ?? 0
}

export function endOf(node: Node): number {
  return node.range?.[1] ?? node.end ?? 0
}

export function isFunction(node: Node): boolean {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  )
}

export function isClass(node: Node): boolean {
  return node.type === 'ClassDeclaration' || node.type === 'ClassExpression'
}

export function isLoop(node: Node): boolean {
  return /^(For|ForIn|ForOf|While|DoWhile)Statement$/.test(node.type)
}

const wrappers = new Set([
  'TSAsExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSSatisfiesExpression',
  'TSInstantiationExpression',
  'TypeCastExpression',
  'ParenthesizedExpression',
  'ChainExpression',
])

/** The expression under casts, bangs, parentheses and optional chains. */
export function unwrap(node: Node): Node {
  let inner = node
  while (wrappers.has(inner.type) && inner['expression']) inner = inner['expression'] as Node
  if (inner.type === 'SequenceExpression') return unwrap((inner['expressions'] as Node[]).at(-1)!)
  return inner
}

/** The name of a property when it can be read off: `a.b`, `a['b']`, `#b`. */
export function propertyName(member: Node): string | null {
  const key = (member['property'] ?? member['key']) as Node | undefined
  if (!key) return null
  if (key.type === 'PrivateIdentifier' || key.type === 'PrivateName')
    return `#${String(key['name'] ?? key['id']?.name)}`
  if (!member['computed'] && key.type === 'Identifier') return key['name'] as string
  if (key.type === 'Literal' && typeof key['value'] === 'string') return key['value']
  if (key.type === 'Literal' && typeof key['value'] === 'number' && !member['computed']) return String(key['value'])
  return null
}

export function isMember(node: Node): boolean {
  return node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression'
}

export function isCall(node: Node): boolean {
  return node.type === 'CallExpression' || node.type === 'OptionalCallExpression'
}

/** The method's name of `anything.method(…)`. */
export function methodOf(call: Node): string | null {
  const callee = unwrap(call['callee'] as Node)
  return isMember(callee) ? propertyName(callee) : null
}

/** The last word of what is called: `f(…)`, `a.f(…)`, and `f` of `(0, _f2.default)(…)`, as compilers write what they import. */
export function calleeName(call: Node): string | null {
  const callee = unwrap(call['callee'] as Node)
  if (isMember(callee) && propertyName(callee) === 'default') {
    const module = callee['object'] as Node
    if (module.type === 'Identifier') return (module['name'] as string).replace(/\d+$/, '')
  }
  return callee.type === 'Identifier' ? (callee['name'] as string) : isMember(callee) ? propertyName(callee) : null
}

export function isLiteral(node: Node, value?: unknown): boolean {
  return node.type === 'Literal' && (value === undefined || node['value'] === value)
}

const skippedFields = new Set([
  'type',
  'parent',
  'range',
  'start',
  'end',
  'loc',
  'tokens',
  'comments',
  'leadingComments',
  'trailingComments',
  'innerComments',
  'extra',
  'raw',
  'regex',
  'typeAnnotation',
  'typeParameters',
  'typeArguments',
  'superTypeParameters',
  'superTypeArguments',
  'returnType',
  'implements',
  'predicate',
])

/** Child nodes in source order, without types and without names that are no references. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = []
  for (const field in node) {
    if (skippedFields.has(field)) continue
    const value = node[field] as unknown
    if (value === null || typeof value !== 'object') continue
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) children.push(item)
    } else if (isNode(value)) children.push(value)
  }
  return children
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

export function isInside(inner: Node, outer: Node): boolean {
  for (let at: Node | undefined = inner; at; at = at.parent) if (at === outer) return true
  return false
}
