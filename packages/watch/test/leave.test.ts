import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseBatch, WIRE_VERSION, type Command, type CommandResult } from '@plimsoll/core/wire'
import { afterEach, beforeEach, expect, test } from 'vitest'

const register = new URL('../dist/register.js', import.meta.url).href

/** Knows nothing of Plimsoll; answers readiness as apps do, and works 100 ms on everything else. */
const service = `
require('node:http').createServer((request, response) => {
  if (request.url === '/readyz') response.end('ready')
  else setTimeout(() => response.end(process.env.POD), 100)
}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })
`

interface Pod {
  name: string
  /** Another one with each start, as an address is; null until it listens. */
  port: number | null
  isReady: boolean
  process: ChildProcess
  startCount: number
}

let folder: string
let consoleServer: Server
let pods: Pod[]
let command: { pod: string } | null
let results: CommandResult[]
let isOver: boolean
let loop: Promise<void>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-leave-'))
  writeFileSync(join(folder, 'service.cjs'), service)
  command = null
  results = []
  isOver = false
  consoleServer = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const batch = parseBatch(JSON.parse(body))
    results.push(...batch.results)
    const isAsked = command !== null && batch.from.name === command.pod
    response.end(
      JSON.stringify({ version: WIRE_VERSION, commands: isAsked ? [leaveCommand(batch.from.instance)] : [] }),
    )
  }).listen(0, '127.0.0.1')
  await once(consoleServer, 'listening')
  pods = ['pod-1', 'pod-2'].map(startPod)
  loop = orchestrate()
})
afterEach(async () => {
  isOver = true
  await loop
  for (const { process: child } of pods) child.kill('SIGKILL')
  consoleServer.close()
  consoleServer.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
})

function leaveCommand(instance: string): Command {
  const rest = { cache: null, toBytes: null, expiresAtMs: Date.now() + 60_000, reason: 'INC-7' }
  return { version: WIRE_VERSION, id: 'leave-1', kind: 'rotate', target: instance, ...rest }
}

function startPod(name: string): Pod {
  const environment = {
    ...process.env,
    NODE_OPTIONS: '',
    POD: name,
    PLIMSOLL_NAME: name,
    PLIMSOLL_ACT: 'safe',
    PLIMSOLL_REPLACE: 'exit',
    PLIMSOLL_READY_PATH: '/readyz',
    // So long that an orchestrator on a busy machine has asked meanwhile.
    PLIMSOLL_READY_NOTICE: '10',
    PLIMSOLL_EVIDENCE: join(folder, 'evidence'),
    PLIMSOLL_CONSOLE: `http://127.0.0.1:${(consoleServer.address() as AddressInfo).port}`,
    PLIMSOLL_TOKEN: 'secret',
  }
  const pod: Pod = { name, port: null, isReady: false, process: start(), startCount: 1 }
  // What a kubelet does: start again what ended.
  const restart = (code: number | null): void => {
    exits.push(code)
    if (isOver) return
    pod.isReady = false
    pod.port = null
    pod.process = start().once('exit', restart)
    pod.startCount++
  }
  const exits: (number | null)[] = (exitCodes[name] = [])
  pod.process.once('exit', restart)
  return pod

  function start(): ChildProcess {
    const options = {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'],
    }
    const child = spawn(process.execPath, ['--import', register, 'service.cjs'], options)
    child.stdout.once('data', (text: Buffer) => (pod.port = Number(String(text))))
    return child
  }
}

const exitCodes: Record<string, (number | null)[]> = {}

/** The orchestrator: asks everyone for readiness, again and again. */
async function orchestrate(): Promise<void> {
  while (!isOver) {
    await Promise.all(pods.map(async (pod) => (pod.isReady = (await ask(pod.port, '/readyz')) === 'ready')))
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function ask(port: number | null, path: string): Promise<string> {
  return new Promise((resolve) => {
    if (port === null) return resolve('not listening yet')
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve(response.statusCode === 200 ? body : `status ${response.statusCode}`))
      response.on('error', (error) => resolve(error.message))
    }).on('error', (error) => resolve(error.message))
  })
}

test(
  'told to leave, a process says it is not ready, serves all that comes, ends, and is started again',
  { timeout: 120_000 },
  async () => {
    while (!pods.every(({ isReady }) => isReady)) await new Promise((resolve) => setTimeout(resolve, 50))
    const answers = new Map<string, number>()
    let turn = 0
    let isDone = false
    const client = async (): Promise<void> => {
      while (!isDone) {
        const ready = pods.filter(({ isReady }) => isReady)
        if (ready.length === 0) {
          await new Promise((resolve) => setTimeout(resolve, 20))
          continue
        }
        const answer = await ask(ready[turn++ % ready.length]!.port, '/')
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
      }
    }
    const clients = [1, 2, 3, 4, 5, 6].map(client)
    command = { pod: 'pod-1' }
    while (pods[0]!.startCount < 2) await new Promise((resolve) => setTimeout(resolve, 50))
    command = null
    while (!pods[0]!.isReady) await new Promise((resolve) => setTimeout(resolve, 50))
    isDone = true
    await Promise.all(clients)

    expect([...answers.keys()].sort()).toEqual(['pod-1', 'pod-2'])
    expect(exitCodes['pod-1']).toEqual([75])
    expect(pods[1]!.startCount).toBe(1)
    expect(results.find(({ id }) => id === 'leave-1')).toBeDefined()

    // What its heap held is kept, for its owner alone, and the snapshot is gone.
    const evidence = join(folder, 'evidence')
    while (!readdirSync(evidence).some((name) => name.endsWith('.json')))
      await new Promise((resolve) => setTimeout(resolve, 50))
    expect(statSync(evidence).mode & 0o777).toBe(0o700)
    const [report] = readdirSync(evidence).filter((name) => name.endsWith('.json'))
    while (readFileSync(join(evidence, report!), 'utf8') === '') await new Promise((resolve) => setTimeout(resolve, 50))
    expect(JSON.parse(readFileSync(join(evidence, report!), 'utf8'))).toHaveProperty('holders')
  },
)
