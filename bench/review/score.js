// How much of what leaks does `plimsoll review` find in packages that nobody here wrote, and how often does it cry wolf?
//   node bench/review/score.js            the open two thirds of the corpus, as often as one likes
//   node bench/review/score.js --sealed   the sealed third: appends a line to sealed.log.md, twice at most
//   node bench/review/score.js --pairs    the sealed pairs of sealed-pairs.json: the same, twice at most
//   node bench/review/score.js --second   the open half of second-set.json; with --sealed its other half: the same, twice at most
//   node bench/review/score.js --third    third-set.json, scored twice while it was sealed; all of it is spent and open
//   node bench/review/score.js --fourth --sealed   fourth-set.json, all of it sealed: twice at most
//   … --spent                             what was sealed and has been scored twice: nothing is logged, and nothing is proven by it any more
//   node bench/review/score.js --development   development-set.json, all of it open
//   node bench/review/score.js --fifth    fifth-set.json, all of it open: another one for development, with look-alikes
//   node bench/review/score.js --sixth    sixth-set.json, all of it open: one more for development
//   … --list                              also lists each miss, false alarm and noisy line
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reviewPaths } from '@plimsoll/review'
import {
  fetchPackages,
  readCorpus,
  readDevelopmentSet,
  readFifthSet,
  readFourthSet,
  readSecondSet,
  readSixthSet,
  readThirdSet,
} from './corpus.js'

const log = fileURLToPath(new URL('./sealed.log.md', import.meta.url))
const maxSealedRuns = 2
const isSealed = process.argv.includes('--sealed')
const isSpent = process.argv.includes('--spent')
const isListing = process.argv.includes('--list')
const laterSet = ['second', 'third', 'fourth'].find((name) => process.argv.includes(`--${name}`))
const openSet = ['development', 'fifth', 'sixth'].find((name) => process.argv.includes(`--${name}`))
if (openSet && isSealed) fail(`The ${openSet} set has no sealed part.`)
if (laterSet === 'fourth' && !isSealed && !isSpent) fail('The fourth set has no open part: --fourth --sealed.')
const rowOf = laterSet ? new RegExp(`^\\| ${laterSet} set, run \\d`, 'gm') : /^\| \d/gm
const runs = existsSync(log) ? (readFileSync(log, 'utf8').match(rowOf)?.length ?? 0) : 0
if (isSealed && runs >= maxSealedRuns) fail(`What is sealed was scored ${runs} times already; it tells nothing new.`)
if (laterSet && isSpent && runs < maxSealedRuns) fail(`It was scored ${runs} times and is not spent: --sealed.`)

const isPairs = process.argv.includes('--pairs')
const pairsHead = '| pairs of sealed-pairs.json | commit | told apart |'
const pairRuns = isPairs ? (readFileSync(log, 'utf8').match(/^\| pairs, run \d/gm)?.length ?? 0) : 0
if (pairRuns >= maxSealedRuns && !isSpent)
  fail(`The sealed pairs were scored ${pairRuns} times already; they tell nothing new.`)

const { sites, pairs, wellKept } = isPairs
  ? {
      sites: [],
      pairs: JSON.parse(readFileSync(new URL('./sealed-pairs.json', import.meta.url), 'utf8')),
      wellKept: [],
    }
  : openSet
    ? { development: readDevelopmentSet, fifth: readFifthSet, sixth: readSixthSet }[openSet]()
    : ({ second: readSecondSet, third: readThirdSet, fourth: readFourthSet }[laterSet] ?? readCorpus)(
        isSealed || isSpent ? 'sealed' : 'open',
      )
const folders = fetchPackages([
  ...sites.map(({ spec }) => spec),
  ...pairs.flatMap(({ leaking, fixed }) => [leaking, fixed]),
  ...wellKept,
])
const known = new Map()
const findingsIn = (spec, file) => {
  const path = join(folders.get(spec), file)
  if (!known.has(path)) known.set(path, reviewPaths({ paths: [path], folder: folders.get(spec) }).report.findings)
  return known.get(path)
}

const leaks = sites.filter(({ kind }) => kind === 'leak')
const found = leaks.filter((site) => isHit(site) || note('miss', site))
const easy = leaks.filter(({ isHard }) => !isHard)
const fine = sites.filter(({ kind }) => kind === 'fine')
const alarms = fine.filter((site) => isHit(site) && note('false alarm', site))
const told = pairs.filter(
  (pair) => isToldApart(pair) || note('pair not told apart', { spec: pair.leaking, file: pair.fixed, line: '' }),
)
const noise = wellKept.map((spec) => reviewPaths({ paths: ['.'], folder: folders.get(spec) }).report)
if (isListing)
  for (const [place, { findings }] of noise.entries())
    for (const { path, place: at, rule } of findings)
      print(`noise                ${wellKept[place]} ${path}:${at.line} ${rule} ${at.code.slice(0, 80)}`)
const noiseLines = sum(noise.map(({ lineCount }) => lineCount))
const noiseCount = sum(noise.map(({ findings }) => findings.length))

const rows = [
  ['leak sites found', found.length, leaks.length, percent(found.length, leaks.length)],
  [
    '… without the hard ones',
    found.filter(({ isHard }) => !isHard).length,
    easy.length,
    percent(found.filter(({ isHard }) => !isHard).length, easy.length),
  ],
  ['look-alikes accused', alarms.length, fine.length, percent(alarms.length, fine.length)],
  ['pairs told apart', told.length, pairs.length, percent(told.length, pairs.length)],
  [
    'findings in well-kept packages',
    noiseCount,
    `${noiseLines} lines`,
    noiseLines === 0 ? 'none looked at' : `${((1000 * noiseCount) / noiseLines).toFixed(2)} per 1,000 lines`,
  ],
]
for (const [what, count, of, ratio] of rows)
  print(`${String(what).padEnd(32)} ${String(count).padStart(4)} of ${String(of).padEnd(14)} ${ratio}`)
if (isPairs && !isSpent) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  appendFileSync(
    log,
    `\n${pairsHead}\n|---|---|---|\n| pairs, run ${pairRuns + 1} | ${commit} | ${told.length} of ${pairs.length} (${percent(told.length, pairs.length)}) |\n`,
  )
}
if (isSealed) {
  if (runs === 0)
    appendFileSync(
      log,
      laterSet
        ? `\n| sealed part of ${laterSet}-set.json | commit | found | without hard | accused | pairs |\n|---|---|---|---|---|---|\n`
        : '# Scorings of the sealed third\n\n| run | commit | found | without hard | accused | pairs | noise per 1,000 lines |\n|---|---|---|---|---|---|---|\n',
    )
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  appendFileSync(
    log,
    `| ${laterSet ? `${laterSet} set, run ` : ''}${runs + 1} | ${commit} | ${rows
      .slice(0, laterSet ? -1 : undefined)
      .map(([, count, of, ratio]) => `${count} of ${of} (${ratio})`)
      .join(' | ')} |\n`,
  )
}

function print(line) {
  process.stdout.write(`${line}\n`)
}

/** A finding speaks of a site when it points at its line, or names it as another line where the same thing grows. */
function isHit({ spec, file, line }) {
  return findingsIn(spec, file).some((finding) => speaksOf(finding, line))
}

function speaksOf({ place, otherLines }, line) {
  return (line >= place.line - 1 && line <= place.endLine + 1) || otherLines.includes(line)
}

/**
 * The leaking version has a finding at one of the leak's sites, and the fixed version none by the rules that found it in the file that
 * repaired it. Where no site is labelled, any finding in the file counts.
 */
function isToldApart({ leaking, fixed, files }) {
  const leakSites = leaks.filter(({ spec, file }) => spec === leaking && file === files[0])
  const found = findingsIn(leaking, files[0]).filter(
    (finding) => leakSites.length === 0 || leakSites.some(({ line }) => speaksOf(finding, line)),
  )
  const rules = new Set(found.map(({ rule }) => rule))
  const file = files.at(-1)
  return (
    found.length > 0 &&
    !(existsSync(join(folders.get(fixed), file)) && findingsIn(fixed, file).some(({ rule }) => rules.has(rule)))
  )
}

function note(what, { spec, file, line, isHard }) {
  if (isListing && !isSealed) print(`${what.padEnd(20)} ${spec} ${file}:${line}${isHard ? ' (hard)' : ''}`)
  return what === 'false alarm'
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}

function percent(part, whole) {
  return `${Math.round((100 * part) / whole)} %`
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
