import type { Rule } from '../finding.ts'
import { estimateBytes } from '../growth/estimate.ts'
import { findHalfCleanups } from '../growth/half-cleanup.ts'
import { findLeftOnClose } from '../growth/left-on-close.ts'
import { findLeftPending } from '../growth/left-pending.ts'
import { findLeftByRemover, findPassing } from '../growth/passing.ts'
import { functionName } from '../growth/function-name.ts'
import type { Node } from '../growth/node.ts'
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
    const left = findLeftByRemover(program).map(({ write, declaration, remover }) => {
      const removerName = functionName(remover)!
      return finding(program, rule, write.node, {
        severity: 'medium',
        declaration,
        sentence: `${write.cell.name} keeps its entry after ${removerName}()`,
        why: `${removerName}() (line ${remover.loc?.start.line ?? '?'}) takes one of them away by its ${String((remover['params'] as Node[])[0]!['name'])}, and leaves what is stored under that in ${write.cell.name}.`,
        key: program.text(write.key!),
        entryBytes: estimateBytes(write.value),
        fix: `Take the entry out of ${write.cell.name} in ${removerName}() too.`,
      })
    })
    const closed = findLeftOnClose(program).map(({ write, declaration, removal, event }) =>
      finding(program, rule, write.node, {
        severity: 'medium',
        declaration,
        sentence: `${write.cell.name} keeps whoever goes without '${event}'`,
        why: `Only '${event}' takes an entry out (line ${removal.node.loc?.start.line ?? '?'}); a connection that is lost just closes, and nothing hears that.`,
        key: write.key && program.text(write.key),
        entryBytes: estimateBytes(write.value),
        fix: `Take the entry out of ${write.cell.name} on 'close' too.`,
      }),
    )
    const entries = findPassing(program)
      .filter(({ write }) => !told.has(write.node))
      .map(({ write, declaration, what, because, removal }) => {
        const name = write.cell.name
        const rest = removal
          ? `line ${removal.node.loc?.start.line ?? '?'} takes out only what fails or is aborted, or all at once when the owner ends.`
          : 'no line of this package takes anything out of it.'
        return finding(program, rule, write.node, {
          severity: 'medium',
          declaration,
          sentence: what.startsWith('an entry')
            ? `${name} keeps entries that are over`
            : `${name} gets an entry for every ${what.replace(/^an? /, '')} and loses none`,
          why: because
            ? `Each has an end, for ${because}; while the collection stays, and ${rest}`
            : what.startsWith('an entry')
              ? 'What is stored says since when or until when it counts, and nothing takes it out by itself: what nobody asks for again stays.'
              : `What is stored comes and goes while the collection stays, and ${rest}`,
          key: write.key === null ? null : program.text(write.key),
          entryBytes: estimateBytes(write.value),
          fix: `Take the entry out of ${name} where what it stands for is over: when it closes, ends, fails or expires.`,
        })
      })
    const pending = findLeftPending(program).map(({ write, declaration, removal, end }) => {
      const { name } = write.cell
      const endName = functionName(end)
      const line = end.loc?.start.line ?? '?'
      return finding(program, rule, write.node, {
        severity: 'medium',
        declaration,
        sentence: `${name} keeps who still waits when ${endName ? `${endName}() has been called` : 'the connection has closed'}`,
        why: `Line ${removal.node.loc?.start.line ?? '?'} takes out what is answered; after the end (line ${line}) no answer comes, and nothing that hears of the end so much as mentions ${name}.`,
        key: program.text(write.key!),
        entryBytes: estimateBytes(write.value),
        fix: `Go through ${name} at the end (line ${line}): tell each that no answer will come, and empty it.`,
      })
    })
    return [...entries, ...left, ...closed, ...pending]
  },
}
