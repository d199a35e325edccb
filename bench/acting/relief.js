// What does a sinking service do for itself, in which order, and how soon?
//
//   node bench/acting/relief.js [--only guilty,innocent,observed] [--node /path/to/node]
//
// A cluster of two under `plimsoll run` fills its heap (64 MB a worker) at about 1 MB a second, while a client asks it all the time:
// guilty    the registered cache is what grows: it is cleared, one worker at a time, that helps, and nobody is replaced for a while
// innocent  the registered cache is small and something else grows: the cache is cleared in vain and the worker replaced within 30 s
// observed  as innocent, with --act=observe: nothing is touched, the ledger says what would have been done; what sinks may die of it
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { only: { type: 'string' }, node: { type: 'string', default: process.execPath } },
})
const root = fileURLToPath(new URL('../../', import.meta.url))
const bin = join(root, 'packages/cli/bin/plimsoll.js')
const limitMs = 240_000
/** After the first relief: long enough for what must follow within 30 s, and for what must not follow. */
const afterMs = 35_000

const service = `
import { createServer } from 'node:http'
import { registerCache } from '${pathToFileURL(join(root, 'packages/watch/dist/index.js')).href}'
const pages = new Map(), seen = []
registerCache('pages', { clear: () => pages.clear() })
let count = 0
const text = () => Array.from({ length: 1000 }, () => 'item ' + ++count)
createServer((request, response) => {
  if (process.argv[2] === 'guilty') pages.set(request.url + count, text())
  else { seen.push(text()); pages.set(count % 10, 'small') }
  response.end('ok')
}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })
`
const scenes = { guilty: ['safe', 'guilty'], innocent: ['safe', 'innocent'], observed: ['observe', 'innocent'] }

for (const name of values.only?.split(',') ?? Object.keys(scenes)) await play(name, ...scenes[name])

async function play(name, act, how) {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-acting-'))
  const file = join(folder, 'signals')
  writeFileSync(join(folder, 'service.mjs'), service)
  const flags = [`--act=${act}`, '--workers=2', '--name=web', `--signals=${file}`, '--evidence=none']
  const child = spawn(
    values.node,
    [bin, 'run', ...flags, '--', 'node', '--max-old-space-size=64', 'service.mjs', how],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    const port = await new Promise((resolve) => child.stdout.once('data', (text) => resolve(Number(String(text)))))
    const traffic = ask(port)
    const story = await follow(file)
    const { answered, dropped } = await traffic.stop()
    const began = story.find(({ verdict }) => verdict === 'sinking')?.atMs ?? story[0]?.atMs
    say(`${name} (--act=${act}): ${answered} requests answered, ${dropped} dropped`)
    for (const { atMs, sentence } of story) say(`  ${((atMs - began) / 1000).toFixed(1).padStart(6)} s  ${sentence}`)
    judge(name, story, dropped)
  } finally {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What was told, until some time after the first relief. */
async function follow(file) {
  const fromMs = Date.now()
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
    const story = lines
      .map((line) => JSON.parse(line))
      .filter(
        ({ kind, verdict, signature }) => verdict === 'sinking' || (kind === 'action' && !/last stand/.test(signature)),
      )
      .sort((left, right) => left.atMs - right.atMs)
    const first = reliefs(story)[0]
    if (Date.now() - fromMs > limitMs || (first && Date.now() - first.atMs > afterMs)) return story
  }
}

function reliefs(story) {
  return story.filter(({ actions }) => /cache pages/.test(actions[0]?.action ?? ''))
}

function judge(name, story, dropped) {
  const cleared = reliefs(story)
  const next = story.find(
    ({ instance, actions, atMs }) =>
      /^rotate/.test(actions[0]?.action ?? '') && atMs >= (cleared[0]?.atMs ?? Infinity) && instance,
  )
  const faults = [
    ...(cleared.length > 0 ? [] : ['the cache was not thought of']),
    ...(dropped > 0 && name !== 'observed' ? ['requests were dropped'] : []),
    ...(name === 'guilty' && next ? ['a worker was replaced although clearing had helped'] : []),
    ...(name === 'innocent' && !next ? ['nothing followed'] : []),
    ...(name === 'innocent' && next && next.atMs - cleared[0].atMs > 30_000 ? ['the next action came too late'] : []),
    ...(name === 'observed' && !story.every(({ actions }) => actions.every(({ status }) => status === 'would'))
      ? ['something was touched']
      : []),
  ]
  say(`  ${faults.length === 0 ? 'as promised' : faults.join('; ')}`)
  if (faults.length > 0) process.exitCode = 1
}

/** Eight clients with kept connections that never ask twice, about 50 requests a second in all. */
function ask(port) {
  const tally = { answered: 0, dropped: 0 }
  let isDone = false
  const clients = Array.from({ length: 8 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!isDone) {
      const error = await new Promise((resolve) => {
        get({ host: '127.0.0.1', port, path: '/p', agent }, (response) =>
          response.resume().on('end', resolve).on('error', resolve),
        ).on('error', resolve)
      })
      tally[error ? 'dropped' : 'answered']++
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    agent.destroy()
  })
  return {
    async stop() {
      isDone = true
      await Promise.all(clients)
      return tally
    },
  }
}

function say(line) {
  process.stdout.write(`${line}\n`)
}
