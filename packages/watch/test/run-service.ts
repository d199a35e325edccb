import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSignal, type Signal } from '@plimsoll/core/wire'

export interface ServiceOptions {
  heapMb: number
  requestsPerSecond: number
  environment?: Record<string, string>
  workingDirectory?: string
  /** Flags of Node's. */
  flags?: readonly string[]
}

export interface RunningService {
  /** Every signal so far, as the file has it. */
  signals(): Signal[]
  /** What it wrote to stderr. */
  terminal(): string
  process: ChildProcess
  stop(): Promise<void>
}

const register = new URL('../dist/register.js', import.meta.url).href
const services = fileURLToPath(new URL('service/', import.meta.url))

/** Starts a small service under the watch, with shipped defaults, and asks it for a new page so many times a second. */
export async function runService(name: string, options: ServiceOptions): Promise<RunningService> {
  const { heapMb, requestsPerSecond, environment = {}, workingDirectory = services, flags = [] } = options
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-find-'))
  const file = join(folder, 'signals')
  const child = spawn(
    process.execPath,
    ['--import', register, ...flags, `--max-old-space-size=${heapMb}`, join(services, `${name}.js`)],
    {
      cwd: workingDirectory,
      env: { ...process.env, NODE_OPTIONS: '', PLIMSOLL_SIGNALS: file, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let terminal = ''
  child.stderr.on('data', (chunk: Buffer) => (terminal += chunk.toString()))
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${name} ended: ${terminal}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      const match = /PORT (\d+)/.exec(chunk.toString())
      if (match) resolve(Number(match[1]))
    })
  })
  const stopAsking = ask(port, requestsPerSecond)
  return {
    signals: () =>
      existsSync(file)
        ? readFileSync(file, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => parseSignal(JSON.parse(line)))
        : [],
    terminal: () => terminal,
    process: child,
    async stop() {
      stopAsking()
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGKILL')
        await ended
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** An open load: requests leave when they are due, whether or not the last was answered. */
function ask(port: number, requestsPerSecond: number): () => void {
  const agent = new Agent({ keepAlive: true, maxSockets: 10 })
  const beganAtMs = performance.now()
  let sentCount = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - beganAtMs) / 1000) * requestsPerSecond
    for (; sentCount < due; sentCount++) {
      get({ port, host: '127.0.0.1', path: `/p/${sentCount}`, agent }, (response) => response.resume()).on(
        'error',
        () => {},
      )
    }
  }, 10)
  return () => {
    clearInterval(timer)
    agent.destroy()
  }
}
