/* global fetch, setInterval, clearInterval */
/**
 * What becomes of a storm of alerts that all have one cause? Posts 10,000 alerts a second, asks for pages four times a second, and
 * counts the incidents, the pages that people got and how long answers took. In the middle of it one alert comes that is about
 * something else. The console runs alone in its process, its store in its own.
 *   node bench/console/storm.js [--seconds 60] [--per-second 10000]
 * Exits 1 unless all were taken, the storm is one incident of one to three pages a person, the other one is paged within 10 s, there is
 * no third, and 95 of 100 answers came within 200 ms.
 */
import { parseConfig, startConsole } from '@plimsoll/console'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const MAX_PAGES = 3
const MAX_P95_MS = 200
const POSTS_A_SECOND = 10
const MAX_OTHER_MS = 10_000

if (process.send) await beConsole()
else process.exitCode = await measure()

async function beConsole() {
  const [dataDir, inbox] = process.argv.slice(2)
  const config = parseConfig({
    teams: ['first', 'second'].map((name) => ({ name, contacts: [{ webhook: `${inbox}/${name}` }] })),
    escalation: {
      levels: [
        { after: '0s', teams: ['first'] },
        { after: '20s', teams: ['second'] },
      ],
      repeat: '15m',
    },
  })
  const running = await startConsole({ dataDir, port: 0, config, log: (line) => process.stderr.write(`${line}\n`) })
  process.send({ url: running.url, token: readFileSync(running.adminTokenFile, 'utf8').trim() })
  await once(process, 'message')
  await running.stop()
  process.disconnect()
}

async function measure() {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, 'per-second': { type: 'string', default: '10000' } },
  })
  const [seconds, perSecond] = [Number(values.seconds), Number(values['per-second'])]
  const pages = new Map()
  let [otherPostedAtMs, otherPagedAtMs] = [null, null]
  const inbox = createServer(async (request, response) => {
    const { incident } = JSON.parse(Buffer.concat(await request.toArray()).toString())
    if (incident.service === 'shop') pages.set(request.url, (pages.get(request.url) ?? 0) + 1)
    else otherPagedAtMs ??= Date.now()
    response.end()
  }).listen(0, '127.0.0.1')
  await once(inbox, 'listening')
  const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-storm-'))
  const child = fork(fileURLToPath(import.meta.url), [dataDir, `http://127.0.0.1:${inbox.address().port}`], {
    execArgv: [],
  })
  const [{ url, token }] = await once(child, 'message')
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }

  const tookMs = []
  const asked = ['/api/v1/services', '/api/v1/incidents', '/', '/api/v1/deliveries']
  const asking = setInterval(async () => {
    const beganMs = performance.now()
    await (await fetch(`${url}${asked[tookMs.length % asked.length]}`, { headers })).arrayBuffer()
    tookMs.push(performance.now() - beganMs)
  }, 250)

  const each = perSecond / POSTS_A_SECOND
  const bodies = Array.from({ length: POSTS_A_SECOND }, (_, part) =>
    JSON.stringify(
      Array.from({ length: each }, (_, at) => ({
        labels: { alertname: 'Down', service: 'shop', severity: 'critical', instance: `web-${part * each + at}` },
        annotations: { summary: 'The database is gone.' },
      })),
    ),
  )
  const postAlerts = (body) => fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body })
  let [takenCount, refusedCount] = [0, 0]
  const posting = new Set()
  const startedAtMs = Date.now()
  for (let post = 0; post < seconds * POSTS_A_SECOND; post++) {
    const dueAtMs = startedAtMs + (post * 1000) / POSTS_A_SECOND
    if (dueAtMs > Date.now()) await new Promise((resolve) => setTimeout(resolve, dueAtMs - Date.now()))
    if (posting.size >= 8) await Promise.race(posting)
    if (post === (seconds * POSTS_A_SECOND) / 2) {
      otherPostedAtMs = Date.now()
      await postAlerts(JSON.stringify([{ labels: { alertname: 'Full', service: 'store', severity: 'critical' } }]))
    }
    const tracked = postAlerts(bodies[post % POSTS_A_SECOND])
      .then(async (response) => {
        await response.arrayBuffer()
        if (response.ok) takenCount += each
        else refusedCount += each
      })
      .finally(() => posting.delete(tracked))
    posting.add(tracked)
  }
  await Promise.all(posting)
  const tookSec = (Date.now() - startedAtMs) / 1000
  clearInterval(asking)
  const otherMs = otherPagedAtMs === null ? Infinity : otherPagedAtMs - otherPostedAtMs
  const { incidents } = await (await fetch(`${url}/api/v1/incidents`, { headers })).json()
  const peakBytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) * 1024
  child.send('stop')
  await once(child, 'exit')
  inbox.close()
  rmSync(dataDir, { recursive: true, force: true })

  tookMs.sort((one, other) => one - other)
  const at = (share) => Math.round(tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))] ?? 0)
  const stormCount = incidents.filter(({ service }) => service === 'shop').length
  const counts = [...pages].map(([to, count]) => `${to.slice(1)} ${count}`)
  process.stdout.write(
    [
      `${perSecond} alerts a second of one cause, for ${seconds} s:`,
      `  alerts    ${takenCount} taken in ${tookSec.toFixed(1)} s (${Math.round(takenCount / tookSec)} a second), ${refusedCount} refused`,
      `  people    ${stormCount} incident of the storm of ${incidents.length} in all; pages: ${counts.join(', ')}; the other one's first after ${otherMs} ms`,
      `  console   at most ${Math.round(peakBytes / 1e6)} MB resident (beside its database)`,
      `  answers   p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms of ${tookMs.length}`,
      '',
    ].join('\n'),
  )
  // The greatest of no counts is -Infinity: a storm of which nobody was told would pass for a quiet one.
  const mostPages = Math.max(...pages.values())
  const isPaged = mostPages >= 1 && mostPages <= MAX_PAGES
  const isQuiet = stormCount === 1 && incidents.length === 2 && isPaged && otherMs <= MAX_OTHER_MS
  return isQuiet && refusedCount === 0 && tookSec <= seconds * 1.05 && at(0.95) <= MAX_P95_MS ? 0 : 1
}
