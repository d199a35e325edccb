import { callsInside } from '../growth/call-graph.ts'
import {
  calleeName,
  endOf,
  isCall,
  isFunction,
  isInside,
  isMember,
  methodOf,
  startOf,
  unwrap,
  type Node,
} from '../growth/node.ts'
import type { Program } from '../growth/program.ts'

/** Called once by whoever starts a program, whatever the code says. What makes, opens or wraps something does so time and again. */
export const startsUp =
  /^_?(main|run\w*|use\w*|enable\w*|setup\w*|start\w*|boot\w*|listen\w*|serve|launch|attach\w*|bind\w*|watch\w*|handle(Exit|Signals?|Shutdown|Exceptions?|Errors?|Uncaught)\w*|\w*(Shutdown|Signals?|Handlers?|Listeners?|Exit|Exceptions?|Cleanup)|graceful\w*|monitor\w*|instrument\w*|patch\w*|on[A-Z]\w*|supervise\w*|daemon\w*)$/i

/** The rule that listeners are told under. */
export const listenerRule = 'no-listener-per-call'

/** What adds a listener, and what takes one back. */
export const adding = /^(on|once|addListener|prependListener|prependOnceListener|addEventListener)$/
export const removing = /^(off|removeListener|removeAllListeners|removeEventListener)$/

/** The method that adds or takes back; `addEventListener(…)` without an object is the page's or the worker's own. */
export function listeningMethod(call: Node, program: Program): string {
  const callee = unwrap(call['callee'] as Node)
  if (callee.type !== 'Identifier') return methodOf(call) ?? ''
  return ofPage.test(callee['name'] as string) && !program.scopes.variableOf(callee) ? (callee['name'] as string) : ''
}

const ofPage = /^(add|remove)EventListener$/

/** The object of `emitter.on(…)`; of `addEventListener(…)`, which has none, the name itself. */
export function emitterOf(call: Node): Node {
  const callee = unwrap(call['callee'] as Node)
  return isMember(callee) ? unwrap(callee['object'] as Node) : callee
}

export function emitterText(emitter: Node, program: Program): string {
  return emitter.type === 'Identifier' && ofPage.test(emitter['name'] as string) ? 'window' : program.text(emitter)
}

/** `a.on(…).on(…)` and `a.off(…).off(…)` are on `a`. */
export function rootOfChain(call: Node): Node {
  let at = emitterOf(call)
  while (isCall(at) && (removing.test(methodOf(at) ?? '') || adding.test(methodOf(at) ?? ''))) at = emitterOf(at)
  return at
}

/**
 * `const off = bus.on('x', …)`, `return store.on('x', …)`: what on() answers is used, and may well take the listener back. A further
 * `.on(…)` on it does not.
 */
export function isAnswerKept(call: Node): boolean {
  let at = call
  for (;;) {
    const { parent } = at
    if (!parent) return false
    const user = isMember(parent) && parent['object'] === at ? parent.parent : undefined
    if (user && isCall(user) && user['callee'] === parent && adding.test(methodOf(user) ?? '')) at = user
    else if (/^(ChainExpression|ParenthesizedExpression|AwaitExpression|TS\w+)$/.test(parent.type)) at = parent
    else if (
      (parent.type === 'LogicalExpression' && parent['right'] === at) ||
      (parent.type === 'ConditionalExpression' && parent['test'] !== at) ||
      (parent.type === 'UnaryExpression' && parent['operator'] === 'void')
    )
      at = parent
    else if (parent.type === 'SequenceExpression' && (parent['expressions'] as Node[]).at(-1) !== at) return false
    else if (parent.type === 'SequenceExpression') at = parent
    else return parent.type !== 'ExpressionStatement'
  }
}

/**
 * `if (code === 0) { bus.off('x', f); resolve() } else reject(…)`: one of two ways by which the work is over takes the listener back, and
 * the other does not.
 */
export function isOnOneWay(removal: Node, program: Program): boolean {
  const func = program.scopes.functionOf(removal)
  const [event] = removal['arguments'] as Node[]
  for (let at = removal; at.parent && at !== func; at = at.parent) {
    const { parent } = at
    if (parent.type !== 'IfStatement' || parent['test'] === at || !parent['alternate']) continue
    const other = (parent['consequent'] === at ? parent['alternate'] : parent['consequent']) as Node
    const inside = callsInside(func, program).filter((call) => isInside(call, other))
    const isTaken = inside.some(
      (call) =>
        removing.test(methodOf(call) ?? '') ||
        /clean|remove|dispose|teardown|off$|release|destroy|close|done|finish/i.test(calleeName(call) ?? ''),
    )
    const isOver = inside.some((call) => /^(resolve|reject|cb|callback)$/.test(calleeName(call) ?? ''))
    return isOver && !isTaken && event !== undefined
  }
  return false
}

/** Behind a flag that the same function sets, or behind a look at what is there: once is enough for it. */
export function isGuarded(call: Node, func: Node, program: Program): boolean {
  for (let at = call.parent, owner = func; at && at !== program.root; at = at.parent) {
    if (at.type === 'IfStatement' && isAboutOnce(at['test'] as Node, owner, true, program)) return true
    if (at.type === 'LogicalExpression' && isAboutOnce(at['left'] as Node, owner, true, program)) return true
    if (at.type === 'BlockStatement' || at.type === 'Program') {
      for (const statement of exitsOf(at, program)) {
        if (endOf(statement) > startOf(call)) break
        if (isAboutOnce(statement['test'] as Node, owner, false, program)) return true
      }
    }
    if (isFunction(at)) owner = at
  }
  return false
}

const exitIndexes = new WeakMap<Node, Node[]>()

/** `if (…) return` and `if (…) throw …` among the statements of a block. */
function exitsOf(block: Node, program: Program): readonly Node[] {
  let exits = exitIndexes.get(block)
  if (!exits) {
    exits = (block['body'] as Node[]).filter(
      (statement) =>
        statement.type === 'IfStatement' && /return|throw/.test(program.text(statement['consequent'] as Node)),
    )
    exitIndexes.set(block, exits)
  }
  return exits
}

function isAboutOnce(test: Node, func: Node, isAround: boolean, program: Program): boolean {
  const text = program.text(test)
  // For versions of Node.js that are no more, most often.
  if (/\bprocess\.versions?\b/.test(text) && /<|===?/.test(text)) return true
  if (
    /listenerCount|listeners\(|once|\b_?connecting\b|installed|registered|initialized|loaded|attached|hooked|bound|patched|already|started/i.test(
      text,
    )
  )
    return true
  const body = program.source.slice(func.range?.[0] ?? func.start ?? 0, func.range?.[1] ?? func.end ?? 0)
  // `if (!known.has(socket)) { known.add(socket); … }`
  const asked = /([\w$.]+)\.(has|includes|indexOf)\(/.exec(text)?.[1]
  if (asked && ['add', 'set', 'push'].some((method) => body.includes(`${asked}.${method}(`))) return true
  // What is declared there is made anew with each call: a test of it that is around the listener guards nothing.
  const before = isAround ? /(?<!\b(?:const|let|var)\s+)/.source : ''
  return [...text.matchAll(/[\w$.]+/g)].some(
    ([word]) =>
      word.length > 2 && new RegExp(`(^|[^\\w.=!<>])${before}${word.replaceAll(/[$.]/g, '\\$&')}\\s*=[^=]`).test(body),
  )
}

/** The listener holds on to something of this call. */
export function keepsCall(listener: Node, func: Node, program: Program): boolean {
  const given = unwrap(listener)
  // `function () { … }.bind(this)`
  const isBound = isCall(given) && methodOf(given) === 'bind'
  const node = functionMadeIn(func, isBound ? emitterOf(given) : given, program)
  if (isBound && (given['arguments'] as Node[])[0]?.type === 'ThisExpression') return true
  // `this.stop`, `this.stop.bind(this)`: the object that listens.
  if (/^this\b/.test(program.text(node)) && !isFunction(node)) return true
  if (!isFunction(node)) return false
  const names = namesInside(node, program)
  if (node.type === 'ArrowFunctionExpression' && names.usesThis) return true
  return [...names.scopes].some((scope) => isInside(scope, func) && !isInside(scope, node))
}

/** What a function mentions, and the functions inside of it: the scopes that its names are from. */
interface Names {
  scopes: Set<Node>
  usesThis: boolean
}

const nameIndexes = new WeakMap<Program, Map<Node, Names>>()

function namesInside(func: Node, program: Program): Names {
  let index = nameIndexes.get(program)
  if (!index) nameIndexes.set(program, (index = indexNames(program)))
  return index.get(func) ?? { scopes: new Set(), usesThis: false }
}

function indexNames(program: Program): Map<Node, Names> {
  const index = new Map<Node, Names>()
  const addTo = (node: Node, add: (names: Names) => void): void => {
    for (let at = node.parent; at; at = at.parent) {
      if (!isFunction(at)) continue
      let names = index.get(at)
      if (!names) index.set(at, (names = { scopes: new Set(), usesThis: false }))
      add(names)
    }
  }
  for (const { scope, references } of program.scopes.variables)
    for (const reference of references) addTo(reference, ({ scopes }) => scopes.add(scope.node))
  for (const self of program.scopes.byType('ThisExpression'))
    addTo(self, (names) => {
      names.usesThis = true
    })
  return index
}

/** The function that a name means when this call made it, and otherwise what is there. */
function functionMadeIn(func: Node, node: Node, program: Program): Node {
  const variable = node.type === 'Identifier' ? program.scopes.variableOf(node) : null
  const made = [
    ...(variable?.definitions.map(({ init }) => init) ?? []),
    ...(variable?.writes ?? []).map(({ parent }) => parent?.['right'] as Node),
  ]
    .map((init) => init && unwrap(init))
    .find((init) => init && isFunction(init))
  return made && made !== func && isInside(made, func) ? made : node
}

/** `{ once: true }`, `{ signal }`, where it stands or in a variable. */
export function goesByItself(options: Node, program: Program): boolean {
  const node = unwrap(options)
  const variable = node.type === 'Identifier' ? program.scopes.variableOf(node) : null
  return [node, ...(variable?.definitions.map(({ init }) => init) ?? [])].some(
    (part) => part && /once|signal/.test(program.text(part)),
  )
}
