import type { Cell } from './cells.ts'
import { calleeName, endOf, isInside, type Node, startOf } from './node.ts'
import { isContainerValue, type Operation } from './operations.ts'
import { rootOf } from './owner.ts'
import type { Program } from './program.ts'

/** The key was compared with a finite set first, or an unknown one throws. */
export function isCheckedKey(write: Operation, func: Node, cell: Cell, program: Program): boolean {
  const keyText = program.text(write.key!)
  const body = func
  for (const operation of readsByKey(program).get(body)?.get(keyText) ?? []) {
    if (operation.cell === cell || startOf(operation.node) > startOf(write.node)) continue
    // A set that nothing adds to after start-up, consulted in a test that leaves or guards.
    const others = program.operations.get(operation.cell) ?? []
    const isFixed = !others.some(({ kind, func: writer }) => kind === 'grow' && program.frequencyOf(writer) === 'many')
    if (
      isFixed &&
      rootOf(operation.cell).kind !== 'instance' &&
      isInTest(operation.node) &&
      isDeclaredHere(operation.cell, program)
    )
      return true
  }
  return program.scopes.byType('ThrowStatement').some((statement) => {
    const thrower = program.scopes.functionOf(statement)
    if (thrower !== write.func && !isInside(thrower, body)) return false
    const text = program.source.slice(startOf(statement), endOf(statement))
    if (!unknownKey.test(text)) return false
    const params = (body['params'] as Node[]).filter(({ type }) => type === 'Identifier')
    return [keyText, ...params.map((param) => param['name'] as string)].some((name) => text.includes(name))
  })
}

/** The key is there already: under `if (map.has(key))`, or after `if (map[key] === undefined) return`. */
export function isUpdate(write: Operation, program: Program): boolean {
  const keyText = program.text(write.key!)
  const reads = (program.operations.get(write.cell) ?? []).filter(
    ({ kind, key, func }) => kind === 'read' && func === write.func && key !== null && program.text(key) === keyText,
  )
  return reads.some(({ node }) => {
    let test = node
    let isMissing = false
    while (
      test.parent &&
      /^(UnaryExpression|LogicalExpression|BinaryExpression|CallExpression|MemberExpression)$/.test(test.parent.type)
    ) {
      test = test.parent
      // `has(key) && …` needs the key; `!has(key) && …` and `has(key) || …` do not.
      if (test.type === 'LogicalExpression' && (test['operator'] !== '&&' || isMissing)) return false
      if (test['operator'] === '!') isMissing = !isMissing
      if (/^===?$/.test(String(test['operator'])) && /undefined|void 0|null/.test(program.text(test))) isMissing = true
    }
    const user = test.parent
    if (user?.type !== 'IfStatement' || user['test'] !== test) return false
    const then = user['consequent'] as Node
    if (!isMissing) return isInside(write.node, then)
    const leaves = /^(return|throw)\b/.test(program.text(then).replace(/^\{\s*/, ''))
    return leaves && !isInside(write.node, user) && startOf(user) < startOf(write.node)
  })
}

/** The same function asks the file system for the key: there are as many as there are files. */
export function isFileKey(key: Node, func: Node, program: Program): boolean {
  return (fileCallsByArgument(program).get(program.text(key)) ?? []).some((call) => isInside(call, func))
}

const asksFileSystem =
  /^(readFile|readFileSync|existsSync|statSync|stat|lstatSync|realpathSync|readdirSync|createReadStream|require|readSync|access|accessSync)$/

const fileCallIndexes = new WeakMap<Program, Map<string, Node[]>>()

function fileCallsByArgument(program: Program): ReadonlyMap<string, readonly Node[]> {
  const known = fileCallIndexes.get(program)
  if (known) return known
  const index = new Map<string, Node[]>()
  for (const call of program.scopes.byType('CallExpression'))
    if (asksFileSystem.test(calleeName(call) ?? ''))
      for (const arg of call['arguments'] as Node[]) addTo(index, program.text(arg), call)
  fileCallIndexes.set(program, index)
  return index
}

function addTo<T>(index: Map<string, T[]>, key: string, item: T): void {
  const list = index.get(key)
  if (list) list.push(item)
  else index.set(key, [item])
}

const unknownKey =
  /unknown|not recogni[sz]ed|unrecogni[sz]ed|unsupported|not supported|no such|does ?n[o'’]?t exist|not registered/i

const keyReadIndexes = new WeakMap<Program, Map<Node, Map<string, Operation[]>>>()

/** For each function, what is looked up in it and in the functions inside of it, by the text of the key. */
function readsByKey(program: Program): ReadonlyMap<Node, ReadonlyMap<string, readonly Operation[]>> {
  const known = keyReadIndexes.get(program)
  if (known) return known
  const index = new Map<Node, Map<string, Operation[]>>()
  for (const operation of [...program.operations.values()].flat()) {
    if (operation.kind !== 'read' || operation.key === null) continue
    const text = program.text(operation.key)
    for (let func = operation.func; func !== program.root; func = program.scopes.functionOf(func)) {
      const reads = index.get(func) ?? new Map<string, Operation[]>()
      index.set(func, reads)
      addTo(reads, text, operation)
    }
  }
  keyReadIndexes.set(program, index)
  return index
}

function isDeclaredHere(cell: Cell, program: Program): boolean {
  return (program.operations.get(cell) ?? []).some(
    ({ kind, value }) => kind === 'init' && value !== null && isContainerValue(value),
  )
}

function isInTest(node: Node): boolean {
  let at = node
  while (
    at.parent &&
    /^(UnaryExpression|LogicalExpression|ParenthesizedExpression|CallExpression|MemberExpression|BinaryExpression)$/.test(
      at.parent.type,
    )
  )
    at = at.parent
  return at.parent?.type === 'IfStatement' && at.parent['test'] === at
}
