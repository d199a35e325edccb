import { formatBytes } from '@plimsoll/core'
import { batchPath } from '@plimsoll/core/wire'
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startConsole } from '../src/console.ts'
import { FakeService, healthy } from './fake-service.ts'

const SERVICE_COUNT = 50
const PROCESSES_EACH = 20
const EVERY_MS = 15_000

/**
 * What does a console hold, and how fast does it show itself, when a thousand processes report each 15 s? The console runs alone
 * in this process and its store in its own; a child posts and asks.
 */
export async function measureLoad(argv: string[]): Promise<void> {
  const seconds = Number(argv[0] ?? 90)
  const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-load-'))
  const running = await startConsole({ dataDir, port: 0 })
  const token = readFileSync(running.agentTokenFile, 'utf8').trim()
  const viewer = readFileSync(running.viewerTokenFile, 'utf8').trim()
  const child = fork(process.argv[1]!, ['--post', running.url, token, viewer, String(seconds)])
  let peakBytes = 0
  const watching = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 500)
  const told = new Promise((resolve) => child.once('message', resolve))
  const { posted, refused, p95 } = (await told) as { posted: number; refused: number; p95: number }
  clearInterval(watching)
  process.stdout.write(
    `${SERVICE_COUNT * PROCESSES_EACH} processes each ${EVERY_MS / 1000} s for ${seconds} s: ${posted} batches taken, ${refused} refused; console at most ${formatBytes(peakBytes)}; overview p95 ${Math.round(p95)} ms\n`,
  )
  await running.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

/** The child: posts for the fleet, spread over the period, and asks for the first page once a second. */
export async function postLoad([url, token, viewer, seconds]: string[]): Promise<void> {
  const services = Array.from(
    { length: SERVICE_COUNT },
    (_, index) =>
      new FakeService(`service-${index}`, { nowMs: Date.now(), workerCount: PROCESSES_EACH - 1, behaviour: healthy }),
  )
  const processes = services.flatMap((service) => service.processes)
  const endMs = Date.now() + Number(seconds) * 1000
  const tookMs: number[] = []
  let [posted, refused] = [0, 0]
  const asking = setInterval(() => {
    const beganMs = performance.now()
    void fetch(`${url}/api/v1/services`, { headers: { authorization: `Bearer ${viewer}` } })
      .then((response) => response.text())
      .then(() => tookMs.push(performance.now() - beganMs))
  }, 1000)
  for (let at = 0; Date.now() < endMs; at = (at + 1) % processes.length) {
    const dueMs = EVERY_MS / processes.length
    const beganMs = Date.now()
    const response = await fetch(`${url}${batchPath}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(processes[at]!.batch(Date.now())),
    })
    await response.text()
    if (response.ok) posted++
    else refused++
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - (Date.now() - beganMs))))
  }
  clearInterval(asking)
  const sorted = tookMs.sort((one, other) => one - other)
  process.send!({ posted, refused, p95: sorted[Math.floor(sorted.length * 0.95)] ?? 0 })
  process.disconnect()
}
