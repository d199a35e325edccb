// How much of what would leak is noticed, in code that nobody here wrote? Each line by which a well-kept package takes something back (an
// entry of a collection, a listener, an interval) is taken out in turn, and what is told then and was not before counts.
//   node bench/review/mutate.js [--list]   the open part of the corpus: well-kept packages, look-alikes, fixed versions of the development set
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { parseSource } from '../../packages/review/dist/parse/parse.js'
import { listFiles } from '../../packages/review/dist/review/list-files.js'
import { review, understand } from '../../packages/eslint-plugin/dist/analysis.js'
import { endOf, methodOf, startOf } from '../../packages/eslint-plugin/dist/growth/node.js'
import { fetchPackages, readCorpus, readDevelopmentSet } from './corpus.js'

/** Larger files are bundles; a line that long was written by a program. */
const maxBytes = 120_000
const maxLine = 1000
/** Mutants of a package at most, so that no package is the measure. */
const maxMutants = 40
/** Places where one thing is taken back at most: with more of them it is a subject of its own. */
const maxPlaces = 3

const leftOut = /test|min\.|umd|browser|bench|example|\/esm\/|\/es\/|\.mjs$|\.[cm]?tsx?$/
const isListing = process.argv.includes('--list')
run()

function run() {
  const open = readCorpus('open')
  const specs = [
    ...open.wellKept,
    ...open.sites.filter(({ kind }) => kind === 'fine').map(({ spec }) => spec),
    ...readDevelopmentSet().pairs.map(({ fixed }) => fixed),
  ]
  const folders = fetchPackages([...new Set(specs)])
  const seen = new Set()
  const counts = new Map()
  for (const [spec, folder] of folders) {
    const name = spec.slice(0, spec.lastIndexOf('@'))
    let count = 0
    for (const file of listFiles(folder).files) {
      const path = relative(folder, file)
      if (leftOut.test(path)) continue
      for (const mutant of mutantsOf(readFileSync(file, 'utf8'), path)) {
        const id = `${name} ${mutant.kind} ${mutant.what}`
        if (seen.has(id) || count >= maxMutants) continue
        seen.add(id)
        count++
        const isTold = mutant.isTold()
        const [told, all] = counts.get(mutant.kind) ?? [0, 0]
        counts.set(mutant.kind, [told + Number(isTold), all + 1])
        if (isListing)
          print(`${isTold ? 'told' : 'miss'}  ${mutant.kind}  ${spec} ${path}:${mutant.line}  ${mutant.what}`)
      }
    }
  }
  for (const [kind, [told, all]] of counts)
    print(
      `${kind.padEnd(32)} ${String(told).padStart(4)} of ${String(all).padEnd(6)} ${Math.round((100 * told) / all)} %`,
    )
}

function mutantsOf(source, path) {
  if (source.length > maxBytes || source.split('\n').some(({ length }) => length > maxLine)) return []
  const program = read(source, path)
  if (!program) return []
  let before = null
  const mutant = (kind, nodes, what) => ({
    kind,
    what,
    line: nodes[0].loc.start.line,
    isTold() {
      before ??= new Set(findingsIn(source, path))
      return findingsIn(without(source, nodes), path).some((finding) => !before.has(finding))
    },
  })
  return [...entriesOf(program), ...callsOf(program)].map((parts) => mutant(...parts))
}

/** Collections that outlive a call, by what takes single entries out of them. */
function entriesOf({ operations, frequencyOf, text }) {
  return [...operations].flatMap(([cell, all]) => {
    const removals = all.filter(({ kind }) => kind === 'remove')
    const growth = all.find(({ kind, func }) => kind === 'grow' && frequencyOf(func) === 'many')
    const isLocal = cell.kind === 'variable' && frequencyOf(cell.variable.scope.func) === 'many'
    if (cell.kind === 'element' || isLocal || !growth || removals.length === 0 || removals.length > maxPlaces + 1)
      return []
    if (all.some(({ kind }) => kind === 'measure') || !all.some(({ kind }) => kind === 'init')) return []
    if (removals.some(({ how }) => /^(shift|pop)$/.test(how))) return []
    const kind = all.some(({ kind }) => kind === 'reset') ? 'entry, all go at once elsewhere' : 'entry'
    return [[kind, removals.map(({ node }) => node), `${cell.name}: ${text(growth.node)}`]]
  })
}

function callsOf({ scopes, text }) {
  const groups = new Map()
  for (const call of scopes.byType('CallExpression', 'OptionalCallExpression')) {
    const [first] = call.arguments
    const isRemoval =
      /^(off|removeListener|removeEventListener)$/.test(methodOf(call) ?? '') && first?.type === 'Literal'
    const isClear = call.callee.name === 'clearInterval' && first
    if (!isRemoval && !isClear) continue
    const kind = isClear ? 'interval' : 'listener'
    const what = isClear ? text(first) : `${text(call.callee.object ?? call.callee)} ${text(first)}`
    const group = groups.get(kind + what) ?? [kind, [], what]
    group[1].push(call)
    groups.set(kind + what, group)
  }
  return [...groups.values()].filter(([, nodes]) => nodes.length <= maxPlaces)
}

function read(source, path) {
  const { root } = parseSource(source, path)
  try {
    return root ? understand(root, source) : null
  } catch {
    return null
  }
}

/** Lines stay where they are. */
function without(source, nodes) {
  return [...nodes]
    .sort((a, b) => startOf(b) - startOf(a))
    .reduce((text, node) => {
      const lines = text.slice(startOf(node), endOf(node)).replaceAll(/[^\n]/g, '')
      return `${text.slice(0, startOf(node))}0${lines}${text.slice(endOf(node))}`
    }, source)
}

function findingsIn(source, path) {
  const { root } = parseSource(source, path)
  const lines = source.split('\n')
  return root ? review(root, source).map(({ rule, node }) => `${rule} ${lines[node.loc.start.line - 1]}`) : []
}

function print(line) {
  process.stdout.write(`${line}\n`)
}
