import { functionName } from './function-name.ts'
import { calleeName, isCall, isInside, isMember, isNode, type Node, unwrap } from './node.ts'
import type { Program } from './program.ts'

/** What is called when something is over, the most final first. */
const endNames = [
  'destroy',
  'dispose',
  'shutdown',
  'close',
  'teardown',
  'tearDown',
  'terminate',
  'unmount',
  'componentWillUnmount',
  'disconnectedCallback',
  'cleanup',
  'detach',
  'disconnect',
  'end',
  'stop',
  'quit',
  'kill',
  'unload',
  'uninstall',
  'deactivate',
  'finalize',
  'release',
]

/**
 * The function by which what `func` makes or belongs to comes to its end, `null` when it offers none: a method of the same class or
 * prototype, or what a factory puts on the object that it makes. What has an end is made and ended more than once.
 */
export function ownEndOf(func: Node, program: Program): Node | null {
  const method = methodAround(func)
  const owner = program.cells.ofThis(method)
  const classLiteral = classLiteralOf(method)
  for (const end of endFunctions(program)) {
    if (isInside(func, end)) continue
    if (owner?.kind === 'instance' && program.cells.ofThis(end) === owner) return end
    if (classLiteral !== null && classLiteralOf(end) === classLiteral) return end
    const maker = program.scopes.functionOf(end)
    if (maker !== program.root && isInside(func, maker) && isHandedOut(end)) return end
  }
  return null
}

/** `Base.extend({ build() {}, destroy() {} })`, `createClass({ … })`: a class by another name. */
function classLiteralOf({ parent }: Node): Node | null {
  const literal = /^(Object)?Property$/.test(parent?.type ?? '') ? parent!.parent : undefined
  const call = literal?.parent
  if (literal?.type !== 'ObjectExpression' || !call || !isCall(call)) return null
  return /^(extend|createClass|createReactClass|subclass)$/i.test(calleeName(call) ?? '') ? literal : null
}

const endsOwner =
  /^_?(on|handle|force|do)?(close|destroy|dispose|shutdown|teardown|terminate|stop|quit|end|kill|disconnect)(d|ed)?$/i

/** The function, or one around it, is the end of its owner: what is emptied there would have gone anyway. */
export function isInEnd(func: Node, program: Program): boolean {
  for (let at = func; at !== program.root; at = program.scopes.functionOf(at))
    if (endsOwner.test(functionName(at) ?? '')) return true
  return false
}

const endIndexes = new WeakMap<Program, Node[]>()

function endFunctions(program: Program): readonly Node[] {
  const known = endIndexes.get(program)
  if (known) return known
  const ends = program.scopes
    .byType('FunctionExpression', 'ArrowFunctionExpression', 'FunctionDeclaration')
    // What is abstract has no body, and ends nothing here.
    .filter((func) => isNode(func['body']) && rankOf(func) !== -1)
    .sort((a, b) => rankOf(a) - rankOf(b))
  endIndexes.set(program, ends)
  return ends
}

function rankOf(func: Node): number {
  return endNames.indexOf((functionName(func) ?? '').replace(/^_/, ''))
}

/** `app.shutdown = function () {}`, `{ close() {} }` */
function isHandedOut({ parent }: Node): boolean {
  if (parent?.type === 'AssignmentExpression') return isMember(unwrap(parent['left'] as Node))
  return /^(Object)?Property$/.test(parent?.type ?? '')
}

/** The function whose `this` an arrow shares. */
export function methodAround(func: Node): Node {
  let at: Node | undefined = func
  while (at && at.type === 'ArrowFunctionExpression') {
    do at = at.parent
    while (at && !/^(Function(Expression|Declaration)|ArrowFunctionExpression)$/.test(at.type))
  }
  return at ?? func
}
