import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { markOf } from './leftovers.ts'
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
 * which comes after a `kill -9`, too. Then the folder is removed with what is in it, since nobody is left who would read it.
 */
export function startWarden(dataDir: string): Warden {
  // Its own session: Ctrl-C in our terminal is for us.
  const child = spawn(process.execPath, [main, dataDir], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] })
  // One that could not start has nothing to wait for.
  const exited = once(child, 'exit').catch(() => {})
  child.stdin.on('error', () => {})
  return {
    watch({ pid }) {
      child.stdin.write(`${JSON.stringify(markOf(pid))}\n`)
    },
    async stop() {
      child.stdin.end('stop')
      await exited
    },
  }
}
