// How many findings does `plimsoll review --prove` decide without anybody's help, in packages that nobody here wrote?
//   node bench/review/prove.js [PACKAGE@VERSION…]   all of them takes about six minutes
// Findings at the leak sites of the open corpus, with what the packages depend on installed beside them, as in a program that uses them.
import { join } from 'node:path'
import { proveFindings, reviewPaths } from '@plimsoll/review'
import { installPackages, readCorpus } from './corpus.js'

const withinMs = 12_000
const only = process.argv.slice(2)
const leaks = readCorpus('open').sites.filter(
  ({ kind, spec }) => kind === 'leak' && (only.length === 0 || only.includes(spec)),
)
const folders = installPackages(leaks.map(({ spec }) => spec))
const tally = new Map()
for (const { spec, file, line } of leaks) {
  const folder = folders.get(spec)
  const { report } = reviewPaths({ paths: [join(folder, file)], folder })
  report.findings = report.findings
    .filter(({ place }) => line >= place.line - 1 && line <= place.endLine + 1)
    .slice(0, 1)
  if (report.findings.length === 0) continue
  await proveFindings(report, { folder, withinMs })
  const { verdict, what } = report.findings[0].proof
  tally.set(verdict, (tally.get(verdict) ?? 0) + 1)
  print(`${verdict.padEnd(13)} ${spec} ${file}:${line}  ${what}`)
}
const count = [...tally.values()].reduce((sum, number) => sum + number, 0)
const decided = (tally.get('proven') ?? 0) + (tally.get('refuted') ?? 0)
print(
  `decided ${decided} of ${count} (${Math.round((100 * decided) / count)} %): ${JSON.stringify(Object.fromEntries(tally))}`,
)

function print(line) {
  process.stdout.write(`${line}\n`)
}
