// How long does `plimsoll review` take, cold, on packages that nobody here wrote, and how much memory?
//   node bench/review/speed.js
// Each run is a process of its own over the same folders of the corpus; lines per second count everything from the start of Node.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Linter } from 'eslint'
import plimsoll from 'eslint-plugin-plimsoll'
import { fetchPackages, readCorpus } from './corpus.js'

const runs = 3
const warmFiles = 300
const maxWarmLines = 1000
const cli = fileURLToPath(new URL('../../packages/cli/bin/plimsoll.js', import.meta.url))
const { sites, pairs, wellKept } = readCorpus('open')
const specs = [...new Set([...sites.map(({ spec }) => spec), ...pairs.map(({ fixed }) => fixed), ...wellKept])]
const folders = [...fetchPackages(specs).values()]

print(`Node ${process.version}, ${cpus().length} cores, ${folders.length} packages`)
const all = Array.from({ length: runs }, () => review(folders))
const one = Array.from({ length: runs }, () => review([fileURLToPath(new URL('./corpus.js', import.meta.url))]))
const { fileCount, lineCount } = all[0].report
print(
  `${fileCount} files, ${lineCount} lines: ${spread(all.map(({ seconds }) => (seconds * 100_000) / lineCount))} s per 100,000 lines`,
)
print(`peak memory ${spread(all.map(({ peakMb }) => peakMb))} MB; not reviewed: ${all[0].report.unread.length} files`)
print(`one file by the command: ${spread(one.map(({ seconds }) => seconds))} s`)
printWarm()

/**
 * One file after the other in a process that has linted for a while, as an editor does with each change: parsing, all rules of `strict`
 * and what they read of other files. Each file comes once, so that nothing is remembered of it.
 */
function printWarm() {
  const linter = new Linter()
  const config = [{ files: ['**/*'], linterOptions: { reportUnusedDisableDirectives: 'off' } }, plimsoll.configs.strict]
  const places = folders.flatMap((folder) =>
    reviewed(folder).map((path) => ({ path: join(folder, path), text: readFileSync(join(folder, path), 'utf8') })),
  )
  const files = places.filter(({ text }) => text.split('\n').length <= maxWarmLines).slice(0, warmFiles * 2)
  const times = files.map(({ path, text }) => {
    const startedAt = performance.now()
    linter.verify(text, config, path)
    return performance.now() - startedAt
  })
  const warm = times.slice(times.length / 2).sort((a, b) => a - b)
  const at = (share) => warm[Math.min(warm.length - 1, Math.floor(warm.length * share))].toFixed(1)
  print(
    `one changed file of at most ${maxWarmLines} lines in a warm editor, ${warm.length} files: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
  )
}

/** Files of one package that an editor might have open. */
function reviewed(folder) {
  return readdirSync(folder, { recursive: true }).filter(
    (path) => /\.[cm]?js$/.test(path) && !/(^|\/)node_modules\/|\.min\./.test(path),
  )
}

function review(paths) {
  const startedAt = performance.now()
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    ['--import', probe(), cli, 'review', '--format=json', ...paths],
    {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    },
  )
  const seconds = (performance.now() - startedAt) / 1000
  if (status > 1) throw new Error(stderr)
  return { report: JSON.parse(stdout), seconds, peakMb: Number(/peak (\d+)/.exec(stderr)[1]) }
}

/** Has the process say at its end how much it held at most, in MB. */
function probe() {
  const code =
    'process.on("exit", () => process.stderr.write("peak " + Math.round(process.resourceUsage().maxRSS / 1024)))'
  return `data:text/javascript,${encodeURIComponent(code)}`
}

function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return `${sorted[Math.floor(sorted.length / 2)].toFixed(2)} (${sorted[0].toFixed(2)} to ${sorted.at(-1).toFixed(2)})`
}

function print(line) {
  process.stdout.write(`${line}\n`)
}
