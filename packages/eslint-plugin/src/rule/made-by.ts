import { originOf } from '../growth/imports.ts'
import type { Node } from '../growth/node.ts'
import type { Program } from '../growth/program.ts'

/** Calls and `new` of exports of a module that a table names. */
export function madeBy<Row extends { module: RegExp | string; makers: readonly string[] }>(
  program: Program,
  rows: readonly Row[],
): { call: Node; row: Row; name: string }[] {
  return program.scopes.byType('NewExpression', 'CallExpression').flatMap((call) => {
    const origin = originOf(call['callee'] as Node, program)
    if (!origin) return []
    const row = rows.find(
      ({ module, makers }) =>
        (typeof module === 'string' ? module === origin.module : module.test(origin.module)) &&
        (makers.includes(origin.name) || (makers.length === 0 && call.type === 'NewExpression')),
    )
    return row ? [{ call, row, name: origin.name }] : []
  })
}
