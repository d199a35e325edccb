/* global fetch, setInterval, clearInterval */
/**
 * What does a console hold, and how fast does it show itself, when a thousand processes report 300 values each 15 s? The console
 * runs alone in its process and its store in its own; this one posts, asks for pages four times a second as two dozen open browsers
 * would, and at the end looks whether each reading that was taken is there.
 *   node bench/console/load.js [--seconds 900] [--services 50] [--processes 20] [--every 15]
 * Exits 1 when a reading is lost, the console passes 500 MB or the 95th of a hundred answers takes longer than 300 ms.
 */
import { batchPath, WIRE_VERSION } from '@plimsoll/core/wire'
import { startConsole } from '@plimsoll/console'
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const MAX_RSS = 500e6
const MAX_P95_MS = 300
const MiB = 2 ** 20

if (process.send) await beConsole()
else process.exitCode = await measure()

async function beConsole() {
  const dataDir = process.argv[2]
  const running = await startConsole({ dataDir, port: 0, log: (line) => process.stderr.write(`${line}\n`) })
  const read = (path) => readFileSync(path, 'utf8').trim()
  process.send({ url: running.url, agent: read(running.agentTokenFile), viewer: read(running.adminTokenFile) })
  await once(process, 'message')
  await running.stop()
  process.disconnect()
}

async function measure() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '900' },
      services: { type: 'string', default: '50' },
      processes: { type: 'string', default: '20' },
      every: { type: 'string', default: '15' },
    },
  })
  const [seconds, serviceCount, processesEach, everySec] = Object.values(values).map(Number)
  const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-load-'))
  const child = fork(fileURLToPath(import.meta.url), [dataDir], { execArgv: [] })
  const [{ url, agent, viewer }] = await once(child, 'message')
  const fleet = Array.from({ length: serviceCount * processesEach }, (_, at) =>
    createProcess(`service-${at % serviceCount}`, Math.floor(at / serviceCount) + 1, at),
  )
  const valueCount = countValues(fleet[0].batch(Date.now()).samples[0])
  const ask = (path) => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${viewer}` } })

  const tookMs = []
  const pages = ['/api/v1/services', '/api/v1/incidents', '/', '/api/v1/services', '/api/v1/deliveries']
  let askedCount = 0
  const asking = setInterval(async () => {
    const process = fleet[askedCount % fleet.length]
    const path = [...pages, processPath(process)][askedCount++ % (pages.length + 1)]
    const beganMs = performance.now()
    await (await ask(path)).arrayBuffer()
    tookMs.push(performance.now() - beganMs)
  }, 250)

  const endMs = Date.now() + seconds * 1000
  let [takenCount, refusedCount] = [0, 0]
  const post = async (process) => {
    const batch = process.batch(Date.now())
    const response = await fetch(`${url}${batchPath}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${agent}`, 'content-type': 'application/json' },
      body: JSON.stringify(batch),
    })
    await response.arrayBuffer()
    if (!response.ok) return void refusedCount++
    takenCount++
    process.taken.push(batch.samples[0].atMs)
  }
  // Spread over the period as agents of a real fleet are. Whoever is late catches up: the console is not spared.
  const dueMs = (everySec * 1000) / fleet.length
  let dueAtMs = Date.now()
  const posting = new Set()
  for (let at = 0; Date.now() < endMs; at = (at + 1) % fleet.length) {
    dueAtMs += dueMs
    if (dueAtMs > Date.now()) await new Promise((resolve) => setTimeout(resolve, dueAtMs - Date.now()))
    if (posting.size >= 64) await Promise.race(posting)
    const tracked = post(fleet[at]).finally(() => posting.delete(tracked))
    posting.add(tracked)
  }
  await Promise.all(posting)
  clearInterval(asking)
  const peakBytes = peakOf(child.pid)

  // What the hot quarter of an hour shows of each process.
  let lostCount = 0
  for (const process of fleet) {
    const { series } = await (await ask(processPath(process))).json()
    const shown = new Set(series.atMs)
    const sinceMs = Date.now() - 14 * 60_000
    lostCount += process.taken.filter((atMs) => atMs > sinceMs && !shown.has(atMs)).length
  }
  child.send('stop')
  await once(child, 'exit')
  rmSync(dataDir, { recursive: true, force: true })

  tookMs.sort((one, other) => one - other)
  const at = (share) => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))] ?? 0
  process.stdout.write(
    [
      `${fleet.length} processes of ${serviceCount} services, ${valueCount} values each ${everySec} s, for ${seconds} s:`,
      `  batches   ${takenCount} taken (${Math.round((takenCount * valueCount) / seconds)} values/s), ${refusedCount} refused, ${lostCount} readings lost`,
      `  console   at most ${Math.round(peakBytes / 1e6)} MB resident (beside its database)`,
      `  answers   p50 ${Math.round(at(0.5))} ms, p95 ${Math.round(at(0.95))} ms, p99 ${Math.round(at(0.99))} ms of ${tookMs.length}`,
      '',
    ].join('\n'),
  )
  return lostCount === 0 && refusedCount === 0 && peakBytes <= MAX_RSS && at(0.95) <= MAX_P95_MS ? 0 : 1
}

function processPath({ from }) {
  return `/api/v1/services/${from.service}/processes/${encodeURIComponent(from.instance)}`
}

function peakOf(pid) {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}

/** One healthy process with two dozen caches and twenty-five routes. */
function createProcess(service, number, seed) {
  const startedAtMs = Date.now()
  const name = `web-${number}`
  const from = {
    service,
    instance: `${name}#${4000 + seed}-${seed.toString(36)}`,
    name,
    host: `host-${seed % 40}`,
    pid: 4000 + seed,
    role: 'worker',
    controller: null,
    startedAtMs,
    nodeVersion: '22.11.0',
    serviceVersion: '3.1.0',
  }
  let [sequence, lastAtMs] = [0, startedAtMs - 15_000]
  const wave = () => 1 + 0.1 * Math.sin(seed + sequence / 7)
  return {
    from,
    taken: [],
    batch(nowMs) {
      const windowMs = Math.max(1, nowMs - lastAtMs)
      lastAtMs = nowMs
      sequence++
      const requestCount = Math.round(40 * wave() * (windowMs / 1000))
      const sample = {
        atMs: nowMs,
        windowMs,
        memory: {
          rssBytes: 150 * MiB * wave(),
          heapUsedBytes: 80 * MiB * wave(),
          heapTotalBytes: 110 * MiB,
          heapLimitBytes: 512 * MiB,
          externalBytes: 4 * MiB,
          arrayBuffersBytes: MiB,
          floorBytes: Math.round(70 * MiB * wave()),
          floorAtMs: nowMs - 300,
        },
        gc: { majorCount: 1, minorCount: 40, pauseMs: 30, pauseMsMax: 9, cpuShare: 0.02 },
        eventLoop: { utilization: 0.2 * wave(), delayMsP50: 1, delayMsP99: 12, delayMsMax: 30 },
        cpuShare: 0.2 * wave(),
        cpuWaitShare: 0.1,
        cgroup: { currentBytes: 180 * MiB, limitBytes: 768 * MiB, pressureAvg10: 0 },
        http: { requestCount, errorCount: 0, latencyMsP50: 6, latencyMsP99: 38 * wave(), latencyMsMax: 80 },
        routes: Array.from({ length: 25 }, (_, at) => ({
          route: `/route-${at}/:id`,
          requestCount: 10,
          errorCount: 0,
          latencyMsP99: 30,
        })),
        sql: { queryCount: requestCount * 2, errorCount: 0, waitMsP99: 2, runMsP50: 1.1, runMsP99: 6 },
        caches: Array.from({ length: 24 }, (_, at) => ({
          name: `cache-${at}`,
          createdAt: `src/cache-${at}.ts:12`,
          bytes: 2 * MiB,
          budgetBytes: 4 * MiB,
          entryCount: 900,
          hitCount: sequence * 90,
          missCount: sequence * 10,
          loadCount: sequence * 10,
          removals: { room: sequence, age: sequence },
          curve: [],
        })),
        sites: [],
        handleCount: 20,
        threadCount: 12,
      }
      return { version: WIRE_VERSION, from, sequence, samples: [sample], signals: [], results: [] }
    },
  }
}

function countValues(value) {
  if (typeof value === 'number') return 1
  return value && typeof value === 'object' ? Object.values(value).reduce((sum, part) => sum + countValues(part), 0) : 0
}
