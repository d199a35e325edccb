import { Worker } from 'node:worker_threads'
import { messageOf } from '@plimsoll/core'
import type { Guard } from './guard.ts'
import { ownFolder } from './own-folder.ts'
import { supervisorVariable } from './supervise/lifeline.ts'
import type { MainMessage, WatchdogData, WatchdogMessage } from './watchdog/messages.ts'

/** Messages kept for a thread that has not started yet. */
const MAX_EARLY_MESSAGES = 100

/** The line to the watchdog's thread, which starts later than the first messages to it and may die before the process. */
export class WatchdogThread {
  readonly #say: (sentence: string) => void
  #worker: Worker | null = null
  readonly #early: MainMessage[] = []

  /** @param say - tells people, on the terminal, that the service goes on unwatched, and why */
  constructor(say: (sentence: string) => void) {
    this.#say = say
  }

  get isRunning(): boolean {
    return this.#worker !== null
  }

  send(message: MainMessage): void {
    if (this.#worker) this.#worker.postMessage(message)
    else if (this.#early.length < MAX_EARLY_MESSAGES) this.#early.push(message)
  }

  /** False where Node's permission model keeps us from it; the service then runs unwatched, and is told why. */
  start(data: WatchdogData, guard: Guard): boolean {
    try {
      this.#worker = startWorker(data)
    } catch (thrown) {
      const isForbidden = (thrown as { code?: unknown }).code === 'ERR_ACCESS_DENIED'
      const why = messageOf(thrown).replace(/\.$/, '')
      const cure = isForbidden && !why.includes('--allow-worker') ? "Add --allow-worker to Node's permissions. " : ''
      this.#say(`the watch could not start its thread: ${why}. ${cure}The service runs unwatched.`)
      return false
    }
    // A dead watchdog leaves a service that is merely not watched.
    this.#worker.on(
      'error',
      guard('watchdog', (thrown: unknown) => {
        this.#worker = null
        this.#say(`the watchdog thread ended: ${messageOf(thrown)}. The service goes on unwatched.`)
      }),
    )
    this.#worker.unref()
    for (const message of this.#early.splice(0)) this.#worker.postMessage(message)
    return true
  }

  /** @param obey - called on the main thread with each order of the watchdog, from here on */
  listen(obey: (message: WatchdogMessage) => void): void {
    this.#worker?.on('message', obey)
    // Listening to a thread keeps the process alive for it again.
    this.#worker?.unref()
  }
}

function startWorker(data: WatchdogData): Worker {
  const supervisor = process.env[supervisorVariable]
  return new Worker(new URL('watchdog.js', ownFolder), {
    name: 'plimsoll watchdog',
    workerData: data,
    // Nothing of the host's: neither its preloads, nor its flags, nor its environment but for who supervises us.
    execArgv: [],
    env: supervisor === undefined ? {} : { [supervisorVariable]: supervisor },
    resourceLimits: { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 4 },
    stdin: false,
  })
}
