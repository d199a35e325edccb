import type { Finding, Rule } from '../finding.ts'
import { callersOf, callsInside } from '../growth/call-graph.ts'
import {
  calleeName,
  endOf,
  isCall,
  isClass,
  isFunction,
  isMember,
  methodOf,
  propertyName,
  startOf,
  unwrap,
  type Node,
} from '../growth/node.ts'
import { originOf } from '../growth/imports.ts'
import { ownEndOf } from '../growth/own-end.ts'
import { functionName } from '../growth/function-name.ts'
import { rootOf } from '../growth/owner.ts'
import type { Program } from '../growth/program.ts'
import { isInlineCallback, isWhereItFails } from '../growth/shrink.ts'
import { visitAround } from './listener-of-visitor.ts'
import { isGuarded } from './listening.ts'
import { finding } from './report.ts'

export const noIntervalLeft: Rule = {
  name: 'no-interval-left',
  severity: 'medium',
  summary: 'An interval that nothing can clear keeps its callback, and all that closes over, for ever.',
  find(program) {
    const intervals = program.scopes
      .byType('CallExpression')
      .filter((call) => calleeName(call) === 'setInterval' && (call['arguments'] as Node[]).length >= 1)
      .filter((call) => program.frequencyOf(program.scopes.functionOf(call)) === 'many')
    const overwritten = intervals
      .filter((call) => isOverwritten(call, program))
      .map((call) =>
        finding(program, 'no-interval-left', call, {
          sentence: 'Each call starts another interval and forgets the one before',
          severity: 'medium',
          why: 'What an event or a timer calls again puts the new handle where the old one was; only the last interval can be cleared.',
          entryBytes: 500,
          fix: 'Clear the old interval before this line, or start none while one runs.',
        }),
      )
    const dropped = intervals
      .filter((call) => makesMany(call, program) && isDropped(call, program))
      .map((call) =>
        finding(program, 'no-interval-left', call, {
          severity: visitAround(call, program) ? 'high' : 'medium',
          sentence: 'Each call starts an interval that nothing clears',
          why: 'Its handle is not kept, so nobody can clear it; unref() lets the process end, not the interval.',
          entryBytes: 500,
          fix: 'Keep the handle and clear it in close() or in a finally; offer close() where the owner ends.',
        }),
      )
    return [...dropped, ...overwritten, ...findRearmed(program)]
  },
}

/** What is called when the wait is over. */
const calledBack =
  /^_?(cb|callback|done|resolve|reject|next|fn|cond\w*|predicate|check|test|until|iterator|i|n|attempts?|tries|retries|count|deadline)$/

/**
 * `poll() { …; setTimeout(() => this.poll(), ms) }`: a timer that starts itself again, and whose handle nobody has, goes on with its owner
 * when that is over.
 */
function findRearmed(program: Program): Finding[] {
  const timers = program.scopes
    .byType('CallExpression')
    .filter((call) => calleeName(call) === 'setTimeout' && isDropped(call, program))
  const told = new Set<Node>()
  return timers.flatMap((call) => {
    const { func, again } = rearmedBy(call, program) ?? {}
    if (!func || !again || told.has(func) || program.frequencyOf(func) !== 'many') return []
    if (mayStop(again, func, program)) return []
    // What only tries again after a failure ends with its success.
    if (isWhereItFails({ node: call, how: '' }, func)) return []
    const end = ownEndOf(func, program)
    const owner = end ? null : handedOn(func)
    if (!end && owner === null) return []
    told.add(func)
    const name = functionName(func)!
    return [
      finding(program, 'no-interval-left', call, {
        severity: 'medium',
        sentence: `Once called, ${name}() sets itself a timer for ever`,
        why: end
          ? `Nobody has the handle and nothing asks whether to go on, so ${functionName(end)}() (line ${end.loc?.start.line ?? '?'}) does not stop it, and it keeps what it belongs to.`
          : `Nobody has the handle and nothing asks whether to go on, so it keeps ${owner!} when that has long been stopped.`,
        entryBytes: 500,
        declaration: func,
        fix: 'Keep the handle where the owner ends, and call clearTimeout() there; or ask here whether it has ended.',
      }),
    ]
  })
}

/** The named function around a timer that calls it again, and where it does so. */
function rearmedBy(call: Node, program: Program): { func: Node; again: Node } | null {
  const [given] = call['arguments'] as Node[]
  const callback = given && unwrap(given)
  if (!callback) return null
  for (let func = program.scopes.functionOf(call); func !== program.root; func = program.scopes.functionOf(func)) {
    if (functionName(func) === null) continue
    const callees = isFunction(callback)
      ? callsInside(callback, program).map((inner) => inner['callee'] as Node)
      : [bound(callback)]
    const again = callees.find((callee) => names(unwrap(callee), func, program))
    if (again) return { func, again }
  }
  return null
}

/** `this.poll` of `this.poll.bind(this)` */
function bound(callback: Node): Node {
  return isCall(callback) && methodOf(callback) === 'bind'
    ? unwrap(unwrap(callback['callee'] as Node)['object'] as Node)
    : callback
}

function names(callee: Node, func: Node, program: Program): boolean {
  if (callee.type === 'Identifier') {
    const variable = program.scopes.variableOf(callee)
    const init = variable?.definitions[0]?.init
    return init !== null && init !== undefined && unwrap(init) === func
  }
  if (!isMember(callee) || propertyName(callee) !== functionName(func)) return false
  const owner = program.cells.ofThis(func)
  return owner !== null && program.cells.of(callee['object'] as Node) === owner
}

/** Between the start of a round and the next one is a way out, or a test: whoever wants it to end may well answer that. */
function mayStop(again: Node, func: Node, program: Program): boolean {
  const exits = firstExits(program)
  for (let at = again; at !== func && at.parent; at = at.parent) {
    const { parent } = at
    if (/^(If|Switch|For|ForIn|ForOf|While|DoWhile)Statement$|^(Conditional|Logical)Expression$/.test(parent.type))
      return true
    // rest.forEach((child) => …)
    if (isFunction(at) && isInlineCallback(at) && /^(forEach|map|each)$/.test(calleeName(at.parent) ?? '')) return true
    if (isFunction(parent) && (exits.get(parent) ?? Infinity) < startOf(again)) return true
  }
  return false
}

const exitIndexes = new WeakMap<Program, Map<Node, number>>()

/** Where each function is left for the first time. */
function firstExits(program: Program): Map<Node, number> {
  let index = exitIndexes.get(program)
  if (index) return index
  exitIndexes.set(program, (index = new Map()))
  for (const exit of program.scopes.byType('ReturnStatement', 'ThrowStatement')) {
    const func = program.scopes.functionOf(exit)
    // Its end, not its start: `return setTimeout(…)` is the way on.
    index.set(func, Math.min(index.get(func) ?? Infinity, endOf(exit)))
  }
  return index
}

/** The parameter that each round hands to the next: `check(client)` calls `check(client)`. */
function handedOn(func: Node): string | null {
  const params = (func['params'] as Node[]).map((param) => String(param['name'] ?? ''))
  if (params.length === 0 || params.some((param) => param === '' || calledBack.test(param))) return null
  return params[0]!
}

/**
 * `start() { this.timer = setInterval(…) }`, called from what hears an event or from a timer: each time that it is called, and nothing
 * looks at the handle of before.
 */
function isOverwritten(call: Node, program: Program): boolean {
  const { parent } = call
  if (parent?.type !== 'AssignmentExpression' || parent['right'] !== call) return false
  const cell = program.cells.of(parent['left'] as Node)
  if (cell?.base?.kind !== 'instance') return false
  const func = program.scopes.functionOf(call)
  const name = new RegExp(`\\b${cell.name.replaceAll(/[^\w]/g, '')}\\b`)
  const mentions = (node: Node): boolean => name.test(program.source.slice(startOf(node), endOf(node)))
  const body = program.source.slice(startOf(func), startOf(parent)) + program.source.slice(endOf(parent), endOf(func))
  // Whatever it asks or calls before may be about the one that runs.
  if (name.test(body) || /\b(clear|stop|reset|cancel|end|return)\w*\b/i.test(body)) return false
  return callersOf(func, program).some(
    (caller) =>
      ((isInlineCallback(caller) &&
        /^(on|addListener|addEventListener|setTimeout|setInterval)$/.test(calleeName(caller.parent!) ?? '')) ||
        /^_?(on[A-Z]|reconnect|handle[A-Z])/.test(functionName(caller) ?? '')) &&
      !mentions(caller) &&
      !/\b(clear|stop|reset|cancel|end|destroy)\w*\(/i.test(program.source.slice(startOf(caller), endOf(caller))),
  )
}

/** In code that makes something (a constructor, a factory, a handler), not in what starts the program. */
function makesMany(call: Node, program: Program): boolean {
  const func = program.scopes.functionOf(call)
  // The first who comes may start one for all.
  if (visitAround(call, program)) return !isGuarded(call, func, program)
  const name = functionName(func) ?? ''
  return (
    name === 'constructor' ||
    /^[A-Z]/.test(name) ||
    /^(create|make|new|open|connect|subscribe|handle|on[A-Z])/.test(name) ||
    // A part of something that was begun before it, as often as that is.
    (program.scopes.functionOf(func) !== program.root && func.type === 'FunctionDeclaration') ||
    // What can be ended is made more than once.
    (ownEndOf(func, program) !== null && !startsOnce(func, name, program))
  )
}

/** `startMetrics(app)`, no method of anything: a program does so once, whatever it answers. */
function startsOnce(func: Node, name: string, program: Program): boolean {
  const owner = program.cells.ofThis(func)
  const isMethod = owner?.kind === 'instance' && owner.variable?.definitions[0]?.init !== func
  return !isMethod && /^(start|setup|init|boot|enable)[A-Z]/.test(name)
}

function isDropped(call: Node, program: Program): boolean {
  // setInterval(function () { …; clearInterval(this) })
  if (/\bclearInterval\(this\b/.test(program.text(call))) return false
  let at = call
  while (at.parent && /^(ChainExpression|TS\w+|ParenthesizedExpression)$/.test(at.parent.type)) at = at.parent
  const parent = at.parent!
  if (parent.type === 'ExpressionStatement') return true
  // setInterval(…).unref()
  if (isMember(parent) && parent.parent?.parent?.type === 'ExpressionStatement') return true
  const name =
    parent.type === 'VariableDeclarator'
      ? (parent['id'] as Node)
      : parent.type === 'AssignmentExpression'
        ? unwrap(parent['left'] as Node)
        : null
  if (!name) return false
  if (name.type === 'Identifier') {
    const variable = program.scopes.variableOf(name)
    return (
      variable !== null &&
      variable.references.every((reference) => {
        const user = reference.parent!
        return (
          variable.writes.includes(reference) ||
          (isMember(user) && user['object'] === reference && !isUsedOtherwise(user)) ||
          isTest(reference)
        )
      })
    )
  }
  const cell = program.cells.of(name)
  if (!cell?.base || rootOf(cell).kind !== 'instance') return false
  // What the class is made from may clear it.
  if (!cell.name.startsWith('#') && isClearedByBase(call, cell.name, program)) return false
  // Nothing else in this file does more with the field than let the process end, ask whether it is there, or forget it.
  const rest = program.source.slice(0, startOf(parent)) + program.source.slice(startOf(call))
  const field = cell.name.replaceAll(/[^\w]/g, '')
  return !new RegExp(
    `\\b${field}\\b(?!\\??\\.(unref|ref|hasRef)\\b|\\s*=\\s*(null|undefined|void 0|false|0)\\b|\\s*(===?|!==?|&&|\\?\\?)|\\)\\s*(\\{|return|throw))`,
  ).test(rest)
}

/** `class Beat extends Base`: of another package, that knows no field of ours; of another file of this one, it may. */
function isClearedByBase(call: Node, field: string, program: Program): boolean {
  let base: Node | null = null
  for (let at = call.parent; at && !base; at = at.parent) if (isClass(at)) base = at['superClass'] as Node | null
  if (!base) return false
  const origin = originOf(base, program)
  if (!origin) return true
  if (!/^\.{1,2}\//.test(origin.module)) return false
  return program.elsewhere?.textOf(origin.module)?.includes(field) ?? true
}

function isUsedOtherwise(member: Node): boolean {
  return !/^(unref|ref|hasRef)$/.test(String(member['property']?.name))
}

function isTest(node: Node): boolean {
  const { parent } = node
  return parent?.type === 'IfStatement' || parent?.type === 'LogicalExpression'
}
