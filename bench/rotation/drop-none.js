// Does a request get lost when workers are replaced under load, again and again?
//
//   node bench/rotation/drop-none.js [--app http|express|fastify|four] [--rotations 50] [--requests 50000] [--clients 48]
//
// Clients keep their connections, think for a while between requests (0 to 2 s, each its own), and never try a second time. Every
// answer but a whole 200 counts as dropped. The app is a plain one: two workers, or four for `four`; rotation is attached to it as
// `plimsoll run` does, with the pause between two rotations shortened to 0.1 s.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    app: { type: 'string', default: 'http' },
    rotations: { type: 'string', default: '50' },
    requests: { type: 'string', default: '50000' },
    clients: { type: 'string', default: '48' },
  },
})
const root = fileURLToPath(new URL('../../', import.meta.url))

const plain = `require('node:http').createServer((request, response) => setTimeout(() => response.end(body), 3)).listen(0, '127.0.0.1')`
const apps = {
  http: plain,
  four: plain,
  express: `require('express')().get('/', (request, response) => setTimeout(() => response.send(body), 3)).listen(0, '127.0.0.1')`,
  fastify: `const app = require('fastify')()
    app.get('/', async () => { await new Promise((resolve) => setTimeout(resolve, 3)); return body })
    app.listen({ port: 0, host: '127.0.0.1' })`,
}
const source = apps[values.app]
if (!source) throw new Error(`--app must be one of ${Object.keys(apps).join(', ')}`)
const workerCount = values.app === 'four' ? 4 : 2

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-rotation-'))
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
writeFileSync(
  join(folder, 'app.cjs'),
  `const cluster = require('node:cluster')
const body = 'x'.repeat(2000)
if (cluster.isPrimary) {
  for (let slot = 1; slot <= ${workerCount}; slot++) cluster.fork({ PLIMSOLL_NAME: 'web-' + slot })
  let listeningCount = 0
  cluster.on('listening', (worker, { port }) => { if (++listeningCount === ${workerCount}) process.send({ port }) })
  cluster.on('exit', (worker) => { if (!worker.exitedAfterDisconnect) cluster.fork() })
} else {
  ${source}
}`,
)

const app = fork(join(folder, 'app.cjs'), {
  execArgv: ['--import', new URL('../../packages/watch/test/fixture/rotation-preload.js', import.meta.url).href],
})
const tally = { answered: 0, dropped: 0, reasons: new Map() }
let isDone = false
try {
  const { port } = await next('port')
  const beganAtMs = performance.now()
  const clients = Array.from({ length: Number(values.clients) }, (_, index) => play(port, index))
  let rotated = 0
  const outcomes = []
  while (rotated < Number(values.rotations)) {
    app.send({ target: `web-${(rotated % workerCount) + 1}` })
    const { outcome } = await next('outcome')
    if (outcome.status !== 'done') throw new Error(outcome.sentence)
    outcomes.push(outcome)
    rotated++
  }
  while (tally.answered < Number(values.requests)) await new Promise((resolve) => setTimeout(resolve, 100))
  isDone = true
  await Promise.all(clients)
  const seconds = Math.round((performance.now() - beganAtMs) / 1000)
  const cut = outcomes.filter(({ sentence }) => /cut at the limit|killed/.test(sentence)).length
  say(
    `${values.app}, ${workerCount} workers: ${tally.dropped} of ${(tally.answered + tally.dropped).toLocaleString('en')} requests dropped over ${rotated} rotations in ${seconds} s (${cut} drains cut at their limit)`,
  )
  for (const [reason, count] of tally.reasons) say(`  ${count} × ${reason}`)
} finally {
  app.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = tally.dropped > 0 ? 1 : 0

function next(key) {
  return new Promise((resolve) => {
    app.on('message', function listener(message) {
      if (message[key] === undefined) return
      app.off('message', listener)
      resolve(message)
    })
  })
}

async function play(port, index) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  // Most hurry, some think about as long as the drain waits, which is where a request and a close may cross.
  const thinkMs = index % 4 === 0 ? 250 * (index / 4) : 5 + index
  while (!isDone) {
    const fault = await ask(port, agent)
    if (fault === null) tally.answered++
    else {
      tally.dropped++
      tally.reasons.set(fault, (tally.reasons.get(fault) ?? 0) + 1)
    }
    await new Promise((resolve) => setTimeout(resolve, thinkMs))
  }
  agent.destroy()
}

function ask(port, agent) {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, agent }, (response) => {
      let length = 0
      response.on('data', (chunk) => (length += chunk.length))
      response.on('end', () =>
        resolve(
          response.statusCode === 200 && length === 2000 ? null : `status ${response.statusCode}, ${length} bytes`,
        ),
      )
      response.on('error', (error) => resolve(error.message))
    }).on('error', (error) => resolve(error.message))
  })
}

function say(line) {
  process.stdout.write(`${line}\n`)
}
