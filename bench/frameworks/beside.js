// Does the watch live beside another agent in the same process, and the agent beside the watch?
//
//   node bench/frameworks/beside.js [NAME…] [--requests 60] [--seconds 90] [--node FILE] [--only signals|leak]
//
// Each agent is loaded before the watch (by --require) and after it (by the app). It sends to a collector of ours, which must have got
// as much with the watch as without it, and neither may write a trouble to the terminal. Then the app leaks, and the watch must name the line.
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { buffer, text } from 'node:stream/consumers'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { agents } from './agents.js'
import { findLeak } from './find-leak.js'
import { prepareApp } from './prepare.js'
import { startService } from './service.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    requests: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '90' },
    rate: { type: 'string', default: '300' },
    node: { type: 'string', default: process.execPath },
    only: { type: 'string' },
    register: { type: 'string', default: new URL('../../packages/watch/dist/register.js', import.meta.url).href },
  },
})
/** Agents send in batches, and some only after seconds. */
const COLLECT_LIMIT_MS = 40_000
const say = (line) => void process.stdout.write(`${line}\n`)

for (const agent of agents.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const { folder, line } = await prepareApp(agent)
  const file = `./agent/${agent.name}.cjs`
  const watch = ['--import', values.register]
  const service = { node: values.node, folder, start: agent.start }
  if (values.only !== 'leak') {
    const wanted = agent.expected ?? Number(values.requests)
    const alone = await collect(agent, { ...service, before: ['--require', file] }, wanted)
    // Some tell of more than requests.
    report(`${agent.name} alone`, judge(alone, Math.max(wanted, alone.count)))
    const first = await collect(agent, { ...service, before: ['--require', file, ...watch] }, alone.count)
    report(`${agent.name}, then the watch`, judge(first, alone.count))
    const second = await collect(agent, { ...service, before: watch, agentOfApp: file }, alone.count)
    report(`the watch, then ${agent.name}`, judge(second, alone.count))
  }
  if (values.only !== 'signals') {
    const collector = await startCollector()
    const environment = environmentOf(agent, collector.url)
    const found = await findLeak(
      { ...agent, before: ['--require', file, ...watch], environment },
      service,
      line,
      values,
    )
    report(`${agent.name} and a leak`, found)
    collector.stop()
  }
}

function report(name, { isRight, sentence }) {
  say(`${isRight ? 'ok  ' : 'FAIL'} ${name.padEnd(32)} ${sentence}`)
  if (!isRight) process.exitCode = 1
}

/** Asks the app, waits until the collector has `wanted`, and answers what had arrived when the app was gone, and what was written. */
async function collect(agent, { agentOfApp, ...service }, wanted) {
  const collector = await startCollector()
  const environment = { ...environmentOf(agent, collector.url), ...(agentOfApp ? { AGENT: agentOfApp } : {}) }
  const app = await startService({ ...service, environment })
  try {
    for (let index = 0; index < Number(values.requests); index++) await get(app.port, `/page/known-${index}`)
    const beganMs = performance.now()
    while (agent.count(collector.arrived) < wanted && performance.now() - beganMs < COLLECT_LIMIT_MS) await sleep(200)
    const { code } = await app.stop()
    return { count: agent.count(collector.arrived), code, written: app.written.stderr.trim() }
  } finally {
    await app.stop('SIGKILL')
    collector.stop()
  }
}

function judge({ count, code, written }, expected) {
  const told = written === '' ? 'nothing written' : `written: ${written.slice(0, 300)}`
  const isRight = count === expected && code === 7 && written === ''
  return { isRight, sentence: `${count} of ${expected} arrived, exit code ${code}, ${told}` }
}

async function get(port, path) {
  const [response] = await once(request({ host: '127.0.0.1', port, path }).end(), 'response')
  await text(response)
}

function environmentOf(agent, url) {
  return { COLLECTOR: url, ...agent.environment(url) }
}

/** Takes whatever is sent to it, and keeps it. */
async function startCollector() {
  const arrived = []
  const server = createServer((incoming, response) => {
    void buffer(incoming).then((bytes) => {
      const isZipped = incoming.headers['content-encoding'] === 'gzip'
      const body = (isZipped ? gunzipSync(bytes) : bytes).toString('latin1')
      arrived.push({ path: incoming.url, headers: incoming.headers, body })
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    arrived,
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
