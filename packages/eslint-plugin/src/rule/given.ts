import { endEvent } from '../growth/ending.ts'
import { functionName } from '../growth/function-name.ts'
import { isMember, methodOf, propertyName, unwrap, type Node } from '../growth/node.ts'
import { isConstructorOf } from '../growth/owner.ts'
import type { Program } from '../growth/program.ts'
import { adding, emitterOf } from './listening.ts'

/** What goes with whoever was given it, by its name: a stream, a request, a child of its own. */
export const goesAlong =
  /(^|_)(socket|sock|ws|websocket|stream|req|request|res|response|reply|child|proc|process|conn|con|input|output|stdin|stdout|stderr|readable|writable|source|target|dest|destination|file|port|el|elem|element|node|xhr|reader|writer|img|image|rl|pipe|duplex|transport|call|audio|video|script|form|input|button|link|s|r|w|c|self|that|obj|object)$|(Socket|Stream|Request|Response|Process|Input|Output|Reader|Writer|Element|El|Node|Child|Connection|Req|Res)$/

/** `bus`, and `bus` of `this.bus`: what an emitter is called where it stands. */
export function nameOf(emitter: Node): string | null {
  if (emitter.type === 'Identifier') return emitter['name'] as string
  return isMember(emitter) && unwrap(emitter['object'] as Node).type === 'ThisExpression' ? propertyName(emitter) : null
}

/** The same, out of an object of options too, and heard in any method of the class. */
export function isGivenLater(emitter: Node, func: Node, program: Program): boolean {
  if (program.cells.ofThis(func)?.kind !== 'instance') return false
  if (emitter.type === 'Identifier')
    return functionName(func) === 'constructor' && comesFromParameter(emitter, func, program)
  const cell = program.cells.of(emitter)
  const inits = cell ? (program.operations.get(cell) ?? []).filter(({ kind }) => /^(init|reset|blank)$/.test(kind)) : []
  const [init] = inits.filter(({ value }) => value?.type !== 'Literal')
  return (
    init !== undefined &&
    inits.every((one) => one === init || one.value?.type === 'Literal') &&
    init.value !== null &&
    isConstructorOf(init.func, cell!, program) &&
    comesFromParameter(init.value, init.func, program)
  )
}

/** `bus`, `options.bus`, `{ bus }` */
export function comesFromParameter(node: Node, func: Node, program: Program): boolean {
  let at = unwrap(node)
  while (isMember(at)) at = unwrap(at['object'] as Node)
  const variable = at.type === 'Identifier' ? program.scopes.variableOf(at) : null
  return variable?.definitions[0]?.kind === 'param' && variable.scope.func === func
}

const ends = /^(close|destroy|end|terminate|disconnect|kill|quit|dispose|stop|shutdown)$/

/** Nobody here ends it, and nobody waits for its end. */
export function outlives(
  name: string,
  calls: readonly Node[],
  nameIn: (emitter: Node) => string | null = nameOf,
): boolean {
  return !calls.some((call) => {
    const method = methodOf(call) ?? ''
    if (!ends.test(method) && !adding.test(method)) return false
    if (nameIn(emitterOf(call)) !== name) return false
    const [event] = call['arguments'] as Node[]
    return ends.test(method) || (event !== undefined && endEvent.test(String(unwrap(event)['value'])))
  })
}
