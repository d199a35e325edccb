import type { Cell } from './cells.ts'
import type { Node } from './node.ts'
import type { Program } from './program.ts'

export function rootOf(cell: Cell): Cell {
  let root = cell
  while (root.base) root = root.base
  return root
}

/** The function that is called from outside of this write: the outermost one below the owner that runs many times. */
export function outermost(func: Node, cell: Cell, program: Program): Node {
  const root = rootOf(cell)
  // What makes the owner holds all its methods, and calls none of them by holding it.
  const owner = root.variable?.scope.func ?? (root.node ? program.scopes.functionOf(root.node) : program.root)
  let outer = func
  for (
    let at = program.scopes.functionOf(func);
    at !== program.root && at !== owner && program.frequencyOf(at) === 'many' && !isConstructorOf(at, cell, program);
    at = program.scopes.functionOf(at)
  )
    outer = at
  return outer
}

export function isConstructorOf(func: Node, cell: Cell, program: Program): boolean {
  const own = program.cells.ofThis(func)
  if (func.parent?.type === 'MethodDefinition' && func.parent['kind'] === 'constructor') return own === rootOf(cell)
  let init = own?.variable?.definitions[0]?.init
  // var Store = exports.Store = function () {}
  while (init?.type === 'AssignmentExpression') init = init['right'] as Node
  return own?.kind === 'instance' && own === rootOf(cell) && init === func
}
