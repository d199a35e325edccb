import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary directory that the server's user can walk through, unless it is to be closed. */
export function makeTempDir(options: { isClosed?: boolean } = {}): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'pg-')))
  chmodSync(directory, options.isClosed ? 0o700 : 0o755)
  return directory
}

/** Another Node process that runs a few lines against the built package; each line it prints is heard. */
export class OtherProcess {
  readonly child: ChildProcess
  readonly lines: string[] = []
  readonly ended: Promise<number | null>
  readonly #waiting = new Set<() => void>()

  constructor(program: string, args: readonly string[]) {
    const entry = new URL('../dist/index.js', import.meta.url).href
    const code = `import * as postgres from ${JSON.stringify(entry)}\nconst args = process.argv.slice(1)\n${program}`
    this.child = spawn(process.execPath, ['--input-type=module', '-e', code, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let rest = ''
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop()!
      this.lines.push(...parts)
      for (const wake of this.#waiting) wake()
    })
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => {
        resolve(code)
        for (const wake of this.#waiting) wake()
      })
    })
  }

  /** Waits until it has printed so many lines, and answers the last of them. */
  async heard(lineCount: number): Promise<string> {
    while (this.lines.length < lineCount) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(
          `the process ended (${this.child.exitCode ?? this.child.signalCode}) after ${this.lines.length} lines`,
        )
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
    return this.lines[lineCount - 1]!
  }

  /** `kill -9`, and waits for the end. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}
