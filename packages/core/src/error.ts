/**
 * An expected failure. `code` is stable and may be matched; the message says what happened, against which limit, and what
 * to do about it; the numbers stand as fields on the subclass; `cause` keeps the original.
 */
export class PlimsollError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** One fault in something that came from outside, and where it stands (`samples[2].memory.rssBytes`). */
export interface Fault {
  where: string
  what: string
}

/** An option, a flag or a configuration value that cannot be used. All faults are told at once. */
export class InvalidOptionError extends PlimsollError {
  readonly subject: string
  readonly faults: readonly Fault[]

  constructor(subject: string, faults: readonly Fault[]) {
    super('PLIMSOLL_INVALID_OPTION', `${subject}: ${describeFaults(faults)}`)
    this.subject = subject
    this.faults = faults
  }
}

export function describeFaults(faults: readonly Fault[]): string {
  return faults.map(({ where, what }) => (where === '' ? what : `${where} ${what}`)).join('; ') + '.'
}

/** The message of anything that was thrown, in one line. */
export function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll(/\s*\n\s*/g, ' ')
}
