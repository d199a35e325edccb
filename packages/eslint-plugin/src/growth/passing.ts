import { callersOf, callGraph } from './call-graph.ts'
import type { Cell } from './cells.ts'
import { isCheckedKey, isFileKey, isUpdate } from './checked-key.ts'
import { containerOf, declarationOf } from './container.ts'
import { isTakenOutElsewhere } from './elsewhere.ts'
import { endEvent, endingOf, forgetfulRemover, livesWithEmitter } from './ending.ts'
import { isInLoop } from './frequency.ts'
import { functionName } from './function-name.ts'
import { isFreshKey } from './fresh-key.ts'
import { judgeKey } from './keys.ts'
import { isLimited, testsAround } from './limit.ts'
import { longevityOf } from './longevity.ts'
import { saidAlready, setsUp, shortLivedOwner, takesIn } from './names.ts'
import { calleeName, isCall, isInside, isMember, methodOf, type Node, propertyName, unwrap } from './node.ts'
import type { Operation } from './operations.ts'
import { isConstructorOf, outermost, rootOf } from './owner.ts'
import { isInEnd, ownEndOf } from './own-end.ts'
import type { Program } from './program.ts'
import type { Variable } from './scopes.ts'
import { servingFunction } from './serving.ts'
import { functionsAround, keepsCallback } from './set-up.ts'
import { isInlineCallback, isOnlyOnFinish, isWhereItFails } from './shrink.ts'

/** An entry for something that comes and goes, in a collection that nothing ever leaves. */
export interface Passing {
  write: Operation
  declaration: Node
  /** What comes and goes, as the code calls it. */
  what: string
  /** What in the code tells that it goes, as a clause; `null` where its name alone does. */
  because: string | null
  /** A line that does take something out: only what fails, or all at once when the owner ends. */
  removal: Operation | null
}

/** What comes, is served, and is over, by the name that code gives it. */
const passing =
  /^_?(socket|sock|conn|connection|ws|websocket|req|request|res|response|peer|session|worker|child|job|task|span|transaction|stream|call|ticket|upload|download|proc|process|timer|timeout|subscription|sub|client|remote|channel|lease|lock|waiter|deferred|operation|invocation|execution|exchange|visitor|player|viewer|caller|user|agent)$/i

/** Of these a list has few, more often than not. */
const kindsOfFew = /^_?(call|user|agent|task|job)$/i

/** What begins something that will be over. */
const begins =
  /^_?(start|begin|enqueue|submit|track|schedule|dispatch|send|request|call|exec|execute|run|process|receive|accept|on[A-Z]\w*|handle\w*|invoke|publish|upload|download|fetch|query)$/i

/** A field that says when an entry is over. */
const expiring =
  /^_?(expires?(At|On|In)?|expiry|expiration|expirationDate|expireTime|ttl|deadline|validUntil|staleAt)$/i
/** A field that says since when it is there. */
const dated =
  /^_?(expires?(At|On|In)?|expiry|expiration|ttl|deadline|validUntil|staleAt|created|createdAt|started|startedAt|start|timestamp|since|lastSeen|lastUsed|lastAccess(ed)?|firstSeen|resetTime)$/i

/** A key of one such thing: `id`, `sessionId`, `socket.id`. */
const idName =
  /^_?(id|uuid|guid|key|pid|[a-z]\w*(Id|ID|Uuid|Key|Token)|sid|cid|token|rid|seq|sequence|nonce|ip|address)$/

/**
 * Told when a collection of something that lives longer than a call gets an entry for each thing that comes and goes (a connection, a
 * request, a timer, a promise), under a key of its own, and no line of the package takes anything out, empties it, or looks at its size.
 */
export function findPassing(program: Program): Passing[] {
  const found: Passing[] = []
  for (const [cell, all] of program.operations) {
    if (!isPlace(cell) || saidAlready.test(cell.name)) continue
    const operations = all.filter(
      (operation) =>
        !isLookedThrough(operation) && !isEndOfAll(operation, program) && !isOnlyOnError(operation, all, program),
    )
    const isLeft = operations.some(({ kind }) => /^(remove|reset|blank|pass)$/.test(kind))
    if (operations.some(({ kind }) => kind === 'measure')) continue
    // Entries that say when they are over have to go by themselves: who asks for them again, and who calls for it, is not enough.
    if (isLeft && !isOnlyLazy(operations, program)) continue
    const container = containerOf(cell, operations)
    if (container !== 'Map' && container !== 'Set' && container !== 'object' && container !== 'array') continue
    // A fresh collection now and then is an end, too.
    if (operations.some((operation) => operation.kind === 'init' && !isFirst(operation, program))) continue
    for (const write of operations) {
      if (write.kind !== 'grow' || !isBoundless(write, program) || livesWithEmitter(write, program)) continue
      const what = isKept(cell) ? whatPasses(write, container, program, isLeft) : null
      const ending =
        what === null && !isLeft && mayEnd(write, container, operations, program) ? endingOf(write, program) : null
      if (what === null && ending === null) continue
      if (isTakenOutElsewhere(cell, program)) break
      const declaration = declarationOf(cell, operations) ?? write.node
      const removal = all.find(({ kind }) => /^(remove|reset|blank)$/.test(kind)) ?? null
      found.push({ write, declaration, what: what ?? ending!.what, because: ending?.because ?? null, removal })
      break
    }
  }
  return found
}

/** An entry of a collection that others are taken out of, and the method that is named for taking one away and leaves it there. */
export interface LeftByRemover {
  write: Operation
  declaration: Node
  remover: Node
}

export function findLeftByRemover(program: Program): LeftByRemover[] {
  const found: LeftByRemover[] = []
  for (const [cell, operations] of program.operations) {
    const container = containerOf(cell, operations)
    if (cell.base?.kind !== 'instance' || (container !== 'Map' && container !== 'object')) continue
    if (operations.some(({ kind }) => kind === 'measure')) continue
    const write = operations.find(({ kind, func }) => kind === 'grow' && program.frequencyOf(func) === 'many')
    const remover = write ? forgetfulRemover(write, program) : null
    if (!write || !remover || isTakenOutElsewhere(cell, program)) continue
    found.push({ write, declaration: declarationOf(cell, operations) ?? write.node, remover })
  }
  return found
}

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

/** `Object.keys(pending)`, `_.each(timers, …)`: read, not handed to somebody who might take something out. */
export function isLookedThrough({ kind, how }: Operation): boolean {
  return (
    kind === 'pass' &&
    /^(keys|values|entries|each|forEach|map|size|find|filter|some|every|stringify|from|freeze|isEmpty|has|get|inspect|log|debug|warn|info|isArray|hasOwn)$/.test(
      how,
    )
  )
}

/** `child.on('error', () => { delete jobs[id] })` in the function that stores it: what goes well stays. So does what only a finished answer takes out. */
function isOnlyOnError(operation: Operation, all: readonly Operation[], program: Program): boolean {
  if (operation.kind !== 'remove' || operation.key === null) return false
  if (isOnlyOnFinish(operation.node, program)) return true
  const write = all.find(({ kind, func }) => kind === 'grow' && isInside(operation.func, func))
  return (
    write !== undefined &&
    operation.func !== write.func &&
    isWhereItFails(operation, write.func) &&
    isPlainKey(write, operation, program)
  )
}

function isPlainKey(write: Operation, removal: Operation, program: Program): boolean {
  return write.key !== null && program.text(write.key) === program.text(removal.key!)
}

/** `close() { this.clients.clear() }`: the end of the owner, not of what it holds. Nor does a `clear()` that nothing here calls count. */
function isEndOfAll({ kind, func, node, cell }: Operation, program: Program): boolean {
  if (kind !== 'reset' && (kind !== 'init' || node.type !== 'AssignmentExpression')) return false
  if (rootOf(cell).kind !== 'instance') return false
  // remove(this.sockets, socket) takes one.
  if (isCall(node) && (node['arguments'] as Node[]).length > 1) return false
  if (isInEnd(func, program)) return true
  const name = functionName(func) ?? ''
  return (
    empties.test(name) &&
    callersOf(func, program).length === 0 &&
    !(callGraph(program).methodCalls.get(name) ?? []).some((call) => !isOnCollection(call, program))
  )
}

const empties = /^_?(clear|reset|cleanup|removeAll|clearAll)$/

/** `this.clients.clear()` is no call of a method `clear` of this file. */
function isOnCollection(call: Node, program: Program): boolean {
  const cell = program.cells.of(unwrap(call['callee'] as Node)['object'] as Node)
  return cell !== null && containerOf(cell, program.operations.get(cell) ?? []) !== null
}

/** A place of its own, not one for each entry of another collection. */
function isPlace(cell: Cell): boolean {
  if (cell.kind !== 'variable' && cell.kind !== 'property') return false
  for (let at: Cell | null = cell; at; at = at.base) if (at.kind === 'element') return false
  return true
}

/** A field of what is no request itself, or a variable around the function that writes to it. */
function isKept(cell: Cell): boolean {
  const root = rootOf(cell)
  if (root.kind === 'instance') return cell.base === root && !shortLivedOwner.test(root.variable?.name ?? root.name)
  const { variable } = root
  if (root.kind !== 'variable' || root !== cell || !variable) return false
  return variable.definitions[0]!.kind !== 'param' && variable.definitions[0]!.kind !== 'import'
}

/**
 * Every line that takes something out does so for the key that it was just asked for and found too old, or stands in a method that nobody
 * here calls.
 */
function isOnlyLazy(operations: readonly Operation[], program: Program): boolean {
  return operations
    .filter(({ kind }) => /^(remove|reset|blank|pass)$/.test(kind))
    .every((operation) => {
      const { kind, key, func, node } = operation
      if (kind === 'pass' || program.frequencyOf(func) !== 'many' || isInlineCallback(func)) return false
      const isAskedFor =
        kind === 'remove' &&
        key !== null &&
        !isInLoop(node, program.scopes) &&
        operations.some(
          (other) =>
            other.kind === 'read' && other.func === func && other.key && program.text(other.key) === program.text(key),
        ) &&
        testsAround(node, func).some((test) => /expir|ttl|age|now|time|stale|old|valid/i.test(program.text(test)))
      const name = functionName(func) ?? ''
      return (
        isAskedFor ||
        (byHand.test(name) && !callGraph(program).methodCalls.has(name) && callersOf(func, program).length === 0)
      )
    })
}

const byHand = /^_?(delete|del|remove|destroy|clear|reset|invalidate|flush|unset|evict|empty|purge)/i

/** Where its owner or its variable is made. */
function isFirst({ func, cell }: Operation, program: Program): boolean {
  return (
    isConstructorOf(func, cell, program) ||
    program.frequencyOf(func) !== 'many' ||
    rootOf(cell).variable?.scope.func === func
  )
}

function isBoundless(write: Operation, program: Program): boolean {
  const { cell, func } = write
  if (program.frequencyOf(func) !== 'many') return false
  const { variable } = cell
  // A variable of the function that writes is gone with it; one that is handed out with functions of its own is not.
  if (variable && cell.kind === 'variable' && isWithinCall(variable.scope.func, func, program)) return false
  const outer = outermost(func, cell, program)
  if (functionsAround(write.node, program).some((at) => isConstructorOf(at, cell, program))) return false
  // A pool that fills itself as it is made.
  const callers = callersOf(outer, program)
  if (callers.length > 0 && isHidden(outer) && callers.every((caller) => isConstructorOf(caller, cell, program)))
    return false
  if (
    /^_?(register|define|declare|fill|configure|install|load|import|build|parse|compile|visit)/.test(
      functionName(outer) ?? '',
    )
  )
    return false
  if (isLimited(write, outer, program, true)) return false
  if (write.key === null) return true
  return (
    !isUpdate(write, program) && !isFileKey(write.key, outer, program) && !isCheckedKey(write, outer, cell, program)
  )
}

/** In the function itself, or in what goes through a list there: `rows.forEach((row) => found.push(row))`. */
function isWithinCall(owner: Node, func: Node, program: Program): boolean {
  let at = func
  while (at !== owner && isIteration(at)) at = program.scopes.functionOf(at)
  return at === owner
}

function isIteration(func: Node): boolean {
  return (
    isInlineCallback(func) &&
    /^(forEach|map|filter|some|every|find|reduce|each|flatMap|sort)$/.test(calleeName(func.parent!) ?? '')
  )
}

/** `#spawn() {}`: nobody else can call it. */
function isHidden(func: Node): boolean {
  return (functionName(func) ?? '').startsWith('#')
}

/** An entry of a collection that lives longer than the call, under a key of which there are many. */
function mayEnd(
  write: Operation,
  container: keyof typeof growsBy,
  operations: readonly Operation[],
  program: Program,
): boolean {
  return (
    growsBy[container].test(write.how) &&
    isOpenKey(write, program) &&
    longevityOf(write.cell, operations, [write], program, true) !== null
  )
}

/** What adds an entry to a collection of that kind. */
const growsBy = { Map: /^set$/, Set: /^add$/, object: /^\[\]=$/, array: /^(push|unshift)$/ }

/** As many as there are things that come: not the words that the code spells out, and not kinds of something. */
function isOpenKey({ key }: Operation, program: Program): boolean {
  if (key === null) return true
  return !/^(finite|few|file)$/.test(judgeKey(key, program.scopes, program.text, program.frequencyOf).kind)
}

function whatPasses(write: Operation, container: string, program: Program, isLeft: boolean): string | null {
  const { key, value, cell } = write
  if (isLeft) {
    const isOver = key !== null && value !== null && isDated(madeOf(unwrap(value), program), expiring)
    return isOver && !/^(finite|few|file)$/.test(judgeKey(key, program.scopes, program.text, program.frequencyOf).kind)
      ? 'an entry that expires'
      : null
  }
  // What holds itself by itself: `visited.add(node)` is not among these.
  if (container === 'Set') return key === null ? null : (nameOfPassing(key) ?? madeForCall(write, key, program))
  if (container === 'array') {
    const what = write.how === 'push' && value ? nameOfPassing(value) : null
    // A list of what is there to do, or was done, is a programme or a record, unless strangers write it.
    if (what === null) return write.how === 'push' && value ? madeForCall(write, value, program) : null
    return kindsOfFew.test(what) && !servingFunction(write.node, program) ? null : what
  }
  if (key === null) return null
  const owner = rootOf(cell)
  if (owner.kind !== 'instance' && owner.kind !== 'variable') return null
  const kind = judgeKey(key, program.scopes, program.text, program.frequencyOf).kind
  if (kind === 'finite' || kind === 'file') return null
  const isOwnKey = isFreshKey(key, program) || isId(key)
  const stored = value && madeOf(unwrap(value), program)
  const what = nameOfPassing(key) ?? (value && nameOfPassing(value)) ?? (stored && nameOfPassing(stored))
  if (what !== null && (isOwnKey || kind === 'stranger' || isIdentity(key))) return what
  if (kind === 'few' || !stored) return null
  if (isTimer(stored) || holdsTimer(stored)) return 'a timer'
  if (isDated(stored)) return 'an entry that is over at some time'
  if (isChained(stored, cell, program)) return 'a promise'
  const method = outermost(write.func, cell, program)
  const name = functionName(method) ?? ''
  if (isOwnKey && begins.test(name)) return program.text(key)
  if (returnsItself(method, program)) return null
  if (owner.kind !== 'instance' || kind === 'identity' || configures.test(name)) return null
  if (isOwnKey ? hasLifeOfItsOwn(write, program) : !setsUp.test(name) && !takesIn.test(name)) return 'new key'
  return null
}

/** Called for each part of a program, not for each thing that comes: what it stores stays by intent. */
const configures =
  /^_?(use|register|define|declare|option|command|plugin|extend|config|set(up|Option|Default|Config)|init|install|mount|provide|load|import|parse|build|compile|add(Rule|Type|Option|Plugin|Listener|Handler|Hook|Route|Schema|Middleware|Method|Format|Parser|Command|Service|Transport|Field|Keyword))/

/** What serves for long, by its name. */
const serves =
  /(Pool|Manager|Client|Server|Registry|Agent|Connection|Service|Store|Broker|Transport|Adapter|Provider|Scheduler|Watcher|Monitor|Tracker|Limiter|Dispatcher|Driver|Worker|Host|Hub|Gateway|Proxy|Bot|Socket|Channel|Cluster|Bus|Transit|Queue|Cache|Consumer|Producer|Subscriber|Router|Bridge|Peer|Node)s?(Base|Impl)?$/

/** What serves one of these, and goes with it. */
const servesOnce = /^(Request|Call|Transaction)[A-Z]|Context|Scope|UnitOfWork|[a-z]Session$/

/** An object that is kept while things come and go: its class can be ended, or is named for what serves. */
function hasLifeOfItsOwn({ cell, func }: Operation, program: Program): boolean {
  const owner = rootOf(cell)
  if (owner.kind !== 'instance') return false
  const name = owner.variable?.name ?? owner.name
  return !servesOnce.test(name) && (serves.test(name) || ownEndOf(func, program) !== null)
}

/** `this.records.push({ … })`, `this.tasks.add(new Task())`, `catch (error) { this.errors.push(error) }`: made for this call, or brought by it. */
function madeForCall(write: Operation, value: Node, program: Program): string | null {
  const method = outermost(write.func, write.cell, program)
  const name = functionName(method) ?? ''
  // `for (const name of settings) Agent.prototype[name] = function () {…}`: what has many names is called for none in particular.
  if (name === '' || setsUp.test(name) || configures.test(name) || !hasLifeOfItsOwn(write, program)) return null
  if (returnsItself(method, program)) return null
  if (callersOf(method, program).some((caller) => program.frequencyOf(caller) === 'once')) return null
  const node = unwrap(value)
  const variable = node.type === 'Identifier' ? program.scopes.variableOf(node) : null
  const isBrought =
    variable?.definitions[0]?.kind === 'param' &&
    !takesIn.test(name) &&
    !keepsCallback(write) &&
    variable.scope.func === write.func
  const made = variable?.scope.func === write.func ? madeOf(node, program) : node
  return isBrought || /^(ObjectExpression|NewExpression)$/.test(made.type) ? 'call' : null
}

/** `router.before(check).onError(tell)` is written once for each part of a program. */
function returnsItself(method: Node, program: Program): boolean {
  return program.scopes
    .byType('ReturnStatement')
    .some(
      (leave) =>
        (leave['argument'] as Node | null)?.type === 'ThisExpression' && program.scopes.functionOf(leave) === method,
    )
}

/** `socket`, `socket.id`, `span.context().spanId`, `{ socket, since }`. */
function nameOfPassing(node: Node): string | null {
  let at = unwrap(node)
  if (at.type === 'ObjectExpression') {
    for (const property of at['properties'] as Node[]) {
      const part = property['value'] as Node | undefined
      if (part?.type === 'Identifier' && passing.test(String(part['name']))) return String(part['name'])
    }
    return null
  }
  while (isMember(at) || isCall(at)) {
    const isOfThis = isMember(at) && unwrap(at['object'] as Node).type === 'ThisExpression'
    if (isOfThis) return null
    at = unwrap((isMember(at) ? at['object'] : at['callee']) as Node)
  }
  return at.type === 'Identifier' && passing.test(String(at['name'])) ? String(at['name']) : null
}

function isId(key: Node): boolean {
  const node = unwrap(key)
  if (node.type === 'Identifier') return idName.test(String(node['name']))
  if (isCall(node)) return calleeName(node) !== null && /id$|^(String|toString)$/i.test(calleeName(node)!)
  return isMember(node) && idName.test(propertyName(node) ?? '')
}

/** The thing itself is the key. */
function isIdentity(key: Node): boolean {
  const node = unwrap(key)
  return node.type === 'Identifier' && passing.test(String(node['name']))
}

/** The literal behind a name: `const entry = hits.get(key) || { count: 0, since: now }`. */
function madeOf(value: Node, program: Program): Node {
  const init = value.type === 'Identifier' ? program.scopes.variableOf(value)?.definitions[0]?.init : null
  const made = init ? unwrap(init) : value
  return made.type === 'LogicalExpression' ? unwrap(made['right'] as Node) : made
}

/** `const before = locks.get(key) || done; locks.set(key, before.then(work))` */
function isChained(value: Node, cell: Cell, program: Program): boolean {
  if (!isCall(value) || !/^(then|finally|catch)$/.test(methodOf(value) ?? '')) return false
  const before = unwrap(unwrap(value['callee'] as Node)['object'] as Node)
  const init = before.type === 'Identifier' ? program.scopes.variableOf(before)?.definitions[0]?.init : before
  const read = init && unwrap(init).type === 'LogicalExpression' ? (unwrap(init)['left'] as Node) : init
  const place = read ? program.cells.of(read) : null
  return place?.kind === 'element' && place.base === cell
}

/** `{ job, timer: setTimeout(…) }` */
function holdsTimer(value: Node): boolean {
  return (
    value.type === 'ObjectExpression' &&
    (value['properties'] as Node[]).some(
      ({ value: part }) => part !== null && part !== undefined && isTimer(part as Node),
    )
  )
}

function isTimer(value: Node): boolean {
  return isCall(value) && /^set(Timeout|Interval)$/.test(calleeName(value) ?? '')
}

/** `{ value, expires: Date.now() + ttl }` */
function isDated(value: Node, names = dated): boolean {
  if (names === dated && isTime(value)) return true
  // wrap(value, ttl)
  if (isCall(value))
    return (value['arguments'] as Node[]).some(
      (arg) => arg.type === 'Identifier' && /ttl|expir|maxAge/i.test(String(arg['name'])),
    )
  return (
    value.type === 'ObjectExpression' &&
    (value['properties'] as Node[]).some(
      (property) =>
        names.test(propertyName(property) ?? '') ||
        (names === dated && isTime((property['value'] ?? property) as Node)),
    )
  )
}

/** `Date.now()`, `Date.now() + ms`, `new Date()`, `process.hrtime()` */
function isTime(value: Node): boolean {
  const node = unwrap(value)
  if (node.type === 'BinaryExpression') return isTime(node['left'] as Node) || isTime(node['right'] as Node)
  if (node.type === 'NewExpression') return calleeName(node) === 'Date'
  return isCall(node) && /^(now|hrtime|bigint|getTime)$/.test(calleeName(node) ?? '')
}
