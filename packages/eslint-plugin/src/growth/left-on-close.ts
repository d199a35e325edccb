import { containerOf, declarationOf } from './container.ts'
import { endEvent } from './ending.ts'
import { calleeName, isCall, methodOf, type Node, unwrap } from './node.ts'
import type { Operation } from './operations.ts'
import { isPlace } from './passing.ts'
import type { Program } from './program.ts'
import type { Variable } from './scopes.ts'
import { isInlineCallback } from './shrink.ts'

/** A connection that is taken out when it says one thing, and not when it closes. */
export interface LeftOnClose {
  write: Operation
  declaration: Node
  removal: Operation
  event: string
}

/** Whoever comes with these may go without a word. */
const comes = /^(connection|secureConnection|session|client|peer)$/
const opensConnection = /^(connect|createConnection|spawn|fork)$/

/** `peer.on('bye', () => { delete peers[peer.id] })`, and nothing hears that `peer` closes: whoever goes without a word stays. */
export function findLeftOnClose(program: Program): LeftOnClose[] {
  const found: LeftOnClose[] = []
  for (const [cell, operations] of program.operations) {
    const container = containerOf(cell, operations)
    if (container === null || operations.some(({ kind }) => /^(reset|measure|blank)$/.test(kind))) continue
    const removals = operations.filter(({ kind }) => kind === 'remove')
    const [removal] = removals
    if (!removal || removals.length > 1 || !isPlace(cell)) continue
    const call = removal.func.parent
    const event = call && isInlineCallback(removal.func) ? heardEvent(call) : null
    if (event === null || endEvent.test(event) || /error|timeout|abort/i.test(event)) continue
    const emitter = unwrap(unwrap(call!['callee'] as Node)['object'] as Node)
    const guest = emitter.type === 'Identifier' ? program.scopes.variableOf(emitter) : null
    const write = operations.find(
      ({ kind, value, key }) =>
        kind === 'grow' && [value, key].some((part) => part && isVariable(unwrap(part), guest, program)),
    )
    if (!guest || !write || !isGuest(guest, program)) continue
    if (guest.references.some((reference) => endEvent.test(heardEvent(reference.parent?.parent) ?? ''))) continue
    found.push({ write, declaration: declarationOf(cell, operations) ?? write.node, removal, event })
  }
  return found
}

function isVariable(node: Node, variable: Variable | null, program: Program): boolean {
  return node.type === 'Identifier' && variable !== null && program.scopes.variableOf(node) === variable
}

/** The event of `x.on('event', …)`. */
function heardEvent(call: Node | undefined): string | null {
  if (!call || !isCall(call) || !/^(on|once|addListener|addEventListener)$/.test(methodOf(call) ?? '')) return null
  const [event] = call['arguments'] as Node[]
  return event?.type === 'Literal' ? String(event['value']) : null
}

/** Given with `connection`, or opened here. */
function isGuest({ definitions: [definition] }: Variable, program: Program): boolean {
  if (definition?.kind === 'param') {
    const taker = program.scopes.functionOf(definition.name)
    const user = isInlineCallback(taker) ? taker.parent : undefined
    return comes.test(heardEvent(user) ?? '')
  }
  const init = definition?.init ? unwrap(definition.init) : null
  return init !== null && isCall(init) && opensConnection.test(calleeName(init) ?? '')
}
