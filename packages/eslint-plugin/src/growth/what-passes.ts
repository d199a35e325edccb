import { callersOf } from './call-graph.ts'
import type { Cell } from './cells.ts'
import { isFreshKey } from './fresh-key.ts'
import { functionName } from './function-name.ts'
import { judgeKey } from './keys.ts'
import { setsUp, takesIn } from './names.ts'
import { calleeName, isCall, isMember, methodOf, type Node, propertyName, unwrap } from './node.ts'
import type { Operation } from './operations.ts'
import { ownEndOf } from './own-end.ts'
import { outermost, rootOf } from './owner.ts'
import type { Program } from './program.ts'
import { servingFunction } from './serving.ts'
import { keepsCallback } from './set-up.ts'

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
 * What comes and goes, as the code calls it, that an entry is written for; null where nothing tells that it will be over.
 * `isLeft`: something is taken out of the collection now and then, and only an entry that says when it is over counts.
 */
export function whatPasses(write: Operation, container: string, program: Program, isLeft: boolean): string | null {
  const { key, value, cell } = write
  if (isLeft) {
    const isOver = key !== null && value !== null && isDated(madeOf(unwrap(value), program), expiring)
    return isOver && isOpenKey(write, program) ? 'an entry that expires' : null
  }
  // What holds itself by itself: `visited.add(node)` is not among these.
  if (container === 'Set') return key === null ? null : (nameOfPassing(key) ?? madeForCall(write, key, program))
  if (container === 'array') {
    // Of timers that have fired only the handles are left.
    if (value && isTimer(madeOf(unwrap(value), program))) return 'a timer'
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

/** As many as there are things that come: not the words that the code spells out, and not kinds of something. */
export function isOpenKey({ key }: Operation, program: Program): boolean {
  if (key === null) return true
  return !/^(finite|few|file)$/.test(judgeKey(key, program.scopes, program.text, program.frequencyOf).kind)
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
