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
//   node bench/review/score.js --seventh  seventh-set.json, all of it open, first scored unseen
//   … --prove                             the same with what running the code says: what it refutes does not stand, what only it can tell does
//   … --list                              also lists each miss, false alarm and noisy line
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { proveFindings, reviewPaths } from '@plimsoll/review'
import {
  fetchPackages,
  installPackages,
  readCorpus,
  readDevelopmentSet,
  readFifthSet,
  readFourthSet,
  readSecondSet,
  readSeventhSet,
  readSixthSet,
  readThirdSet,
} from './corpus.js'

const log = fileURLToPath(new URL('./sealed.log.md', import.meta.url))
const maxSealedRuns = 2
const isSealed = process.argv.includes('--sealed')
const isSpent = process.argv.includes('--spent')
const isListing = process.argv.includes('--list')
const isProving = process.argv.includes('--prove')
if (isProving && isSealed) fail('What is sealed is scored by the rules alone: its log compares like with like.')
const laterSet = ['second', 'third', 'fourth'].find((name) => process.argv.includes(`--${name}`))
const openSet = ['development', 'fifth', 'sixth', 'seventh'].find((name) => process.argv.includes(`--${name}`))
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
    ? { development: readDevelopmentSet, fifth: readFifthSet, sixth: readSixthSet, seventh: readSeventhSet }[openSet]()
    : ({ second: readSecondSet, third: readThirdSet, fourth: readFourthSet }[laterSet] ?? readCorpus)(
        isSealed || isSpent ? 'sealed' : 'open',
      )
const specs = [
  ...sites.map(({ spec }) => spec),
  ...pairs.flatMap(({ leaking, fixed }) => [leaking, fixed]),
  ...wellKept,
]
const folders = isProving ? installPackages(specs) : fetchPackages(specs)
const known = new Map()
const findingsIn = (spec, file) => {
  const path = join(folders.get(spec), file)
  if (!known.has(path)) known.set(path, reviewPaths({ paths: [path], folder: folders.get(spec) }).report.findings)
  return known.get(path)
}

const leaks = sites.filter(({ kind }) => kind === 'leak')
if (isProving) await proveAll()
const found = leaks.filter((site) => isHit(site) || note('miss', site))
const easy = leaks.filter(({ isHard }) => !isHard)
const fine = sites.filter(({ kind }) => kind === 'fine')
const alarms = fine.filter((site) => isHit(site) && note('false alarm', site))
const told = pairs.filter(
  (pair) => isToldApart(pair) || note('pair not told apart', { spec: pair.leaking, file: pair.fixed, line: '' }),
)
const noise = []
for (const spec of wellKept) noise.push(await noiseOf(spec))
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

/** Runs what speaks of a site, and in a repaired version what would be told by the rules that found it. */
async function proveAll() {
  for (const { spec, file } of sites)
    await proveIn(spec, file, (finding) =>
      sites.some((site) => site.spec === spec && site.file === file && speaksOf(finding, site.line)),
    )
  for (const { leaking, fixed, files } of pairs) {
    if (!leaks.some(({ spec, file }) => spec === leaking && file === files[0]))
      await proveIn(leaking, files[0], () => true)
    const rules = rulesThatFound(leaking, files[0])
    await proveIn(fixed, files.at(-1), ({ rule }) => rules.has(rule))
  }
}

/** What stands in a file after those of its findings and suspects that are wanted were run. */
async function proveIn(spec, file, isWanted) {
  const folder = folders.get(spec)
  const path = join(folder, file)
  if (known.has(path) || !existsSync(path)) return
  const { report } = reviewPaths({ paths: [path], folder, withSuspects: true })
  const rest = report.findings.filter((finding) => !isWanted(finding))
  report.findings = report.findings.filter(isWanted)
  report.suspects = report.suspects.filter(isWanted)
  await proveFindings(report, { folder })
  if (isListing)
    for (const { place, rule, proof } of report.findings)
      print(`${proof?.verdict.padEnd(20)} ${spec} ${file}:${place.line} ${rule}: ${proof?.what}`)
  known.set(path, [...rest, ...report.findings.filter(({ proof }) => proof?.verdict !== 'refuted')])
}

async function noiseOf(spec) {
  const folder = folders.get(spec)
  const { report } = reviewPaths({ paths: ['.'], folder, withSuspects: isProving })
  if (isProving) await proveFindings(report, { folder })
  report.findings = report.findings.filter(({ proof }) => proof?.verdict !== 'refuted')
  return report
}

/**
 * The leaking version has a finding at one of the leak's sites, and the fixed version none by the rules that found it in the file that
 * repaired it. Where no site is labelled, any finding in the file counts.
 */
function isToldApart({ leaking, fixed, files }) {
  const rules = rulesThatFound(leaking, files[0])
  const file = files.at(-1)
  return (
    rules.size > 0 &&
    !(existsSync(join(folders.get(fixed), file)) && findingsIn(fixed, file).some(({ rule }) => rules.has(rule)))
  )
}

function rulesThatFound(leaking, leakingFile) {
  const leakSites = leaks.filter(({ spec, file }) => spec === leaking && file === leakingFile)
  const found = findingsIn(leaking, leakingFile).filter(
    (finding) => leakSites.length === 0 || leakSites.some(({ line }) => speaksOf(finding, line)),
  )
  return new Set(found.map(({ rule }) => rule))
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
