import { nameNode } from './frequency.ts'
import { calleeName, isCall, isFunction, isMember, type Node, unwrap } from './node.ts'
import type { Program } from './program.ts'

/** The function directly inside `owner` that holds `func`. */
export function childOf(owner: Node, func: Node): Node | null {
  let inner: Node | null = null
  for (let at: Node | undefined = func; at && at !== owner; at = at.parent) if (isFunction(at)) inner = at
  return inner
}

export function escapes(func: Node, owner: Node, program: Program, depth = 0): boolean {
  const parent = func.parent!
  if (parent.type === 'ReturnStatement') return true
  if (parent.type === 'ArrowFunctionExpression' && parent['body'] === func) return true
  if (/Property$/.test(parent.type)) {
    const user = parent.parent?.parent
    if (user?.type === 'ReturnStatement') return true
    if (user?.type === 'VariableDeclarator') return isReturned(user['id'] as Node, owner, program, depth)
    return isCall(user ?? parent) && user?.parent?.type === 'ReturnStatement'
  }
  // const memoized = wrap(function () {}); … return memoized
  if (
    isCall(parent) &&
    parent.parent?.type === 'VariableDeclarator' &&
    !/^(setTimeout|setInterval|on|once|then|map|reduce)$/.test(calleeName(parent) ?? '')
  )
    if (isReturned(parent.parent['id'] as Node, owner, program, depth)) return true
  // return Object.assign(function () {}, …), return wrap(function () {})
  if (
    isCall(parent) &&
    parent.parent?.type === 'ReturnStatement' &&
    !/^(then|catch|map|forEach|filter|reduce|some|every|find|on|once|setTimeout|Promise)$/.test(
      calleeName(parent) ?? '',
    )
  )
    return true
  const name =
    nameNode(func) ??
    (func.type === 'FunctionExpression' && parent.type === 'AssignmentExpression' ? (parent['left'] as Node) : null)
  if (name?.type === 'Identifier') return depth < 3 && isReturned(name, owner, program, depth)
  if (parent.type === 'AssignmentExpression' && isMember(unwrap(parent['left'] as Node))) {
    const cell = program.cells.of(unwrap(parent['left'] as Node)['object'] as Node)
    return cell?.variable ? isReturned(cell.variable.definitions[0]!.name, owner, program, depth) : false
  }
  return false
}

function isReturned(name: Node, owner: Node, program: Program, depth = 0): boolean {
  const variable = name.type === 'Identifier' ? program.scopes.variableOf(name) : null
  if (!variable) return false
  return variable.references.some((reference) => {
    let at = reference
    while (
      at.parent &&
      /^(ConditionalExpression|LogicalExpression|SequenceExpression|AssignmentExpression)$/.test(at.parent.type)
    )
      at = at.parent
    const parent = at.parent!
    if (program.scopes.functionOf(reference) !== owner) {
      // A closure in turn: one that is handed out calls it.
      const inner = childOf(owner, program.scopes.functionOf(reference))
      return inner !== null && depth < 2 && isCall(parent) && escapes(inner, owner, program, depth + 1)
    }
    if (parent.type === 'ReturnStatement') return true
    if (/Property$/.test(parent.type)) {
      const user = parent.parent?.parent
      return (
        user?.type === 'ReturnStatement' ||
        (user?.type === 'VariableDeclarator' && depth < 2 && isReturned(user['id'] as Node, owner, program, depth + 1))
      )
    }
    const isWrapped =
      (isCall(parent) || parent.type === 'NewExpression') &&
      (parent['arguments'] as Node[]).includes(at) &&
      /^(assign|defineProperties|freeze|mimicFn|extend|toMemoized|Proxy)$/i.test(calleeName(parent) ?? '')
    if (!isWrapped) return false
    let user = parent.parent!
    while (unwrap(user) === parent) user = user.parent!
    if (user.type === 'VariableDeclarator')
      return depth < 2 && isReturned(user['id'] as Node, owner, program, depth + 1)
    return user.type === 'ReturnStatement'
  })
}
