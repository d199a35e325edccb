import { calleeName, isCall, isFunction, isLoop, isMember, methodOf, unwrap, type Node } from './node.ts'
import type { Scopes } from './scopes.ts'

/** How often a piece of code runs: once at start-up, several times but only at start-up, or whenever somebody calls. */
export type Frequency = 'once' | 'start' | 'many'

const iterations = new Set([
  'forEach',
  'map',
  'filter',
  'reduce',
  'reduceRight',
  'some',
  'every',
  'each',
  'find',
  'flatMap',
  'sort',
  'eachOwn',
])
const moduleParams = new Set(['module', 'exports', '__webpack_require__', '__webpack_exports__', '__webpack_module__'])

/**
 * Tells start-up from calls. A module's top level runs once, and so does a function that is called on the spot there (a UMD or
 * bundle wrapper, an IIFE) or that only start-up calls by name. All else may run for every request.
 */
export function createFrequencies(scopes: Scopes): (func: Node) => Frequency {
  const known = new WeakMap<Node, Frequency>()

  const frequencyOf = (func: Node): Frequency => {
    const answer = known.get(func)
    if (answer) return answer
    known.set(func, 'many')
    const frequency = compute(func)
    known.set(func, frequency)
    return frequency
  }

  const around = (node: Node): Frequency => frequencyOf(scopes.functionOf(node))

  const compute = (func: Node): Frequency => {
    if (func === scopes.root || !isFunction(func)) return 'once'
    if (isModuleWrapper(func)) return 'once'
    const call = callOnTheSpot(func)
    if (call) return isInLoop(call, scopes) && around(call) === 'once' ? 'start' : around(call)
    const user = directUser(func)
    if (user && isCall(user)) {
      const method = iterationOf(user)
      if (method && iterations.has(method)) return around(user) === 'once' ? 'start' : around(user)
      const callee = unwrap(user['callee'] as Node)
      // A factory handed to a wrapper that is itself called on the spot: UMD, AMD, Rollup's and esbuild's module helpers.
      if (isFunction(callee)) return around(user)
      if (
        /^(define|createCommonjsModule|__commonJS\w*|__esm\w*|__esmMin|_register|register)$/.test(
          calleeName(user) ?? '',
        )
      )
        return around(user)
      return 'many'
    }
    return byItsCalls(func)
  }

  const byItsCalls = (func: Node): Frequency => {
    const name = nameNode(func)
    const variable = name && scopes.variableOf(name)
    if (!variable || variable.isExported || variable.references.length === 0 || variable.writes.length > 0)
      return 'many'
    const calls = variable.references.map((reference) => reference.parent!)
    const isAtStart = calls.every(
      (call, place) =>
        (isCall(call) || call.type === 'NewExpression') &&
        call['callee'] === variable.references[place] &&
        around(call) !== 'many',
    )
    if (!isAtStart) return 'many'
    return calls.length === 1 && !isInLoop(calls[0]!, scopes) && around(calls[0]!) === 'once' ? 'once' : 'start'
  }
  return frequencyOf
}

/** The method of `list.forEach(f)`, of `each(list, f)` and of `each.call(list, f)`. */
function iterationOf(call: Node): string | null {
  const method = methodOf(call)
  if (method !== 'call' && method !== 'apply') return method ?? calleeName(call)
  const inner = unwrap(unwrap(call['callee'] as Node)['object'] as Node)
  return isMember(inner)
    ? String(inner['property']?.name)
    : inner.type === 'Identifier'
      ? (inner['name'] as string)
      : null
}

function isModuleWrapper(func: Node): boolean {
  const names = (func['params'] as Node[]).map((param) => param['name'] as string | undefined)
  if (names.includes('__webpack_require__')) return true
  if (names.length < 2) return false
  return names.some((name) => name && moduleParams.has(name)) && names.includes('exports')
}

/** The call of `(function () {…})()`, `.call(this)`, `.apply(…)`, `!function(){}()`, `new function(){}`. */
function callOnTheSpot(func: Node): Node | null {
  let at = func
  while (at.parent && /^(ParenthesizedExpression|SequenceExpression|ChainExpression)$/.test(at.parent.type))
    at = at.parent
  const parent = at.parent
  if (!parent) return null
  if ((isCall(parent) || parent.type === 'NewExpression') && parent['callee'] === at) return parent
  // `new Promise((resolve) => {…})` runs its executor right away.
  if (parent.type === 'NewExpression' && (parent['callee'] as Node)['name'] === 'Promise') return parent
  if (isMember(parent) && parent['object'] === at && /^(call|apply)$/.test(String(parent['property']?.name))) {
    const call = parent.parent
    if (call && isCall(call) && call['callee'] === parent) return call
  }
  // __awaiter(this, void 0, void 0, function* () {…}) runs its function right away.
  if (isCall(parent) && /^(__awaiter|_asyncToGenerator|__generator)$/.test(calleeName(parent) ?? '')) return parent
  return null
}

/** What takes the function as an argument or as a part of an argument: `f(function () {})`, `f({ a() {} })`. */
function directUser(func: Node): Node | null {
  let at: Node | undefined = func.parent
  if (at && isCall(at) && (at['arguments'] as Node[]).includes(func)) return at
  while (at && /^(Property|ObjectProperty|ObjectExpression|ArrayExpression)$/.test(at.type)) at = at.parent
  return at && isCall(at) && /^(__commonJS|__esm|define)/.test(calleeName(at) ?? '') ? at : null
}

/** The identifier a function is known by: its own, or the variable it is assigned to where that is declared. */
export function nameNode(func: Node): Node | null {
  if (func.type === 'FunctionDeclaration') return func['id'] as Node | null
  const parent = func.parent
  if (parent?.type === 'VariableDeclarator' && (parent['id'] as Node).type === 'Identifier') return parent['id'] as Node
  return null
}

export function isInLoop(node: Node, scopes: Scopes): boolean {
  const func = scopes.functionOf(node)
  for (let at = node.parent; at && at !== func; at = at.parent) if (isLoop(at)) return true
  return false
}
