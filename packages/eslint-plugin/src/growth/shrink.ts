import { callGraph } from './call-graph.ts'
import { nameNode } from './frequency.ts'
import { functionName } from './function-name.ts'
import { testsAround } from './limit.ts'
import { setsUp, takesIn } from './names.ts'
import { calleeName, isCall, isLiteral, isInside, type Node, unwrap } from './node.ts'
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
  if (hearsAbort(place)) return false
  if (isInside(place, func) || isInside(func, place)) return true
  if (isInlineCallback(place)) return true
  if (!isMemo && isOwnEnd(shrink, write, program)) return true
  // Whoever takes the next one does it because he needs it: a queue, a list of spare objects.
  if (/^(pop|shift)$/.test(shrink.how)) return true
  if (isEverCalled(place, write, program)) return true
  if (shrink.kind === 'reset') return false
  // One entry can be taken out, and only a caller elsewhere would. Where writing is just as much the caller's act, he is in charge.
  if (longevity === 'instance')
    return !isMemo || !/^_?(get|find|resolve|compile|parse|of|for|lookup|fetch)/.test(functionName(func) ?? '')
  const name = functionName(func) ?? ''
  return takesIn.test(name) && !/^create/.test(name) && !isMemo
}

/** Passed where it will be called: `on('close', () => …)`, `setInterval(function () {…})`, `{ finally() {} }` do not count alike. */
export function isInlineCallback(func: Node): boolean {
  const { parent } = func
  return (
    parent !== undefined &&
    (isCall(parent) || parent.type === 'NewExpression') &&
    (parent['arguments'] as Node[]).includes(func)
  )
}

/** `signal.addEventListener('abort', () => …)` */
function hearsAbort(func: Node): boolean {
  const { parent } = func
  return (
    isInlineCallback(func) &&
    parent !== undefined &&
    /^(on|once|addListener|addEventListener)$/.test(calleeName(parent) ?? '') &&
    isLiteral((parent['arguments'] as Node[])[0]!, 'abort')
  )
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
  if (/^_?(clear|reset|flush|purge|destroy|close|shutdown|dispose|stop|end|teardown|invalidate)/i.test(name))
    return isEverCalled(user, write, program, depth + 1)
  // What sets a program up (`addToken`) may empty a cache that it made stale; it does not bound it.
  return !setsUp.test(name)
}

function isCalledAlong(func: Node): boolean {
  return func.parent?.type === 'ReturnStatement'
}
