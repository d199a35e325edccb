import type { Rule } from '../finding.ts'
import { originOf } from '../growth/imports.ts'
import { isMember, methodOf, type Node, propertyName, unwrap } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { emitterOf } from './listening.ts'
import { finding } from './report.ts'

const rule = 'no-mark-left'

/** `performance.mark()` puts an entry into the timeline of the process, which only `clearMarks()` takes out again. */
export const noMarkLeft: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'Each call leaves a mark or a measure in the timeline of the process.',
  find(program) {
    if (/\bclear(Marks|Measures)\b/.test(program.source) || !/\bperformance\b/.test(program.source)) return []
    return program.scopes
      .byType('CallExpression', 'OptionalCallExpression')
      .filter((call) => /^(mark|measure)$/.test(methodOf(call) ?? '') && isPerformance(emitterOf(call), program))
      .filter((call) => program.frequencyOf(program.scopes.functionOf(call)) === 'many' && isNamedAnew(call, program))
      .filter((call) => !isForDevelopment(call, program))
      .map((call) =>
        finding(program, rule, call, {
          severity: 'medium',
          sentence: `Each call leaves a ${methodOf(call)} in the timeline of the process`,
          why: 'Node.js and browsers keep every one of them until clearMarks() or clearMeasures() is called, and nothing here calls it.',
          entryBytes: 200,
          fix: 'Call performance.clearMarks(name) and performance.clearMeasures(name) when the time has been read; or take the difference of two performance.now().',
        }),
      )
  },
}

/** The global one, or that of node:perf_hooks; not a file's own, nor a field of that name. */
function isPerformance(emitter: Node, program: Program): boolean {
  if (isMember(emitter)) {
    if (propertyName(emitter) !== 'performance') return false
    const owner = unwrap(emitter['object'] as Node)
    const isGlobal = owner.type === 'Identifier' && /^(globalThis|window|global|self)$/.test(String(owner['name']))
    return isGlobal || isHooks(emitter, program)
  }
  if (emitter['name'] !== 'performance') return false
  return program.scopes.variableOf(emitter) === null || isHooks(emitter, program)
}

function isHooks(emitter: Node, program: Program): boolean {
  return /^(node:)?perf_hooks$/.test(originOf(emitter, program)?.module ?? '')
}

/** `if (process.env.NODE_ENV === 'development')`, `if (isDev)` */
function isForDevelopment(call: Node, program: Program): boolean {
  for (let at = call.parent; at && at !== program.root; at = at.parent)
    if (at.type === 'IfStatement' && /NODE_ENV|\b(is)?dev\b|debug|profil/i.test(program.text(at['test'] as Node)))
      return true
  return false
}

/** Under a name of this call: what has a name of its own is not marked once for the whole program. */
function isNamedAnew(call: Node, program: Program): boolean {
  const [name] = call['arguments'] as Node[]
  const node = name && unwrap(name)
  if (!node) return false
  if (node.type === 'TemplateLiteral') return (node['expressions'] as Node[]).length > 0
  if (node.type === 'BinaryExpression') return true
  const variable = node.type === 'Identifier' ? program.scopes.variableOf(node) : null
  return variable !== null && program.frequencyOf(variable.scope.func) === 'many'
}
