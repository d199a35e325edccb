import type { Rule } from '../finding.ts'
import { estimateBytes } from '../growth/estimate.ts'
import { findHalfCleanups } from '../growth/half-cleanup.ts'
import { findPassing } from '../growth/passing.ts'
import { finding } from './report.ts'
import { growthOf } from './unbounded-growth.ts'

const rule = 'no-entry-without-end'

export const noEntryWithoutEnd: Rule = {
  name: rule,
  severity: 'medium',
  summary: 'A collection gets an entry for each thing that comes and goes, and no line takes one out.',
  find(program) {
    const told = new Set([
      ...growthOf(program).flatMap(({ write, others }) => [write.node, ...others]),
      ...findHalfCleanups(program).map(({ kept }) => kept.node),
    ])
    return findPassing(program)
      .filter(({ write }) => !told.has(write.node))
      .map(({ write, declaration, what, because }) => {
        const name = write.cell.name
        return finding(program, rule, write.node, {
          severity: 'medium',
          declaration,
          sentence: what.startsWith('an entry')
            ? `${name} keeps entries that are over`
            : `${name} gets an entry for every ${what.replace(/^an? /, '')} and loses none`,
          why: because
            ? `Each has an end, for ${because}; while the collection stays, and no line of this package takes anything out of it.`
            : what.startsWith('an entry')
              ? 'What is stored says since when or until when it counts, and nothing takes it out by itself: what nobody asks for again stays.'
              : 'What is stored comes and goes while the collection stays, and no line of this package takes anything out of it.',
          key: write.key === null ? null : program.text(write.key),
          entryBytes: estimateBytes(write.value),
          fix: `Take the entry out of ${name} where what it stands for is over: when it closes, ends, fails or expires.`,
        })
      })
  },
}
