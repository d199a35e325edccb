import type { Cell } from './cells.ts'
import { functionName } from './function-name.ts'
import type { KeySource } from './keys.ts'
import { setsUp } from './names.ts'
import { type Node, unwrap } from './node.ts'
import { isContainerValue, type Operation } from './operations.ts'
import { isConstructorOf, rootOf } from './owner.ts'
import type { Program } from './program.ts'
import type { Growth, Longevity } from './proof.ts'
import { isInlineCallback } from './shrink.ts'

interface Signs {
  longevity: Longevity
  container: Growth['container']
  isMemo: boolean
  /** No two calls share a key, and nothing ever takes one out. */
  isFresh: boolean
  key: KeySource | null
}

export function isSetUp(write: Operation, func: Node, cell: Cell, signs: Signs, program: Program): boolean {
  const name = functionName(func) ?? functionName(write.func) ?? ''
  if (
    signs.longevity === 'closure' &&
    !isListOfMade(write, cell, signs) &&
    (!signs.isMemo || !/cache|memo|pool|store|lookup|registry|interned|compiled/i.test(cell.name))
  )
    return true
  if (signs.isFresh && signs.longevity !== 'closure' && !opensGroup(write))
    return setsUp.test(name) && (keepsCallback(write) || !handsOutKey(write, program))
  if (keepsCallback(write)) return true
  if (
    signs.longevity === 'instance' &&
    !signs.isMemo &&
    signs.container !== 'array' &&
    !isBareStore(write, cell, program)
  )
    return true
  if (signs.longevity === 'instance' && signs.container === 'array') return true
  // Keeping order is what an object of groups is for.
  if (signs.longevity === 'instance' && opensGroup(write)) return true
  if (signs.isMemo && signs.container !== 'array')
    return signs.key?.kind !== 'stranger' && /^(register|define|declare)/.test(name)
  if (functionsAround(write.node, program).some((at) => isConstructorOf(at, cell, program)))
    return signs.longevity !== 'program'
  // What is made enters itself, each time one is made.
  if (isServing(func) || write.value?.type === 'ThisExpression') return false
  return setsUp.test(name) && !isBareStore(write, cell, program)
}

/** The first of a group opens it: `if (!groups.has(k)) groups.set(k, [])`. */
export function opensGroup({ value }: Operation): boolean {
  return value !== null && isContainerValue(assigned(value)) && isEmptyContainer(assigned(value))
}

/** `map.set(key, (list = []))` */
export function assigned(value: Node): Node {
  const node = unwrap(value)
  return node.type === 'AssignmentExpression' ? unwrap(node['right'] as Node) : node
}

function isEmptyContainer(value: Node): boolean {
  return ((value['elements'] ?? value['properties'] ?? value['arguments']) as unknown[]).length === 0
}

/** `instances.push(instance)` in what makes instances: the factory that was handed out remembers all it made. */
function isListOfMade({ value }: Operation, cell: Cell, { container }: Signs): boolean {
  return (
    container === 'array' && value?.type === 'Identifier' && /^_?(instances|clones|created|registry)$/i.test(cell.name)
  )
}

/** What is stored is a function or a class that the caller brings: he tells the program something about itself. */
export function keepsCallback({ value, func }: Operation): boolean {
  const kept = value && unwrap(value)
  if (kept?.type !== 'Identifier') return false
  const isParam = ((func['params'] as Node[] | undefined) ?? []).some((param) => param['name'] === kept['name'])
  return isParam && bringsCode.test(lastWord(String(kept['name'])))
}

const bringsCode =
  /^(fn|func|function|callback|cb|handler|listener|parser|converter|factory|ctor|constructor|class|cls|plugin|impl|strategy|formatter|serializer|resolver|middleware|hook|observer|subscriber|provider|visitor|transform\w*|adapter|driver)$/i

/** `Handler` of `requestHandler`. */
function lastWord(name: string): string {
  return /[A-Z]?[a-z]*$/.exec(name)?.[0] || name
}

/** `register(service) { const id = next++; services.set(id, service); return id }`: a number for each that comes, and no way to give it back. */
function handsOutKey({ key, func }: Operation, program: Program): boolean {
  const text = key && program.text(key)
  return program.scopes
    .byType('ReturnStatement')
    .some(
      (leave) =>
        leave['argument'] &&
        program.scopes.functionOf(leave) === func &&
        program.text(leave['argument'] as Node) === text,
    )
}

/** `set(key, value) { this.cache[key] = value }`: the whole of a store's writing half. */
function isBareStore(write: Operation, cell: Cell, program: Program): boolean {
  if (!/^(set|put|add|save|store|write)$/.test(functionName(write.func) ?? '')) return false
  if (!/cache|memo|sessions?$/i.test(cell.name)) return false
  const owner = rootOf(cell)
  return owner.kind === 'instance' || owner.kind === 'object' || owner.kind === 'variable'
    ? (program.operations.get(cell) ?? []).some(({ kind }) => kind === 'read')
    : false
}

/** The function around a node, and those around it as far as they run at once: `keys.forEach(key => …)`. */
export function functionsAround(node: Node, program: Program): Node[] {
  const around = [program.scopes.functionOf(node)]
  while (isInlineCallback(around.at(-1)!)) around.push(program.scopes.functionOf(around.at(-1)!))
  return around
}

/** Its parameters say that it answers requests. */
function isServing(func: Node): boolean {
  return ((func['params'] as Node[] | undefined) ?? []).some((param) =>
    /^(req|request|res|response|ctx|socket|event|msg|message)$/.test(String(param['name'] ?? '')),
  )
}
