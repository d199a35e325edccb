import { callersOf } from './call-graph.ts'
import { containerOf, declarationOf } from './container.ts'
import { isTakenOutElsewhere } from './elsewhere.ts'
import { childOf } from './escape.ts'
import { functionName } from './function-name.ts'
import { judgeKey } from './keys.ts'
import { saidAlready, shortLivedOwner } from './names.ts'
import { isLiteral, type Node, unwrap } from './node.ts'
import type { Operation } from './operations.ts'
import { rootOf } from './owner.ts'
import type { Program } from './program.ts'
import { isInlineCallback } from './shrink.ts'

/** A collection whose entries are emptied when they are over, and whose keys stay. */
export interface Emptied {
  blank: Operation
  write: Operation
  declaration: Node
}

/**
 * `pending[id] = null` where `delete pending[id]` was meant: what was stored is let go, and its key never is. Told when keys come from
 * outside, and nothing takes one out or looks at how many there are.
 */
export function findEmptied(program: Program): Emptied[] {
  const found: Emptied[] = []
  for (const [cell, operations] of program.operations) {
    if (cell.kind === 'element' || saidAlready.test(cell.name)) continue
    const blank = operations.find((operation) => isBlank(operation) && runsOften(operation, program))
    if (!blank || operations.some(({ kind }) => kind === 'remove' || kind === 'measure')) continue
    if (operations.some((operation) => operation.kind === 'reset' && !isByHand(operation, program))) continue
    const container = containerOf(cell, operations)
    if (container !== 'object' && container !== 'Map') continue
    const write = operations.find(
      (operation) =>
        operation.kind === 'grow' && !isBlank(operation) && runsOften(operation, program) && isOpen(operation, program),
    )
    if (!write || !isOpen(blank, program) || !outlivesCall(write, blank, program)) continue
    if (isTakenOutElsewhere(cell, program)) continue
    found.push({ blank, write, declaration: declarationOf(cell, operations) ?? write.node })
  }
  return found
}

/** `o[k] = null`, `map.set(k, undefined)` */
function isBlank({ kind, how, value }: Operation): boolean {
  if (kind === 'blank') return true
  const stored = kind === 'grow' && how === 'set' && value ? unwrap(value) : null
  return (
    stored !== null && (isLiteral(stored, null) || (stored.type === 'Identifier' && stored['name'] === 'undefined'))
  )
}

/** `clear() { pending.clear() }`, which nobody here calls. */
function isByHand({ func }: Operation, program: Program): boolean {
  const name = functionName(func) ?? ''
  return (
    /^_?(clear|reset|flush|destroy|close|purge|invalidate)/i.test(name) &&
    callersOf(func, program).length === 0 &&
    !isInlineCallback(func)
  )
}

function runsOften({ func }: Operation, program: Program): boolean {
  return program.frequencyOf(func) === 'many'
}

function isOpen({ key }: Operation, program: Program): boolean {
  if (!key) return false
  const { kind } = judgeKey(key, program.scopes, program.text, program.frequencyOf)
  return kind === 'open' || kind === 'stranger'
}

/** A variable around the function that writes, a module's one, or a field of what lives longer than a request. */
function outlivesCall(write: Operation, blank: Operation, program: Program): boolean {
  const root = rootOf(write.cell)
  if (root.kind === 'instance')
    return write.cell.base === root && !shortLivedOwner.test(root.variable?.name ?? root.name)
  const { variable } = root
  if (root.kind !== 'variable' || !variable || root !== write.cell || variable.definitions[0]!.kind === 'param')
    return false
  const owner = variable.scope.func
  if (owner === program.root) return true
  // Written and emptied by functions of their own, which whoever made it hands out.
  const [writer, emptier] = [childOf(owner, write.func), childOf(owner, blank.func)]
  return writer !== null && emptier !== null && writer !== owner && writer !== emptier
}
