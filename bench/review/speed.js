// How long does `plimsoll review` take, cold, on packages that nobody here wrote, and how much memory?
//   node bench/review/speed.js
// Each run is a process of its own over the same folders of the corpus; lines per second count everything from the start of Node.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { fetchPackages, readCorpus } from './corpus.js'

const runs = 3
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
