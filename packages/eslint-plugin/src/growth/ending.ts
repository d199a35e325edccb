import { calledFrom, callsInside } from './call-graph.ts'
import type { Cell } from './cells.ts'
import { nameNode } from './frequency.ts'
import { functionName } from './function-name.ts'
import {
  calleeName,
  isCall,
  isFunction,
  isInside,
  isLiteral,
  isMember,
  methodOf,
  startOf,
  type Node,
  unwrap,
} from './node.ts'
import type { Operation } from './operations.ts'
import { loopsOver } from './loops-over.ts'
import { isConstructorOf, outermost, rootOf } from './owner.ts'
import type { Program } from './program.ts'
import { keepsCallback } from './set-up.ts'
import type { Variable } from './scopes.ts'
import { isInlineCallback } from './shrink.ts'

/** That what an entry stands for will be over, by what the code does with it and not by what it is called. */
export interface Ending {
  /** What comes and goes: `each promise that waits`. */
  what: string
  /** What tells so, as a clause: `disconnect() ends it (line 12)`. */
  because: string
}

/** Events by which a thing says that it is over: whoever hears them ends with it, and its listeners go with it. */
export const endEvent =
  /^(close|closed|closing|end|ended|exit|exiting|finish|finished|finishing|disconnect|disconnected|disconnecting|destroy|destroyed|destroying|dispose|disposed|shutdown|shuttingDown|unload|done)(?![a-z])/
const hearing = /^(on|once|addListener|addEventListener|prependListener|prependOnceListener)$/

/** What is called on a thing to end it. */
const enders =
  /^_?(close|destroy|end|terminate|kill|resolve|reject|cancel|abort|unsubscribe|dispose|stop|release|disconnect|teardown|shutdown|fulfill|unref)$/

/** A function that ends one thing, by the first word of its name: the counterpart of what began it. */
const endsOne =
  /^_?(un(subscribe|register|watch|lock|track|bind|link|mount|listen|hook|load|pin|publish|use|observe|join)|remove|delete|close|release|leave|detach|end|stop|finish|complete|cancel|abort|off|free|kill|disconnect|destroy|drop|forget|exit|on(Close|End|Disconnect|Exit|Finish|Done|Complete|Leave|Stop)|handle(Close|End|Disconnect|Exit|Finish|Done|Complete|Leave|Stop))(?![a-z])/

/** Told by the first of these that holds: it settles a promise, its end is heard, something ends it alone, or a counterpart is there. */
export function endingOf(write: Operation, program: Program): Ending | null {
  return (
    isOfResource(write, program) ??
    settlesPromise(write, program) ??
    isHeardOut(write, program) ??
    isEndedInside(write, program) ??
    isEndedAlone(write, program) ??
    isEndedTogether(write, program) ??
    hasCounterpart(write, program) ??
    hasEndingSibling(write, program) ??
    isOfEvent(write, program)
  )
}

function lineOf(node: Node): string {
  return `line ${node.loc?.start.line ?? '?'}`
}

/** `createHook({ init(id) { contexts.set(id, …) } })`: Node.js calls it for every promise, timer and socket. */
function isOfResource(write: Operation, program: Program): Ending | null {
  for (let at = write.func; at !== program.root; at = program.scopes.functionOf(at)) {
    const name = nameNode(at)
    const variable = name?.type === 'Identifier' ? program.scopes.variableOf(name) : null
    if ([at, ...(variable?.references ?? [])].some(isGivenToHook))
      return { what: 'asynchronous resource', because: 'Node.js calls destroy() for each that is over' }
  }
  return null
}

function isGivenToHook({ parent }: Node): boolean {
  const call = /Property$/.test(parent?.type ?? '') ? parent!.parent?.parent : undefined
  return call !== undefined && isCall(call) && calleeName(call) === 'createHook'
}

/** `new Promise((resolve, reject) => { waiting.set(id, { resolve, reject }) })` */
function settlesPromise(write: Operation, program: Program): Ending | null {
  const { value } = write
  if (!value) return null
  for (let at = write.node.parent; at && at !== program.root; at = at.parent) {
    if (!isFunction(at) || at.parent?.type !== 'NewExpression' || at.parent['callee']?.name !== 'Promise') continue
    const settlers = (at['params'] as Node[]).map(
      (param) => param.type === 'Identifier' && program.scopes.variableOf(param),
    )
    const used = (settlers.filter(Boolean) as Variable[]).some(({ references }) =>
      references.some((reference) => isInside(reference, value)),
    )
    if (!used || isUntilReady(write, at, program)) return null
    return { what: 'promise that waits', because: 'it settles a promise, which happens once' }
  }
  return null
}

/**
 * `if (this.ready) return; … this.waiting.push(resolve)` where `ready = true` stands beside a loop over all that wait: they come before that
 * moment, and nobody after it.
 */
function isUntilReady({ cell, node, key }: Operation, executor: Node, program: Program): boolean {
  if (key !== null) return false
  const outer = program.scopes.functionOf(executor)
  if (outer === program.root) return false
  const { goingThrough, flagsIn, testsIn } = readinessOf(program)
  const flags = new Set([...(goingThrough.get(cell) ?? [])].flatMap((func) => flagsIn.get(func) ?? []))
  if (flags.size === 0) return false
  return (testsIn.get(outer) ?? []).some((statement) => {
    if (startOf(statement) > startOf(node)) return false
    const test = unwrap(statement['test'] as Node)
    const flag = program.cells.of(test.type === 'UnaryExpression' ? (test['argument'] as Node) : test)
    return flag !== null && flags.has(flag)
  })
}

interface Readiness {
  /** Functions that go through a collection: `for (const resolve of this.waiting)`, `this.waiting.forEach(…)`. */
  goingThrough: Map<Cell, Set<Node>>
  /** What a function sets to true. */
  flagsIn: Map<Node, Cell[]>
  /** Tests in a function, and in those inside of it. */
  testsIn: Map<Node, Node[]>
}

const readinessIndexes = new WeakMap<Program, Readiness>()

function readinessOf(program: Program): Readiness {
  const known = readinessIndexes.get(program)
  if (known) return known
  const { scopes, cells } = program
  const index: Readiness = { goingThrough: new Map(), flagsIn: new Map(), testsIn: new Map() }
  readinessIndexes.set(program, index)
  const goThrough = (list: Node, func: Node): void => {
    const cell = cells.of(list)
    if (cell) index.goingThrough.set(cell, (index.goingThrough.get(cell) ?? new Set()).add(func))
  }
  for (const loop of scopes.byType('ForOfStatement')) goThrough(loop['right'] as Node, scopes.functionOf(loop))
  for (const call of scopes.byType('CallExpression', 'OptionalCallExpression'))
    if (/^(forEach|map)$/.test(methodOf(call) ?? ''))
      for (let at = scopes.functionOf(call); at !== program.root; at = scopes.functionOf(at))
        goThrough(unwrap(call['callee'] as Node)['object'] as Node, at)
  for (const assignment of scopes.byType('AssignmentExpression')) {
    const flag = isLiteral(unwrap(assignment['right'] as Node), true) ? cells.of(assignment['left'] as Node) : null
    if (flag) addTo(index.flagsIn, scopes.functionOf(assignment), flag)
  }
  for (const statement of scopes.byType('IfStatement'))
    for (let at = scopes.functionOf(statement); at !== program.root; at = scopes.functionOf(at))
      addTo(index.testsIn, at, statement)
  return index
}

function addTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

/** The names that an entry is made of: the value, its key, and the parts of a literal. */
function thingsOf({ key, value }: Operation): Node[] {
  const things: Node[] = []
  const add = (node: Node | null | undefined): void => {
    let at = node && unwrap(node)
    while (at && isMember(at)) at = unwrap(at['object'] as Node)
    if (at?.type === 'Identifier') things.push(at)
  }
  add(key)
  const stored = value && unwrap(value)
  if (stored?.type === 'ObjectExpression')
    for (const property of stored['properties'] as Node[]) add((property['value'] ?? property['argument']) as Node)
  else add(stored)
  return things
}

/** `sockets.add(socket)` beside `socket.on('close', …)`. */
function isHeardOut(write: Operation, program: Program): Ending | null {
  const outer = outermost(write.func, write.cell, program)
  for (const thing of thingsOf(write)) {
    const variable = program.scopes.variableOf(thing)
    if (!variable || !isInside(variable.scope.node, outer)) continue
    for (const reference of variable.references) {
      const call = callOn(reference)
      const [event] = call && hearing.test(methodOf(call) ?? '') ? (call['arguments'] as Node[]) : []
      if (!event || !isLiteral(unwrap(event)) || !endEvent.test(String(unwrap(event)['value']))) continue
      return {
        what: variable.name,
        because: `${variable.name} says when it is over ('${String(unwrap(event)['value'])}', ${lineOf(event)})`,
      }
    }
  }
  return null
}

/** `watchers.set(id, watcher)`, and `return { close() { watcher.close() } }`: whoever has the answer ends it. */
function isEndedInside(write: Operation, program: Program): Ending | null {
  const value = write.value && unwrap(write.value)
  const variable = value?.type === 'Identifier' ? program.scopes.variableOf(value) : null
  if (!variable || variable.scope.func !== write.func || write.key === null) return null
  for (const reference of variable.references) {
    const call = callOn(reference)
    if (!call || !enders.test(methodOf(call) ?? '') || program.scopes.functionOf(call) === write.func) continue
    return { what: variable.name, because: `${program.text(call['callee'] as Node)}() ends it (${lineOf(call)})` }
  }
  return null
}

/** `thing.method(…)`, also further down a chain: `thing.on(…).on(…)`. */
export function callOn(reference: Node): Node | null {
  const member = reference.parent
  const call = member && isMember(member) && member['object'] === reference ? member.parent : undefined
  return call && isCall(call) && call['callee'] === member ? call : null
}

/** `const one = clients.get(id); one.close()`: one of them is ended, and stays where it is. */
function isEndedAlone(write: Operation, program: Program): Ending | null {
  const { cell } = write
  if (write.key === null) return null
  const outer = outermost(write.func, cell, program)
  for (const read of program.operations.get(cell) ?? []) {
    if (read.kind !== 'read' || read.key === null || !/^(get|\[\])$/.test(read.how)) continue
    const { func } = read
    if (program.frequencyOf(func) !== 'many' || isInside(func, outer) || isInside(outer, func)) continue
    if (!isGivenKey(read.key, func, program)) continue
    const end = callsInside(func, program).find((call) => endsEntry(call, cell, program))
    if (end)
      return {
        what: 'entry that ends',
        because: `${program.text(end['callee'] as Node)}() ends one alone (${lineOf(end)})`,
      }
  }
  return null
}

/** The last thing that an owner does: what it holds goes with it. */
const endsAll = /^_?(close|destroy|dispose|shutdown|teardown|terminate|end|kill|quit)/i

/** `restore() { for (const one of this.fakes) one.restore() }`: all are ended, and stay where they are. */
function isEndedTogether({ cell }: Operation, program: Program): Ending | null {
  for (const { node, item } of loopsOver(cell, program)) {
    const func = program.scopes.functionOf(node)
    if (program.frequencyOf(func) !== 'many' || endsAll.test(functionName(func) ?? '')) continue
    const end = item?.references.map(callOn).find((call) => call && endsOneOf.test(methodOf(call) ?? ''))
    if (end)
      return {
        what: 'entry that ends',
        because: `${program.text(end['callee'] as Node)}() ends each that is in it (${lineOf(end)})`,
      }
  }
  return null
}

/** What ends one of many for good: what is only stopped or aborted may begin again. */
const endsOneOf = /^_?(close|destroy|terminate|kill|unsubscribe|dispose|restore|disconnect|teardown|detach)$/

/** A parameter of the function, or a part of one: not the names that a loop goes through. */
function isGivenKey(key: Node, func: Node, program: Program): boolean {
  let at = unwrap(key)
  while (isMember(at)) at = unwrap(at['object'] as Node)
  const definition = at.type === 'Identifier' ? program.scopes.variableOf(at)?.definitions[0] : undefined
  if (definition?.kind !== 'param') return false
  const taker = program.scopes.functionOf(definition.name)
  const user = func.parent
  const isIteration =
    user !== undefined &&
    isCall(user) &&
    /^(forEach|map|each|filter|some|every|find|reduce)$/.test(calleeName(user) ?? '')
  return !isIteration && isInside(func, taker)
}

function endsEntry(call: Node, cell: Cell, program: Program): boolean {
  const name = calleeName(call) ?? ''
  if (/^clear(Timeout|Interval)$/.test(name))
    return (call['arguments'] as Node[]).some((arg) => isOfEntry(unwrap(arg), cell, program))
  if (!enders.test(name) || methodOf(call) === null) return false
  return isOfEntry(unwrap(unwrap(call['callee'] as Node)['object'] as Node), cell, program)
}

/** The entry itself, or something that hangs on it. */
function isOfEntry(node: Node, cell: Cell, program: Program): boolean {
  for (let at = program.cells.of(node); at; at = at.base) if (at.kind === 'element' && at.base === cell) return true
  return false
}

/** `leave(id)` beside `join(id)`, of the same class or module: what is taken in has an end, and this collection no part in it. */
function hasCounterpart(write: Operation, program: Program): Ending | null {
  const outer = outermost(write.func, write.cell, program)
  if (isConstructorOf(outer, write.cell, program)) return null
  // A plug-in is taken back by whoever wants to: what a program is made of is no guest of it.
  if (/^_?(use|plugin|extend|install)$/.test(functionName(outer) ?? '') || keepsCallback(write)) return null
  const names = new Set(
    thingsOf(write)
      .filter((thing) => {
        const variable = program.scopes.variableOf(thing)
        return variable?.definitions[0]?.kind === 'param' && variable.scope.func === outer
      })
      .map((thing) => String(thing['name'])),
  )
  if (names.size === 0) return null
  const owner = rootOf(write.cell)
  const end = counterparts(program).find(
    (func) =>
      func !== outer &&
      !isInside(func, outer) &&
      (owner.kind === 'instance'
        ? program.cells.ofThis(func) === owner
        : program.scopes.functionOf(func) === program.scopes.functionOf(outer)) &&
      (func['params'] as Node[]).some((param) => names.has(String(param['name'] ?? ''))),
  )
  const name = end && functionName(end)
  return end && name ? { what: [...names][0]!, because: `${name}() ends one (${lineOf(end)})` } : null
}

/**
 * `removeJob(id)` beside `jobs.set(id, …)`, named for one of them, which takes that away everywhere but here; `null` as well where entries
 * are never taken out at all.
 */
export function forgetfulRemover(write: Operation, program: Program): Node | null {
  const key = write.key && unwrap(write.key)
  const owner = rootOf(write.cell)
  const one = singular(write.cell.name)
  if (key?.type !== 'Identifier' || owner.kind !== 'instance' || one === null) return null
  const operations = program.operations.get(write.cell) ?? []
  const removals = operations.filter(({ kind }) => kind === 'remove')
  // `bus.on('user-removed', (id) => users.delete(id))`: whoever is told of the end takes it out, and the remover tells him.
  if (removals.length === 0 || removals.some(({ func }) => isInlineCallback(func))) return null
  return (
    counterparts(program).find((func) => {
      const name = /^_?(?:remove|delete|destroy|cancel|unregister|drop|discard)(\w+)$/.exec(functionName(func) ?? '')
      if (name?.[1]?.toLowerCase() !== one || program.cells.ofThis(func) !== owner) return false
      const [param] = func['params'] as Node[]
      if (!param || !new RegExp(`^(id|key|${key['name']}|${one}(id|key|name)?)$`, 'i').test(String(param['name'])))
        return false
      const functions = [func, ...calledFrom(func, program)]
      return !operations.some((other) => functions.some((inner) => isInside(other.func, inner)))
    }) ?? null
  )
}

/** `job` of `jobs` and `_jobsById`. */
function singular(name: string): string | null {
  const words = /^[_#$]*([a-zA-Z]+?)(?:By[A-Z]\w*|Map)?$/.exec(name)?.[1]
  if (!words || !/[a-z]s$/.test(words) || /ss$/.test(words)) return null
  return (/ies$/.test(words) ? words.replace(/ies$/, 'y') : words.slice(0, -1)).toLowerCase()
}

const counterpartIndexes = new WeakMap<Program, Node[]>()

function counterparts(program: Program): readonly Node[] {
  let found = counterpartIndexes.get(program)
  if (!found) {
    found = program.scopes
      .byType('FunctionExpression', 'ArrowFunctionExpression', 'FunctionDeclaration')
      .filter((func) => endsOne.test(functionName(func) ?? ''))
    counterpartIndexes.set(program, found)
  }
  return found
}

/** What began in the same breath is taken out of another collection when it is over. */
function hasEndingSibling(write: Operation, program: Program): Ending | null {
  // A list next to an index of it is in an order of its own.
  if (write.key === null) return null
  const owner = rootOf(write.cell)
  const outer = outermost(write.func, write.cell, program)
  for (const sibling of writesIn(write.func, program)) {
    if (sibling.cell === write.cell || sibling.key === null || rootOf(sibling.cell) !== owner) continue
    if (sibling.cell.kind === 'element' || sibling.cell.base?.kind === 'element') continue
    const removal = (program.operations.get(sibling.cell) ?? []).find(
      ({ kind, key, func, how }) =>
        kind === 'remove' &&
        key !== null &&
        !/^(pop|shift)$/.test(how) &&
        program.frequencyOf(func) === 'many' &&
        func !== outer &&
        func !== write.func,
    )
    if (removal)
      return {
        what: 'entry that ends',
        because: `what is stored with it leaves ${sibling.cell.name} again (${lineOf(removal.node)})`,
      }
  }
  return null
}

const writeIndexes = new WeakMap<Program, Map<Node, Operation[]>>()

function writesIn(func: Node, program: Program): readonly Operation[] {
  let index = writeIndexes.get(program)
  if (!index) {
    writeIndexes.set(program, (index = new Map()))
    for (const operations of program.operations.values())
      for (const operation of operations) {
        if (operation.kind !== 'grow') continue
        const list = index.get(operation.func)
        if (list) list.push(operation)
        else index.set(operation.func, [operation])
      }
  }
  return index.get(func) ?? []
}

/** Of these a stream has as many as it has parts, and what they are put together to is one thing. */
const parts =
  /^(data|line|readable|chunk|message|token|row|record|entry|file|error|warning|log|stdout|stderr|end|close|exit|finish)$/

/** `server.on('request', (request) => this.seen.push(request.url))`: as often as that happens. */
function isOfEvent(write: Operation, program: Program): Ending | null {
  for (let at = write.func; at !== program.root; at = program.scopes.functionOf(at)) {
    const call = at.parent
    if (!call || !isCall(call) || !/^(on|addListener|addEventListener|prependListener)$/.test(methodOf(call) ?? ''))
      continue
    const [event, listener] = call['arguments'] as Node[]
    if (listener !== at || !event || !isLiteral(unwrap(event)) || parts.test(String(unwrap(event)['value']))) continue
    const params = at['params'] as Node[]
    const isOfIt = thingsOf(write).some((thing) => {
      const variable = program.scopes.variableOf(thing)
      return variable !== null && params.some((param) => variable.definitions.some(({ name }) => isInside(name, param)))
    })
    if (isOfIt)
      return { what: String(unwrap(event)['value']), because: `it is stored whenever that happens (${lineOf(call)})` }
  }
  return null
}

/** `function record(server) { const seen = []; server.on('request', (request) => seen.push(request)); return seen }`: as long as the server. */
export function livesWithEmitter({ cell, func }: Operation, program: Program): boolean {
  const maker = cell.kind === 'variable' ? cell.variable?.scope.func : undefined
  for (let at = func; maker !== undefined && at !== maker && at !== program.root; at = program.scopes.functionOf(at)) {
    const call = at.parent
    if (!call || !isCall(call) || !hearing.test(methodOf(call) ?? '')) continue
    const emitter = unwrap(unwrap(call['callee'] as Node)['object'] as Node)
    const given = emitter.type === 'Identifier' ? program.scopes.variableOf(emitter) : null
    if (given?.definitions[0]?.kind === 'param' && given.scope.func === maker) return true
  }
  return false
}
