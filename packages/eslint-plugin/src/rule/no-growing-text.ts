import type { Rule } from '../finding.ts'
import { unwrap } from '../growth/node.ts'
import { finding } from './report.ts'

export const noGrowingText: Rule = {
  name: 'no-growing-text',
  severity: 'high',
  summary: 'A text of the module gets longer with every call.',
  find: (program) =>
    program.scopes.variables.flatMap((variable) => {
      const { init, kind } = variable.definitions[0]!
      if (
        variable.definitions.length !== 1 ||
        kind === 'param' ||
        !init ||
        program.frequencyOf(variable.scope.func) !== 'once'
      )
        return []
      const value = unwrap(init)
      if (value.type !== 'TemplateLiteral' && !(value.type === 'Literal' && typeof value['value'] === 'string'))
        return []
      const writes = variable.writes.map((write) => write.parent!)
      const many = writes.filter((write) => {
        const func = program.scopes.functionOf(write)
        // process.stdin.on('data', …) reads what there is, and ends.
        return (
          program.frequencyOf(func) === 'many' &&
          !/\.on\(\s*['"](data|readable)/.test(program.text(func.parent ?? func))
        )
      })
      const grows = many.find((write) => write['operator'] === '+=')
      // Any other assignment, or a look at its length, may cut it.
      if (
        !grows ||
        many.some((write) => write['operator'] === '=') ||
        variable.references.some((reference) => reference.parent?.['property']?.name === 'length')
      )
        return []
      return [
        finding(program, 'no-growing-text', grows, {
          sentence: `${variable.name} gets longer with every call`,
          why: 'It lives as long as the program, and nothing here starts it anew.',
          declaration: variable.definitions[0]!.name,
          entryBytes: 100,
          fix: `Write to a stream or a log, or keep the last part: ${variable.name} = ${variable.name}.slice(-limit).`,
        }),
      ]
    }),
}
