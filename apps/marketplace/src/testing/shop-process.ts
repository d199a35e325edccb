import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createControlClient, mainPath as sourcePath, type ControlClient } from '../index.ts'
import type { ReadyLine } from '../cluster/primary.ts'

/** The built shop: tests run from the sources, processes from what they were built to. */
export const mainPath = sourcePath.replace(/src([/\\]main\.js)$/, 'dist$1')

export interface ShopProcess {
  url: string
  control: ControlClient
  child: ChildProcess
  /** Everything it logged so far. */
  log(): string
  /** Ends it in order; answers its exit code. */
  stop(): Promise<number | null>
}

const token = 'a-token-for-tests-only'

/** Starts the real command with three workers on any free port, waits until it is open. */
export async function startShop(options: {
  args: readonly string[]
  env?: Record<string, string>
  execArgv?: readonly string[]
}): Promise<ShopProcess> {
  const { args, env = {}, execArgv = [] } = options
  const child = spawn(process.execPath, [...execArgv, mainPath, '--port', '0', '--control-port', '0', ...args], {
    env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'info', MARKETPLACE_CONTROL_TOKEN: token, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
  const ready = await new Promise<ReadyLine>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (line: string) => resolve(JSON.parse(line)))
    child.once('exit', (code) => reject(new Error(`The shop ended with code ${code}:\n${log}`)))
  })
  return {
    url: ready.url,
    child,
    control: createControlClient({ port: Number(new URL(ready.controlUrl!).port), token }),
    log: () => log,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      return child.exitCode
    },
  }
}

/** Runs the command to its end; for starts that must fail. */
export async function runShop(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [mainPath, ...args], { env: { PATH: process.env['PATH'] ?? '', ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

/** Looks every 50 ms until it is so. A look that fails is no answer: on a busy machine the next one may succeed. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, maxMs = 60_000): Promise<void> {
  const endMs = performance.now() + maxMs
  let failure: unknown
  const look = async () => {
    try {
      return await isSo()
    } catch (error) {
      failure = error
      return false
    }
  }
  while (!(await look())) {
    if (performance.now() > endMs) throw new Error(`Not within ${maxMs} ms: ${what}`, { cause: failure })
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** False for a zombie, too: it has ended, and its parent alone has not looked yet. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
