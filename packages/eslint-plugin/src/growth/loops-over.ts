import type { Cell } from './cells.ts'
import { calleeName, isFunction, type Node, unwrap } from './node.ts'
import type { Program } from './program.ts'
import type { Variable } from './scopes.ts'

/** A line that goes through a collection: `for (const one of list)`, `Object.keys(table)`, `map.forEach(…)`, `[...list]`. */
export interface LoopOver {
  node: Node
  /** One entry of it, where it has a name of its own. */
  item: Variable | null
}

const indexes = new WeakMap<Program, Map<Cell, LoopOver[]>>()

export function loopsOver(cell: Cell, program: Program): readonly LoopOver[] {
  let index = indexes.get(program)
  if (!index) indexes.set(program, (index = indexLoops(program)))
  return index.get(cell) ?? []
}

const goesThrough = /^(forEach|map|each|filter|some|every|reduce|find|keys|values|entries|forOwn|from)$/

function indexLoops(program: Program): Map<Cell, LoopOver[]> {
  const index = new Map<Cell, LoopOver[]>()
  const add = (subject: Node | undefined, node: Node, item: Variable | null): void => {
    const cell = subject && program.cells.of(subject)
    if (!cell) return
    const list = index.get(cell)
    if (list) list.push({ node, item })
    else index.set(cell, [{ node, item }])
  }
  const named = (pattern: Node | undefined): Variable | null => {
    // for (const [key, one] of map)
    const last = pattern?.type === 'ArrayPattern' ? (pattern['elements'] as (Node | null)[]).at(-1) : pattern
    return last?.type === 'Identifier' ? program.scopes.variableOf(last) : null
  }
  for (const loop of program.scopes.byType('ForOfStatement', 'ForInStatement')) {
    const left = loop['left'] as Node
    const item = named(left.type === 'VariableDeclaration' ? (left['declarations'] as Node[])[0]!['id'] : left)
    add(loop['right'] as Node, loop, loop.type === 'ForOfStatement' ? item : null)
    add(unwrap(loop['right'] as Node)['callee']?.object, loop, item)
  }
  for (const call of program.scopes.byType('CallExpression', 'OptionalCallExpression')) {
    if (!goesThrough.test(calleeName(call) ?? '')) continue
    const args = call['arguments'] as Node[]
    const callback = args.map(unwrap).find(isFunction)
    const item = calleeName(call) === 'reduce' ? null : named((callback?.['params'] as Node[] | undefined)?.[0])
    add(unwrap(call['callee'] as Node)['object'] as Node | undefined, call, item)
    add(args[0], call, item)
  }
  for (const spread of program.scopes.byType('SpreadElement')) add(spread['argument'] as Node, spread, null)
  return index
}
