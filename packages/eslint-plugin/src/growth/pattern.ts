import type { Node } from './node.ts'

export type VariableKind = 'var' | 'let' | 'const' | 'param' | 'function' | 'class' | 'import' | 'catch'

/** How a name got a value where it was declared: `init`, then the properties a pattern takes out of it. */
export interface Definition {
  name: Node
  kind: VariableKind
  /** The value, or the value whose `path` it is; the default for a parameter; `null` when nothing is known. */
  init: Node | null
  path: readonly string[]
  /** What it is when nothing is given: the default in a pattern. */
  fallback?: Node
}

/** Declares the names of a pattern; what has to be walked for its own sake (defaults, computed keys) goes to `inner`. */
export function declarePattern<Scope, Variable>(
  pattern: Node,
  kind: VariableKind,
  init: Node | null,
  path: readonly string[],
  scope: Scope,
  declare: (definition: Definition, scope: Scope) => Variable,
  inner: Node[],
): void {
  switch (pattern.type) {
    case 'Identifier':
      declare({ name: pattern, kind, init, path }, scope)
      return
    case 'AssignmentPattern': {
      const fallback = pattern['right'] as Node
      inner.push(fallback)
      const left = pattern['left'] as Node
      left.parent = pattern
      const declareWith = (definition: Definition, into: Scope): Variable =>
        declare(left.type === 'Identifier' ? { ...definition, fallback } : definition, into)
      declarePattern(left, kind, init ?? fallback, init ? path : [], scope, declareWith, inner)
      return
    }
    case 'RestElement':
      declarePattern(pattern['argument'] as Node, kind, null, [], scope, declare, inner)
      return
    case 'TSParameterProperty':
      declarePattern(pattern['parameter'] as Node, kind, init, path, scope, declare, inner)
      return
    case 'ArrayPattern':
      for (const [place, element] of (pattern['elements'] as (Node | null)[]).entries())
        if (element) declarePattern(element, kind, init, [...path, String(place)], scope, declare, inner)
      return
    case 'ObjectPattern':
      for (const property of pattern['properties'] as Node[]) {
        if (property.type === 'RestElement' || property.type === 'ExperimentalRestProperty') {
          declarePattern(property['argument'] as Node, kind, null, [], scope, declare, inner)
          continue
        }
        const key = property['key'] as Node
        if (property['computed']) inner.push(key)
        const name = key.type === 'Identifier' ? (key['name'] as string) : String(key['value'])
        declarePattern(property['value'] as Node, kind, init, [...path, name], scope, declare, inner)
      }
  }
}

/** The places that a pattern on the left of an assignment writes to, and what has to be walked for its own sake. */
export function collectTargets(pattern: Node, found: Node[]): void {
  switch (pattern.type) {
    case 'AssignmentPattern':
      found.push(pattern['right'] as Node)
      collectTargets(pattern['left'] as Node, found)
      return
    case 'RestElement':
      collectTargets(pattern['argument'] as Node, found)
      return
    case 'ArrayPattern':
      for (const element of pattern['elements'] as (Node | null)[]) if (element) collectTargets(element, found)
      return
    case 'ObjectPattern':
      for (const property of pattern['properties'] as Node[])
        collectTargets((property['value'] ?? property['argument']) as Node, found)
      return
    default:
      found.push(pattern)
  }
}
