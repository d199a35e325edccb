// Does the watch change what a framework does, and does it name the line that leaks, in the source that people wrote?
//
//   node bench/frameworks/run.js [NAME…] [--requests 500] [--seconds 90] [--node FILE] [--only differential|leak]
//
// The differential runs each app without the watch, again without it (what differs there is the app's own whim), and with it, asks all three
// the same seeded requests, and compares status, headers, body, what they wrote, and how they ended. The leak's part asks for fresh
// pages until the watch claims a leak. Exits 1 when something differs or a line is wrong. Packages are installed when it runs, into
// .work/, which git ignores.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { compare, record } from './differential.js'
import { frameworks } from './frameworks.js'
import { prepareApp } from './prepare.js'
import { startService } from './service.js'
import { startTraffic } from '../../packages/soak/dist/traffic/index.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    requests: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '90' },
    rate: { type: 'string', default: '300' },
    node: { type: 'string', default: process.execPath },
    only: { type: 'string' },
    register: { type: 'string', default: new URL('../../packages/watch/dist/register.js', import.meta.url).href },
  },
})
const say = (line) => void process.stdout.write(`${line}\n`)
const chosen = frameworks.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
if (chosen.length === 0) {
  say(`There is none of that name. There are: ${frameworks.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

for (const framework of chosen) {
  const prepared = await prepareApp(framework)
  const service = { node: values.node, folder: prepared.folder, start: framework.start }
  if (framework.requests !== null && values.only !== 'leak') report(framework, await differ(framework, service))
  if (values.only !== 'differential') report(framework, await findLeak(framework, service, prepared.line))
}

function report({ name }, { isRight, sentence }) {
  say(`${isRight ? 'ok  ' : 'FAIL'} ${name.padEnd(20)} ${sentence}`)
  if (!isRight) process.exitCode = 1
}

async function differ({ requests }, service) {
  const count = Number(values.requests)
  const plain = await record(service, requests, count)
  const again = await record(service, requests, count)
  const watched = await record({ ...service, before: ['--import', values.register] }, requests, count)
  const whims = compare(plain, again)
  const differences = compare(plain, watched, new Set(whims.map(({ where }) => where)))
  const whim = whims.length === 0 ? '' : `; ${whims.length} differed without it, such as ${whims[0].where}`
  if (differences.length === 0)
    return { isRight: true, sentence: `${count} requests, output and end the same with the watch and without${whim}` }
  const shown = differences.slice(0, 3).map(({ where, left, right }) => `${where}: ${left} / ${right}`)
  return { isRight: false, sentence: `${differences.length} differ: ${shown.join('\n       ')}` }
}

/** Asks for fresh pages until a leak is claimed with a culprit, or the time is over. */
async function findLeak({ leak }, service, line) {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-frameworks-'))
  const file = join(folder, 'signals')
  const app = await startService({
    ...service,
    before: ['--import', values.register, '--max-old-space-size=128'],
    environment: { PLIMSOLL_SIGNALS: file },
  })
  const seconds = Number(values.seconds)
  let freshCount = 0
  const traffic = startTraffic({
    origin: `http://127.0.0.1:${app.port}`,
    seed: 5,
    ratePerSec: Number(values.rate) / 5,
    durationMs: seconds * 1000,
    journeys: {
      page: {
        weight: 1,
        async run(user) {
          for (let request = 0; request < 5; request++)
            await user.get(leak.path.replace('{n}', `n${++freshCount}`), { route: leak.path })
        },
      },
    },
  })
  try {
    const beganMs = performance.now()
    let claim
    while (!claim && performance.now() - beganMs < seconds * 1000 && !app.hasEnded()) {
      await sleep(250)
      claim = claims(file).find(({ culprit }) => culprit !== null)
    }
    const took = Math.round((performance.now() - beganMs) / 1000)
    if (!claim)
      return { isRight: false, sentence: `no culprit within ${took} s; ${claims(file)[0]?.sentence ?? 'no claim'}` }
    const { culprit, sentence } = claim
    const told = `${culprit.file}:${culprit.line} ${culprit.variable ?? ''} after ${took} s`
    if (leak.isMapped === false) {
      const isSaid = /no source map/.test(`${sentence}${app.written.stderr}`)
      return { isRight: isSaid, sentence: `${told}, ${isSaid ? 'and said' : 'but not said'} that there is no map` }
    }
    const isRight = culprit.file.endsWith(leak.file) && Math.abs(culprit.line - line) <= 3
    return { isRight, sentence: `${told}${isRight ? '' : `; it is ${leak.file}:${line}`}` }
  } finally {
    await traffic.stop()
    await app.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

function claims(file) {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter(({ verdict }) => verdict === 'leaking' || verdict === 'sinking')
}
