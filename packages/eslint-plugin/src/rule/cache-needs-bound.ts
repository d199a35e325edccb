import type { Rule } from '../finding.ts'
import { hasNone, optionOf } from '../growth/imports.ts'
import { isLiteral, unwrap, type Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'
import { caches, memoizers } from '../knowledge/libraries.ts'
import { finding } from './report.ts'
import { madeBy } from './made-by.ts'

export const cacheNeedsBound: Rule = {
  name: 'cache-needs-bound',
  severity: 'high',
  summary: 'A cache of a library is made without the option that bounds it.',
  find: (program, settings) =>
    madeBy(program, [...caches, ...(settings.caches ?? [])]).flatMap(({ call, row }) => {
      const options = (call['arguments'] as Node[])[row.optionsAt]
      if (call.type === 'CallExpression' && row.module !== 'express-session' && row.module !== 'lru-cache') return []
      if (options && unwrap(options).type !== 'ObjectExpression') return []
      if (!hasNone(options, row.bounds) || isOnlyForDevelopment(call, program)) return []
      const half = (row.halfBounds ?? []).find((name) => optionOf(options, name) !== null)
      return [
        finding(program, 'cache-needs-bound', call, {
          sentence: `This ${row.module} has no limit`,
          why: half
            ? `${half} says when an entry is old, not how many there may be: keys that nobody asks for again stay.`
            : `None of ${row.bounds.join(', ')} is given, and without one it keeps all it is given.`,
          fix: row.fix,
          suggestions: suggestMax(options, row.module),
        }),
      ]
    }),
}

function isOnlyForDevelopment(call: Node, program: Program): boolean {
  for (let at = call.parent; at && at !== program.root; at = at.parent)
    if (
      (at.type === 'IfStatement' || at.type === 'ConditionalExpression') &&
      /NODE_ENV|isDev|isTest|development/.test(program.text(at['test'] as Node))
    )
      return true
  return false
}

/** `max` is what every version of lru-cache takes. */
function suggestMax(options: Node | undefined, module: string) {
  const name = module === 'lru-cache' ? 'max' : module === 'node-cache' ? 'maxKeys' : null
  if (!name || !options) return []
  const literal = unwrap(options)
  const at = (literal.range?.[0] ?? literal.start ?? 0) + 1
  const isEmpty = (literal['properties'] as Node[]).length === 0
  return [
    {
      title: `Give it ${name}: 1000`,
      edits: [{ from: at, to: at, text: isEmpty ? ` ${name}: 1000 ` : ` ${name}: 1000,` }],
      isSafe: false,
    },
  ]
}

export const memoizeNeedsBound: Rule = {
  name: 'memoize-needs-bound',
  severity: 'medium',
  summary: 'A memoized function remembers every argument it ever got.',
  find: (program, settings) =>
    madeBy(program, [...memoizers, ...(settings.memoizers ?? [])]).flatMap(({ call, row, name }) => {
      const args = call['arguments'] as Node[]
      const [subject] = args
      if (!subject || call.type !== 'CallExpression') return []
      if (program.frequencyOf(program.scopes.functionOf(call)) === 'many') return []
      const options = args[1]
      if (options && unwrap(options).type === 'ObjectExpression' && !hasNone(options, row.bounds)) return []
      const func = unwrap(subject)
      const params = func['params'] as Node[] | undefined
      // Without parameters there is one result; and a single one named for something of which there are few.
      if (params && params.length === 0) return []
      if (
        params?.length === 1 &&
        /^(locale|lang|type|name|level|env|file\w*|path|dir)$/i.test(String(params[0]!['name']))
      )
        return []
      if (isLiteral(func)) return []
      return [
        finding(program, 'memoize-needs-bound', call, {
          severity: 'medium',
          sentence: `${name === 'default' ? row.module : name}() keeps a result for every argument it sees`,
          why: 'Its default cache has no limit, and the memoized function lives as long as the program.',
          fix:
            row.bounds.length > 0
              ? `Give it ${row.bounds.join(' or ')}, or remember the last call only.`
              : 'Use a memoize with a limit (memoizee with max, micro-memoize), or a bounded cache.',
        }),
      ]
    }),
}
