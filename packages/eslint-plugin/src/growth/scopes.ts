import { childrenOf, isFunction, isNode, type Node } from './node.ts'
import { collectTargets, declarePattern, type Definition } from './pattern.ts'

export interface Variable {
  id: number
  name: string
  scope: Scope
  definitions: Definition[]
  /** Every identifier that means it, declarations left out. */
  references: Node[]
  /** References that are assigned to. */
  writes: Node[]
  isExported: boolean
}

export interface Scope {
  parent: Scope | null
  node: Node
  /** The function or program it is in. */
  func: Node
  variables: Map<string, Variable>
}

/** Scopes, names and lists of nodes of one file. Built in one pass without recursion, so that depth costs no stack. */
export interface Scopes {
  root: Node
  scopeOf(node: Node): Scope
  variableOf(identifier: Node): Variable | null
  /** The function, or the program, around a node; of a function itself the one around it. */
  functionOf(node: Node): Node
  byType(...types: string[]): Node[]
  variables: readonly Variable[]
}

const statementsWithBlock = new Set([
  'BlockStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'SwitchStatement',
  'StaticBlock',
  'TSModuleBlock',
])

/** A node that is still to be walked. */
interface Step {
  node: Node
  parent: Node | null
  scope: Scope | null
  depth: number
}

/** Nodes around a node at most: rules climb from node to node, and nobody reads what is nested deeper. */
const maxDepth = 5_000

/** @throws RangeError when the tree is nested more than 5,000 deep */
export function buildScopes(root: Node): Scopes {
  const scopes = new Map<Node, Scope>()
  const resolved = new Map<Node, Variable>()
  const lists = new Map<string, Node[]>()
  const variables: Variable[] = []
  const references: { node: Node; scope: Scope; isWrite: boolean }[] = []
  const exportedNames: { name: string; scope: Scope }[] = []
  const stack: Step[] = [{ node: root, parent: null, scope: null, depth: 0 }]

  const declare = (definition: Definition, scope: Scope): Variable => {
    const name = definition.name['name'] as string
    let variable = scope.variables.get(name)
    if (!variable) {
      variable = {
        id: variables.length,
        name,
        scope,
        definitions: [],
        references: [],
        writes: [],
        isExported: false,
      }
      scope.variables.set(name, variable)
      variables.push(variable)
    }
    variable.definitions.push(definition)
    resolved.set(definition.name, variable)
    return variable
  }
  const open = (node: Node, parent: Scope | null, func: Node): Scope => {
    const scope: Scope = { parent, node, func, variables: new Map() }
    scopes.set(node, scope)
    return scope
  }

  let depth = 0
  const push = (parent: Node, children: readonly Node[], scope: Scope): void => {
    for (let at = children.length - 1; at >= 0; at--)
      stack.push({ node: children[at]!, parent, scope, depth: depth + 1 })
  }

  while (stack.length > 0) {
    const step = stack.pop()!
    const { node, parent, scope: outer } = step
    depth = step.depth
    if (depth > maxDepth) throw new RangeError(`nested more than ${maxDepth} deep`)
    if (parent) node.parent = parent
    const list = lists.get(node.type)
    if (list) list.push(node)
    else lists.set(node.type, [node])

    if (outer === null) {
      push(node, childrenOf(node), open(node, null, node))
      continue
    }
    let scope = outer
    switch (node.type) {
      case 'Identifier':
      case 'JSXIdentifier':
        references.push({ node, scope, isWrite: false })
        continue
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        const name = node['id'] as Node | null
        if (name && node.type === 'FunctionDeclaration')
          declare({ name, kind: 'function', init: node, path: [] }, outer)
        scope = open(node, outer, node)
        if (name && node.type === 'FunctionExpression') declare({ name, kind: 'function', init: node, path: [] }, scope)
        const inner: Node[] = []
        for (const param of node['params'] as Node[]) {
          param.parent = node
          declarePattern(param, 'param', null, [], scope, declare, inner)
        }
        if (isNode(node['body'])) inner.push(node['body'])
        for (const decorator of (node['decorators'] ?? []) as Node[]) inner.push(decorator)
        // The body's block shares the function's scope: only a shadowing `let` of a parameter could tell, and that is an error.
        push(node, inner, scope)
        continue
      }
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const name = node['id'] as Node | null
        if (name && node.type === 'ClassDeclaration') declare({ name, kind: 'class', init: node, path: [] }, outer)
        if (name && node.type === 'ClassExpression') {
          scope = open(node, outer, outer.func)
          declare({ name, kind: 'class', init: node, path: [] }, scope)
        }
        const inner = [node['superClass'], node['body'], ...((node['decorators'] ?? []) as Node[])].filter(isNode)
        push(node, inner, scope)
        continue
      }
      case 'VariableDeclaration': {
        const kind = node['kind'] as 'var' | 'let' | 'const'
        const target = kind === 'var' ? functionScope(scope) : scope
        const isExported = node.parent?.type === 'ExportNamedDeclaration'
        for (const declarator of node['declarations'] as Node[]) {
          declarator.parent = node
          const inner: Node[] = []
          const declareHere = (definition: Definition, into: Scope): Variable => {
            const variable = declare(definition, into)
            if (isExported) variable.isExported = true
            return variable
          }
          const init = (declarator['init'] as Node | null) ?? null
          declarePattern(declarator['id'] as Node, kind, init, [], target, declareHere, inner)
          if (init) inner.push(init)
          ;(lists.get('VariableDeclarator') ?? lists.set('VariableDeclarator', []).get('VariableDeclarator')!).push(
            declarator,
          )
          ;(declarator['id'] as Node).parent = declarator
          push(declarator, inner, scope)
        }
        continue
      }
      case 'ImportDeclaration':
        for (const specifier of node['specifiers'] as Node[]) {
          specifier.parent = node
          const imported = specifier['imported'] as Node | undefined
          const path =
            specifier.type === 'ImportDefaultSpecifier' ? ['default'] : imported ? [String(imported['name'])] : []
          declare({ name: specifier['local'] as Node, kind: 'import', init: node, path }, scope)
        }
        continue
      case 'TSImportEqualsDeclaration':
      case 'TSEnumDeclaration':
        if (isNode(node['id'])) declare({ name: node['id'], kind: 'const', init: null, path: [] }, scope)
        if (isNode(node['moduleReference'])) push(node, [node['moduleReference']], scope)
        continue
      case 'TSModuleDeclaration':
        if (isNode(node['id']) && node['id'].type === 'Identifier')
          declare({ name: node['id'], kind: 'const', init: null, path: [] }, scope)
        if (isNode(node['body'])) push(node, [node['body']], scope)
        continue
      case 'CatchClause': {
        scope = open(node, outer, outer.func)
        const inner: Node[] = []
        if (isNode(node['param'])) declarePattern(node['param'], 'catch', null, [], scope, declare, inner)
        inner.push(node['body'] as Node)
        push(node, inner, scope)
        continue
      }
      case 'ExportNamedDeclaration':
        for (const specifier of (node['specifiers'] ?? []) as Node[]) {
          const local = specifier['local'] as Node | undefined
          if (!node['source'] && local?.type === 'Identifier')
            exportedNames.push({ name: local['name'] as string, scope })
        }
        if (isNode(node['declaration'])) {
          const { declaration } = node as { declaration?: Node }
          const id = declaration?.['id'] as Node | undefined
          if (id?.type === 'Identifier') exportedNames.push({ name: id['name'] as string, scope })
          push(node, [node['declaration']], scope)
        }
        continue
      case 'ExportDefaultDeclaration': {
        const declaration = node['declaration'] as Node
        const id = (declaration.type === 'Identifier' ? declaration : declaration['id']) as Node | undefined
        if (id?.type === 'Identifier') exportedNames.push({ name: id['name'] as string, scope })
        push(node, [declaration], scope)
        continue
      }
      case 'ExportAllDeclaration':
      case 'MetaProperty':
      case 'BreakStatement':
      case 'ContinueStatement':
        continue
      case 'LabeledStatement':
        push(node, [node['body'] as Node], scope)
        continue
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        push(
          node,
          node['computed'] ? [node['object'] as Node, node['property'] as Node] : [node['object'] as Node],
          scope,
        )
        continue
      case 'Property':
      case 'ObjectProperty':
      case 'MethodDefinition':
      case 'PropertyDefinition':
      case 'AccessorProperty':
      case 'ObjectMethod':
      case 'TSAbstractMethodDefinition':
      case 'TSAbstractPropertyDefinition': {
        const inner = [node['computed'] ? node['key'] : null, node['value'], ...((node['decorators'] ?? []) as Node[])]
        push(node, inner.filter(isNode), scope)
        continue
      }
      case 'AssignmentExpression':
      case 'UpdateExpression': {
        const target = (node['left'] ?? node['argument']) as Node
        if (target.type === 'Identifier') {
          target.parent = node
          references.push({ node: target, scope, isWrite: true })
          if (isNode(node['right'])) push(node, [node['right']], scope)
          continue
        }
        if (target.type === 'ObjectPattern' || target.type === 'ArrayPattern') {
          target.parent = node
          const inner: Node[] = []
          collectTargets(target, inner)
          for (const item of inner)
            if (item.type === 'Identifier') references.push({ node: item, scope, isWrite: true })
          push(node, [...inner.filter(({ type }) => type !== 'Identifier'), node['right'] as Node], scope)
          continue
        }
        break
      }
      default:
        if (isTypeOnly(node.type)) continue
        if (statementsWithBlock.has(node.type)) scope = open(node, outer, outer.func)
    }
    push(node, childrenOf(node), scope)
  }

  for (const { node, scope, isWrite } of references) {
    const variable = lookUp(scope, node['name'] as string)
    if (!variable) continue
    resolved.set(node, variable)
    variable.references.push(node)
    if (isWrite) variable.writes.push(node)
  }
  for (const { name, scope } of exportedNames) {
    const variable = lookUp(scope, name)
    if (variable) variable.isExported = true
  }

  const scopeOf = (node: Node): Scope => {
    for (let at: Node | undefined = node; at; at = at.parent) {
      const scope = scopes.get(at)
      if (scope) return scope
    }
    return scopes.get(root)!
  }
  return {
    root,
    scopeOf,
    variableOf: (identifier) => resolved.get(identifier) ?? null,
    functionOf(node) {
      let at = node.parent
      while (at && !isFunction(at) && at !== root) at = at.parent
      return at ?? root
    },
    byType: (...types) =>
      types.length === 1 ? (lists.get(types[0]!) ?? []) : types.flatMap((type) => lists.get(type) ?? []),
    variables,
  }
}

/** What only the type checker reads. Of TypeScript's own syntax, only what runs is walked. */
function isTypeOnly(type: string): boolean {
  if (!type.startsWith('TS')) return /^(TypeAlias|OpaqueType|Interface.*|Declare.*)$/.test(type)
  return !/^TS(AsExpression|NonNullExpression|TypeAssertion|SatisfiesExpression|InstantiationExpression|ParameterProperty|ExportAssignment|ModuleBlock|ExternalModuleReference)$/.test(
    type,
  )
}

function functionScope(scope: Scope): Scope {
  let at = scope
  while (at.node !== at.func && at.parent) at = at.parent
  return at
}

function lookUp(scope: Scope, name: string): Variable | null {
  for (let at: Scope | null = scope; at; at = at.parent) {
    const variable = at.variables.get(name)
    if (variable) return variable
  }
  return null
}
