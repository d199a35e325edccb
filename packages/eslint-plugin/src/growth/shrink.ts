import { callGraph } from './call-graph.ts'
import { nameNode } from './frequency.ts'
import { functionName } from './function-name.ts'
import { testsAround } from './limit.ts'
import { setsUp, takesIn } from './names.ts'
import {
  calleeName,
  isCall,
  isFunction,
  isInside,
  isLiteral,
  isMember,
  methodOf,
  propertyName,
  type Node,
  unwrap,
} from './node.ts'
import type { Operation } from './operations.ts'
import type { Program } from './program.ts'
import type { Longevity } from './proof.ts'

export function isEffective(
  shrink: Operation,
  write: Operation,
  func: Node,
  longevity: Longevity,
  isMemo: boolean,
  program: Program,
): boolean {
  const place = shrink.func
  if (place === program.root || program.frequencyOf(place) !== 'many') return false
  // What is aborted leaves; what ends well never comes by.
  if (hearsEnd(place, /^abort$/)) return false
  // Nor does what succeeds come by where only failures go: a cache that forgets its errors keeps all the rest.
  if (isWhereItFails(shrink, func)) return false
  if (isInside(place, func) || isInside(func, place)) return true
  if (isInlineCallback(place) || isInOptions(place)) return true
  if (isEndOfStored(shrink, write, program)) return true
  if (appears.test(functionName(func) ?? '') && goes.test(functionName(place) ?? '')) return true
  if (!isMemo && isOwnEnd(shrink, write, program)) return true
  // Whoever takes the next one does it because he needs it: a queue, a list of spare objects. Not so what takes all, to end them.
  if (/^(pop|shift)$/.test(shrink.how) && !takesAll(shrink, program)) return true
  if (isEverCalled(place, write, program)) return true
  if (shrink.kind === 'reset') return false
  // One entry can be taken out, and only a caller elsewhere would. Where writing is just as much the caller's act, he is in charge.
  if (longevity === 'instance')
    return !isMemo || !/^_?(get|find|resolve|compile|parse|of|for|lookup|fetch)/.test(functionName(func) ?? '')
  const name = functionName(func) ?? ''
  return takesIn.test(name) && !/^create/.test(name) && !isMemo
}

/** `clearTimers() { while (timers.length) clear(timers.shift()) }`, `restore() { while ((one = list.shift())) … }` */
function takesAll({ node, func }: Operation, program: Program): boolean {
  if (
    !/^_?(clear|cancel|abort|remove|kill|destroy|dispose|reset|stop|close|restore|revert|undo|un[a-z]+(?=[A-Z]))/.test(
      functionName(func) ?? '',
    )
  )
    return false
  for (let at = node; at.parent && at !== func; at = at.parent) {
    if (at.parent.type !== 'WhileStatement') continue
    if (at.parent['test'] === at || /\.length\b/.test(program.text(at.parent['test'] as Node))) return true
  }
  return false
}

/** Passed where it will be called: `on('close', () => …)`, `setInterval(function () {…})`, `{ finally() {} }` do not count alike. */
export function isInlineCallback(func: Node): boolean {
  const { parent } = func
  // ESLint gives the root of a file a parent that is null.
  if (!parent || (!isCall(parent) && parent.type !== 'NewExpression')) return false
  return (parent['arguments'] as Node[]).includes(func)
}

/** What a framework calls when a component appears in a page, and when it goes. Servers call neither. */
export const appears = /^(componentDidMount|componentWillMount|connectedCallback|mounted|ngOnInit|ngAfterViewInit)$/
export const goes =
  /^(componentWillUnmount|disconnectedCallback|beforeUnmount|unmounted|beforeDestroy|destroyed|ngOnDestroy)$/

/** `createHook({ init() {}, destroy() {} })`: whoever is given it calls it. */
function isInOptions({ parent }: Node): boolean {
  const literal = /Property$/.test(parent?.type ?? '') ? parent!.parent : undefined
  const user = literal?.type === 'ObjectExpression' ? literal.parent : undefined
  return user !== undefined && isCall(user) && (user['arguments'] as Node[]).includes(literal!)
}

/** `pool.set(url, new Client(url))`, and `close() { pool.delete(this.url) }` of that class. */
function isEndOfStored(shrink: Operation, write: Operation, program: Program): boolean {
  const value = write.value && unwrap(write.value)
  const maker = value?.type === 'NewExpression' ? unwrap(value['callee'] as Node) : null
  const made = maker?.type === 'Identifier' ? program.scopes.variableOf(maker) : null
  if (!made || !ends.test(functionName(shrink.func) ?? '')) return false
  const owner = program.cells.ofThis(shrink.func)
  return owner?.kind === 'instance' && owner.variable === made
}

/** `signal.addEventListener('abort', () => …)` */
function hearsEnd(func: Node, event: RegExp): boolean {
  const { parent } = func
  const [first] = isInlineCallback(func) ? (parent!['arguments'] as Node[]) : []
  return (
    first !== undefined &&
    /^(on|once|addListener|addEventListener)$/.test(calleeName(parent!) ?? '') &&
    isLiteral(first) &&
    event.test(String(first['value']))
  )
}

/**
 * In a `catch`, in what hears of a rejection or an error, under `if (error)`, as far as that is inside of the function that writes. What is
 * also taken out elsewhere has another operation for that.
 */
export function isWhereItFails({ node, how }: Pick<Operation, 'node' | 'how'>, func: Node): boolean {
  if (/^(pop|shift)$/.test(how)) return false
  for (let at = node; at.parent && at !== func; at = at.parent) {
    const { parent } = at
    if (parent.type === 'CatchClause') return true
    if (parent.type === 'IfStatement' && parent['consequent'] === at && isError(parent['test'] as Node)) return true
    if (!isFunction(at)) continue
    if (hearsEnd(at, /^(error|abort|timeout)$/) || isTimeOut(at)) return true
    const method = isCall(parent) && isInlineCallback(at) ? methodOf(parent) : null
    const place = method === null ? -1 : (parent['arguments'] as Node[]).indexOf(at)
    if ((method === 'catch' && place === 0) || (method === 'then' && place === 1)) return true
  }
  return false
}

/** `response.on('finish', () => …)`: an answer that is cut short never finishes; it closes. */
export function isOnlyOnFinish(node: Node, program: Program): boolean {
  for (let at = program.scopes.functionOf(node); at !== program.root; at = program.scopes.functionOf(at)) {
    if (!hearsEnd(at, /^finish$/)) continue
    const emitter = unwrap(unwrap(at.parent!['callee'] as Node)['object'] as Node)
    const name = isMember(emitter) ? propertyName(emitter) : emitter['name']
    return /^_?(res|resp|response|reply)$/i.test(String(name))
  }
  return false
}

/** `setTimeout(() => { delete requests[id]; reject(new Error('no answer')) })`: what is answered in time does not come by. */
function isTimeOut(func: Node): boolean {
  const { parent } = func
  if (!isInlineCallback(func) || calleeName(parent!) !== 'setTimeout') return false
  // A timer that nobody keeps is stopped by nobody: setTimeout(…), setTimeout(…).unref()
  const after = parent!.parent
  const last = after && isMember(after) ? after.parent : parent
  if (last?.parent?.type === 'ExpressionStatement') return false
  const statements = ((func['body'] as Node)['body'] ?? []) as Node[]
  return statements.some(({ expression }) => {
    const call = (expression as Node | undefined) && unwrap(expression as Node)
    const [first] = call && isCall(call) ? (call['arguments'] as Node[]) : []
    return first?.type === 'NewExpression' && /Error$/.test(calleeName(first) ?? '')
  })
}

/** `err`, `error !== null` */
function isError(test: Node): boolean {
  const node = unwrap(test)
  if (node.type === 'Identifier') return /^(e|er|err|error|ex|exception|failure|reason)$/i.test(String(node['name']))
  if (node.type === 'BinaryExpression') return /^!==?$/.test(String(node['operator'])) && isError(node['left'] as Node)
  return false
}

const ends = /^_?(close|destroy|dispose|end|stop|terminate|disconnect|detach|shutdown|leave|unmount|kill|unregister)/i

/** `close() { rooms.delete(this.id) }` of the class that entered itself under that key: what ends takes its entry along. */
function isOwnEnd(shrink: Operation, write: Operation, program: Program): boolean {
  const owner = program.cells.ofThis(write.func)
  if (owner?.kind !== 'instance' || owner !== program.cells.ofThis(shrink.func)) return false
  if (!ends.test(functionName(shrink.func) ?? '')) return false
  if (write.value?.type === 'ThisExpression') return true
  return shrink.key !== null && write.key !== null && program.text(shrink.key) === program.text(write.key)
}

/** Somebody in this file calls the function, or hands it to somebody who will. */
function isEverCalled(func: Node, write: Operation, program: Program, depth = 0): boolean {
  if (depth > 3) return false
  if (isInlineCallback(func)) return true
  const enclosing = program.scopes.functionOf(func)
  if (
    enclosing !== program.root &&
    program.frequencyOf(enclosing) === 'many' &&
    isInside(write.func, enclosing) === false &&
    isCalledAlong(func)
  )
    return true
  const name = nameNode(func) ?? (func['id'] as Node | null)
  const variable = name?.type === 'Identifier' ? program.scopes.variableOf(name) : null
  const isUsed = variable?.references.some((reference) => {
    const parent = reference.parent!
    const user = program.scopes.functionOf(reference)
    if (isInside(user, func) || turnsOff(parent, user, program)) return false
    if (isCall(parent) || parent.type === 'NewExpression') {
      if (parent['callee'] === reference)
        return program.frequencyOf(user) === 'many' && reaches(user, write, program, depth)
      return !/^(registerCache|assign|defineProperty)$/.test(calleeName(parent) ?? '')
    }
    return false
  })
  if (isUsed) return true
  const own = functionName(func)
  if (own === null) return false
  return (callGraph(program).methodCalls.get(own) ?? []).some((call) => {
    const user = program.scopes.functionOf(call)
    if (isInside(user, func) || turnsOff(call, user, program)) return false
    const receiver = program.cells.of(unwrap(call['callee'] as Node)['object'] as Node)
    const owner = program.cells.ofThis(func)
    return receiver !== null && receiver === owner && reaches(user, write, program, depth)
  })
}

/** It stands under an option by which a caller does without the cache: nobody who uses the cache comes by. */
function turnsOff(node: Node, func: Node, program: Program): boolean {
  return testsAround(node, func).some((test) =>
    /\bcache\w*\s*===?\s*false|!\s*\w+\.(cache|memo)|noCache|disableCache/.test(program.text(test)),
  )
}

/** A caller that is itself an exported function which nobody calls proves nothing, unless it also writes. */
function reaches(user: Node, write: Operation, program: Program, depth: number): boolean {
  if (user === program.root) return false
  if (isInside(write.func, user) || isInside(user, write.func)) return true
  if (isInlineCallback(user)) return true
  const name = functionName(user) ?? ''
  if (
    /^_?(clear|reset|flush|purge|destroy|close|shutdown|dispose|stop|end|teardown|invalidate|(remove|cancel|abort|kill)All)/i.test(
      name,
    )
  )
    return isEverCalled(user, write, program, depth + 1)
  // What sets a program up (`addToken`) may empty a cache that it made stale; it does not bound it.
  return !setsUp.test(name)
}

function isCalledAlong(func: Node): boolean {
  return func.parent?.type === 'ReturnStatement'
}
