import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { PlimsollError, type Clock } from '@plimsoll/core'
import type { Log } from '../log.ts'

export interface TestProviderProcess {
  readonly url: string
  readonly pid: number | null
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 15_000
const RESTART_MS = 500

/** Runs the test provider as a process of its own, and again on the same port when it dies. */
export async function startTestProvider(options: {
  booksFile: string
  mischief: string
  clock: Clock
  log: Log
}): Promise<TestProviderProcess> {
  const { booksFile, mischief, clock, log } = options
  let isStopping = false
  let child = spawn(0)
  const port = await listening(child)
  watch(child)

  return {
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return child.pid ?? null
    },
    async stop() {
      isStopping = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }

  function spawn(onPort: number): ChildProcess {
    const { PATH = '' } = process.env
    return fork(fileURLToPath(new URL('./main.js', import.meta.url)), [], {
      // Neither our secrets nor the watch's: it is somebody else's service.
      env: {
        PATH,
        PLIMSOLL: 'off',
        PAYMENT_PORT: String(onPort),
        PAYMENT_BOOKS: booksFile,
        PAYMENT_MISCHIEF: mischief,
      },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  }

  function watch(current: ChildProcess): void {
    current.once('exit', (code, signal) => {
      if (isStopping) return
      log.warn('payment provider died', { how: signal ?? `code ${code}` })
      clock.after(RESTART_MS, () => {
        if (isStopping) return
        child = spawn(port)
        watch(child)
      })
    })
  }

  function listening(current: ChildProcess): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) =>
        reject(new PlimsollError('MARKETPLACE_PAYMENT_START', `The test payment provider does not start: ${why}.`))
      const timer = clock.after(START_TIMEOUT_MS, () => fail('no word from it in 15 s'))
      current.once('exit', (code) => fail(`it ended with code ${code}`))
      current.once('message', (message: { port?: number }) => {
        timer.cancel()
        resolve(message.port ?? 0)
      })
    })
  }
}
