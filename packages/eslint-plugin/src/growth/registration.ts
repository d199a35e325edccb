import { callsInside } from './call-graph.ts'
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
  const offers = new Map<string, ReadonlySet<string>>()
  const offeredBy = (module: string | null): ReadonlySet<string> => {
    const key = module ?? ''
    let names = offers.get(key)
    if (!names)
      offers.set(key, (names = namesIn((module === null ? program.source : program.elsewhere?.textOf(module)) ?? '')))
    return names
  }
  const mentioned = new Set(withoutComments(program.source).match(/[\w$]+/g))
  return program.scopes.byType('CallExpression').flatMap((call) => {
    const origin = originOf(call['callee'] as Node, program)
    const words = begins.exec((origin?.name === 'default' ? null : origin?.name) ?? calleeName(call) ?? '')
    if (!words) return []
    const func = program.scopes.functionOf(call)
    if (func === program.root || program.frequencyOf(func) !== 'many') return []
    const end = ownEndOf(func, program)
    if (!end || callsBase(end, program) || isAnswerUsed(call, end, program)) return []
    if (origin === null && localFunction(call, program.scopes) === null) return []
    const counterpart = counterpartIn(offeredBy(origin?.module ?? null), words[1]!, words[2]!)
    if (counterpart === null) return []
    if (origin === null ? isUsed(counterpart, program) : mentioned.has(counterpart)) return []
    return [{ call, end, counterpart }]
  })
}

/** Names that a file declares or hands out. None where it has a table that holds weakly: what is over leaves that by itself. */
function namesIn(text: string): ReadonlySet<string> {
  const code = withoutComments(text)
  if (/\bWeak(Map|Set|Ref)\b/.test(code)) return new Set()
  return new Set([...code.matchAll(/(?<![\w$])([\w$]+)\s*[=(:,}]/g)].map(([, name]) => name!))
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*/g, ' ')
}

/** Mentioned here by more than its declaration and its export. */
function isUsed(name: string, program: Program): boolean {
  return program.scopes.variables.some(
    (variable) => variable.name === name && variable.references.some((reference) => !isHandedOut(reference)),
  )
}

/** `exports.unregister = unregister`, `module.exports = { unregister }` */
function isHandedOut(reference: Node): boolean {
  const { parent } = reference
  const user = /Property$/.test(parent?.type ?? '') ? parent!.parent?.parent : parent
  if (user?.type !== 'AssignmentExpression') return /^Export/.test(user?.type ?? '')
  const left = unwrap(user['left'] as Node)
  if (!isMember(left)) return false
  const object = unwrap(left['object'] as Node)
  return (
    object['name'] === 'exports' ||
    propertyName(left) === 'exports' ||
    (isMember(object) && propertyName(object) === 'exports')
  )
}

/** `super.close()`: what the base class does there is not seen. */
function callsBase(end: Node, program: Program): boolean {
  return callsInside(end, program).some((call) => {
    const callee = unwrap(call['callee'] as Node)
    return isMember(callee) && (callee['object'] as Node).type === 'Super'
  })
}

/** `unregisterSocket`, or `unregisterSocketRef` and `unregisterChannelRef` for `registerChannelSocket`: of one family, by the first word. */
function counterpartIn(names: ReadonlySet<string>, verb: string, noun: string): string | null {
  const family = /^[A-Z][a-z]+/.exec(noun)?.[0] ?? noun
  for (const back of takenBackBy[verb]!) {
    if (names.has(`${back}${noun}`)) return `${back}${noun}`
    if (!back.startsWith('un') || family.length < 4) continue
    const start = `${back}${family}`
    for (const name of names) if (name.startsWith(start) && /^[A-Z]/.test(name.slice(start.length))) return name
  }
  return null
}

/** What the call answers is used, and may take it back: handed on, or put into a field that the end mentions or somebody calls. */
function isAnswerUsed(call: Node, end: Node, program: Program): boolean {
  if (call.parent?.type === 'ExpressionStatement') return false
  const left = call.parent?.type === 'AssignmentExpression' ? unwrap(call.parent['left'] as Node) : null
  const name = left && isMember(left) && call.parent!.parent?.type === 'ExpressionStatement' ? propertyName(left) : null
  if (name === null) return true
  if (program.source.slice(startOf(end), endOf(end)).includes(name)) return true
  return program.scopes.byType('CallExpression', 'OptionalCallExpression').some((other) => {
    const callee = unwrap(other['callee'] as Node)
    const receiver = isMember(callee) ? unwrap(callee['object'] as Node) : null
    return [callee, receiver].some((part) => part && isMember(part) && propertyName(part) === name)
  })
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
