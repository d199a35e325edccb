import type { Rule } from '../finding.ts'
import { isCall, isFunction, isInside, isMember, methodOf, startOf, unwrap, type Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { servingFunction } from '../growth/serving.ts'
import type { Variable } from '../growth/scopes.ts'
import { isInlineCallback } from '../growth/shrink.ts'
import { isGuarded } from './listening.ts'
import { finding } from './report.ts'

const rule = 'no-method-wrapped-again'

/**
 * `bus.on('job', (job) => { const before = tool.run; tool.run = (…) => before(…) })`: with each event one function more around the others,
 * all of which stay, and each call goes through all of them.
 */
export const noMethodWrappedAgain: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'A method is replaced by a function that calls the one before, each time that something happens.',
  find: (program) =>
    program.scopes.byType('AssignmentExpression').flatMap((assignment) => {
      const target = unwrap(assignment['left'] as Node)
      const wrapper = unwrap(assignment['right'] as Node)
      if (assignment['operator'] !== '=' || !isMember(target) || !isFunction(wrapper)) return []
      const func = program.scopes.functionOf(assignment)
      if (!isOfEvent(func, assignment, program) || isMadeHere(target, func, program)) return []
      const before = wrappedBy(wrapper, target, func, program)
      if (!before || isPutBack(before, assignment) || isGuarded(assignment, func, program)) return []
      const name = program.text(target)
      return [
        finding(program, rule, assignment, {
          severity: 'medium',
          declaration: before.definitions[0]!.name,
          sentence: `Each time, ${name} gets another function around the one before`,
          why: `${before.name} is what stood there, and that may be the wrapper of the last time: nothing asks, and nothing puts the first one back.`,
          entryBytes: 500,
          fix: `Wrap it once: mark what is wrapped, or keep the first ${name} and wrap that; or put ${before.name} back when the work is done.`,
        }),
      ]
    }),
}

/** What hears of something that happens again and again, or answers requests. */
function isOfEvent(func: Node, node: Node, program: Program): boolean {
  if (program.frequencyOf(func) !== 'many') return false
  if (servingFunction(node, program) === func) return true
  return (
    isInlineCallback(func) &&
    /^(on|addListener|tap|tapAsync|tapPromise|hook|addHook)$/.test(methodOf(func.parent!) ?? '')
  )
}

/** The object that it hangs on was made in this call, or is what a request brought, and goes with it. */
function isMadeHere(target: Node, func: Node, program: Program): boolean {
  let root = target
  while (isMember(root)) root = unwrap(root['object'] as Node)
  const variable = root.type === 'Identifier' ? program.scopes.variableOf(root) : null
  if (!variable || !isInside(variable.scope.node, func)) return false
  return (
    variable.definitions[0]?.kind !== 'param' ||
    /^(req|request|res|response|reply|ctx|context|socket)$/.test(variable.name)
  )
}

/** The variable that holds what stood there, and that the wrapper calls. */
function wrappedBy(wrapper: Node, target: Node, func: Node, program: Program): Variable | null {
  const text = program.text(target)
  for (const declarator of program.scopes.byType('VariableDeclarator')) {
    const id = declarator['id'] as Node
    const init = declarator['init'] ? unwrap(declarator['init'] as Node) : null
    if (!init || id.type !== 'Identifier' || program.scopes.functionOf(declarator) !== func) continue
    if (startOf(declarator) > startOf(wrapper) || program.text(withoutBind(init)) !== text) continue
    const variable = program.scopes.variableOf(id)
    if (variable?.references.some((reference) => isInside(reference, wrapper))) return variable
  }
  return null
}

/** `tool.run` of `tool.run.bind(tool)` */
function withoutBind(node: Node): Node {
  return isCall(node) && methodOf(node) === 'bind' ? unwrap(unwrap(node['callee'] as Node)['object'] as Node) : node
}

/** `tool.run = before` */
function isPutBack(before: Variable, assignment: Node): boolean {
  return before.references.some(
    ({ parent }, place) =>
      parent?.type === 'AssignmentExpression' && parent !== assignment && parent['right'] === before.references[place],
  )
}
