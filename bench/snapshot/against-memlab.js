// Our snapshot reader and memlab's, on the same files, side by side: CPU, memory, and whether every object's retained size agrees.
//
//   node bench/snapshot/against-memlab.js            three heaps, compared object by object
//   node bench/snapshot/against-memlab.js --mb=330   one large heap of small objects (a file of about 570 MB), cost alone:
//                                                    of reading and dominators, as memlab does them, and of all of `plimsoll snapshot`
//
// On a slow machine writing the large heap takes minutes: --keep=FILE leaves it in FILE, and the next call reads it from there.
// memlab is installed into a temporary folder by npm when it is not there yet; --memlab=FOLDER names one that has it.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const memlabVersion = '2.0.5'
const here = fileURLToPath(import.meta.url)
const root = join(here, '../../..')

const say = (line) => void process.stdout.write(`${line}\n`)
const mb = (bytes) => `${Math.round(bytes / 1048576)} MB`.padStart(8)

const [mode, file, list] = process.argv.slice(2)
async function compare() {
  const flag = (name) => process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1]
  const memlab = flag('memlab') ?? installMemlab()
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-snapshot-'))
  try {
    const heaps = flag('mb') ? [['small objects', grow(flag('mb'))]] : Object.entries(programs)
    say('heap                 file     ours: CPU   memory   memlab: CPU   memory   ratio: CPU   memory')
    for (const [name, program] of heaps) {
      const kept = flag('mb') && flag('keep')
      const path = kept || join(folder, 'heap.heapsnapshot')
      if (!kept || !existsSync(kept)) write(program, path)
      const isCompared = !flag('mb')
      const ours = run('ours', path, join(folder, 'ours'), isCompared)
      const theirs = run('memlab', path, join(folder, 'memlab'), isCompared, memlab)
      say(row(name, path, ours, theirs))
      if (!isCompared) say(row('whole command', path, run('whole', path, '', false), theirs))
      if (isCompared) say(agreement(join(folder, 'ours'), join(folder, 'memlab')))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function row(name, path, ours, theirs) {
  const cells = [
    name.padEnd(16),
    mb(statSync(path).size),
    `${ours.cpuS.toFixed(1)} s`.padStart(12),
    mb(ours.maxRss),
    `${theirs.cpuS.toFixed(1)} s`.padStart(12),
    mb(theirs.maxRss),
    (ours.cpuS / theirs.cpuS).toFixed(2).padStart(11),
    (ours.maxRss / theirs.maxRss).toFixed(2).padStart(8),
  ]
  return cells.join(' ')
}

/** Under another name first: a call that is broken off leaves no half of a file behind. */
function write(program, path) {
  execFileSync(process.execPath, ['--input-type=module', '--max-old-space-size=4000', '-e', program], {
    cwd: root,
    env: { ...process.env, OUT: `${path}.part` },
    timeout: 1_500_000,
  })
  renameSync(`${path}.part`, path)
}

function run(which, path, out, isCompared, memlab = '') {
  const args = [here, which, path, isCompared ? out : '-', memlab]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1e9 })
  if (status !== 0) throw new Error(`${which} ended with ${status}: ${stderr.slice(-500)}`)
  return JSON.parse(stdout.slice(stdout.lastIndexOf('{"cpuS"')))
}

const load = (name) => import(pathToFileURL(join(root, `packages/watch/dist/snapshot/${name}.js`)).href)

/** As `plimsoll snapshot` does it, but for the words. */
async function readWhole() {
  const { summarizeSnapshot } = await load('snapshot-summary')
  summarizeSnapshot(file)
  tell()
}

async function readWithOurs() {
  const { parseSnapshot } = await load('parse-snapshot')
  const { findDominators } = await load('dominators')
  const snapshot = parseSnapshot(file, { withIds: list !== '-' })
  const { retainedBytes } = findDominators(snapshot)
  tell()
  if (list !== '-') writeSizes(Array.from(snapshot.nodeId, (id, node) => [id, retainedBytes[node]]))
}

async function readWithMemlab(folder) {
  const { analysis, utils } = createRequire(join(folder, 'package.json'))('@memlab/core')
  const snapshot = await utils.getSnapshotFromFile(file, { buildNodeIdIndex: true, verbose: false })
  await analysis.preparePathFinder(snapshot)
  tell()
  if (list === '-') return
  const sizes = []
  snapshot.nodes.forEach((node) => void sizes.push([node.id, node.retainedSize]))
  writeSizes(sizes)
}

function tell() {
  const { user, system } = process.cpuUsage()
  const usage = { cpuS: (user + system) / 1e6, maxRss: process.resourceUsage().maxRSS * 1024 }
  process.stdout.write(`\n${JSON.stringify(usage)}\n`)
}

function writeSizes(sizes) {
  writeFileSync(list, Buffer.from(Float64Array.from(sizes.flat()).buffer))
}

function agreement(ours, theirs) {
  const read = (path) => {
    const bytes = readFileSync(path)
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)
  }
  const [left, right] = [read(ours), read(theirs)]
  const byId = new Map()
  for (let at = 0; at < right.length; at += 2) byId.set(right[at], right[at + 1])
  let same = 0
  let off = 0
  for (let at = 0; at < left.length; at += 2) {
    if (byId.get(left[at]) === left[at + 1]) same++
    else off = Math.max(off, Math.abs((byId.get(left[at]) ?? 0) - left[at + 1]))
  }
  const count = left.length / 2
  const rest = same === count ? '' : `; the others differ by ${Math.round(off / 1024)} KB at most`
  return `                 retained sizes agree for ${same.toLocaleString('en')} of ${count.toLocaleString('en')} objects${rest}`
}

function installMemlab() {
  const folder = join(tmpdir(), `plimsoll-bench-memlab-${memlabVersion}`)
  if (existsSync(join(folder, 'node_modules/@memlab/core'))) return folder
  mkdirSync(folder, { recursive: true })
  execFileSync(
    'npm',
    ['i', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', `@memlab/core@${memlabVersion}`],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PUPPETEER_SKIP_DOWNLOAD: '1' },
    },
  )
  return folder
}

function grow(megabytes) {
  return `
    import { writeHeapSnapshot } from 'node:v8'
    class Session { constructor(i) { this.id = i; this.user = { name: 'user ' + i, roles: ['a', 'b'] }; this.at = new Date(i) } }
    const pages = new Map(), sessions = [], byKey = {}
    let i = 0
    while (process.memoryUsage().heapUsed < ${Number(megabytes)} * 1048576) for (let k = 0; k < 2000; k++) {
      pages.set('/p/' + ++i, { html: '<p>' + i + '</p>'.repeat(3), at: i })
      sessions.push(new Session(i))
      if (i % 10 === 0) byKey['key' + i] = [i, { x: i + 0.5 }]
    }
    globalThis.keep = () => [pages, sessions, byKey]
    writeHeapSnapshot(process.env.OUT)`
}

/** Three programs with heaps of different kinds: a leak, a bit of everything, a web server after some traffic. */
const programs = {
  'a leak': grow(60),
  'many kinds': `
    import { EventEmitter } from 'node:events'
    import { writeHeapSnapshot } from 'node:v8'
    const kept = { weak: new WeakMap(), sets: [], buffers: [], promises: [], bus: new EventEmitter().setMaxListeners(0), head: null }
    for (let i = 0; i < 60000; i++) {
      const key = { i }
      kept.head = { next: i % 500 ? kept.head : null, key, again: kept.head?.key }
      kept.weak.set(key, { of: key, at: new Date(i) })
      if (i % 10 === 0) kept.sets.push(new Set([key, i, 'text ' + i]), Symbol('s' + i), BigInt(i) ** 9n, /x/g)
      if (i % 50 === 0) kept.buffers.push(Buffer.alloc(2000), new Float64Array(i % 300))
      if (i % 20 === 0) kept.promises.push(new Promise((resolve) => kept.bus.on('e' + (i % 7), () => resolve(key))))
    }
    globalThis.kept = kept
    writeHeapSnapshot(process.env.OUT)`,
  Fastify: `
    import fastify from 'fastify'
    import { writeHeapSnapshot } from 'node:v8'
    const app = fastify()
    const seen = new WeakMap(), last = []
    app.get('/:id', async (request) => { seen.set(request.raw, { id: request.params.id }); last.push(request); return { ok: last.length } })
    for (let i = 0; i < 3000; i++) await app.inject('/' + i)
    writeHeapSnapshot(process.env.OUT)
    process.exit(seen instanceof WeakMap ? 0 : 1)`,
}

if (mode === 'ours') await readWithOurs()
else if (mode === 'whole') await readWhole()
else if (mode === 'memlab') await readWithMemlab(process.argv[5])
else await compare()
