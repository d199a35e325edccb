import type { Rule } from '../finding.ts'
import { calleeName, methodOf, unwrap, type Node } from '../growth/node.ts'
import { finding } from './report.ts'

export const noEnterWith: Rule = {
  name: 'no-enter-with',
  severity: 'medium',
  summary:
    'AsyncLocalStorage.enterWith keeps its store for all that follows, on a connection that is kept alive for good.',
  find: (program) =>
    program.scopes
      .byType('CallExpression', 'OptionalCallExpression')
      .filter((call) => {
        if (methodOf(call) !== 'enterWith' || program.frequencyOf(program.scopes.functionOf(call)) !== 'many')
          return false
        const cell = program.cells.of(unwrap(call['callee'] as Node)['object'] as Node)
        const inits = cell ? (program.operations.get(cell) ?? []).filter(({ kind }) => kind === 'init') : []
        return inits.some(({ value }) => value?.type === 'NewExpression' && calleeName(value) === 'AsyncLocalStorage')
      })
      .map((call) =>
        finding(program, 'no-enter-with', call, {
          severity: 'medium',
          sentence: 'enterWith() hands its store to everything that is started from here on',
          why: 'There is no end to it: timers, sockets and pools that are made meanwhile keep the store of the request that made them.',
          fix: 'Use run(store, callback): the store ends with the callback.',
        }),
      ),
}
