// Does a request get lost when workers are replaced under load, again and again?
//
//   node bench/rotation/drop-none.js                      all four apps, 50 rotations and 50,000 requests each: about 25 minutes
//   node bench/rotation/drop-none.js --app express        one of http, express, fastify, four: about 6 minutes
//        [--rotations 50] [--requests 50000] [--clients 48] [--keep FILE] [--minutes 8]
//
// Clients keep their connections, think for a while between requests (0 to 3 s, each its own), and never try a second time. Every
// answer but a whole 200 counts as dropped. The app is a plain one: two workers, or four for `four`; rotation is attached to it as
// `plimsoll run` does, with the drain as it is there and the pause between two rotations shortened to 0.1 s.
// With --keep what is done is noted in FILE, and the next call goes on from there; --minutes ends a call in good order before its time
// (with code 3 when something is left to do).
import { fork } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    app: { type: 'string' },
    rotations: { type: 'string', default: '50' },
    requests: { type: 'string', default: '50000' },
    clients: { type: 'string', default: '48' },
    keep: { type: 'string' },
    minutes: { type: 'string', default: 'Infinity' },
  },
})
const wantedRotations = Number(values.rotations)
const wantedRequests = Number(values.requests)
const deadlineMs = performance.now() + Number(values.minutes) * 60_000
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
const names = values.app === undefined ? Object.keys(apps) : [values.app]
if (!names.every((name) => name in apps)) throw new Error(`--app must be one of ${Object.keys(apps).join(', ')}`)
let isComplete = true
for (const name of names) {
  const slices = readSlices(name)
  while (!isEnough(slices) && performance.now() < deadlineMs) {
    const slice = await playSlice(name, totalOf(slices))
    slices.push(slice)
    if (values.keep) appendFileSync(values.keep, `${JSON.stringify(slice)}\n`)
  }
  report(name, slices)
}
if (!isComplete && process.exitCode === undefined) process.exitCode = 3

/** Rotates until the number asked for is reached or the time is up. */
async function playSlice(name, before) {
  const workerCount = workerCountOf(name)
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-rotation-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'app.cjs'), clusterOf(apps[name], workerCount))
  const app = fork(join(folder, 'app.cjs'), {
    env: { ...process.env, DRAIN_GRACE_MS: '5500' },
    execArgv: ['--import', new URL('../../packages/watch/test/fixture/rotation-preload.js', import.meta.url).href],
  })
  const tally = { answered: 0, dropped: 0, reasons: {}, isDone: false }
  let rotations = 0
  let cut = 0
  try {
    const { port } = await next(app, 'port')
    const beganAtMs = performance.now()
    const clients = Array.from({ length: Number(values.clients) }, (_, index) => play(port, index, tally))
    const isLeft = () => performance.now() < deadlineMs
    while (before.rotations + rotations < wantedRotations && isLeft()) {
      app.send({ target: `web-${(rotations % workerCount) + 1}` })
      const { outcome } = await next(app, 'outcome')
      if (outcome.status !== 'done') throw new Error(outcome.sentence)
      if (/cut at the limit|killed/.test(outcome.sentence)) cut++
      rotations++
    }
    while (before.answered + tally.answered < wantedRequests && isLeft()) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    tally.isDone = true
    await Promise.all(clients)
    const { answered, dropped, reasons } = tally
    const seconds = Math.round((performance.now() - beganAtMs) / 1000)
    return { app: name, rotations, cut, answered, dropped, reasons, seconds, node: process.version }
  } finally {
    app.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
}

function report(name, slices) {
  const { rotations, cut, answered, dropped, seconds } = totalOf(slices)
  if (!isEnough(slices)) isComplete = false
  say(
    `${name}, ${workerCountOf(name)} workers: ${dropped} of ${(answered + dropped).toLocaleString('en')} requests dropped over ${rotations} rotations in ${seconds} s (${cut} drains cut at their limit)`,
  )
  for (const { reasons } of slices) for (const [reason, count] of Object.entries(reasons)) say(`  ${count} × ${reason}`)
  if (dropped > 0) process.exitCode = 1
}

function readSlices(name) {
  if (!values.keep || !existsSync(values.keep)) return []
  const lines = readFileSync(values.keep, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line)).filter(({ app, node }) => app === name && node === process.version)
}

function totalOf(slices) {
  const sum = (key) => slices.reduce((total, slice) => total + slice[key], 0)
  const [rotations, cut, answered, dropped, seconds] = ['rotations', 'cut', 'answered', 'dropped', 'seconds'].map(sum)
  return { rotations, cut, answered, dropped, seconds }
}

function isEnough(slices) {
  const { rotations, answered } = totalOf(slices)
  return rotations >= wantedRotations && answered >= wantedRequests
}

function workerCountOf(name) {
  return name === 'four' ? 4 : 2
}

function clusterOf(source, workerCount) {
  return `const cluster = require('node:cluster')
const body = 'x'.repeat(2000)
if (cluster.isPrimary) {
  for (let slot = 1; slot <= ${workerCount}; slot++) cluster.fork({ PLIMSOLL_NAME: 'web-' + slot })
  let listeningCount = 0
  cluster.on('listening', (worker, { port }) => { if (++listeningCount === ${workerCount}) process.send({ port }) })
  cluster.on('exit', (worker) => { if (!worker.exitedAfterDisconnect) cluster.fork() })
} else {
  ${source}
}`
}

function next(app, key) {
  return new Promise((resolve) => {
    app.on('message', function listener(message) {
      if (message[key] === undefined) return
      app.off('message', listener)
      resolve(message)
    })
  })
}

async function play(port, index, tally) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  // Most hurry, some think about as long as the drain waits, which is where a request and a close may cross.
  const thinkMs = index % 4 === 0 ? 250 * (index / 4) : 5 + index
  while (!tally.isDone) {
    const fault = await ask(port, agent)
    if (fault === null) tally.answered++
    else {
      tally.dropped++
      tally.reasons[fault] = (tally.reasons[fault] ?? 0) + 1
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
