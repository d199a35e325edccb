import { SubjectLostError } from '../errors.ts'
import type { ProbeCalls } from '../probe/probe-protocol.ts'
import { ProbeError, type Probe } from './probe-desk.ts'
import { quote, type Subject } from './subject.ts'

/** How long after its probe fell silent a process may take to be seen to have ended. */
const END_SEEN_WITHIN_MS = 200

/** What a service is asked while it is under load, and what it means when it does not answer any more. */
export class Lifeline {
  readonly #subject: () => Subject | null
  readonly #wait: (ms: number) => Promise<void>

  constructor(subject: () => Subject | null, wait: (ms: number) => Promise<void>) {
    this.#subject = subject
    this.#wait = wait
  }

  /** @throws SubjectLostError when the process has ended or hangs */
  ask<Name extends keyof ProbeCalls>(
    probe: Probe,
    name: Name,
    parameters: ProbeCalls[Name]['parameters'],
  ): Promise<ProbeCalls[Name]['result']> {
    return this.orLost(probe.call(name, parameters))
  }

  /** Turns the end of the service into what it means. @throws SubjectLostError */
  async orLost<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise
    } catch (error) {
      if (!(error instanceof ProbeError) || error.why === 'refused') throw error
      if (error.why === 'gone') await this.throwGone()
      this.throwIfEnded()
      const words = quote(this.#subject()?.lastWords() ?? '')
      throw new SubjectLostError('hangs', `The service hangs: ${error.message}.${words}`)
    }
  }

  /** Somebody who could be asked no longer can. @throws SubjectLostError */
  async throwGone(): Promise<never> {
    await this.#wait(END_SEEN_WITHIN_MS)
    this.throwIfEnded()
    const words = quote(this.#subject()?.lastWords() ?? '')
    throw new SubjectLostError('died', `A process of the service ended under load, or cut its probe off.${words}`)
  }

  /** @throws SubjectLostError */
  throwIfEnded(): void {
    const subject = this.#subject()
    const ending = subject?.ended()
    if (!subject || !ending) return
    const how = ending.signal ? `was ended by ${ending.signal}` : `ended with exit code ${ending.code}`
    throw new SubjectLostError('died', `The service ${how} under load.${quote(subject.lastWords())}`)
  }
}
