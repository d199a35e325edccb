import type { Rule } from '../finding.ts'
import { estimateBytes } from '../growth/estimate.ts'
import { findLeftOnExit, findLeftOnFailure } from '../growth/left-on-failure.ts'
import { findLeftOnTimeout } from '../growth/left-on-timeout.ts'
import { finding } from './report.ts'

const rule = 'no-entry-left-on-failure'

export const noEntryLeftOnFailure: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'An entry is stored for the time that something takes, and stays when that something fails.',
  find: (program) => [
    ...findLeftOnFailure(program).map(({ write, removal, exit }) => {
      const name = write.cell.name
      const line = removal.node.loc?.start.line ?? '?'
      const exitLine = exit.loc?.start.line ?? '?'
      return finding(program, rule, write.node, {
        severity: 'medium',
        sentence:
          exit.type === 'IfStatement'
            ? `${name} keeps the entry for ${program.text(write.key!)} when the work fails`
            : /^(Return|Throw)/.test(exit.type)
              ? `${name} keeps the entry for ${program.text(write.key!)} when line ${exitLine} leaves`
              : `${name} keeps the entry for ${program.text(write.key!)} when ${program.text(exit)} rejects`,
        why:
          exit.type === 'IfStatement'
            ? `Only line ${line} takes it out, and line ${exitLine} leaves the callback before that when there is an error.`
            : /^(Return|Throw)/.test(exit.type)
              ? `Only line ${line} takes it out, and line ${exitLine} leaves the function before that.`
              : exit.type === 'AwaitExpression'
                ? `Only line ${line} takes it out, and a rejection on line ${exitLine} leaves the function before that.`
                : `Only line ${line} takes it out, and that runs when the promise is fulfilled; a rejection passes it by.`,
        key: program.text(write.key!),
        entryBytes: estimateBytes(write.value),
        fix:
          exit.type === 'IfStatement'
            ? `Take the entry out of ${name} before line ${exitLine} asks for the error.`
            : `Put what happens between into a try, and the removal from ${name} (line ${line}) into its finally.`,
      })
    }),
    ...findLeftOnExit(program).map(({ write, removal, exit }) => {
      const name = write.cell.name
      const line = exit.loc?.start.line ?? '?'
      return finding(program, rule, write.node, {
        severity: 'medium',
        declaration: exit,
        sentence: `${name} keeps the entry for ${program.text(write.key!)} on one way out`,
        why: `Line ${line} ends what is stored and leaves; only line ${removal.node.loc?.start.line ?? '?'}, after it, takes it out.`,
        key: program.text(write.key!),
        entryBytes: estimateBytes(write.value),
        fix: `Take the entry out of ${name} before line ${line} asks.`,
      })
    }),
    ...findLeftOnTimeout(program).map(({ write, removal, timer }) => {
      const name = write.cell.name
      const line = removal.node.loc?.start.line ?? '?'
      const timerLine = timer.loc?.start.line ?? '?'
      return finding(program, rule, write.node, {
        severity: 'medium',
        sentence: `${name} keeps ${write.key ? `the entry for ${program.text(write.key)}` : 'an entry'} when no answer comes in time`,
        why: `Only the answer takes it out (line ${line}); the timer on line ${timerLine} gives up and leaves it.`,
        key: write.key && program.text(write.key),
        entryBytes: estimateBytes(write.value),
        fix: `Take the entry out of ${name} in the timer's callback (line ${timerLine}) too.`,
      })
    }),
  ],
}
