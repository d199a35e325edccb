// Runs services of the corpus under the watch as it is shipped, and writes one line a run to .work/results.jsonl.
//
//   node bench/leaks/run.js [NAME…] [--seconds 240] [--at-once 6] [--round 1] [--to-death] [--limit N] [--node FILE] [--corpus FILE]
//
// A run that has a line already (same service, round, length, commit, Node version) is left out, so the bench may be stopped and
// begun again at any time. NAME may end in `*`. --register runs another build of the watch, under a --label of its own. --limit runs only the next N that are missing.
// --corpus takes the services from another file of the form of corpus.js. --to-death goes on until the process ends (at most
// --seconds). Each run's recording stands in .work/recording/, for replay.js.
import { spawn, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../free-port.js'
import { startTraffic } from '../../packages/soak/dist/traffic/index.js'
import { loadCorpus } from './corpus.js'
import { prepareService, workFolder } from './prepare.js'
import { createScenario, rateOf } from './scenario.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '240' },
    'at-once': { type: 'string', default: '6' },
    round: { type: 'string', default: '1' },
    limit: { type: 'string', default: '1000' },
    'to-death': { type: 'boolean', default: false },
    node: { type: 'string', default: process.execPath },
    register: { type: 'string', default: new URL('../../packages/watch/dist/register.js', import.meta.url).href },
    label: { type: 'string' },
    corpus: { type: 'string' },
    'prepare-only': { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const resultFile = join(workFolder, 'results.jsonl')
const say = (line) => void process.stdout.write(`${line}\n`)
const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim()

mkdirSync(join(workFolder, 'recording'), { recursive: true })
const node = execFileSync(values.node, ['--version'], { encoding: 'utf8' }).trim()
const isDirty = git('status', '--porcelain', '--', 'packages/watch/src', 'packages/core/src') !== ''
// The last commit that changed what is measured: a word in a document is no reason to run all again.
const commit =
  values.label ??
  git('log', '-1', '--format=%h', '--abbrev=10', '--', 'packages/watch/src', 'packages/core/src') + (isDirty ? '+' : '')
const done = new Set(readResults().map(keyOf))
const chosen = (await loadCorpus(values.corpus))
  .filter(({ name }) => positionals.length === 0 || positionals.some((wanted) => fits(name, wanted)))
  .filter(
    ({ name }) => !done.has(keyOf({ name, seconds, round: values.round, commit, node, isToDeath: values['to-death'] })),
  )
  .slice(0, Number(values.limit))
if (chosen.length === 0) say('nothing left to run')

// Another bench may run the same services at the same time, with another build: what a run writes is put in its place when it is over.
const ownFolder = mkdtempSync(join(workFolder, 'run-'))
process.once('exit', () => rmSync(ownFolder, { recursive: true }))
const children = new Set()
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of children) child.kill('SIGKILL')
    process.exit(1)
  })
}
const prepared = new Map()
for (const service of chosen) prepared.set(service, await prepareService(service))
if (values['prepare-only']) process.exit()
for (let start = 0; start < chosen.length; start += Number(values['at-once'])) {
  await Promise.all(chosen.slice(start, start + Number(values['at-once'])).map((service, index) => run(service, index)))
}

function fits(name, wanted) {
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted
}

function readResults() {
  if (!existsSync(resultFile)) return []
  return readFileSync(resultFile, 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

function keyOf(run) {
  return [run.name, run.seconds, run.round, run.commit, run.node, run.isToDeath].join(' ')
}

async function run(service, index) {
  const { folder, file } = prepared.get(service)
  const recording = join(ownFolder, `${service.name}.recording`)
  const signals = join(ownFolder, `${service.name}.signals`)
  // So that the services of a slice do not collect their garbage in step.
  await sleep(index * 700)
  const port = await freePort()
  const command = [values.node, '--import', values.register, `--max-old-space-size=${service.heapMb}`, file]
  const limited = service.maxFiles === null ? command : ['prlimit', `--nofile=${service.maxFiles}`, ...command]
  const child = spawn(limited[0], limited.slice(1), {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      PLIMSOLL_SIGNALS: signals,
      PLIMSOLL_RECORD: recording,
      ...(service.memoryMb === null ? {} : { PLIMSOLL_MEMORY_LIMIT: `${service.memoryMb}MB` }),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-20_000)))
  let hasEnded = false
  const ended = once(child, 'exit').then(() => (hasEnded = true))
  try {
    await untilListening(port, () => hasEnded)
    const beganAtMs = Date.now()
    const traffic = startTraffic({
      origin: `http://127.0.0.1:${port}`,
      seed: seedOf(`${service.name} ${values.round}`),
      ratePerSec: rateOf(service.load, seconds),
      durationMs: seconds * 1000,
      ...createScenario(service.load),
    })
    const isOutgrown = values['to-death'] ? watchMemory(child.pid, service, () => hasEnded) : new Promise(() => {})
    await Promise.race([traffic.done, ended, isOutgrown])
    const diedAfterSeconds = hasEnded || (await isSettled(isOutgrown)) ? round((Date.now() - beganAtMs) / 1000) : null
    const rssMb = hasEnded ? null : round(rssKb(child.pid) / 1024)
    if (!hasEnded) child.kill('SIGKILL')
    const { total } = await traffic.stop()
    const result = {
      name: service.name,
      seconds,
      round: values.round,
      isToDeath: values['to-death'],
      commit,
      node,
      atMs: beganAtMs,
      requestCount: total.requestCount,
      failedCount: total.failureCount,
      diedAfterSeconds,
      rssMb,
      signals: readSignals(signals, beganAtMs),
    }
    renameSync(recording, join(workFolder, 'recording', `${service.name}.${values.round}.jsonl`))
    appendFileSync(resultFile, `${JSON.stringify(result)}\n`)
    const claim = result.signals.find(({ verdict }) => verdict === 'leaking' || verdict === 'sinking')
    const truth = service.isLeak ? 'leak   ' : 'healthy'
    const told = claim
      ? `${claim.verdict} after ${claim.afterSeconds} s: ${claim.memory} ${claim.culprit ? `${claim.culprit.file}:${claim.culprit.line} ${claim.culprit.variable ?? ''}` : '?'}`
      : 'no claim'
    say(
      `${truth} ${service.name.padEnd(28)} ${told}${diedAfterSeconds === null ? '' : `; died after ${diedAfterSeconds} s`}`,
    )
  } catch (error) {
    say(`INVALID ${service.name}: ${error.message}\n${stderr.slice(-1500)}`)
    process.exitCode = 1
  } finally {
    if (!hasEnded) child.kill('SIGKILL')
  }
}

function readSignals(file, beganAtMs) {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map(({ atMs, kind, verdict, memory, culprit, candidates, sentence, timeToLimitMs, signature }) => ({
      afterSeconds: round((atMs - beganAtMs) / 1000),
      kind,
      verdict,
      memory,
      signature,
      timeToLimitMs,
      culprit: culprit && pick(culprit),
      candidates: candidates.map(pick),
      sentence,
    }))
}

function pick({ file, line, variable, package: owner, version, confidence, share }) {
  return { file, line, variable, package: owner, version, confidence, share }
}

/** Resolves when the process uses more than it may: what a container's limit would do. */
async function watchMemory(pid, { memoryMb }, isOver) {
  if (memoryMb === null) return new Promise(() => {})
  while (!isOver() && rssKb(pid) < memoryMb * 1024) await sleep(250)
}

async function isSettled(promise) {
  const pending = {}
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending
}

function rssKb(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

async function untilListening(port, hasEnded) {
  for (let attempt = 0; attempt < 200 && !hasEnded(); attempt++) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await new Promise((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    )
    socket.destroy()
    if (isThere) return
    await sleep(100)
  }
  throw new Error('it does not listen')
}

function seedOf(text) {
  return [...text].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0, 7)
}

function round(value) {
  return Math.round(value * 10) / 10
}
