// Does the watch change what a framework does, and does it name the line that leaks, in the source that people wrote?
//
//   node bench/frameworks/run.js [NAME…] [--requests 500] [--seconds 90] [--node FILE] [--only differential|leak]
//
// The differential runs each app without the watch, again without it (what differs there is the app's own whim), and with it, asks all three
// the same seeded requests, and compares status, headers, body, what they wrote, and how they ended. The leak's part asks for fresh
// pages until the watch claims a leak. Exits 1 when something differs or a line is wrong. Packages are installed when it runs, into
// .work/, which git ignores.
import { parseArgs } from 'node:util'
import { compare, record } from './differential.js'
import { findLeak } from './find-leak.js'
import { frameworks } from './frameworks.js'
import { prepareApp } from './prepare.js'

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
  if (values.only !== 'differential') {
    const before = ['--import', values.register]
    report(framework, await findLeak({ ...framework, before }, service, prepared.line, values))
  }
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
