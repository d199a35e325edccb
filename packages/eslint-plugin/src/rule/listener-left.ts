import type { Finding } from '../finding.ts'
import { callsInside } from '../growth/call-graph.ts'
import { originOf } from '../growth/imports.ts'
import { isCall, isInside, isLiteral, isMember, methodOf, unwrap, type Node } from '../growth/node.ts'
import { functionName } from '../growth/function-name.ts'
import type { Program } from '../growth/program.ts'
import { servingFunction } from '../growth/serving.ts'
import { exitHooks } from '../knowledge/libraries.ts'
import { listenerRule } from './listening.ts'
import { finding } from './report.ts'

/** `onExit(() => clean(request.files))` for every request: what it answers would take the listener back, and nobody keeps it. */
export function findExitHooks(program: Program): Finding[] {
  return program.scopes
    .byType('CallExpression')
    .filter((call) => {
      const origin = originOf(call['callee'] as Node, program)
      return origin !== null && exitHooks.has(origin.module) && call.parent?.type === 'ExpressionStatement'
    })
    .filter((call) => servingFunction(call, program) !== null)
    .map((call) =>
      finding(program, listenerRule, call, {
        sentence: 'Each request leaves a function to be called when the process ends',
        why: 'The process ends once; until then it keeps the function of every request, and all that this closes over.',
        entryBytes: 300,
        fix: `Keep what ${program.text(call['callee'] as Node)}() answers, and call it when the request is over; or register once where the program starts.`,
      }),
    )
}

/** What is waited for once in the life of its owner. */
const happensOnce =
  /^_?(connect|open|start|init|ready|listen|close|end|stop|destroy|quit|disconnect|launch|boot|load|wait|shutdown|terminate|run|kill|whenReady)/i

/**
 * `this.once('message', resolve).once('error', reject)`: whichever comes first, the other listener stays, one for each call. Told only of
 * an object's own events and of what it keeps, which outlive the call; a stream of this call goes with it.
 */
export function findOtherOfTwo(program: Program): Finding[] {
  const removals = program.scopes
    .byType('CallExpression', 'OptionalCallExpression')
    .filter((call) => /^(off|removeListener|removeAllListeners|removeEventListener)$/.test(methodOf(call) ?? ''))
  return program.scopes.byType('NewExpression').flatMap((promise) => {
    const executor = (promise['arguments'] as Node[] | undefined)?.[0]
    if ((promise['callee'] as Node)['name'] !== 'Promise' || !executor) return []
    const [resolve, reject] = ((executor['params'] as Node[] | undefined) ?? []).map((param) => String(param['name']))
    if (resolve === undefined || reject === undefined) return []
    const waits = callsInside(unwrap(executor), program)
      .filter((call) => methodOf(call) === 'once')
      .filter((call) => isOwn(emitterOfChain(call), program))
    const onSuccess = waits.find((call) => hears(call, resolve))
    const onFailure = waits.find((call) => hears(call, reject))
    if (!onSuccess || !onFailure) return []
    const emitter = program.text(emitterOfChain(onSuccess))
    if (program.text(emitterOfChain(onFailure)) !== emitter) return []
    if (removals.some((removal) => isInside(removal, executor) || program.text(emitterOfChain(removal)) === emitter))
      return []
    const owner = methodAround(executor, program)
    if (!owner || program.frequencyOf(owner) !== 'many' || happensOnce.test(functionName(owner) ?? 'wait')) return []
    return [
      finding(program, listenerRule, onFailure, {
        severity: 'medium',
        others: onSuccess.loc?.start.line === onFailure.loc?.start.line ? [] : [onSuccess],
        sentence: `Of the two listeners on ${emitter}, the one that is not called stays with every call`,
        why: `once() takes back only the listener whose event comes. ${emitter} outlives the call, so every call that ends well leaves its listener for ${program.text((onFailure['arguments'] as Node[])[0]!)}, and the promise with it.`,
        entryBytes: 300,
        fix: 'Keep both listeners in variables, and let each remove the other; or wait with events.once(emitter, event), which does.',
      }),
    ]
  })
}

function hears(call: Node, name: string): boolean {
  const [event, listener] = call['arguments'] as Node[]
  return event !== undefined && isLiteral(unwrap(event)) && listener?.type === 'Identifier' && listener['name'] === name
}

/** `a.once(…).once(…)` is on `a`. */
function emitterOfChain(call: Node): Node {
  let at = unwrap(unwrap(call['callee'] as Node)['object'] as Node)
  while (isCall(at) && /^(on|once)$/.test(methodOf(at) ?? ''))
    at = unwrap(unwrap(at['callee'] as Node)['object'] as Node)
  return at
}

/** `this`, another name for it, or a field of it. */
function isOwn(emitter: Node, program: Program): boolean {
  if (isMember(emitter)) return isOwn(unwrap(emitter['object'] as Node), program)
  return emitter.type === 'ThisExpression' || program.cells.of(emitter)?.kind === 'instance'
}

/** The named function around an executor. */
function methodAround(executor: Node, program: Program): Node | null {
  for (let at = program.scopes.functionOf(executor); at !== program.root; at = program.scopes.functionOf(at))
    if (functionName(at) !== null) return at
  return null
}
