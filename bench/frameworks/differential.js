// What an app answers to a seeded series of requests, and where two such records differ.
import { Agent, request } from 'node:http'
import { createSeededRandom } from '../../packages/core/dist/random.js'
import { startService } from './service.js'

/** Starts the app, asks it, ends it by SIGTERM. One request at a time on kept connections: the order is part of the record. */
export async function record(service, templates, count) {
  const app = await startService(service)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const answers = []
  try {
    const random = createSeededRandom(2023)
    for (let index = 0; index < count; index++) answers.push(await ask(app.port, agent, draw(random, templates)))
  } finally {
    agent.destroy()
  }
  const end = await app.stop()
  const { stdout, stderr } = app.written
  return { answers, end, stdout: settle(stdout, app), stderr: settle(stderr, app) }
}

/** Every difference: where, and what stands left and right. `known` are places that differ anyway. */
export function compare(left, right, known = new Set()) {
  const found = []
  const note = (where, one, other) => {
    if (one !== other && !known.has(where)) found.push({ where, left: shorten(one), right: shorten(other) })
  }
  for (const [index, answer] of left.answers.entries()) {
    const other = right.answers[index]
    for (const part of ['status', 'headers', 'body'])
      note(`${index} ${answer.asked} ${part}`, answer[part], other[part])
  }
  for (const part of ['stdout', 'stderr']) note(part, left[part], right[part])
  note('end', JSON.stringify(left.end), JSON.stringify(right.end))
  return found
}

function draw(random, templates) {
  const template = templates[Math.floor(random.next() * templates.length)]
  const [first, second] = template.split(' ')
  const path = (second ?? first).replace('{n}', () => String(Math.floor(random.next() * 50)))
  const headers = random.next() < 0.3 ? { 'accept-encoding': 'gzip' } : {}
  if (second === undefined) return { method: random.next() < 0.1 ? 'HEAD' : 'GET', path, headers }
  const bodies = [
    '{"count":3,"text":"ü"}',
    '{"count":"not one"}',
    '{broken',
    `{"count":1,"text":"${'x'.repeat(30_000)}"}`,
  ]
  const body = bodies[Math.floor(random.next() * bodies.length)]
  const length = Buffer.byteLength(body)
  return {
    method: first,
    path,
    body,
    headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
  }
}

function ask(port, agent, { method, path, headers, body }) {
  const asked = `${method} ${path}`
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, agent, method, path, headers }, (response) => {
      const chunks = []
      const answer = () => {
        const text = Buffer.concat(chunks).toString('latin1')
        resolve({ asked, status: response.statusCode, headers: settleHeaders(response.rawHeaders, port), body: text })
      }
      response.on('data', (chunk) => chunks.push(chunk)).on('end', answer)
      response.on('error', ({ code }) => resolve({ asked, status: code, headers: '', body: '' }))
    })
    // A server that refuses a large body may close while it is still being sent: which of the two is first is chance.
    outgoing.on('error', ({ code }) => resolve({ asked, status: code, headers: '', body: '' }))
    outgoing.end(body)
  })
}

/** In the order they came, without the clock and the port. */
function settleHeaders(raw, port) {
  const lines = []
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index].toLowerCase() !== 'date')
      lines.push(`${raw[index]}: ${raw[index + 1]}`.replaceAll(String(port), 'PORT'))
  }
  return lines.join('\n')
}

/** Without colours, clock, port, process number and how long something took. */
function settle(text, { port, pid }) {
  return (
    text
      // eslint-disable-next-line no-control-regex -- colours begin with one
      .replaceAll(/\u001b\[[\d;]*m/g, '')
      .replaceAll(String(port), 'PORT')
      .replaceAll(String(pid), 'PID')
      .replaceAll(/\d+\/\d+\/\d+, \d+:\d+:\d+ [AP]M/g, 'TIME')
      .replaceAll(/\d+(\.\d+)?m?s\b/g, 'SPAN')
  )
}

function shorten(value) {
  return JSON.stringify(value).slice(0, 300)
}
