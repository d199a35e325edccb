import type { Rule } from '../finding.ts'
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
      .filter((call) => /^(mark|measure)$/.test(methodOf(call) ?? '') && isPerformance(emitterOf(call)))
      .filter((call) => program.frequencyOf(program.scopes.functionOf(call)) === 'many' && isNamedAnew(call, program))
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

function isPerformance(emitter: Node): boolean {
  const name = isMember(emitter) ? propertyName(emitter) : emitter['name']
  return name === 'performance'
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
