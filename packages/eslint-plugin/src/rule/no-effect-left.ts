import type { Finding, Rule } from '../finding.ts'
import { functionName } from '../growth/function-name.ts'
import { calleeName, isCall, isFunction, isInside, isMember, methodOf, type Node, unwrap } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { emitterOf } from './listening.ts'
import { finding } from './report.ts'

const rule = 'no-effect-left'

/** What a component does when it appears. */
const appears = /^(componentDidMount|connectedCallback|mounted|ngOnInit|ngAfterViewInit|onMounted)$/
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
    call.parent?.type === 'ExpressionStatement' &&
    (call['arguments'] as Node[]).some((arg) => isFunction(unwrap(arg)))
  )
}

function isLeft(call: Node, program: Program): boolean {
  const func = program.scopes.functionOf(call)
  const user = func.parent
  const [event] = call['arguments'] as Node[]
  // What is heard once, or is taken back by a signal, goes by itself.
  const options = (call['arguments'] as Node[])[2]
  if (options && /once|signal/.test(program.text(options))) return false
  if (user && isCall(user) && hooks.test(calleeName(user) ?? '')) {
    if ((user['arguments'] as Node[])[0] !== func || (func['body'] as Node).type !== 'BlockStatement') return false
    return !program.scopes
      .byType('ReturnStatement')
      .some((leave) => program.scopes.functionOf(leave) === func && leave['argument'])
  }
  if (!appears.test(functionName(func) ?? '')) return false
  const isRemoved = program.scopes
    .byType('CallExpression', 'OptionalCallExpression')
    .some((other) => /^(removeEventListener|unsubscribe|off)$/.test(methodOf(other) ?? '') && !isInside(other, call))
  return !isRemoved && event !== undefined
}

function describe(call: Node, program: Program): Finding {
  const isHook = isCall(program.scopes.functionOf(call).parent!)
  const shown = program.text(call['callee'] as Node)
  return finding(program, rule, call, {
    severity: 'medium',
    sentence: `Each component that appears leaves what ${shown}() started`,
    why: 'The page outlives the component, and nothing here takes it back when the component goes.',
    entryBytes: 500,
    fix: isHook
      ? 'Return a function from the effect that takes it back.'
      : 'Keep what takes it back, and do so where the component goes (componentWillUnmount, disconnectedCallback).',
  })
}
