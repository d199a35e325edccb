import type { Rule } from '../finding.ts'
import { estimateBytes } from '../growth/estimate.ts'
import { findPassing } from '../growth/passing.ts'
import { finding } from './report.ts'
import { growthOf } from './unbounded-growth.ts'

const rule = 'no-entry-without-end'

export const noEntryWithoutEnd: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'A collection gets an entry for each thing that comes and goes, and no line takes one out.',
  find(program) {
    const told = new Set(growthOf(program).flatMap(({ write, others }) => [write.node, ...others]))
    return findPassing(program)
      .filter(({ write }) => !told.has(write.node))
      .map(({ write, declaration, what }) => {
        const name = write.cell.name
        return finding(program, rule, write.node, {
          severity: 'medium',
          declaration,
          sentence: `${name} gets an entry for ${/^an? /.test(what) ? what : `every ${what}`} and loses none`,
          why: 'What is stored comes and goes while the collection stays, and no line of this package takes anything out of it.',
          key: write.key === null ? null : program.text(write.key),
          entryBytes: estimateBytes(write.value),
          fix: `Take the entry out of ${name} where what it stands for is over: when it closes, ends, fails or expires.`,
        })
      })
  },
}
