import type { Rule } from '../finding.ts'
import { functionName } from '../growth/function-name.ts'
import { findOverwritten } from '../growth/overwritten.ts'
import { finding } from './report.ts'

const rule = 'no-resource-overwritten'

export const noResourceOverwritten: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'Something that has to be closed is put where the one before was, which nobody closes any more.',
  find: (program) =>
    findOverwritten(program).map(({ assignment, end, name }) => {
      const caller = functionName(program.scopes.functionOf(assignment))
      const ender = program.text(end)
      const line = end.loc?.start.line ?? '?'
      return finding(program, rule, assignment, {
        severity: 'medium',
        sentence: `Each call ${caller ? `of ${caller}() ` : ''}makes another ${name} and forgets the one before`,
        why: `Line ${line} ends the last one alone (${ender}); those before it stay open, with all that they hold.`,
        entryBytes: 10_000,
        declaration: end,
        fix: `Before this line, end what ${name} is (as line ${line} does), or keep it and make no other.`,
      })
    }),
}
