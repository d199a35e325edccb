import { PlimsollError } from '@plimsoll/core'

/**
 * The soak could not be done, so there is no verdict: the service did not start, nothing could be asked of it, a file is wrong. Exit code 3.
 */
export class SoakInvalidError extends PlimsollError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('PLIMSOLL_SOAK_INVALID', message, options)
  }
}

/** The service died or stood still under load: that is a result, and a bad one. */
export class SubjectLostError extends PlimsollError {
  readonly how: 'died' | 'hangs'

  constructor(how: 'died' | 'hangs', message: string) {
    super('PLIMSOLL_SOAK_SUBJECT_LOST', message)
    this.how = how
  }
}
