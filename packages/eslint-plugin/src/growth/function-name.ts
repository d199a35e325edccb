import { nameNode } from './frequency.ts'
import { isMember, type Node, propertyName, unwrap } from './node.ts'

/** What a function is called in words: its own name, or what it is assigned to. */
export function functionName(func: Node): string | null {
  const own = nameNode(func) ?? (func['id'] as Node | null | undefined)
  if (own?.type === 'Identifier') return own['name'] as string
  const { parent } = func
  if (!parent) return null
  if (/Property$|MethodDefinition$|PropertyDefinition$/.test(parent.type)) {
    const name = propertyName(parent)
    return name === 'value' && parent.parent?.type === 'ObjectExpression'
      ? (keyOfClassMember(parent.parent) ?? name)
      : name
  }
  if (parent.type === 'AssignmentExpression') {
    const left = unwrap(parent['left'] as Node)
    return left.type === 'Identifier' ? (left['name'] as string) : isMember(left) ? propertyName(left) : null
  }
  return null
}

/** The name in `{ key: 'm', value: function () {} }`, which is how classes look after older compilers. */
function keyOfClassMember(literal: Node): string | null {
  const key = (literal['properties'] as Node[]).find((property) => propertyName(property) === 'key')
  return key && key['value']?.type === 'Literal' ? String(key['value'].value) : null
}
