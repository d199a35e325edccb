import { MiB, SECOND_MS } from '@plimsoll/core'
import { batchPath, parseBatchReply } from '@plimsoll/core/wire'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseConfig } from '../src/config-file.ts'
import { startConsole } from '../src/console.ts'
import { FakeService } from '../src/testing/fake-service.ts'

const scenes: Record<string, (service: FakeService) => void> = {
  calm: () => {},
  leak: (service) => (service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB),
  cache: (service) => {
    service.change({ cache: 'pages' })
    service.worker('web-2').behaviour.leakBytesPerMin = 60 * MiB
  },
  database: (service) => service.change({ sqlRunMsP50: 400, latencyMsP50: 900, latencyMsP99: 2600 }),
  traffic: (service) => service.change({ requestsPerSec: 200, latencyMsP50: 120, latencyMsP99: 1400 }),
  silent: (service) => (service.worker('web-3').isRunning = false),
}

/** Starts a console on real time and posts for a fleet until it is interrupted. */
export async function runFakeFleet(argv: string[]): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    options: {
      port: { type: 'string', default: '7701' },
      scene: { type: 'string', default: 'leak' },
      workers: { type: 'string', default: '3' },
      after: { type: 'string', default: '20' },
    },
  })
  const scene = scenes[values.scene]
  if (!scene) throw new Error(`There is no scene ${values.scene}; there are ${Object.keys(scenes).join(', ')}.`)
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  const inbox = createServer((request, response) => {
    say(`webhook ${request.headers['idempotency-key']}`)
    request.resume()
    response.end()
  }).listen(0, '127.0.0.1')
  const hook = () => `http://127.0.0.1:${(inbox.address() as AddressInfo).port}/inbox`
  await new Promise((resolve) => inbox.once('listening', resolve))
  const dataDir = mkdtempSync(join(tmpdir(), 'plimsoll-fake-fleet-'))
  const running = await startConsole({
    dataDir,
    port: Number(values.port),
    log: say,
    config: parseConfig({
      services: [{ name: 'web', act: 'safe', ownership: [{ path: 'src/catalog/', team: 'catalog' }] }],
      policy: { proof: '2m' },
      teams: ['on-call', 'second', 'catalog', 'board'].map((name) => ({
        name,
        contacts: [{ webhook: `${hook()}/${name}` }],
      })),
      escalation: {
        levels: [
          { after: '0s', teams: ['on-call'] },
          { after: '2m', teams: ['second'] },
        ],
        repeat: '5m',
      },
      stakeholders: { teams: ['board'], after: '30s', every: '30m' },
    }),
  })
  say(`Sign in: ${running.signInUrl}`)
  const token = readFileSync(running.agentTokenFile, 'utf8').trim()
  const service = new FakeService('web', { nowMs: Date.now(), workerCount: Number(values.workers) })
  const post = async () => {
    for (const process of service.processes) {
      const response = await fetch(`${running.url}${batchPath}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(process.batch(Date.now())),
      })
      if (response.ok) service.obey(process, parseBatchReply(await response.json()).commands, Date.now())
      else say(await response.text())
    }
  }
  const posting = setInterval(() => void post().catch((error: unknown) => say(String(error))), 2 * SECOND_MS)
  setTimeout(
    () => {
      say(`The scene begins: ${values.scene}.`)
      scene(service)
    },
    Number(values.after) * SECOND_MS,
  ).unref()
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve))
  clearInterval(posting)
  inbox.close()
  await running.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
