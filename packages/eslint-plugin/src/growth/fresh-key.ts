import { calledFrom } from './call-graph.ts'
import { functionName } from './function-name.ts'
import { calleeName, isCall, isInside, isMember, unwrap, type Node } from './node.ts'
import { localFunction } from './operations.ts'
import type { Program } from './program.ts'
import type { Variable } from './scopes.ts'

const makesUnique = /^(randomUUID|uuid|uuidv[1-7]|v4|nanoid|uniqueId|uniqid|Symbol|cuid|ulid|randomBytes)$/

/** A key that no two calls share: `++this.id`, `randomUUID()`, or a variable that holds one. */
export function isFreshKey(key: Node, program: Program, depth = 0): boolean {
  const node = unwrap(key)
  if (node.type === 'UpdateExpression') return outlivesCall(unwrap(node['argument'] as Node), node, program)
  if (isCall(node)) {
    if (makesUnique.test(calleeName(node) ?? '')) return true
    // randomBytes(16).toString('hex'), String(++id)
    const callee = unwrap(node['callee'] as Node)
    const [first] = node['arguments'] as Node[]
    const inner = isMember(callee) ? (callee['object'] as Node) : calleeName(node) === 'String' ? first : undefined
    if (depth >= 3) return false
    return (inner !== undefined && isFreshKey(inner, program, depth + 1)) || answersFreshKey(node, program, depth + 1)
  }
  // 'call:' + ++id, `${host}:${next++}`
  if (node.type === 'BinaryExpression' && node['operator'] === '+')
    return [node['left'], node['right']].some((part) => depth < 3 && isFreshKey(part as Node, program, depth + 1))
  if (node.type === 'TemplateLiteral')
    return (node['expressions'] as Node[]).some((part) => depth < 3 && isFreshKey(part, program, depth + 1))
  if (isMember(node)) return isStepped(node, program)
  if (node.type !== 'Identifier' || depth > 3) return false
  const variable = program.scopes.variableOf(node)
  const [definition] = variable?.definitions ?? []
  if (variable && isCountedOn(variable, node, program)) return true
  if (!variable || variable.writes.length > 0 || !definition?.init || definition.path.length > 0) return false
  return definition.kind !== 'param' && definition.kind !== 'import' && isFreshKey(definition.init, program, depth + 1)
}

/** `nextId()`, `this.nextId()`: a function of this file that answers one. */
function answersFreshKey(call: Node, program: Program, depth: number): boolean {
  const name = calleeName(call)
  const target =
    localFunction(call, program.scopes) ??
    calledFrom(program.scopes.functionOf(call), program).find((func) => functionName(func) === name)
  if (!target) return false
  const body = target['body'] as Node
  if (body.type !== 'BlockStatement') return isFreshKey(body, program, depth)
  const last = (body['body'] as Node[]).at(-1)
  return last?.type === 'ReturnStatement' && last['argument']
    ? isFreshKey(last['argument'] as Node, program, depth)
    : false
}

/** `this.lastId`, where the function that uses it as a key also steps it: `this.lastId += 1`. */
function isStepped(counter: Node, program: Program): boolean {
  const func = program.scopes.functionOf(counter)
  const name = program.text(counter)
  const steps = [
    ...program.scopes.byType('UpdateExpression').map((step) => [step, step['argument'] as Node] as const),
    ...program.scopes
      .byType('AssignmentExpression')
      .filter((step) => step['operator'] === '+=' || isNextOf(step, name, program))
      .map((step) => [step, step['left'] as Node] as const),
  ]
  return steps.some(([step, what]) => program.text(what) === name && program.scopes.functionOf(step) === func)
}

/** `n = n + 1` */
function isNextOf(step: Node, name: string, program: Program): boolean {
  const right = unwrap(step['right'] as Node)
  return right.type === 'BinaryExpression' && right['operator'] === '+' && program.text(right['left'] as Node) === name
}

/** `let id = 1` outside of the function, and `id += 1` or `id++` wherever it is written. */
function isCountedOn({ writes, scope }: Variable, use: Node, program: Program): boolean {
  return (
    writes.length > 0 &&
    !isInside(scope.node, program.scopes.functionOf(use)) &&
    writes.every(
      ({ parent }) =>
        parent?.type === 'UpdateExpression' || (parent?.type === 'AssignmentExpression' && parent['operator'] === '+='),
    )
  )
}

/** A counter of the module or of an object, not one of a loop. */
function outlivesCall(counter: Node, use: Node, program: Program): boolean {
  if (isMember(counter)) return true
  const variable = counter.type === 'Identifier' ? program.scopes.variableOf(counter) : null
  return variable !== null && !isInside(variable.scope.node, program.scopes.functionOf(use))
}
