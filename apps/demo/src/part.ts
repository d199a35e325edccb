import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { PlimsollError } from '@plimsoll/core'

/** A part of the demo that died, or never got up. */
export class PartFailedError extends PlimsollError {
  constructor(what: string, why: string) {
    super('PLIMSOLL_DEMO_PART_FAILED', `The ${what} ${why}`)
  }
}

/** A process of ours: the shop, the console. */
export interface Part {
  readonly what: string
  readonly pid: number
  /** Resolves with how it ended, whenever that is: `SIGKILL`, `exit code 1`. */
  readonly exited: Promise<string>
  /** Answers the first match of the pattern in a line of standard output. @throws PartFailedError when the part ends before it */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** SIGTERM, and SIGKILL after `patienceMs`. */
  stop(patienceMs?: number): Promise<void>
}

export interface PartOptions {
  cwd: string
  env: NodeJS.ProcessEnv
  logFile: string
  /** Standard error goes to our own instead of the log: for a part whose words are meant for the person at the terminal. */
  isHeard?: boolean
}

/** Lines of standard output that are kept for `says`: a part says that it is ready within the first few. */
const MAX_KEPT_LINES = 100

/** Starts a part. What it says goes to a log file that is quoted when it fails. */
export function startPart(what: string, command: readonly [string, ...string[]], options: PartOptions): Part {
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = openSync(options.logFile, 'w', 0o600)
  const child = spawn(command[0], command.slice(1), {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', options.isHeard ? 'inherit' : log],
  })
  const kept: string[] = []
  const listeners = new Set<(line: string) => void>()
  createInterface({ input: child.stdout! }).on('line', (line) => {
    writeSync(log, `${line}\n`)
    if (kept.length < MAX_KEPT_LINES) kept.push(line)
    for (const listener of listeners) listener(line)
  })
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  void exited.then(() => closeSync(log))
  return {
    what,
    pid: child.pid ?? 0,
    exited,
    says(pattern) {
      const said = new Promise<RegExpExecArray>((resolve) => {
        const listener = (line: string) => {
          const match = pattern.exec(line)
          if (!match) return
          listeners.delete(listener)
          resolve(match)
        }
        listeners.add(listener)
        kept.forEach(listener)
      })
      const failed = exited.then((how) => {
        throw new PartFailedError(
          what,
          `ended (${how}) before it was ready. Its last words:\n${lastLines(options.logFile)}`,
        )
      })
      failed.catch(() => {})
      return Promise.race([said, failed])
    },
    stop: (patienceMs = 15_000) => stop(child, exited, patienceMs),
  }
}

async function stop(child: ChildProcess, exited: Promise<unknown>, patienceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const isGone = await Promise.race([exited.then(() => true), sleep(patienceMs, false, { ref: false })])
  if (!isGone) {
    child.kill('SIGKILL')
    await exited
  }
}

function lastLines(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-8).join('\n')
}
