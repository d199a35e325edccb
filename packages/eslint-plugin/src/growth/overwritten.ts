import { callersOf, callsInside } from './call-graph.ts'
import type { Cell } from './cells.ts'
import { functionName } from './function-name.ts'
import { calleeName, isCall, isInside, isMember, methodOf, type Node, startOf, unwrap } from './node.ts'
import { isConstructorOf } from './owner.ts'
import type { Program } from './program.ts'

/** Something that has to be ended, put where the one before was, which nobody ends. */
export interface Overwritten {
  assignment: Node
  /** Where what stands there is ended. */
  end: Node
  name: string
}

const ends =
  /^(close|destroy|dispose|end|stop|terminate|kill|shutdown|disconnect|unsubscribe|abort|quit|release|teardown|disable|disconnectedCallback)$/

/** What begins once in the life of its owner, until that ends: the name says so. */
const beginsOnce =
  /^_{0,2}(constructor|connect|open|start|init|initialize|listen|launch|boot|bootstrap|setup|setUp|mount|attach|main|serve|before[A-Z]?\w*|componentDidMount|connectedCallback|spawn|begin|login|on[A-Z])/

/**
 * `program = createProgram(…)` in what is called time and again, while `program.close()` stands elsewhere: what was there before is never
 * closed. Told when nothing around the assignment so much as looks at what is there.
 */
export function findOverwritten(program: Program): Overwritten[] {
  const endsByCell = endCalls(program)
  if (endsByCell.size === 0) return []
  return program.scopes.byType('AssignmentExpression').flatMap((assignment) => {
    if (assignment['operator'] !== '=' || assignment.parent?.type !== 'ExpressionStatement') return []
    const left = unwrap(assignment['left'] as Node)
    const made = unwrap(assignment['right'] as Node)
    const maker = made.type === 'AwaitExpression' ? unwrap(made['argument'] as Node) : made
    if (!makes(maker)) return []
    const cell = program.cells.of(left)
    const [end] = cell ? (endsByCell.get(cell) ?? []) : []
    if (!cell || !end) return []
    const func = program.scopes.functionOf(assignment)
    if (program.frequencyOf(func) !== 'many' || !outlives(cell, func, program)) return []
    if (beginsOnce.test(functionName(func) ?? 'get')) return []
    if (looksBefore(left, assignment, func, program)) return []
    return [{ assignment, end, name: program.text(left) }]
  })
}

/** `new Client()`, `createProgram()` */
function makes(node: Node): boolean {
  return (
    node.type === 'NewExpression' ||
    (isCall(node) && /^_?(create|watch|open|connect|spawn|fork|subscribe)/.test(calleeName(node) ?? ''))
  )
}

/** `x.close()`, by what stands for `x`. */
function endCalls(program: Program): Map<Cell, Node[]> {
  const found = new Map<Cell, Node[]>()
  for (const call of program.scopes.byType('CallExpression', 'OptionalCallExpression')) {
    if (!ends.test(methodOf(call) ?? '') || program.scopes.functionOf(call) === program.root) continue
    const cell = program.cells.of(unwrap(unwrap(call['callee'] as Node)['object'] as Node))
    if (!cell) continue
    const list = found.get(cell)
    if (list) list.push(call)
    else found.set(cell, [call])
  }
  return found
}

/** A variable around the function, or a field that something other than the constructor assigns. */
function outlives(cell: Cell, func: Node, program: Program): boolean {
  if (cell.kind === 'variable' && cell.variable)
    return !isInside(cell.variable.scope.node, func) && cell.variable.definitions[0]!.kind !== 'param'
  return cell.base?.kind === 'instance' && !isConstructorOf(func, cell, program)
}

/** The function, or whoever calls it, asks for what is there, ends it, or hands it on before. */
function looksBefore(left: Node, assignment: Node, func: Node, program: Program): boolean {
  const name = isMember(left) ? program.text(left['property'] as Node) : program.text(left)
  const mentions = new RegExp(`(^|[^\\w$])${name.replaceAll(/[$#]/g, '\\$&')}([^\\w$]|$)`)
  const before = program.source.slice(startOf(func), startOf(assignment))
  if (mentions.test(before)) return true
  // What it calls first may end what is there.
  if (
    callsInside(func, program).some(
      (call) =>
        startOf(call) < startOf(assignment) &&
        /close|destroy|dispose|end|stop|terminate|kill|shutdown|disconnect|unsubscribe|clean|clear|reset|teardown/i.test(
          calleeName(call) ?? '',
        ),
    )
  )
    return true
  return callersOf(func, program).some((caller) =>
    mentions.test(program.source.slice(startOf(caller), caller.end ?? caller.range?.[1] ?? 0)),
  )
}
