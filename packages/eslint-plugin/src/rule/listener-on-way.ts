import type { Finding } from '../finding.ts'
import { callsInside } from '../growth/call-graph.ts'
import { nameNode } from '../growth/frequency.ts'
import { exitBetween, leaveBetween } from '../growth/left-on-failure.ts'
import {
  calleeName,
  isCall,
  isFunction,
  isInside,
  isLiteral,
  methodOf,
  startOf,
  unwrap,
  type Node,
} from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { adding, emitterOf, listenerRule, listeningMethod, removing } from './listening.ts'
import { finding } from './report.ts'

/**
 * `socket.on('message', note); const answers = await askAll(); if (answers.length === 0) return; socket.off('message', note)`: that the
 * function takes the listener back itself says that the emitter lives on, and one way out of it goes by before that.
 */
export function findLeftOnWay(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  const added = calls.filter((call) => adding.test(listeningMethod(call, program)))
  return added.flatMap((call) => {
    const func = program.scopes.functionOf(call)
    if (func === program.root || program.frequencyOf(func) !== 'many') return []
    const taken = removalsOf(call, program)
    const [removal] = taken
    // With a second line that takes it back somebody thought of the other ways.
    if (!removal || taken.length > 1 || program.scopes.functionOf(removal) !== func || startOf(removal) < startOf(call))
      return []
    const places = [
      { node: call, func },
      { node: removal, func },
    ] as const
    const way = leaveBetween(...places, program) ?? exitBetween(...places, program)
    if (!way) return []
    const emitter = program.text(emitterOf(call))
    const event = program.text((call['arguments'] as Node[])[0]!)
    const [line, wayLine] = [removal, way].map((node) => node.loc?.start.line ?? '?')
    const isLeaving = way.type !== 'AwaitExpression'
    return [
      finding(program, listenerRule, call, {
        severity: 'medium',
        sentence: `${emitter} keeps this listener for ${event} when line ${wayLine} ${isLeaving ? 'leaves' : 'rejects'}`,
        why: `Only line ${line} takes it back, and line ${wayLine} ${isLeaving ? 'leaves' : 'may leave'} the function before that.`,
        entryBytes: 300,
        declaration: removal,
        fix: `Put what happens between into a try, and line ${line} into its finally.`,
      }),
    ]
  })
}

/**
 * `new Promise((resolve) => { const hear = (id) => { if (id === wanted) { bus.off('done', hear); resolve() } }; bus.on('done', hear) })`: the
 * listener takes itself back when the one comes that it waits for, and nothing does when that never comes.
 */
export function findWaitingForOne(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  return calls.flatMap((call) => {
    if (!/^(on|addListener|addEventListener)$/.test(listeningMethod(call, program))) return []
    const executor = program.scopes.functionOf(call)
    const [, listener] = call['arguments'] as Node[]
    if (!listener || executor.parent?.type !== 'NewExpression' || (executor['params'] as Node[]).length !== 1) return []
    const cell = program.cells.of(emitterOf(call))
    if (cell?.kind !== 'instance' && cell?.base?.kind !== 'instance') return []
    const variable = unwrap(listener).type === 'Identifier' ? program.scopes.variableOf(unwrap(listener)) : null
    const hearing = variable?.scope.func === executor ? variable.definitions[0]?.init : null
    if (!variable || !hearing || !isFunction(unwrap(hearing))) return []
    const isOfListener = ({ parent }: Node): boolean => parent === call || isInside(parent!, hearing)
    if (!variable.references.every(isOfListener) || !isUnderTest(variable.references, hearing)) return []
    if (callsInside(executor, program).some((one) => /^setTimeout$/.test(calleeName(one) ?? ''))) return []
    const [emitter, event] = [emitterOf(call), (call['arguments'] as Node[])[0]!].map((node) => program.text(node))
    return [
      finding(program, listenerRule, call, {
        severity: 'medium',
        sentence: `${emitter} keeps this listener for ${event} until the one comes that it waits for`,
        why: 'Only the listener takes itself back, and only under its test: where that one never comes (refused, lost with the connection), it stays with the promise and all who wait for it.',
        entryBytes: 300,
        fix: `Take the listener back when waiting is over in any other way too: on failure, when the connection ends, after a time.`,
      }),
    ]
  })
}

/** By which work ends well. */
const success = /^(complete|completed|success|finish|finished|done|resolve|resolved)$/

/**
 * `source.once('destroyed', stop); this.once('complete', () => source.off('destroyed', stop))`, in what also ends with an 'error': what was
 * given is let go of when the work goes well, and only then.
 */
export function findLeftOnError(program: Program): Finding[] {
  const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
  return calls.flatMap((call) => {
    if (!adding.test(listeningMethod(call, program))) return []
    const func = program.scopes.functionOf(call)
    if (func === program.root || !isParameter(emitterOf(call), func, program)) return []
    const taken = removalsOf(call, program)
    const [removal] = taken
    if (!removal || taken.some((one) => program.scopes.functionOf(one) !== program.scopes.functionOf(removal)))
      return []
    const hearing = hearingsOf(program.scopes.functionOf(removal), program)
    const [first] = hearing
    if (!first || !hearing.every((one) => success.test(eventOf(one)))) return []
    const worker = program.text(emitterOf(first))
    if (!calls.some((one) => methodOf(one) === 'emit' && eventOf(one) === 'error')) return []
    const [emitter, event] = [emitterOf(call), (call['arguments'] as Node[])[0]!].map((node) => program.text(node))
    return [
      finding(program, listenerRule, call, {
        severity: 'medium',
        sentence: `${emitter} keeps this listener for ${event} when the work fails`,
        why: `Line ${removal.loc?.start.line ?? '?'} takes it back on '${eventOf(first)}' alone, and ${worker} may end with an 'error' as well.`,
        entryBytes: 300,
        declaration: removal,
        fix: `Take it back on 'error' too, or on whatever comes in either case.`,
      }),
    ]
  })
}

function isParameter(emitter: Node, func: Node, program: Program): boolean {
  const variable = emitter.type === 'Identifier' ? program.scopes.variableOf(emitter) : null
  return variable?.definitions[0]?.kind === 'param' && variable.scope.func === func
}

/** Where a function is given to be called when something happens; none where anybody else may call it. */
function hearingsOf(func: Node, program: Program): Node[] {
  const name = nameNode(func)
  const variable = name ? program.scopes.variableOf(name) : null
  const uses = variable ? variable.references : [func]
  const hearing = uses.map(({ parent }) => parent!)
  return hearing.every((one) => isCall(one) && adding.test(methodOf(one) ?? '')) ? hearing : []
}

function eventOf(call: Node): string {
  const [event] = call['arguments'] as Node[]
  return event && isLiteral(unwrap(event)) ? String(unwrap(event)['value']) : ''
}

/** What is taken back stands under an `if` of the listener. */
function isUnderTest(references: readonly Node[], listener: Node): boolean {
  const taken = references.filter(
    ({ parent }) => isCall(parent!) && removing.test(methodOf(parent!) ?? '') && isInside(parent!, listener),
  )
  return (
    taken.length > 0 &&
    taken.every((reference) => {
      for (let at = reference; at.parent && at !== listener; at = at.parent)
        if (at.parent.type === 'IfStatement' && at.parent['test'] !== at) return true
      return false
    })
  )
}

const removalIndexes = new WeakMap<Program, Map<string, Node[]>>()

/** Where the same listener for the same event is taken back from the same emitter. */
function removalsOf(added: Node, program: Program): Node[] {
  let index = removalIndexes.get(program)
  if (!index) {
    removalIndexes.set(program, (index = new Map()))
    for (const call of program.scopes.byType('CallExpression', 'OptionalCallExpression')) {
      if (!removing.test(listeningMethod(call, program))) continue
      const what = describe(call, program)
      const list = index.get(what)
      if (list) list.push(call)
      else index.set(what, [call])
    }
  }
  const [, listener] = added['arguments'] as Node[]
  return (index.get(describe(added, program)) ?? []).filter((removal) => {
    const [, removed] = removal['arguments'] as Node[]
    return !removed || !listener || program.text(removed) === program.text(listener)
  })
}

function describe(call: Node, program: Program): string {
  const [event] = call['arguments'] as Node[]
  return `${program.text(emitterOf(call))} ${event ? program.text(event) : ''}`
}
