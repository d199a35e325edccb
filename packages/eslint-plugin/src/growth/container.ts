import type { Cell } from './cells.ts'
import { calleeName, isMember, type Node, propertyName, unwrap } from './node.ts'
import { isContainerValue, type Operation } from './operations.ts'
import type { Program } from './program.ts'
import type { Growth } from './proof.ts'

export function containerOf(cell: Cell, operations: readonly Operation[]): Growth['container'] | null {
  let container: Growth['container'] | null = null
  for (const { kind, value, how } of operations) {
    if (kind === 'grow' && how === '=' && value?.type === 'ArrayExpression') container ??= 'array'
    if (kind !== 'init' || !value) continue
    const inner =
      value.type === 'LogicalExpression'
        ? unwrap(value['right'] as Node)
        : value.type === 'AssignmentExpression'
          ? unwrap(value['right'] as Node)
          : value
    if (inner.type === 'NewExpression') {
      const name = calleeName(inner) ?? ''
      if (name === 'Map' || name === 'Set') container = name
      else if (name === 'Array') container = 'array'
      else if (name === 'Object') container = 'object'
      else return null
    } else if (inner.type === 'ArrayExpression') container = 'array'
    else if (isContainerValue(inner)) container = 'object'
  }
  return container
}

export function declarationOf(cell: Cell, operations: readonly Operation[]): Node | null {
  const init =
    operations.find(({ kind, value }) => kind === 'init' && value && isContainerish(value)) ??
    operations.find(({ kind }) => kind === 'init')
  if (init) return init.node
  return cell.variable?.definitions[0]?.name ?? null
}

function isContainerish(value: Node): boolean {
  return isContainerValue(value.type === 'LogicalExpression' ? unwrap(value['right'] as Node) : value)
}

/** `list[list.length] = x`, `list[n++] = x` */
export function isAtEnd(write: Operation, program: Program): boolean {
  const key = write.key && unwrap(write.key)
  if (!key) return false
  if (key.type === 'UpdateExpression') return true
  return isMember(key) && propertyName(key) === 'length' && program.cells.of(key['object'] as Node) === write.cell
}
