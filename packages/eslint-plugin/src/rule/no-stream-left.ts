import type { Finding, Rule } from '../finding.ts'
import { callsInside } from '../growth/call-graph.ts'
import { callOn } from '../growth/ending.ts'
import {
  calleeName,
  endOf,
  isCall,
  isFunction,
  isInside,
  isMember,
  methodOf,
  type Node,
  propertyName,
  startOf,
  unwrap,
} from '../growth/node.ts'
import { localFunction } from '../growth/operations.ts'
import type { Program } from '../growth/program.ts'
import type { Variable } from '../growth/scopes.ts'
import { emitterOf } from './listening.ts'
import { finding } from './report.ts'

const rule = 'no-stream-left'

/** What opens a descriptor or a socket, and closes it when it is read to its end. */
const opens = /^(createReadStream|getObjectStream|createReadable)$/

/** What a client may leave before it has everything. */
const answer = /^_?(res|response|reply|resp|httpResponse|rawResponse|raw)$/

/** Words of code that ends a stream early. */
const endsEarly = /destroy|pipeline|onFinished|finished|pump|eos|unpipe|\.close\(|abort/i

/**
 * `createReadStream(path).pipe(response)`: pipe() does not end its source when the destination ends early, so a client that goes away
 * leaves the source open, with its descriptor and what it has read.
 */
export const noStreamLeft: Rule = {
  name: rule,
  severity: 'medium',
  summary:
    'A stream or a connection stays open when nobody wants it any more: the client has gone, the answer is refused.',
  find(program) {
    const calls = program.scopes.byType('CallExpression', 'OptionalCallExpression')
    return [
      ...calls
        .filter((call) => methodOf(call) === 'pipe' && isLeft(call, program))
        .map((call) => describe(call, program)),
      ...calls.flatMap((call) => findRefusedSocket(call, program)),
      ...findUnreleased(calls, program),
    ]
  },
}

/** What takes something that is to be given back. */
const takes = /^(create|acquire|open|checkout|borrow|obtain|lease)[A-Z]\w*$|^(acquire|checkout|borrow|getConnection)$/
const givesBack = /^(release|dispose|free|checkin|close)$/
const speaksOfRelease = /release|dispose|free|checkin|close|destroy|end$/i
/** Called on what was taken, where it ends by itself or somebody else has it. */
const goesOn = /^(pipe|on|once|addListener|listen|then|catch|finally|unref)$/

/**
 * `(await createRunner()).query(…)`, while `const runner = await createRunner()` beside it has its `runner.release()`: what has no name
 * cannot be given back.
 */
function findUnreleased(calls: readonly Node[], program: Program): Finding[] {
  const released = new Map<string, Node>()
  const taken = calls.filter((call) => takes.test(calleeName(call) ?? ''))
  for (const call of taken) {
    const holder = awaited(call).parent
    const id = holder?.type === 'VariableDeclarator' ? (holder['id'] as Node) : null
    const variable = id?.type === 'Identifier' ? program.scopes.variableOf(id) : null
    const release = variable?.references.map(callOn).find((use) => use && givesBack.test(methodOf(use) ?? ''))
    if (release) released.set(program.text(call['callee'] as Node), release)
  }
  return taken.flatMap((call) => {
    const release = released.get(program.text(call['callee'] as Node))
    const use = release && callOn(awaited(call))
    const method = use ? (methodOf(use) ?? '') : ''
    if (!use || speaksOfRelease.test(method) || goesOn.test(method)) return []
    // What the use answers may give it back: `.query(…).andRelease()`, or whoever gets it.
    if (callOn(awaited(use)) || isAnswered(awaited(use))) return []
    const name = calleeName(call)!
    return [
      finding(program, rule, call, {
        severity: 'medium',
        sentence: `What ${name}() answers is used once and never given back`,
        why: `It has no name here, so nobody can call ${methodOf(release)}() on it, as line ${release.loc?.start.line ?? '?'} does with another one.`,
        declaration: release,
        entryBytes: 65_536,
        fix: `Keep it in a variable, and call ${methodOf(release)}() in a finally.`,
      }),
    ]
  })
}

/** `return (await open()).read()`, `() => open().read()` */
function isAnswered({ parent }: Node): boolean {
  return parent?.type === 'ReturnStatement' || parent?.type === 'ArrowFunctionExpression'
}

function awaited(call: Node): Node {
  let at = call
  while (at.parent && /^(AwaitExpression|ParenthesizedExpression|TS\w+)$/.test(at.parent.type)) at = at.parent
  return at
}

/**
 * `request.once('connect', (response, socket) => { if (response.statusCode === 200) use(socket); else fail() })`: whoever hears of a
 * connection that was taken over owns it, and has to end it where he does not want it.
 */
function findRefusedSocket(call: Node, program: Program): Finding[] {
  const [event, listener] = call['arguments'] as Node[]
  if (!/^(on|once|addListener)$/.test(methodOf(call) ?? '') || !event || !listener) return []
  if (!/^(connect|upgrade)$/.test(String(unwrap(event)['value'] ?? ''))) return []
  const func = functionBehind(unwrap(listener), program)
  const [response, socket] = (func?.['params'] as Node[] | undefined) ?? []
  if (!func || response?.type !== 'Identifier' || socket?.type !== 'Identifier') return []
  const variable = program.scopes.variableOf(socket)
  const answered = program.scopes.variableOf(response)
  if (!variable || !answered || !/sock|conn|stream|duplex/i.test(variable.name)) return []
  if (isHeardByOthers(call, answered, program)) return []
  // other.emit('upgrade', ...arguments)
  if (/\barguments\b/.test(program.source.slice(startOf(func), endOf(func)))) return []
  const uses = usesOf(variable, answered, call, func, program)
  for (const statement of program.scopes.byType('IfStatement')) {
    if (program.scopes.functionOf(statement) !== func) continue
    if (!answered.references.some((reference) => isInside(reference, statement['test'] as Node))) continue
    const [then, otherwise] = [statement['consequent'] as Node, statement['alternate'] as Node | null]
    const isUsedIn = (branch: Node): boolean => uses.some((use) => isInside(use, branch))
    const isUsedAfter = uses.some((use) => startOf(use) > endOf(statement))
    const refusal = otherwise && isUsedIn(then) && !isUsedIn(otherwise) && !isUsedAfter ? otherwise : null
    const exit =
      !isUsedIn(then) && leaves(then) && (isUsedAfter || (otherwise !== null && isUsedIn(otherwise))) ? then : null
    const left = refusal ?? exit ?? (otherwise && !isUsedIn(then) && isUsedIn(otherwise) && !isUsedAfter ? then : null)
    if (!left) continue
    return [
      finding(program, rule, left, {
        severity: 'medium',
        sentence: `${variable.name} stays open where the answer is refused`,
        why: `Whoever hears '${String(unwrap(event)['value'])}' owns the connection from then on: nothing else ends it, and nothing here does on this way.`,
        declaration: socket,
        entryBytes: 65_536,
        fix: `Call ${variable.name}.destroy() here.`,
      }),
    ]
  }
  return []
}

function functionBehind(listener: Node, program: Program): Node | null {
  if (isFunction(listener)) return listener
  const variable = listener.type === 'Identifier' ? program.scopes.variableOf(listener) : null
  const init = variable?.definitions[0]?.init
  return init && isFunction(unwrap(init)) ? unwrap(init) : null
}

/**
 * A server has as many listeners for 'upgrade' as there are protocols, and what one leaves alone another takes: told only where the server is
 * made here and has this one.
 */
function isHeardByOthers(call: Node, answered: Variable, program: Program): boolean {
  const emitter = emitterOf(call)
  if (!/^_?(req|request|incoming|msg|message)$/i.test(answered.name) && !/server/i.test(lastName(emitter))) return false
  const variable = emitter.type === 'Identifier' ? program.scopes.variableOf(emitter) : null
  const given = variable?.definitions[0]?.init
  const init = given && unwrap(given)
  if (!variable || !init || !(isCall(init) || init.type === 'NewExpression')) return true
  if (!/^(createServer|Server)$/.test(calleeName(init) ?? '')) return true
  const event = unwrap((call['arguments'] as Node[])[0]!)['value'] as unknown
  const hearing = variable.references.filter(({ parent }) => {
    const other = parent && isMember(parent) ? parent.parent : undefined
    const [heard] = other && isCall(other) && other['callee'] === parent ? (other['arguments'] as Node[]) : []
    return heard !== undefined && unwrap(heard)['value'] === event
  })
  const isHandedOn = variable.references.some(
    ({ parent }) => parent && (isCall(parent) || parent.type === 'NewExpression'),
  )
  return hearing.length > 1 || isHandedOn || variable.isExported
}

/** Where something is done with the connection: by its name, by a function here that does, as `response.socket`, or by ending its request. */
function usesOf(socket: Variable, answered: Variable, call: Node, func: Node, program: Program): Node[] {
  const uses = socket.references.filter((reference) => !isForgetting(reference))
  const request = program.text(emitterOf(call))
  for (const inner of callsInside(func, program)) {
    const helper = localFunction(inner, program.scopes)
    if (helper && uses.some((use) => isInside(use, helper))) uses.push(inner)
    if (/^(destroy|abort)$/.test(methodOf(inner) ?? '') && program.text(emitterOf(inner)) === request) uses.push(inner)
  }
  const ofAnswer = answered.references.filter(
    ({ parent }) => parent && isMember(parent) && /^(socket|connection|destroy)$/.test(propertyName(parent) ?? ''),
  )
  return [...uses, ...ofAnswer]
}

/** `socket.removeAllListeners()` uses nothing of it. */
function isForgetting(reference: Node): boolean {
  const member = reference.parent
  return (
    member !== undefined &&
    isMember(member) &&
    /^(removeAllListeners|removeListener|off|setTimeout|pause|unref)$/.test(propertyName(member) ?? '')
  )
}

/** Its last statement ends the function. */
function leaves(branch: Node): boolean {
  const last = branch.type === 'BlockStatement' ? (branch['body'] as Node[]).at(-1) : branch
  return last !== undefined && /^(Return|Throw)Statement$/.test(last.type)
}

function isLeft(call: Node, program: Program): boolean {
  const [to] = call['arguments'] as Node[]
  if (!to || !answer.test(lastName(unwrap(to))) || !isGiven(unwrap(to), program)) return false
  const func = program.scopes.functionOf(call)
  if (func === program.root || program.frequencyOf(func) !== 'many') return false
  const source = sourceOf(unwrap(unwrap(call['callee'] as Node)['object'] as Node), program)
  if (!source || !opens.test(calleeName(source) ?? '')) return false
  let outer = func
  for (let at = func; at !== program.root; at = program.scopes.functionOf(at)) outer = at
  return !callsInside(outer, program).some((other) => endsEarly.test(`.${calleeName(other) ?? ''}(`))
}

/** A parameter, or something of one, or of `this`: what the function makes itself (a file, a PassThrough) is nobody's answer. */
function isGiven(to: Node, program: Program): boolean {
  if (isMember(to)) return isGiven(unwrap(to['object'] as Node), program)
  if (to.type !== 'Identifier') return to.type === 'ThisExpression'
  const definition = program.scopes.variableOf(to)?.definitions[0]
  if (definition?.kind === 'param') return true
  return definition?.init ? isMember(unwrap(definition.init)) || isGiven(unwrap(definition.init), program) : false
}

/** The call that made what is piped: through variables, `.on(…)` and other pipes. */
function sourceOf(stream: Node, program: Program, depth = 0): Node | null {
  if (depth > 5) return null
  if (stream.type === 'Identifier') {
    const definition = program.scopes.variableOf(stream)?.definitions[0]
    return definition?.init && definition.path.length === 0
      ? sourceOf(unwrap(definition.init), program, depth + 1)
      : null
  }
  if (!isCall(stream)) return null
  const callee = unwrap(stream['callee'] as Node)
  if (isMember(callee) && /^(on|once|pipe|setEncoding)$/.test(methodOf(stream) ?? ''))
    return sourceOf(unwrap(callee['object'] as Node), program, depth + 1)
  return stream
}

function lastName(node: Node): string {
  return isMember(node) ? (propertyName(node) ?? '') : node.type === 'Identifier' ? String(node['name']) : ''
}

function describe(call: Node, program: Program): Finding {
  const [to] = call['arguments'] as Node[]
  const shown = program.text(to!)
  const source = sourceOf(unwrap(unwrap(call['callee'] as Node)['object'] as Node), program)
  return finding(program, rule, call, {
    severity: 'medium',
    // Where it was opened, too.
    others: source && source.loc?.start.line !== call.loc?.start.line ? [source] : [],
    declaration: source ?? call,
    sentence: `What is piped into ${shown} stays open when the client goes away`,
    why: `pipe() ends ${shown} when its source ends, not the other way round: of every answer that is cut short a descriptor stays, and what was read.`,
    entryBytes: 65_536,
    fix: `Use pipeline(source, ${shown}, callback) of node:stream, which destroys both; or destroy the source when ${shown} emits close.`,
  })
}
