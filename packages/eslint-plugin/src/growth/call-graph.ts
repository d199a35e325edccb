import { functionName } from './function-name.ts'
import { endOf, methodOf, type Node, startOf, unwrap } from './node.ts'
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

/** Names that say nothing of whose method is called: `.get()` may be anybody's. */
const commonNames =
  /^(.{1,2}|get|set|has|add|delete|push|call|apply|bind|then|on|once|emit|next|map|forEach|constructor)$/
const maxNames = 40

/**
 * By which names a place in the source may be come by: those of the functions around it, then those of the functions that call them, by
 * name or as a method of that name, and so on outwards.
 */
export function namesOfCallers(offset: number, program: Program): string[] {
  const { callers, methodCalls } = callGraph(program)
  const names = new Set<string>()
  const seen = new Set<Node>()
  let round = functionsHolding(offset, program)
  while (round.length > 0 && names.size < maxNames) {
    const outwards: Node[] = []
    for (const func of round) {
      if (seen.has(func)) continue
      seen.add(func)
      const name = isConstructor(func) ? className(func) : functionName(func)
      if (name !== null) names.add(name)
      outwards.push(...(callers.get(func) ?? []))
      if (name !== null && !commonNames.test(name))
        outwards.push(...(methodCalls.get(name) ?? []).flatMap((call) => functionsHolding(startOf(call), program)))
    }
    round = outwards
  }
  return [...names].slice(0, maxNames)
}

/** The functions around a place, the innermost first. */
function functionsHolding(offset: number, { scopes }: Program): Node[] {
  return scopes
    .byType('FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression')
    .filter((func) => startOf(func) <= offset && offset < endOf(func))
    .sort((a, b) => endOf(a) - startOf(a) - (endOf(b) - startOf(b)))
}

function isConstructor({ parent }: Node): boolean {
  return parent?.type === 'MethodDefinition' && parent['kind'] === 'constructor'
}

function className({ parent }: Node): string | null {
  const owner = parent?.parent?.parent
  const id = (owner?.['id'] ?? owner?.parent?.['id']) as Node | null | undefined
  return id?.type === 'Identifier' ? (id['name'] as string) : null
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
