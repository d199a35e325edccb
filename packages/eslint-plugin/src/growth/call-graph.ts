import { functionName } from './function-name.ts'
import { methodOf, type Node, unwrap } from './node.ts'
import { localFunction } from './operations.ts'
import type { Program } from './program.ts'

interface CallGraph {
  callees: Map<Node, Node[]>
  callers: Map<Node, Node[]>
  /** Functions whose name is used other than by exporting it: called, or passed on to whoever will call. */
  methodCalls: Map<string, Node[]>
}

const callGraphs = new WeakMap<Program, CallGraph>()

export function callGraph(program: Program): CallGraph {
  const known = callGraphs.get(program)
  if (known) return known
  const graph: CallGraph = { callees: new Map(), callers: new Map(), methodCalls: new Map() }
  callGraphs.set(program, graph)
  const methods = methodsByName(program)
  const link = (caller: Node, callee: Node): void => {
    for (const [map, from, to] of [
      [graph.callees, caller, callee],
      [graph.callers, callee, caller],
    ] as const) {
      const list = map.get(from)
      if (list) list.push(to)
      else map.set(from, [to])
    }
  }
  for (const call of program.scopes.byType('CallExpression', 'OptionalCallExpression', 'NewExpression')) {
    const caller = program.scopes.functionOf(call)
    const local = localFunction(call, program.scopes)
    const targets = local ? [local] : []
    const method = methodOf(call)
    if (method !== null) {
      const list = graph.methodCalls.get(method)
      if (list) list.push(call)
      else graph.methodCalls.set(method, [call])
      const receiver = program.cells.of(unwrap(call['callee'] as Node)['object'] as Node)
      for (const target of methods.get(method) ?? [])
        if (receiver && receiver === program.cells.ofThis(target)) targets.push(target)
    }
    for (const target of targets)
      for (let at: Node = caller; at !== program.root; at = program.scopes.functionOf(at)) link(at, target)
    for (const target of targets) if (caller === program.root) link(program.root, target)
  }
  return graph
}

/** Functions of this file that a function calls: by name, or as `this.method()`. */
export function calledFrom(func: Node, program: Program): Node[] {
  return callGraph(program).callees.get(func) ?? []
}

export function callersOf(func: Node, program: Program): Node[] {
  return callGraph(program).callers.get(func) ?? []
}

const callIndexes = new WeakMap<Program, Map<Node, Node[]>>()

/** Calls that stand in a function, and in the functions inside of it. */
export function callsInside(func: Node, program: Program): readonly Node[] {
  let index = callIndexes.get(program)
  if (!index) {
    callIndexes.set(program, (index = new Map()))
    for (const call of program.scopes.byType('CallExpression', 'OptionalCallExpression'))
      for (let at = program.scopes.functionOf(call); at !== program.root; at = program.scopes.functionOf(at)) {
        const list = index.get(at)
        if (list) list.push(call)
        else index.set(at, [call])
      }
  }
  return index.get(func) ?? []
}

const methodIndexes = new WeakMap<Program, Map<string, Node[]>>()

function methodsByName(program: Program): Map<string, Node[]> {
  const known = methodIndexes.get(program)
  if (known) return known
  const index = new Map<string, Node[]>()
  for (const func of program.scopes.byType('FunctionExpression', 'ArrowFunctionExpression', 'FunctionDeclaration')) {
    const name = functionName(func)
    if (name === null) continue
    const list = index.get(name)
    if (list) list.push(func)
    else index.set(name, [func])
  }
  methodIndexes.set(program, index)
  return index
}
