import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { markOf, type ProcessMark } from './leftovers.ts'
import type { Part } from './part.ts'

/** Sees to it that nothing outlives us. */
export interface Warden {
  /** To be told of each part as soon as it has a number. */
  watch(part: Pick<Part, 'pid'>): void
  /** Ends what still runs, a database that outlived its owner too, and then the warden. The folder stays. */
  stop(): Promise<void>
}

const main = fileURLToPath(new URL('./warden-main.js', import.meta.url))

/**
 * Ends what runs on a data folder when this process is gone, however it went: a process of its own waits for the end of a pipe,
 * which comes after a `kill -9`, too. Then the folder is removed with what is in it, since nobody is left who would read it,
 * and the folder around it, when it is empty.
 */
export function startWarden(dataDir: string): Warden {
  // Its own session: Ctrl-C in our terminal is for us.
  const child = spawn(process.execPath, [main, dataDir], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] })
  // One that could not start has nothing to wait for.
  const exited = once(child, 'exit').catch(() => {})
  child.stdin.on('error', () => {})
  return {
    watch({ pid }) {
      const mark = markOf(pid)
      if (isTellable(mark)) child.stdin.write(`${JSON.stringify(mark)}\n`)
    },
    async stop() {
      child.stdin.end('stop')
      await exited
    },
  }
}

/**
 * Whether it can be told from others later. A part that could not start has no number; one that ended before it was looked at has
 * no start where the system tells starts, and its number may be somebody else's by the time it would be ended.
 */
function isTellable({ pid, startedAt }: ProcessMark): boolean {
  return pid >= 2 && (startedAt !== null || process.platform !== 'linux')
}
