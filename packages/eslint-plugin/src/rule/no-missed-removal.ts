import type { Finding, Rule } from '../finding.ts'
import { estimateBytes } from '../growth/estimate.ts'
import { functionName } from '../growth/function-name.ts'
import { findMissedRemovals, type MissedRemoval } from '../growth/missed-removal.ts'
import type { Program } from '../growth/program.ts'
import { finding } from './report.ts'

const rule = 'no-missed-removal'

export const noMissedRemoval: Rule = {
  name: rule,
  severity: 'medium',
  summary:
    'What should take an entry out takes out nothing: another key is meant, or it runs only where there is nothing.',
  find: (program) => findMissedRemovals(program).map((missed) => describe(missed, program)),
}

function describe(missed: MissedRemoval, program: Program): Finding {
  const { write, others, declaration, removal, reason, key } = missed
  const name = write.cell.name
  const line = removal.node.loc?.start.line ?? '?'
  const remover = functionName(removal.func)
  const words = {
    key: {
      sentence: `${name} keeps its entries: they are taken out under another key than they stand under`,
      why: `They are stored under ${key ? program.text(key) : 'one key'}, and line ${line} takes out ${removal.key ? program.text(removal.key) : 'another'}, which is ${key && removal.key ? 'not that' : 'another'}.`,
      fix: `Take them out under the key that they are stored under (line ${line}).`,
    },
    property: {
      sentence: `${name} keeps its entries: delete takes a property, and they are none`,
      why: `Line ${line} takes a property of ${name} away that it never had; what it holds it gives up by its own method only.`,
      fix: `Call ${name}.delete(${removal.key ? program.text(removal.key) : 'key'}) there (line ${line}).`,
    },
    empty: {
      sentence: `${name} is emptied only when it is empty`,
      why: `The test around line ${line} is true when there is nothing in ${name}, so what is in there stays.`,
      fix: `Turn the test around line ${line} round, or leave it out.`,
    },
    copy: {
      sentence: `${name} keeps its entries: ${removal.how}() answers another list and leaves this one as it is`,
      why: `Line ${line} looks as if it took something out of ${name}; what it answers is dropped.`,
      fix:
        removal.how === 'slice'
          ? `Call ${name}.splice() there (line ${line}).`
          : `Assign what it answers to ${name} (line ${line}).`,
    },
    opened: {
      sentence: `${name} gets an entry in order to take something out of it`,
      why: `${remover ? `${remover}()` : 'This'} opens an entry for a key that is not there (or is gone already) and leaves it, empty.`,
      fix: `Ask whether ${name} has the key, and leave it alone where it has not.`,
    },
  }[reason]
  return finding(program, rule, write.node, {
    severity: 'medium',
    ...words,
    others: others.map(({ node }) => node),
    declaration,
    key: write.key && program.text(write.key),
    entryBytes: estimateBytes(write.value),
  })
}
