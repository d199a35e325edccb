import type { Finding, Rule } from '../finding.ts'
import { functionName } from '../growth/function-name.ts'
import {
  calleeName,
  isCall,
  isFunction,
  isLiteral,
  isMember,
  methodOf,
  type Node,
  propertyName,
  unwrap,
} from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { emitterOf, goesByItself } from './listening.ts'
import { finding } from './report.ts'

const rule = 'no-effect-left'

/** What a component does when it appears. */
const appears = /^(componentDidMount|connectedCallback|mounted|ngOnInit|ngAfterViewInit)$/
const hooks = /^(useEffect|useLayoutEffect|useInsertionEffect|onMount)$/

/**
 * A component that listens, subscribes or starts an interval when it appears, and takes nothing back when it goes:
 * `useEffect(() => { window.addEventListener('resize', …) }, [])`. Pages live for hours, and components come and go in them.
 */
export const noEffectLeft: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'A component listens or starts a timer when it appears, and leaves that behind when it goes.',
  find(program) {
    return program.scopes
      .byType('CallExpression', 'OptionalCallExpression')
      .filter((call) => whatStarts(call, program) && isLeft(call, program))
      .map((call) => describe(call, program))
  },
}

/** A listener on the page, a subscription whose end is dropped, or an interval whose handle is. */
function whatStarts(call: Node, program: Program): boolean {
  if (calleeName(call) === 'setInterval' && !isMember(unwrap(call['callee'] as Node)))
    return call.parent?.type === 'ExpressionStatement'
  if (methodOf(call) === 'addEventListener')
    return /^(window|document|document\.body)$/.test(program.text(emitterOf(call)))
  return (
    methodOf(call) === 'subscribe' &&
    !endsByItself(unwrap(unwrap(call['callee'] as Node)['object'] as Node)) &&
    call.parent?.type === 'ExpressionStatement' &&
    (call['arguments'] as Node[]).some((arg) => isFunction(unwrap(arg)))
  )
}

/** `source.pipe(takeUntil(gone))`, `this.http.get(…)`: what completes needs nobody to end it. */
function endsByItself(source: Node): boolean {
  if (isMember(source)) return propertyName(source) === 'http' || endsByItself(unwrap(source['object'] as Node))
  if (!isCall(source)) return source.type === 'Identifier' && source['name'] === 'http'
  const isEnding = (call: Node): boolean =>
    /^(take\w*|first|last|until\w*|firstValueFrom)$/.test(calleeName(call) ?? '')
  return (
    isEnding(source) ||
    (source['arguments'] as Node[]).some((arg) => isCall(unwrap(arg)) && isEnding(unwrap(arg))) ||
    endsByItself(unwrap(source['callee'] as Node))
  )
}

const takesBack = /^(removeEventListener|unsubscribe|off|onCleanup|onDestroy|onUnmounted|onBeforeUnmount)$/
const takingBack = new WeakMap<Program, Node[]>()

/** What may take something back, found once for a file. */
function takersBack(program: Program): readonly Node[] {
  let calls = takingBack.get(program)
  if (!calls) {
    calls = program.scopes
      .byType('CallExpression', 'OptionalCallExpression')
      .filter((call) => takesBack.test(calleeName(call) ?? ''))
    takingBack.set(program, calls)
  }
  return calls
}

/** The functions that answer something: an effect's answer is what takes it back. */
const answering = new WeakMap<Program, Set<Node>>()

function answers(func: Node, program: Program): boolean {
  let funcs = answering.get(program)
  if (!funcs) {
    const leaves = program.scopes.byType('ReturnStatement').filter((leave) => leave['argument'])
    answering.set(program, (funcs = new Set(leaves.map((leave) => program.scopes.functionOf(leave)))))
  }
  return funcs.has(func)
}

function isLeft(call: Node, program: Program): boolean {
  const func = program.scopes.functionOf(call)
  const user = func.parent
  // What is heard once, or is taken back by a signal, goes by itself.
  const options = (call['arguments'] as Node[])[2]
  if (options && goesByItself(options, program)) return false
  const [event] = call['arguments'] as Node[]
  if (event === undefined || takersBack(program).some((other) => mayEnd(other, call, program))) return false
  if (user && isCall(user) && hooks.test(calleeName(user) ?? '')) {
    if ((user['arguments'] as Node[])[0] !== func || (func['body'] as Node).type !== 'BlockStatement') return false
    return !answers(func, program)
  }
  return appears.test(functionName(func) ?? '')
}

/** A removal of the same event, or one that does not tell which; the framework's own hooks for the end take back whatever they want. */
function mayEnd(other: Node, call: Node, program: Program): boolean {
  const [removed] = other['arguments'] as Node[]
  const [event] = call['arguments'] as Node[]
  if (methodOf(other) !== 'removeEventListener') return true
  return (
    methodOf(call) === 'addEventListener' &&
    (!removed || !isLiteral(unwrap(removed)) || program.text(removed) === program.text(event!))
  )
}

function describe(call: Node, program: Program): Finding {
  const user = program.scopes.functionOf(call).parent!
  const isHook = isCall(user) && calleeName(user) !== 'onMount'
  const shown = program.text(call['callee'] as Node)
  return finding(program, rule, call, {
    severity: 'medium',
    sentence: `Each component that appears leaves what ${shown}() started`,
    why: 'The page outlives the component, and nothing here takes it back when the component goes.',
    entryBytes: 500,
    fix: isHook
      ? 'Return a function from the effect that takes it back.'
      : 'Keep what takes it back, and do so where the component goes (componentWillUnmount, disconnectedCallback, onCleanup, onDestroy).',
  })
}
