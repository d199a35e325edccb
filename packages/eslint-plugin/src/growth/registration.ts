import { originOf } from './imports.ts'
import { calleeName, endOf, methodOf, type Node, propertyName, isMember, startOf, unwrap } from './node.ts'
import { localFunction } from './operations.ts'
import { ownEndOf } from './own-end.ts'
import type { Program } from './program.ts'

/** Something that registers itself in a table, most often of another file, and whose end does not take it out. */
export interface Registration {
  call: Node
  end: Node
  /** What would take it back: a function of the file that it registers in. */
  counterpart: string
}

/** What takes back what the first word of a name did. */
const takenBackBy: Record<string, readonly string[]> = {
  register: ['unregister', 'deregister', 'remove'],
  subscribe: ['unsubscribe'],
  track: ['untrack'],
  watch: ['unwatch'],
  attach: ['detach'],
  observe: ['unobserve'],
  acquire: ['release'],
  retain: ['release'],
  mount: ['unmount'],
  enroll: ['unenroll'],
  join: ['leave'],
  hook: ['unhook'],
}
const begins = new RegExp(`^_?(${Object.keys(takenBackBy).join('|')})([A-Z]\\w*)$`)

/**
 * `this.ref = registerSocket(…)` in what has a `shutdown()`, where the file that it comes from offers `unregisterSocket` and this one never
 * calls it: each that is made and ended stays in the table.
 */
export function findRegistrations(program: Program): Registration[] {
  return program.scopes.byType('CallExpression').flatMap((call) => {
    const words = begins.exec(calleeName(call) ?? '')
    if (!words) return []
    const func = program.scopes.functionOf(call)
    if (func === program.root || program.frequencyOf(func) !== 'many') return []
    const end = ownEndOf(func, program)
    if (!end || keepsItsEnd(call, end, program)) return []
    const origin = originOf(call['callee'] as Node, program)
    const isHere = origin === null && localFunction(call, program.scopes) !== null
    const text = isHere ? program.source : origin && program.elsewhere?.textOf(origin.module)
    const counterpart = text ? counterpartIn(text, words[1]!, words[2]!) : null
    if (counterpart === null || isUsed(counterpart, program)) return []
    return [{ call, end, counterpart }]
  })
}

/** Called here, or handed on to somebody who will. */
function isUsed(name: string, program: Program): boolean {
  return program.scopes
    .byType('CallExpression', 'OptionalCallExpression')
    .some(
      (call) =>
        calleeName(call) === name ||
        (call['arguments'] as Node[]).some((arg) => arg.type === 'Identifier' && arg['name'] === name),
    )
}

/** `unregisterSocket`, or `unregisterSocketRef` and `unregisterChannelRef` for `registerChannelSocket`: of one family, by the first word. */
function counterpartIn(text: string, verb: string, noun: string): string | null {
  const family = /^[A-Z][a-z]+/.exec(noun)?.[0] ?? noun
  for (const back of takenBackBy[verb]!) {
    const exact = `${back}${noun}`
    if (new RegExp(`\\b${exact}\\b\\s*[=(:,}]`).test(text)) return exact
    const [, kin] = new RegExp(`\\b(${back}${family}[A-Z]\\w*)\\b\\s*[=(:]`).exec(text) ?? []
    if (kin !== undefined && back.startsWith('un') && family.length >= 4) return kin
  }
  return null
}

/** What the call answers stands in a field that the end mentions. */
function keepsItsEnd(call: Node, end: Node, program: Program): boolean {
  const { parent } = call
  const left = parent?.type === 'AssignmentExpression' ? unwrap(parent['left'] as Node) : null
  const name = left && isMember(left) ? propertyName(left) : null
  return name !== null && program.source.slice(startOf(end), endOf(end)).includes(name)
}

/** Something that enters itself into a collection of what it was given, which its end leaves it in. */
export interface SelfEntry {
  call: Node
  end: Node
  /** The collection, as it is written there. */
  name: string
}

/** `parent.children.push(this)` in what has a `close()`, and nothing here takes anything out of `children`. */
export function findSelfEntries(program: Program): SelfEntry[] {
  return program.scopes.byType('CallExpression').flatMap((call) => {
    if (!/^(push|add|unshift|set)$/.test(methodOf(call) ?? '')) return []
    if ((call['arguments'] as Node[]).at(-1)?.type !== 'ThisExpression') return []
    const list = unwrap(unwrap(call['callee'] as Node)['object'] as Node)
    const field = isMember(list) ? propertyName(list) : null
    const holder = isMember(list) ? unwrap(list['object'] as Node) : null
    const func = program.scopes.functionOf(call)
    if (field === null || !holder || holder.type === 'ThisExpression' || program.frequencyOf(func) !== 'many') return []
    if (!comesFromOutside(holder, program)) return []
    const end = ownEndOf(func, program)
    if (!end || isTakenOut(field, program) || program.elsewhere?.takesOut(field)) return []
    const word = isMember(holder) ? propertyName(holder) : String(holder['name'])
    const text = program.source.slice(startOf(end), endOf(end))
    // The end tells the other, which may take it out.
    if (text.includes(`.${word}.`) || /\((\w+, *)?this[,)]/.test(text)) return []
    return [{ call, end, name: program.text(list) }]
  })
}

/** A parameter, or a field. */
function comesFromOutside(holder: Node, program: Program): boolean {
  if (isMember(holder)) return unwrap(holder['object'] as Node).type === 'ThisExpression'
  const variable = holder.type === 'Identifier' ? program.scopes.variableOf(holder) : null
  return variable?.definitions[0]?.kind === 'param'
}

function isTakenOut(field: string, program: Program): boolean {
  for (const [cell, operations] of program.operations)
    if (cell.name === field && operations.some(({ kind }) => kind === 'remove' || kind === 'reset')) return true
  return new RegExp(
    `\\b${field.replaceAll(/[^\w$]/g, '')}\\??\\.(splice|delete|filter|remove|clear|pop|shift)\\(`,
  ).test(program.source)
}
